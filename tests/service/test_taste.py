"""A shopper's events move what they are shown: bounded, the same each time, and not at all for anybody else."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from factories import item
from hypothesis import given
from hypothesis import strategies as st
from sent_events import event, sent

from indexer.item import Variant
from indexer.pipeline.read import FeedSource
from service.catalog.columns import build_columns
from service.db.repositories.events import EventRepository
from service.db.repositories.taste import TasteRepository
from service.db.session import State
from service.indexing.build import build_index
from service.policy.policy import policy
from service.recommender.recommender import StoreRecommender
from service.retrieval.personalization import PersonalTaste, taste_of
from service.schemas.events import ShownItem, StoredEvent
from service.schemas.outfits import OutfitRequest
from service.settings import Settings

ITEMS = [
    item("A1", brand="Norda", colors=("red",), group_id="A", variants=(Variant("A1-M", "M", 1, 9.0),)),
    item("A2", brand="Norda", colors=("blue",), group_id="A"),
    item("B1", brand="Lune", colors=("red", "white"), kind="blouse"),
    item("C1", brand="", colors=("green",), kind="jeans"),
]
FACETS = build_columns(ITEMS)
ALL = np.arange(len(ITEMS))
BOUND, DISLIKED = policy().weights.taste.bound, policy().weights.taste.disliked


def told(
    kind: str, sku: str | None = None, at: str = "2025-06-01T10:00:00Z", **fields: object
) -> StoredEvent:
    items = fields.pop("items", ("A1-M", "B1"))
    shown = tuple(ShownItem(slot="top", sku=piece) for piece in items)
    if sku is not None and sku not in items:
        shown += (ShownItem(slot="top", sku=sku),)
    return StoredEvent.model_validate(
        {"event_id": "e", "at": at, "type": kind, "outfit_id": "o", "vibe": "x", "items": shown, "sku": sku}
        | fields
    )


def shifts(*events: StoredEvent) -> list[float]:
    return [round(float(s), 4) for s in PersonalTaste(taste_of(events)).shift(FACETS, ALL)]


def test_what_is_alike_moves_along():
    liked = 0.4621  # tanh(1 / 2)
    assert shifts(told("like", "A1-M")) == pytest.approx(
        [min(BOUND, 0.14 * liked), (0.04 + 0.04 + 0.02) * liked, 0.04 * liked, 0.0], abs=1e-3
    )
    assert shifts(told("swap", "B1", replaced_by="A1-M"))[2] < 0 < shifts(told("add_to_basket", "B1"))[2]


def test_a_disliked_piece_goes_far_down_until_it_is_accepted():
    disliked = told("dislike", "A1-M")
    assert shifts(disliked)[0] == DISLIKED
    assert -BOUND <= shifts(disliked)[1] < 0
    assert abs(shifts(disliked, told("like", "A1-M"))[0]) < 1e-6
    assert shifts(told("like", "A1-M"), disliked)[0] == DISLIKED


def test_an_event_about_the_whole_counts_in_equal_parts():
    assert taste_of([told("like")]).weights == {"A1-M": 0.5, "B1": 0.5}
    assert taste_of([told("dislike")]).disliked == frozenset()
    assert taste_of([told("impression"), told("click", "B1")]).weights == {}


def test_evidence_halves_every_thirty_days_before_the_newest():
    old, new = told("like", "A1-M", "2025-05-02T10:00:00Z"), told("dislike", "B1", "2025-06-01T10:00:00Z")
    assert taste_of([old, new]).weights == pytest.approx({"A1-M": 0.5, "B1": -1.0})
    assert taste_of([old]).weights == {"A1-M": 1.0}


KINDS = st.sampled_from(["like", "dislike", "purchase", "add_to_basket", "swap", "click"])
DAYS = st.integers(1, 28).map(lambda day: f"2025-02-{day:02d}")


@given(st.lists(st.tuples(KINDS, st.sampled_from(["A1", "A1-M", "A2", "B1", "C1", "GONE", None]), DAYS)))
def test_no_history_moves_a_piece_beyond_the_bounds(history):
    events = [
        told(kind, "B1", at, replaced_by="C1") if kind == "swap" else told(kind, sku, at)
        for kind, sku, at in sorted(history, key=lambda one: one[2])
    ]
    moved = shifts(*events)
    assert all(s == DISLIKED or abs(s) <= BOUND + 1e-6 for s in moved)
    assert PersonalTaste(taste_of(events)).digest == PersonalTaste(taste_of(events)).digest
    assert PersonalTaste(taste_of(events)).allowed(FACETS) is None


FEED = """sku,title,category,gender,color,price,currency,quantity,brand
T1,Silk camisole,Tops,women,black,40,EUR,3,Norda
T2,Silk camisole top,Tops,women,white,45,EUR,2,Lune
T3,Satin camisole,Tops,women,red,45,EUR,2,Calva
B1,Wide trousers,Trousers,women,white,60,EUR,5,Lune
B2,Wide leg trousers,Trousers,women,black,70,EUR,5,Norda
S1,Strappy sandals,Sandals,women,black,50,EUR,4,Norda
S2,Strappy heels,Sandals,women,white,55,EUR,1,Lune
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Settings:
    folder: Path = tmp_path_factory.mktemp("taste")
    (folder / "feed.csv").write_text(FEED)
    paths = {"data_dir": folder / "data", "model_dir": folder / "m", "adapters_dir": folder / "a"}
    settings = Settings(**paths, composer="retrieval")
    build_index(settings, [FeedSource(folder / "feed.csv")])
    return settings


def ask(**fields) -> OutfitRequest:
    return OutfitRequest.model_validate({"vibe": "rooftop jazz night", "seed": 7, "count": 1, **fields})


def test_a_taste_is_followed_only_for_whom_it_is(store):
    nudges = []  # none at first: a recommender that knows no tastes
    with (
        closing(State.of(store)) as state,
        closing(StoreRecommender(store, lambda r: nudges[0](r) if nudges else ())) as recommender,
    ):
        before = recommender.compose(ask(), "r")
        state.save_response(ask(), before)
        (outfit,) = before.outfits
        tops = {piece.sku for piece in outfit.items if piece.slot == "top"}
        dislikes = [
            event(f"e{n}", "dislike", outfit.id, sku=sku, shopper="s-1") for n, sku in enumerate(tops)
        ]
        EventRepository(state).record(sent(*dislikes), None)
        nudges.append(TasteRepository(state).nudges)

        def answer(**fields):
            return recommender.compose(ask(**fields), "r").outfits[0]

        theirs = answer(shopper="s-1")
        assert answer().model_dump_json() == outfit.model_dump_json()
        assert tops & {piece.sku for piece in theirs.items} == set()
        assert answer(shopper="s-1") == theirs
        others = [answer(shopper="s-1", personalise=False), answer(shopper="s-2")]
        assert [other.items for other in others] == [outfit.items] * 2
        assert len({outfit.id, theirs.id, *(other.id for other in others)}) == 4
        assert TasteRepository(state, enabled=False).nudges(ask(shopper="s-1")) == ()
