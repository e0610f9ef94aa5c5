"""One turn about an outfit becomes a request of its own: what was spoken of changes, what was not stays."""

from __future__ import annotations

from typing import Any

import pytest

from service.composition.refine import refine_order
from service.composition.swap import SwapOrder
from service.errors import InvalidError
from service.query.intent import Mention, WishReading
from service.schemas.catalog import ItemView
from service.schemas.outfits import Outfit, OutfitItem, OutfitRequest, RefineRequest

WORN = {"top": "blouse", "bottom": "skirt", "shoes": "heels", "bag": "tote", "accessory": "hat"}


def view(slot: Any, kind: str) -> ItemView:
    return ItemView(
        sku=slot, group_id=slot, title=f"{kind} of silk", brand="Calzavera", description="", slot=slot,
        kind=kind, department="women", colors=["black"], material="silk", pattern="", seasons=[],
        formality=3, price=50.0, currency="EUR", in_stock=True, image_url="", url="", variants=[], derived=[],
    )  # fmt: skip


VIEWS = {slot: view(slot, kind) for slot, kind in WORN.items()}


def outfit() -> Outfit:
    items = [
        OutfitItem(
            slot=slot, sku=slot, title=kind, brand="", price=price, currency="EUR", size=None,
            image_url="", url="", score=0.0,
        )
        for price, (slot, kind) in zip((40.0, 60.0, 120.0, 30.0, 10.0), WORN.items(), strict=True)
    ]  # fmt: skip
    return Outfit(id="x", title="", items=items, total_price=260.0, currency="EUR", score=0.0)


def turn(say: str, *said: tuple[str, str, Any], **fields: Any) -> SwapOrder:
    mentions = tuple(
        Mention(words, say.index(words), say.index(words) + len(words), field, value)
        for words, field, value in said
    )
    old = OutfitRequest.model_validate({"vibe": "gallery opening", "seed": 5, **fields})
    body = RefineRequest(say=say)
    return refine_order(old, outfit(), body, WishReading(mentions), WishReading(), VIEWS.get)


def kept(order: SwapOrder) -> set[str]:
    return {item.slot for item in order.kept}


def test_another_piece_leaves_the_rest() -> None:
    order = turn("another bag", ("bag", "include.kinds", "bag"))
    assert kept(order) == set(WORN) - {"bag"}
    assert order.request.exclude.skus == ["bag"]
    assert "bag" in (order.request.slots or [])


def test_a_piece_goes() -> None:
    order = turn("without the hat", ("hat", "include.kinds", "hat"))
    assert "accessory" not in (order.request.slots or [])
    assert kept(order) == set(WORN) - {"accessory"}
    assert order.request.include.kinds == []


def test_a_piece_is_added() -> None:
    order = turn("add a coat", ("coat", "include.kinds", "coat"))
    assert "outerwear" in (order.request.slots or [])
    assert kept(order) == set(WORN)
    assert order.request.include.kinds == ["coat"]


def test_a_dress_takes_the_place_of_top_and_bottom() -> None:
    order = turn("a dress instead", ("dress", "include.kinds", "dress"))
    assert {"top", "bottom"}.isdisjoint(order.request.slots or [])
    assert "dress" in (order.request.slots or [])


def test_cheaper_lowers_the_budget_and_frees_the_dearest() -> None:
    order = turn("cheaper")
    assert order.request.budget is not None
    assert order.request.budget.max == 208.0
    assert "shoes" not in kept(order)


def test_what_is_to_stay_stays_though_it_is_dear() -> None:
    order = turn("cheaper, but keep the heels", ("heels", "include.kinds", "heels"))
    assert "shoes" in kept(order)


def test_warmer_twice_is_colder_weather_twice() -> None:
    once = turn("warmer")
    assert once.request.weather is not None
    assert once.request.weather.temperature_c == 10.0
    twice = turn("warmer", weather={"temperature_c": 10})
    assert twice.request.weather is not None
    assert twice.request.weather.temperature_c == 2.0
    assert "outerwear" in (once.request.slots or [])


def test_what_is_ruled_out_leaves() -> None:
    order = turn("no silk", ("silk", "exclude.materials", "silk"))
    assert kept(order) == set()
    assert order.request.exclude.materials == ["silk"]


def test_the_seed_stays_and_may_be_set() -> None:
    assert turn("cheaper").request.seed == 5


def test_for_somebody_else_everything_changes() -> None:
    order = turn("for a man", ("man", "department", "men"), department="women", sizes={"top": ["M"]})
    assert order.request.department == "men"
    assert order.request.sizes == {}
    assert kept(order) == set()


def test_casual_follows_formal_and_does_not_pile_up() -> None:
    order = turn("more casual", occasion="dressed up, elegant")
    assert order.request.occasion == "casual"


@pytest.mark.parametrize("say", ["hm", "why?", "what a lovely day"])
def test_what_says_nothing_is_refused(say: str) -> None:
    with pytest.raises(InvalidError) as caught:
        turn(say)
    assert "say" in str(caught.value.detail) + str(caught.value)
