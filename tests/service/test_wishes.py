"""Real requests over the sample store: every promise of the API, checked against the feed's own words."""

from __future__ import annotations

import random
from typing import Any

import pytest

from benchmarks.violations import catalogue, random_request, violations
from indexer.item import Item, Variant
from service.errors import InvalidError
from service.recommender.recommender import StoreRecommender
from service.schemas.outfits import OutfitRequest, OutfitResponse
from service.settings import Settings

Skus = dict[str, tuple[Item, Variant]]


@pytest.fixture(scope="module")
def skus(sample_store: Settings) -> Skus:
    return catalogue(sample_store)


@pytest.fixture
def recommender(sample_recommender: StoreRecommender) -> StoreRecommender:
    return sample_recommender


def ask(recommender: StoreRecommender, **body: Any) -> OutfitResponse:
    return recommender.compose(OutfitRequest.model_validate({"seed": 3, **body}), "r")


def worn(response: OutfitResponse, skus: Skus, slot: str) -> list[Item]:
    return [skus[i.sku][0] for o in response.outfits for i in o.items if i.slot == slot]


def test_random_requests_break_no_promise(recommender: StoreRecommender, skus: Skus) -> None:
    rng = random.Random(11)
    items = list({id(item): item for item, _ in skus.values()}.values())
    answered = 0
    for n in range(150):
        request = random_request(rng, items)
        response = recommender.compose(request, str(n))
        assert list(violations(request, response, skus)) == [], request.model_dump_json(exclude_defaults=True)
        answered += bool(response.outfits)
    assert answered > 75


def test_no_sandals_and_no_bare_legs_in_snow(recommender: StoreRecommender, skus: Skus) -> None:
    response = ask(recommender, vibe="city stroll", weather={"temperature_c": -4, "snow": True}, count=5)
    assert len(response.outfits) == 5
    assert all("open-shoe" not in shoe.tags for shoe in worn(response, skus, "shoes"))
    assert all("legs-bare" not in piece.tags for piece in worn(response, skus, "bottom"))
    assert len(worn(response, skus, "outerwear")) == 5


def test_no_boots_and_no_coats_at_the_beach(recommender: StoreRecommender, skus: Skus) -> None:
    response = ask(recommender, vibe="beach day", department="women", season="summer", count=4)
    assert response.outfits
    assert all("heavy-shoe" not in shoe.tags for shoe in worn(response, skus, "shoes"))
    assert worn(response, skus, "outerwear") == []


@pytest.mark.parametrize("vibe", ["black tie gala", "opera premiere, black tie"])
def test_nobody_goes_to_the_gala_in_trainers(recommender: StoreRecommender, skus: Skus, vibe: str) -> None:
    for department in ("women", "men"):
        response = ask(recommender, vibe=vibe, department=department, count=3)
        assert response.outfits
        assert all(shoe.formality >= 3 for shoe in worn(response, skus, "shoes"))


def test_children_wear_childrens_clothes(recommender: StoreRecommender, skus: Skus) -> None:
    response = ask(recommender, vibe="birthday party for my 6 year old daughter", count=3)
    assert response.outfits
    pieces = [skus[i.sku][0] for o in response.outfits for i in o.items]
    assert {p.department for p in pieces} == {"kids"}
    assert all(p.kids_line in ("girls", "") for p in pieces)


def test_an_anchor_decides_the_rest(recommender: StoreRecommender, skus: Skus) -> None:
    gown = next(i for i, _ in skus.values() if i.kind == "evening-gown" and i.in_stock)
    response = ask(recommender, vibe="gala", anchors=[gown.sku], count=3)
    assert len(response.outfits) == 3
    assert all(gown.sku in {skus[i.sku][0].sku for i in o.items} for o in response.outfits)
    assert worn(response, skus, "top") == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"anchors": ["nope"]}, "anchors.0: no item has the SKU 'nope'"),
        ({"style": "nobody"}, "style: there is no style 'nobody'"),
    ],
)
def test_what_cannot_be_meant_is_named(
    recommender: StoreRecommender, body: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidError, match=message):
        ask(recommender, vibe="party", **body)


def test_a_sold_out_anchor_is_said_and_not_sold(recommender: StoreRecommender, skus: Skus) -> None:
    gone = next(i for i, _ in skus.values() if i.slot and not i.in_stock)
    response = ask(recommender, vibe="party", anchors=[gone.sku])
    assert response.outfits == []
    assert [u.constraint for u in response.unmet] == ["anchors"]
    assert "sold out" in response.unmet[0].reason


@pytest.mark.parametrize(
    ("body", "constraint"),
    [
        ({"sizes": {"shoes": ["63"]}}, "sizes.shoes"),
        ({"budget": {"max": 20}}, "budget"),
        ({"budget": {"max": 900, "currency": "JPY"}}, "budget"),
        ({"exclude": {"brands": []}, "department": "unisex", "slots": ["dress"]}, "department"),
    ],
)
def test_what_cannot_be_met_is_said(
    recommender: StoreRecommender, body: dict[str, Any], constraint: str
) -> None:
    response = ask(recommender, vibe="sunday brunch", **body)
    assert response.outfits == []
    assert constraint in {u.constraint for u in response.unmet}
    assert all(u.reason and u.hint for u in response.unmet)


def test_the_named_least_budget_is_enough(recommender: StoreRecommender) -> None:
    response = ask(recommender, vibe="sunday brunch", department="men", budget={"max": 45}, count=1)
    least = min(
        float(u.hint.rsplit(" ", 1)[1]) for u in response.unmet if u.hint.startswith("raise the budget to")
    )
    again = ask(recommender, vibe="sunday brunch", department="men", budget={"max": least}, count=1)
    assert len(again.outfits) == 1
    assert again.outfits[0].total_price == least


def test_a_budget_is_not_rounded_up(recommender: StoreRecommender) -> None:
    fits = ask(recommender, vibe="sunday brunch", department="men", budget={"max": 45}, count=1)
    least = min(
        float(u.hint.rsplit(" ", 1)[1]) for u in fits.unmet if u.hint.startswith("raise the budget to")
    )
    short = ask(recommender, vibe="sunday brunch", department="men", budget={"max": least - 0.001}, count=1)
    assert short.outfits == []


def test_any_size_of_an_item_names_it(recommender: StoreRecommender, skus: Skus) -> None:
    item = next(
        i for i, _ in skus.values() if len(i.variants) > 2 and i.variants[2].in_stock and i.slot == "top"
    )
    chosen = item.variants[2]
    response = ask(recommender, vibe="coffee", anchors=[chosen.sku], count=1)
    [piece] = [i for i in response.outfits[0].items if i.slot == "top"]
    assert (piece.sku, piece.size) == (chosen.sku, chosen.size)


def test_explanations_speak_of_their_own_pieces_only(recommender: StoreRecommender, skus: Skus) -> None:
    colors = {c for item, _ in skus.values() for c in item.colors if " " not in c}
    response = ask(recommender, vibe="gallery opening", explain=True, count=4)
    for outfit in response.outfits:
        own = {c for i in outfit.items for color in skus[i.sku][0].colors for c in color.split()}
        said = {word.strip(".,").lower() for word in (outfit.explanation or "").split()}
        assert said
        assert said & colors <= own | {word for i in outfit.items for word in skus[i.sku][0].kind.split("-")}


@pytest.mark.parametrize(
    ("vibe", "body", "slot", "tags"),
    [
        ("festival in the mud", {"department": "women"}, "shoes", {"open-shoe", "no-rain"}),
        ("yoga then brunch", {"department": "women"}, "shoes", {"heavy-shoe"}),
        (
            "dinner on the terrace",
            {"department": "men", "weather": {"temperature_c": 25}},
            "outerwear",
            {"rain-ok"},
        ),
        ("office in march", {"department": "men", "weather": {"temperature_c": 7}}, "bottom", {"legs-bare"}),
    ],
)
def test_pieces_out_of_place(
    recommender: StoreRecommender, skus: Skus, vibe: str, body: dict[str, Any], slot: str, tags: set[str]
) -> None:
    response = ask(recommender, vibe=vibe, count=5, **body)
    assert response.outfits
    assert not [i.title for i in worn(response, skus, slot) if tags & set(i.tags)]


def test_a_dress_comes_in_the_size_of_the_top(recommender: StoreRecommender) -> None:
    response = ask(
        recommender,
        vibe="rooftop drinks",
        department="women",
        sizes={"top": ["M"], "bottom": ["38"]},
        count=4,
    )
    sizes = [i.size for o in response.outfits for i in o.items if i.slot == "dress"]
    assert sizes
    assert set(sizes) <= {"M", "38"}


def test_hiking_gear_stays_out_of_town(recommender: StoreRecommender, skus: Skus) -> None:
    response = ask(recommender, vibe="farmers market saturday morning", department="women", count=5)
    assert len(response.outfits) == 5
    pieces = [skus[i.sku][0] for o in response.outfits for i in o.items]
    assert not [piece.title for piece in pieces if "hiking" in piece.tags]
    hike = ask(recommender, vibe="day hike in the hills", department="women", count=2)
    assert any("hiking" in skus[i.sku][0].tags for o in hike.outfits for i in o.items)


@pytest.mark.parametrize(("vibe", "seen"), [("rooftop jazz night", False), ("goth club night", True)])
def test_fishnet_is_for_those_who_ask_for_it(
    recommender: StoreRecommender, skus: Skus, vibe: str, seen: bool
) -> None:
    tops = [
        top.title
        for seed in range(3)
        for top in worn(ask(recommender, vibe=vibe, department="women", count=5, seed=seed), skus, "top")
    ]
    shown = any("Fishnet" in title for title in tops)
    assert shown <= seen
