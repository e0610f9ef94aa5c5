"""Swapping one piece: the rest stays, every constraint holds, and what cannot be is said. Over the sample store."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.catalog.sizes import fits, scale
from service.composition.swap import swap_order
from service.db.repositories.outfits import Made
from service.errors import InvalidError
from service.recommender.recommender import StoreRecommender
from service.recommender.replay import replay
from service.schemas.outfits import Outfit, OutfitItem, OutfitRequest, OutfitResponse, SwapRequest


def made_of(recommender: StoreRecommender, **body: Any) -> list[Made]:
    """What is stored of each outfit of the answer."""
    request = OutfitRequest.model_validate({"vibe": "rooftop jazz night", "seed": 3, **body})
    return stored(request, recommender.compose(request, "r"))


def stored(request: OutfitRequest, answer: OutfitResponse) -> list[Made]:
    known = (answer.composer, answer.style.name, answer.style.digest, answer.index.version, answer.seed)
    return [Made(outfit, request, *known) for outfit in answer.outfits]


def swapped(recommender: StoreRecommender, made: Made, **body: Any) -> OutfitResponse:
    order = swap_order(made.request, made.outfit, SwapRequest.model_validate(body), recommender.item)
    return recommender.swap(order, "s")


def kept(outfit: Outfit, slot: str) -> set[tuple[str, str, str | None]]:
    return {(i.slot, i.sku, i.size) for i in outfit.items if i.slot != slot}


def piece(outfit: Outfit, slot: str) -> OutfitItem:
    (found,) = (i for i in outfit.items if i.slot == slot)
    return found


def with_slot(found: list[Made], slot: str) -> Made:
    return next(made for made in found if slot in {i.slot for i in made.outfit.items})


@pytest.mark.parametrize(
    ("slot", "body"),
    [
        ("shoes", {"department": "women"}),
        ("bag", {"department": "women"}),
        ("jewelry", {"department": "women"}),
        ("dress", {"sizes": {"dress": ["38"], "shoes": ["38"]}}),
        ("top", {"department": "men", "vibe": "office monday"}),
        ("outerwear", {"department": "men", "weather": {"temperature_c": 3, "rain": True}}),
        ("top", {"vibe": "birthday party for my 6 year old daughter"}),
    ],
)
def test_one_piece_changes_and_all_else_stays(sample_recommender, slot, body):
    made = with_slot(made_of(sample_recommender, **body), slot)
    answer = swapped(sample_recommender, made, slot=slot)
    assert (len(answer.outfits), answer.unmet, answer.seed) == (3, [], 3)
    assert {frozenset(kept(o, slot)) for o in answer.outfits} == {frozenset(kept(made.outfit, slot))}
    news = [piece(o, slot) for o in answer.outfits]
    assert len({new.sku for new in news}) == 3
    old = piece(made.outfit, slot)
    assert old.sku not in {sku for n in news for sku in skus_of(sample_recommender, n)}
    assert {o.id for o in answer.outfits}.isdisjoint({made.outfit.id})
    assert [o.score for o in answer.outfits] == sorted((o.score for o in answer.outfits), reverse=True)
    sizes = made.request.sizes.get(slot)
    assert all(fits(n.size, sizes or [], scale("women", slot)) for n in news)


def skus_of(recommender: StoreRecommender, item: OutfitItem) -> list[str]:
    view = recommender.item(item.sku)
    assert view is not None
    return [variant.sku for variant in view.variants]


def test_alternatives_are_in_the_order_of_the_outfits_that_they_make(sample_recommender):
    """Nothing of an outfit but the new piece differs, and the critic has seen each of them whole."""
    made = made_of(sample_recommender, department="women")[0]
    outfits = swapped(sample_recommender, made, slot="shoes", count=5).outfits
    assert len({piece(o, "shoes").sku for o in outfits}) == 5
    assert all(kept(o, "shoes") == kept(made.outfit, "shoes") for o in outfits)
    assert all(0 < o.score < 1 for o in outfits)


def test_the_same_swap_gives_the_same_and_a_seed_may_change_it(sample_recommender):
    made = made_of(sample_recommender, department="women")[0]
    first, again = (swapped(sample_recommender, made, slot="shoes") for _ in range(2))
    assert first.outfits == again.outfits
    other = swapped(sample_recommender, made, slot="shoes", seed=99)
    assert (first.seed, other.seed) == (3, 99)
    assert {o.id for o in first.outfits}.isdisjoint({o.id for o in other.outfits})


def test_what_a_swap_gives_can_be_swapped_again_and_replayed(sample_recommender):
    made = made_of(sample_recommender, department="women")[0]
    order = swap_order(
        made.request, made.outfit, SwapRequest(slot="shoes", explain=True), sample_recommender.item
    )
    second = stored(order.request, sample_recommender.swap(order, "s"))[0]
    assert second.outfit.explanation
    assert sample_recommender.difference(second) is None
    assert replay(second, sample_recommender, "r") is None
    third = swapped(sample_recommender, second, slot="shoes")
    gone = {piece(m.outfit, "shoes").sku for m in (made, second)}
    assert third.outfits
    assert all(piece(o, "shoes").sku not in gone for o in third.outfits)  # what was sent away stays away


def test_a_tightened_budget_holds_for_the_whole_outfit(sample_recommender):
    made = made_of(sample_recommender, department="women", budget={"max": 400})[0]
    rest = (made.outfit.total_price or 0) - (piece(made.outfit, "shoes").price or 0)
    answer = swapped(sample_recommender, made, slot="shoes", budget={"max": rest + 60})
    assert answer.outfits
    assert all((o.total_price or 0) <= rest + 60 for o in answer.outfits)
    none = swapped(sample_recommender, made, slot="shoes", budget={"max": rest + 1})
    assert (none.outfits, {u.constraint for u in none.unmet}) == ([], {"budget"})


def test_a_wider_budget_does_not_loosen_the_old_one(sample_recommender):
    made = made_of(sample_recommender, department="women", budget={"max": 250})[0]
    answer = swapped(sample_recommender, made, slot="shoes", budget={"max": 10_000})
    assert answer.outfits
    assert all((o.total_price or 0) <= 250 for o in answer.outfits)


@pytest.mark.parametrize(
    ("tighter", "constraint"),
    [
        ({"sizes": {"dress": ["52"]}}, "sizes.dress"),
        ({"department": "men"}, "department"),
        ({"season": "winter"}, "season"),
    ],
)
def test_a_kept_piece_that_breaks_what_is_tightened_is_said(sample_recommender, tighter, constraint):
    body = {"sizes": {"dress": ["38", "M"]}, "vibe": "garden party", "season": "summer"}
    dressed = [
        m for m in made_of(sample_recommender, count=8, **body) if _for_summer_alone(sample_recommender, m)
    ]
    answer = swapped(sample_recommender, dressed[0], slot="shoes", **tighter)
    assert answer.outfits == []
    assert constraint in {u.constraint for u in answer.unmet}
    assert any("dress: " in u.reason for u in answer.unmet)


def _for_summer_alone(recommender, made):
    dress = next((item for item in made.outfit.items if item.slot == "dress"), None)
    return dress is not None and recommender.item(dress.sku).seasons == ["summer"]


def test_bare_legs_are_said_when_it_begins_to_snow(sample_recommender):
    made = with_slot(made_of(sample_recommender, department="men", vibe="beach day, swim shorts"), "bottom")
    answer = swapped(
        sample_recommender, made, slot="shoes", weather={"temperature_c": -5, "snow": True}, season="winter"
    )
    assert answer.outfits == []
    assert {"weather", "season"} & {u.constraint for u in answer.unmet if u.reason.startswith("bottom: ")}
    only_snow = swapped(sample_recommender, made, slot="shoes", weather={"temperature_c": -5, "snow": True})
    assert [u.constraint for u in only_snow.unmet if u.reason.startswith("bottom: ")] == ["weather"]


def test_an_excluded_brand_of_a_kept_piece_is_said(sample_recommender):
    made = made_of(sample_recommender, department="women")[0]
    brand = piece(made.outfit, "bag").brand
    answer = swapped(sample_recommender, made, slot="shoes", exclude={"brands": [brand]})
    assert (answer.outfits, {u.constraint for u in answer.unmet}) == ([], {"exclude.brands"})


def test_a_piece_that_is_no_longer_sold_is_said(sample_recommender):
    made = made_of(sample_recommender, department="women")[0]
    items = [i.model_copy(update={"sku": "gone"}) if i.slot == "bag" else i for i in made.outfit.items]
    lost = Made(made.outfit.model_copy(update={"items": items}), *_rest(made))
    answer = swapped(sample_recommender, lost, slot="shoes")
    assert (answer.outfits, [u.constraint for u in answer.unmet]) == ([], ["stock"])
    assert "no longer sold" in answer.unmet[0].reason


def _rest(made: Made) -> tuple[Any, ...]:
    return (made.request, made.composer, made.style, made.style_digest, made.index_version, made.seed)


def test_a_slot_that_the_outfit_has_not_is_named(sample_recommender):
    made = made_of(sample_recommender, slots=["top", "bottom"], department="men")[0]
    with pytest.raises(InvalidError, match="slot: the outfit has no bag; it has top, bottom"):
        swapped(sample_recommender, made, slot="bag")


def test_separates_stay_separates(sample_recommender):
    made = with_slot(made_of(sample_recommender, department="women", include={"kinds": ["skirt"]}), "top")
    slots = [i.slot for i in made.outfit.items]
    answer = swapped(sample_recommender, made, slot="top", count=10)
    assert answer.outfits
    assert all([i.slot for i in o.items] == slots for o in answer.outfits)


def test_an_anchor_of_the_request_may_be_what_goes(sample_recommender):
    first = made_of(sample_recommender, department="women", slots=["shoes"])[0]
    shoes = piece(first.outfit, "shoes").sku
    made = made_of(sample_recommender, department="women", anchors=[shoes])[0]
    answer = swapped(sample_recommender, made, slot="shoes")
    assert answer.outfits
    assert all(piece(o, "shoes").sku != shoes for o in answer.outfits)


def a_made(**body: Any) -> Made:
    """An outfit of two pieces that no store has."""
    empty: dict[str, Any] = {"brand": "", "currency": "EUR", "image_url": "", "url": "", "score": 0.0}
    items = [
        OutfitItem(slot="top", sku="T-M", title="Top", price=10.0, size="M", **empty),
        OutfitItem(slot="shoes", sku="S-39", title="Shoes", price=20.0, size="39", **empty),
    ]
    outfit = Outfit(id="o", title="Top with shoes", items=items, total_price=30.0, currency="EUR", score=0.0)
    request = OutfitRequest.model_validate({"vibe": "jazz", "seed": 3, **body})
    return Made(outfit, request, "retrieval", "base", "none", "v1", 3)


def ordered(swap: dict[str, Any], **body: Any) -> OutfitRequest:
    made = a_made(**body)
    return swap_order(made.request, made.outfit, SwapRequest.model_validate(swap), lambda _: None).request


names = st.lists(st.sampled_from(["red", "Lune", "wool", "x"]), max_size=3)
excludes = st.fixed_dictionaries(dict.fromkeys(("skus", "brands", "colors", "materials"), names))
budgets = st.none() | st.fixed_dictionaries({"max": st.integers(1, 500)})


@settings(deadline=None)
@given(excludes, excludes, budgets, budgets)
def test_joined_constraints_are_never_looser_than_either(old, new, had, has):
    request = ordered({"slot": "shoes", "exclude": new, "budget": has}, exclude=old, budget=had)
    for name in ("skus", "brands", "colors", "materials"):
        assert set(getattr(request.exclude, name)) >= {*old[name], *new[name]}
    limits = [b["max"] for b in (had, has) if b is not None]
    assert (request.budget.max if request.budget else None) == (min(limits) if limits else None)
    assert (request.anchors, request.slots) == (["T-M"], ["top", "shoes"])
    assert "S-39" in request.exclude.skus


def test_weather_is_joined_and_sizes_are_replaced_slot_by_slot():
    request = ordered(
        {"slot": "shoes", "weather": {"rain": True}, "sizes": {"shoes": ["40"]}},
        weather={"temperature_c": 24, "snow": False},
        sizes={"shoes": ["39"], "top": ["M"]},
        occasion="a concert",
    )
    assert request.weather is not None
    assert request.weather.model_dump() == {"temperature_c": 24, "rain": True, "snow": False}
    assert request.sizes == {"shoes": ["40"], "top": ["M"]}
    assert request.occasion == "a concert"


@pytest.mark.parametrize(
    ("swap", "body", "field"),
    [
        (
            {"budget": {"max": 9, "currency": "USD"}},
            {"budget": {"max": 9, "currency": "EUR"}},
            "budget.currency",
        ),
        ({"exclude": {"skus": ["b"]}}, {"exclude": {"skus": [f"a{n}" for n in range(99)]}}, "exclude.skus"),
    ],
)
def test_constraints_that_cannot_be_joined_are_named(swap, body, field):
    with pytest.raises(InvalidError) as raised:
        ordered({"slot": "shoes", **swap}, **body)
    assert [error.field for error in raised.value.errors] == [field]
