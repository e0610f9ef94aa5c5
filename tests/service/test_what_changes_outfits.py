"""Weather, season, occasion and anchors really decide what comes out. Over the sample store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexer.item import Slot
from service.policy.policy import use_policy
from service.query.memory import LookMemory
from service.query.reading.trained import packaged
from service.recommender.recommender import StoreRecommender
from service.recommender.understanding import Understanding
from service.schemas.catalog import ItemQuery, ItemView
from service.schemas.outfits import OutfitRequest, OutfitResponse


def ask(recommender: StoreRecommender, **body: Any) -> OutfitResponse:
    wish = {"vibe": "city stroll", "department": "women", "seed": 3, "count": 4}
    return recommender.compose(OutfitRequest.model_validate(wish | body), "r")


def worn(recommender: StoreRecommender, answer: OutfitResponse, slot: str | None = None) -> list[ItemView]:
    skus = [i.sku for o in answer.outfits for i in o.items if slot in (None, i.slot)]
    return [view for sku in skus if (view := recommender.item(sku)) is not None]


def some(recommender: StoreRecommender, slot: Slot, department: Any) -> str:
    """SKU of a size in stock."""
    query = ItemQuery(slot=slot, department=department, in_stock=True, limit=1)
    return recommender.items(query).items[0].sku


def test_rain_brings_something_against_it(sample_recommender):
    wet = ask(sample_recommender, weather={"rain": True})
    assert len(wet.outfits) == 4
    coats = worn(sample_recommender, wet, "outerwear")
    assert len(coats) == 4
    assert any("rain" in f"{c.title} {c.kind} {c.description}".lower() for c in coats)


def test_summer_and_winter_have_no_garment_in_common(sample_recommender):
    summer, winter = (ask(sample_recommender, season=season) for season in ("summer", "winter"))
    for answer, season in ((summer, "summer"), (winter, "winter")):
        assert answer.outfits
        assert all(not p.seasons or season in p.seasons for p in worn(sample_recommender, answer))
    assert len(worn(sample_recommender, winter, "outerwear")) == 4
    assert worn(sample_recommender, summer, "outerwear") == []
    for slot in ("top", "bottom", "dress", "shoes"):
        both = ({p.group_id for p in worn(sample_recommender, a, slot)} for a in (summer, winter))
        assert set.intersection(*both) == set(), slot


def test_an_occasion_decides_how_dressed_one_is(sample_recommender):
    gym, wedding = (ask(sample_recommender, occasion=o) for o in ("gym", "a wedding"))
    assert all(p.formality <= 2 for p in worn(sample_recommender, gym, "shoes"))
    assert all(p.formality >= 3 for p in worn(sample_recommender, wedding, "shoes"))
    assert {p.sku for p in worn(sample_recommender, gym)}.isdisjoint(
        p.sku for p in worn(sample_recommender, wedding)
    )


def test_a_basket_is_completed(sample_recommender):
    first = ask(sample_recommender, count=1).outfits[0]
    basket = [i.sku for i in first.items if i.slot in ("shoes", "bag")]
    answer = ask(sample_recommender, anchors=basket, count=3)
    assert len(answer.outfits) == 3
    assert all(set(basket) < {i.sku for i in o.items} for o in answer.outfits)


def test_an_anchor_comes_on_top_of_the_slots(sample_recommender):
    shoes = some(sample_recommender, "shoes", "women")
    answer = ask(sample_recommender, anchors=[shoes], slots=["top", "bottom"])
    assert answer.outfits
    assert all([i.slot for i in o.items] == ["top", "bottom", "shoes"] for o in answer.outfits)
    assert all(o.items[-1].sku == shoes for o in answer.outfits)


@pytest.mark.parametrize(
    ("department", "vibe", "reason"),
    [
        (None, "an elegant dinner for my wife", "is for kids, the outfits are for women"),
        ("women", "an elegant dinner", "breaks another constraint"),
    ],
)
def test_a_childs_piece_is_not_worn_by_a_grown_up(sample_recommender, department, vibe, reason):
    tee = some(sample_recommender, "top", "kids")
    answer = ask(sample_recommender, vibe=vibe, department=department, anchors=[tee])
    assert (answer.outfits, [u.constraint for u in answer.unmet]) == ([], ["anchors"])
    assert reason in answer.unmet[0].reason


def test_a_childs_piece_says_whom_the_outfit_is_for(sample_recommender):
    tee = some(sample_recommender, "top", "kids")
    answer = ask(sample_recommender, department=None, anchors=[tee])
    assert answer.outfits
    assert {p.department for p in worn(sample_recommender, answer)} == {"kids"}


@pytest.mark.parametrize("slots", [["top", "bottom", "shoes"], ["bottom"], None])
def test_a_dress_goes_with_no_bottom(sample_recommender, slots):
    dress = some(sample_recommender, "dress", "women")
    answer = ask(sample_recommender, anchors=[dress], slots=slots)
    if slots is None:
        assert answer.outfits
        assert worn(sample_recommender, answer, "bottom") == []
    else:
        assert (answer.outfits, [u.constraint for u in answer.unmet]) == ([], ["slots"])


def test_a_store_s_own_tables_are_part_of_an_outfit_s_identity(
    sample_recommender: StoreRecommender, tmp_path: Path
) -> None:
    def ids() -> list[str]:
        return [outfit.id for outfit in ask(sample_recommender, count=2).outfits]

    shipped, own = ids(), tmp_path / "weights.toml"
    try:
        for row, same in (("harmony = 1.0", True), ("noise = 0.03", False)):
            own.write_text(f"[score]\n{row}\n", encoding="utf-8")
            use_policy(tmp_path)
            assert (ids() == shipped) == same, row
    finally:
        use_policy(None)
    assert ids() == shipped


def test_the_reader_the_default_department_and_the_memory_are_part_of_an_outfit_s_identity(
    sample_recommender: StoreRecommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them may give another answer to the same request, so that no id may stand for both."""

    def ids() -> tuple[str, ...]:
        return tuple(outfit.id for outfit in ask(sample_recommender, count=1).outfits)

    found = [ids()]
    retrained = replace(packaged(), digest="of other weights")
    settings = sample_recommender._settings.model_copy(update={"default_department": "men"})
    remembering = LookMemory.of([], lambda texts: np.zeros((len(texts), 4), dtype=np.float32))
    for name, other in (
        ("_understanding", Understanding(sample_recommender._embedder, retrained)),
        ("_settings", settings),
        ("_memory", remembering),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(sample_recommender, name, other)
            found.append(ids())
    assert len(set(found)) == len(found)
    assert ids() == found[0]
