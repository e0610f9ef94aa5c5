"""A request and the reading of its words, joined: fields win over words, and nothing that was said gets lost."""

from __future__ import annotations

from typing import Any

import pytest

from service.query.demands import Demands, join, own_texts
from service.query.intent import Mention, WishReading
from service.schemas.outfits import OutfitRequest


def reading(text: str, *said: tuple[str, str, str | float | bool] | tuple[str, str, Any, int]) -> WishReading:
    """Mentions of words of a text: (words, field, value), and perhaps the index of the kind that they are said of."""
    mentions = []
    for words, field, value, *of in said:
        start = text.index(words)
        mentions.append(Mention(words, start, start + len(words), field, value, int(of[0]) if of else None))
    return WishReading(tuple(mentions))


def joined(text: str, *said: Any, **fields: Any) -> Demands:
    request = OutfitRequest.model_validate({"vibe": text, **fields})
    return join(request, reading(text, *said))


def test_words_become_fields() -> None:
    demands = joined(
        "no skirts, in navy, under 80 euros, size M, for my husband, rain, no Zara",
        ("skirts", "exclude.kinds", "skirt"),
        ("navy", "include.colors", "navy"),
        ("80", "budget.max", 80.0),
        ("euros", "budget.currency", "EUR"),
        ("M", "sizes", "M"),
        ("husband", "department", "men"),
        ("rain", "weather.rain", True),
        ("Zara", "exclude.brands", "Zara"),
    )
    request = demands.request
    assert request.exclude.kinds == ["skirt"]
    assert request.include.colors == ["navy"]
    assert request.budget is not None
    assert (request.budget.max, request.budget.currency) == (80.0, "EUR")
    assert request.sizes == {s: ["M"] for s in ("top", "bottom", "dress", "outerwear")}
    assert request.department == "men"
    assert request.weather is not None
    assert request.weather.rain
    assert request.exclude.brands == ["Zara"]
    assert {u.source for u in demands.understood} == {"words"}
    assert demands.unread == ()


@pytest.mark.parametrize(
    ("fields", "said", "expected"),
    [
        ({"department": "women"}, ("him", "department", "men"), {"department": "women"}),
        ({"season": "winter"}, ("him", "season", "summer"), {"season": "winter"}),
        ({"budget": {"max": 50}}, ("him", "budget.max", 900.0), {"budget": {"max": 50.0}}),
        ({"slots": ["bag"]}, ("him", "slots", "shoes"), {"slots": ["bag"]}),
        ({"sizes": {"top": ["L"]}}, ("him", "sizes.top", "S"), {"sizes": {"top": ["L"]}}),
    ],
)
def test_fields_win_over_words(fields: dict[str, Any], said: Any, expected: dict[str, Any]) -> None:
    request = joined("something for him", said, **fields).request
    assert request.model_dump(include=set(expected), exclude_defaults=True) == expected


def test_both_rule_out_and_both_ask() -> None:
    demands = joined(
        "no wool, please",
        ("wool", "exclude.materials", "wool"),
        exclude={"materials": ["silk"]},
    )
    assert demands.request.exclude.materials == ["silk", "wool"]
    assert {u.source for u in demands.understood} == {"field", "words"}


def test_what_is_said_of_a_garment_is_asked_of_it_alone() -> None:
    demands = joined(
        "a red coat and something blue",
        ("red", "include.colors", "red", 1),
        ("coat", "include.kinds", "coat"),
        ("blue", "include.colors", "blue"),
    )
    (piece,) = demands.pieces
    assert (piece.text, piece.colors, piece.slots) == ("coat", ("red",), ("outerwear",))
    assert demands.request.include.colors == ["blue"]


def test_the_smallest_of_several_limits_binds() -> None:
    demands = joined("300, no, 200", ("300", "budget.max", 300.0), ("200", "budget.max", 200.0))
    assert demands.request.budget is not None
    assert demands.request.budget.max == 200.0


def test_bucks_are_what_the_store_sells_in() -> None:
    demands = joined("100 bucks", ("100", "budget.max", 100.0), ("bucks", "budget.currency", "USD"))
    assert demands.request.budget is not None
    assert demands.request.budget.currency is None


def test_a_least_price_is_named_since_nothing_is_done_about_it() -> None:
    demands = joined("from 50 to 90", ("50", "budget.min", 50.0), ("90", "budget.max", 90.0))
    assert demands.unread == ("50",)
    assert [u.field for u in demands.understood] == ["budget.max"]


def test_departments_that_contradict_each_other_decide_nothing_and_are_named() -> None:
    demands = joined("for him and her", ("him", "department", "men"), ("her", "department", "women"))
    assert demands.request.department is None
    assert demands.unread == ("him", "her")
    assert demands.understood == ()


def test_the_m_of_a_size_is_no_man() -> None:
    demands = joined("size M", ("M", "department", "men"), ("M", "sizes", "M"))
    assert demands.request.department is None
    assert [u.field for u in demands.understood] == ["sizes"]
    assert demands.unread == ()


def test_children_have_a_line_and_an_age() -> None:
    demands = joined("my son is 7", ("son", "department", "boys"), ("7", "age", 7.0))
    assert (demands.request.department, demands.kids_line, demands.age) == ("kids", "boys", 7.0)


def test_what_the_shopper_has_comes_from_fields_and_words() -> None:
    text = "with my red boots"
    request = OutfitRequest.model_validate({"vibe": text, "own": ["a watch"]})
    assert own_texts(request, reading(text, ("red boots", "own", "red boots"))) == ["a watch", "red boots"]


def test_what_is_ruled_out_steers_nothing() -> None:
    demands = joined("picnic without heels", ("heels", "exclude.attributes", "heel"))
    assert demands.steer == "picnic without"
    assert demands.request.exclude.attributes == ["heel"]


def test_unread_words_are_handed_on() -> None:
    request = OutfitRequest(vibe="a kebaya")
    assert join(request, WishReading(unread=("kebaya",))).unread == ("kebaya",)
