"""Named rules: a trace counts what each took, unmet wishes say it, and of one piece all is told that keeps it out."""

from __future__ import annotations

from typing import Any

import pytest
from factories import item
from hypothesis import given, settings
from hypothesis import strategies as st
from small_store import brief, retriever

from indexer.item import SLOTS, Item
from service.composition.planner import make_plans
from service.recommender.trace import trace_of
from service.recommender.why import why
from service.retrieval.filters import filters, size_filter
from service.retrieval.merchandising import Merchandising, Rule, RuleBody
from service.schemas.outfits import OutfitRequest
from service.schemas.trace import Why

COLD = {"heat": -1.2}


def wish(**body: Any) -> OutfitRequest:
    return OutfitRequest.model_validate({"vibe": "x", "department": "women", **body})


def asked(items: list[Item], sku: str, about: dict[str, Any] | None = None, **body: Any) -> Why:
    found = why(sku, wish(**body), brief(**(about or {})), retriever(items), 8)
    assert found is not None
    return found


def kept(found: Why) -> list[tuple[str, bool, bool]]:
    return [(reason.name, reason.hard, reason.lifted) for reason in found.kept_out]


SHOES = [
    item("pumps", "shoes"),
    item("sandals", "shoes", tags=("open-shoe",)),
    item("boots", "shoes", warmth=2),
]


def test_a_rule_has_its_own_name_and_sentence() -> None:
    found = asked(SHOES, "sandals", COLD)
    assert kept(found) == [("open-shoes-in-the-cold", False, False)]
    assert found.sentence == "open shoes are too cold"
    assert found.standing is None


def test_an_unmet_wish_names_the_rules_that_took_the_pieces() -> None:
    items = [
        *(item(f"f{n}", "shoes", tags=("open-shoe",)) for n in range(3)),
        item("rain", "shoes", kind="rain-boots"),
        item("gone", "shoes", tags=("open-shoe",), variants=()),
    ]
    unmet = (
        retriever(items)
        .retrieve(wish(weather={"temperature_c": -5}), brief(**COLD), ("women", ""), {"shoes": 8})
        .unmet
    )
    assert unmet["shoes"].constraint == "weather"
    assert unmet["shoes"].reason == (
        "shoes: what there is does not suit the weather "
        "(3 x open shoes are too cold; 1 x rain boots are for mud and puddles)"
    )


def test_what_the_request_says_of_the_weather_is_hard() -> None:
    found = asked(SHOES, "sandals", COLD, weather={"temperature_c": -5})
    assert kept(found) == [("open-shoes-in-the-cold", True, False)]


def test_a_guess_that_was_lifted_keeps_nothing_out() -> None:
    found = asked([SHOES[1]], "sandals", COLD)
    assert kept(found) == [("open-shoes-in-the-cold", False, True)]
    assert found.standing is not None
    assert (found.standing.rank, found.standing.offered) == (1, True)


def test_everything_that_keeps_a_piece_out_is_told() -> None:
    gone = item("x", "shoes", tags=("open-shoe",), department="men", brand="Acme", variants=())
    found = asked([*SHOES, gone], "x", COLD, exclude={"brands": ["acme"]})
    assert [name for name, _, _ in kept(found)] == [
        "stock",
        "department",
        "exclude.brands",
        "open-shoes-in-the-cold",
    ]
    assert found.sentence == (
        "it is sold out; it is not for women; it is excluded (acme); open shoes are too cold"
    )


def test_every_filter_has_a_name_of_its_own_and_says_something_of_a_piece() -> None:
    asks = wish(
        budget={"max": 50},
        season="winter",
        sizes={"top": ["M"]},
        attributes=["vegan", "petite"],
        exclude={name: ["x"] for name in ("skus", "brands", "colors", "materials", "kinds", "patterns")},
    )
    columns = retriever([item("t"), *SHOES]).view.columns
    about = brief(activity="sport", **COLD)
    chain = [*filters(columns, asks, about, "women", ""), *size_filter(columns, asks, about, "top")]
    assert len({filter_.name for filter_ in chain}) == len(chain) > 12
    assert [f.sentence for f in chain if not f.sentence.startswith("it ")] == []


def test_a_slot_that_the_outfits_do_not_have_is_said() -> None:
    ring = item("ring", "jewelry")
    assert asked([ring], "ring", {"activity": "sport"}).sentence == "outfits for this have no jewelry"
    assert asked([item("sofa", "top").__class__(**_unworn())], "sofa").kept_out[0].name == "not-composed"


def _unworn() -> dict[str, Any]:
    made = item("sofa")
    return {name: getattr(made, name) for name in made.__dataclass_fields__} | {"slot": None}


def test_a_piece_that_may_come_stands_somewhere() -> None:
    tops = [item(f"t{n}", formality=1 + n % 5) for n in range(80)]
    found = [asked(tops, top.sku) for top in tops]
    standings = [f.standing for f in found if f.standing is not None]
    assert len(standings) >= 60  # the rest is too formal
    assert sorted(s.rank or 0 for s in standings) == list(range(1, len(standings) + 1))
    assert {s.allowed for s in standings} == {len(standings)}
    assert 4 <= sum(s.offered for s in standings) <= 8  # the second half only where it is nearly as good
    assert max(s.total for s in standings) == pytest.approx(standings[0].best, abs=1e-3)
    for standing in standings:
        parts = standing.similarity + standing.fit + standing.merchandising + standing.personal
        assert parts == pytest.approx(standing.total, abs=1e-3)


def test_where_a_piece_stands_is_said_in_one_sentence() -> None:
    tops = [item(f"t{n}", group_id=f"g{n % 3}") for n in range(40)]
    said = {asked(tops, top.sku).sentence for top in tops}
    assert "the stylist is offered it; whether it is chosen depends on the pieces beside it" in said
    assert any(sentence.endswith(" other pieces suit the wish better") for sentence in said)
    assert all("offered" in sentence or "suit the wish better" in sentence for sentence in said)


def test_a_rule_of_the_store_is_in_the_sum() -> None:
    body = RuleBody.model_validate({"action": "bury", "match": {"skus": ["t0"]}, "strength": 1})
    rules = Merchandising([Rule("r", "2026-01-01T00:00:00Z", body)])
    store = retriever([item(f"t{n}") for n in range(9)])
    found = why("t0", wish(), brief(), store, 8, [rules])
    assert found is not None
    assert found.standing is not None
    assert found.standing.merchandising == -0.25


def test_nobody_has_an_unknown_sku() -> None:
    assert why("none", wish(), brief(), retriever(SHOES), 8) is None


piece = st.builds(
    lambda slot, tags, formality, warmth: (slot, tuple(tags), formality, warmth),
    st.sampled_from(SLOTS),
    st.lists(st.sampled_from(["open-shoe", "sport", "snow", "sleep", "swim", "no-rain"]), max_size=2),
    st.integers(1, 5),
    st.integers(0, 4),
)
weathers = st.fixed_dictionaries(
    {
        "heat": st.sampled_from([None, -1.5, -0.6, 0.3, 1.0, 1.8]),
        "wet": st.booleans(),
        "formality": st.floats(1, 5),
        "activity": st.sampled_from(["", "sport", "swim", "work"]),
    }
)


@settings(deadline=None, max_examples=60)
@given(st.lists(piece, min_size=1, max_size=12), weathers)
def test_trace_and_why_tell_the_same(drawn: list[Any], about: dict[str, Any]) -> None:
    items = [
        item(f"s{n}", slot, tags=tags, formality=formality, warmth=warmth)
        for n, (slot, tags, formality, warmth) in enumerate(drawn)
    ]
    store, request, read = retriever(items), wish(), brief(**about)
    trace = trace_of(request, read, store, make_plans(request, read, store, 8), (), {})
    for slot in trace.slots:
        for step in slot.filters:
            if step.name in ("weather", "occasion", "sportswear") and not step.lifted:
                assert sum(rule.removed for rule in step.rules) == step.removed
    for piece_ in items:
        found = why(piece_.sku, request, read, store, 8)
        assert found is not None
        chain = [
            *filters(store.view.columns, request, read, "women", ""),
            *size_filter(store.view.columns, request, read, piece_.slot or "top"),
        ]
        barred = {f.name for f in chain if not f.allowed[int(piece_.sku[1:])]}
        assert bool([k for k in found.kept_out if k.name != "template"]) == bool(barred)
        assert (found.standing is None) == any(not k.lifted for k in found.kept_out)
