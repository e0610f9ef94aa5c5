"""What the HTTP service relies on: one suite, run over the fake recommender and over the real one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from fake_recommender import FakeRecommender

from indexer.pipeline.read import FeedSource
from service.errors import InvalidError
from service.indexing.build import build_index
from service.recommender.progress import AbandonedError, Unwatched
from service.recommender.protocol import Recommender
from service.recommender.recommender import open_recommender
from service.schemas.catalog import ItemQuery
from service.schemas.outfits import Outfit, OutfitItem, OutfitRequest, OutfitResponse
from service.settings import Settings

FEED = """sku,title,category,gender,color,price,currency,quantity,brand
T1,Silk camisole,Tops,women,black,40,EUR,3,Norda
T2,Linen shirt,Shirts,women,white,45,EUR,2,Lune
B1,Wide trousers,Trousers,women,white,60,EUR,5,Lune
B2,Denim jeans,Jeans,women,blue,70,EUR,5,Norda
S1,Strappy sandals,Sandals,women,black,50,EUR,4,Norda
S2,White sneakers,Sneakers,women,white,55,EUR,1,Lune
D1,Slip dress,Dresses,women,red,80,EUR,2,Norda
"""


@pytest.fixture(scope="module")
def real_settings(tmp_path_factory) -> Settings:
    folder: Path = tmp_path_factory.mktemp("real")
    feed = folder / "feed.csv"
    feed.write_text(FEED)
    settings = Settings(
        data_dir=folder / "data",
        model_dir=folder / "models",
        adapters_dir=folder / "adapters",
        composer="retrieval",
    )
    build_index(settings, [FeedSource(feed)])
    return settings


@pytest.fixture(scope="module", params=["fake", "real"])
def recommender(request) -> Iterator[Recommender]:
    if request.param == "fake":
        yield FakeRecommender()
        return
    with closing(open_recommender(request.getfixturevalue("real_settings"))) as real:
        yield real


def test_the_pieces_of_an_outfit_are_known_for_its_picture(recommender):
    outfit = recommender.compose(ask(count=1), "r").outfits[0]
    pieces = recommender.pieces(outfit)
    assert [(p.slot, p.title) for p in pieces] == [(i.slot, i.title) for i in outfit.items]
    assert all(p.kind and p.colors and p.photo is None for p in pieces)
    gone = outfit.model_copy(update={"items": [outfit.items[0].model_copy(update={"sku": "gone"})]})
    (piece,) = recommender.pieces(gone)
    assert (piece.slot, piece.title, piece.kind) == (outfit.items[0].slot, outfit.items[0].title, "")


def ask(**fields) -> OutfitRequest:
    return OutfitRequest.model_validate({"vibe": "rooftop jazz night", "seed": 7, **fields})


def test_it_is_ready(recommender):
    assert recommender.not_ready() is None


def test_an_answer_is_whole_and_adds_up(recommender):
    response = recommender.compose(ask(count=2), "r1")
    assert (response.request_id, response.seed) == ("r1", 7)
    assert len(response.outfits) == 2
    assert len({outfit.id for outfit in response.outfits}) == 2
    for outfit in response.outfits:
        slots = {item.slot for item in outfit.items}
        assert "shoes" in slots
        assert "dress" in slots or {"top", "bottom"} <= slots
        assert outfit.total_price == pytest.approx(sum(item.price for item in outfit.items))
        assert all(recommender.item(item.sku) is not None for item in outfit.items)
        assert outfit.title
    assert response.index.version
    assert response.style.name in {style.name for style in recommender.styles()}


def test_the_same_request_has_the_same_answer_from_any_thread(recommender):
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: recommender.compose(ask(), "r"), range(8)))
    assert all(answer.outfits == answers[0].outfits for answer in answers)


def test_slots_are_followed_exactly(recommender):
    (outfit,) = recommender.compose(ask(count=1, slots=["top", "shoes"]), "r").outfits
    assert [item.slot for item in outfit.items] == ["top", "shoes"]


def test_a_budget_is_never_exceeded_and_its_failure_is_said(recommender):
    for outfit in recommender.compose(ask(budget={"max": 150}), "r").outfits:
        assert outfit.total_price <= 150
    response = recommender.compose(ask(budget={"max": 10}), "r")
    assert response.outfits == []
    assert "budget" in {unmet.constraint for unmet in response.unmet}


class Looker(Unwatched):
    """Keeps what it is told; `patience` is how often it lets the work go on."""

    def __init__(self, patience: int = 1000) -> None:
        self.patience = patience
        self.pieces: list[tuple[str, str]] = []
        self.outfits: list[Outfit] = []

    def check(self) -> None:
        self.patience -= 1
        if self.patience < 0:
            raise AbandonedError("enough")

    def piece(self, outfit_id: str, item: OutfitItem) -> None:
        self.pieces.append((outfit_id, item.sku))

    def ready(self, answer: OutfitResponse) -> None:
        (outfit,) = answer.outfits
        self.outfits.append(outfit)


def test_who_looks_on_sees_the_answer_and_changes_nothing(recommender):
    looker = Looker()
    request = ask(count=2, explain=True)
    answer = recommender.compose(request, "r", looker)
    assert answer.outfits == recommender.compose(request, "r").outfits
    assert sorted(looker.outfits, key=lambda o: o.id) == sorted(answer.outfits, key=lambda o: o.id)
    pieces = {(outfit.id, item.sku) for outfit in answer.outfits for item in outfit.items}
    assert set(looker.pieces) == pieces


def test_explanations_come_when_asked_for(recommender):
    asked, unasked = (recommender.compose(ask(count=1, explain=e), "r").outfits[0] for e in (True, False))
    assert asked.explanation
    assert unasked.explanation is None


def test_pages_lead_through_the_whole_catalogue_once(recommender):
    seen, cursor, total = [], None, None
    while True:
        page = recommender.items(ItemQuery(limit=2, cursor=cursor))
        assert total in (None, page.total)
        total, cursor = page.total, page.next_cursor
        seen += [item.sku for item in page.items]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == total > 2


def test_filters_filter(recommender):
    tops = recommender.items(ItemQuery(slot="top")).items
    assert {item.slot for item in tops} == {"top"}
    dear = recommender.items(ItemQuery(min_price=55, max_price=65)).items
    assert dear
    assert all(55 <= item.price <= 65 for item in dear)
    assert recommender.items(ItemQuery(department="men")).items == []
    assert {i.title for i in recommender.items(ItemQuery(color="black")).items} == {
        "Silk camisole",
        "Strappy sandals",
    }


@pytest.mark.parametrize("cursor", ["forged!", "bnVsbA==", "MQ==", "W1tb", "WyJ2IiwgdHJ1ZV0="])
def test_a_forged_cursor_is_named(recommender, cursor):
    with pytest.raises(InvalidError) as caught:
        recommender.items(ItemQuery(cursor=cursor))
    assert [error.field for error in caught.value.errors] == ["cursor"]


def test_an_item_answers_to_its_own_sku_only(recommender):
    found = recommender.items(ItemQuery(limit=1)).items[0]
    assert recommender.item(found.sku).title == found.title
    assert recommender.item("no such sku") is None


def test_there_is_one_default_style(recommender):
    assert [style.default for style in recommender.styles()].count(True) == 1


def test_it_serves_on_after_a_reload(recommender):
    before = recommender.compose(ask(), "r").outfits
    recommender.reload()
    assert recommender.compose(ask(), "r").outfits == before


def test_who_has_enough_ends_the_work(real_settings):
    with closing(open_recommender(real_settings)) as real:
        for patience in range(2):  # a dress and shoes are two rounds
            looker = Looker(patience)
            with pytest.raises(AbandonedError):
                real.compose(ask(count=2), "r", looker)
            assert looker.outfits == []
