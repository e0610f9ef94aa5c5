"""A store's rules in composing: they move pieces, never a constraint; a trace tells of it and changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from factories import item
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from small_store import brief, retriever

from indexer.item import Item, Slot, Variant
from service.composition.composer import compose
from service.composition.draft import OutfitDraft
from service.composition.planner import Planned, make_plans
from service.lm.scorer import RetrievalScorer
from service.recommender.trace import trace_of
from service.retrieval.merchandising import Merchandising, Rule, RuleBody
from service.retrieval.retriever import Retriever
from service.schemas.outfits import OutfitRequest
from service.schemas.trace import Trace

CREATED = "2026-01-01T00:00:00.000000Z"
NEEDED: tuple[Slot, ...] = ("top", "bottom", "shoes")
SLOTS: tuple[Slot, ...] = (*NEEDED, "bag")


def rules(*bodies: dict[str, Any]) -> Merchandising:
    return Merchandising(
        Rule(f"r{n}", CREATED, RuleBody.model_validate(body)) for n, body in enumerate(bodies)
    )


def request(**body: Any) -> OutfitRequest:
    return OutfitRequest.model_validate({"vibe": "x", "department": "women", "count": 2, **body})


def answer(
    store: Retriever, asked: OutfitRequest, held: Merchandising | None = None
) -> tuple[list[OutfitDraft], Planned]:
    """What comes of it, in the order of an answer."""
    planned = make_plans(asked, brief(), store, 8, [held] if held else [])
    budget = asked.budget.cents if asked.budget else None
    composed = compose(planned.plans, RetrievalScorer(), budget, 1) if planned.plans else []
    return sorted(composed, key=lambda c: c.rank), planned


def skus(outfits: Sequence[OutfitDraft]) -> list[list[str]]:
    return [[c.sku for c in outfit.pieces] for outfit in outfits]


piece = st.tuples(
    st.sampled_from(SLOTS), st.sampled_from(["S", "M"]), st.integers(0, 1), st.integers(1, 12),
    st.sampled_from(["Acme", "Bolt"]), st.sampled_from(["women", "unisex", "men"]),
)  # fmt: skip
asked = st.fixed_dictionaries(
    {},
    optional={
        "sizes": st.just({"top": ["M"]}),
        "budget": st.integers(2, 40).map(lambda most: {"max": most}),
        "exclude": st.just({"brands": ["Bolt"]}),
        "count": st.integers(1, 3),
    },
)
conditions = st.one_of(
    st.sampled_from(["Acme", "Bolt"]).map(lambda brand: {"brands": [brand]}),
    st.integers(0, 15).map(lambda n: {"skus": [f"s{n}"]}),
    st.sampled_from(SLOTS).map(lambda slot: {"slots": [slot]}),
    st.integers(1, 12).map(lambda price: {"min_price": price}),
)
drawn_rules = st.lists(
    st.fixed_dictionaries(
        {
            "action": st.sampled_from(["boost", "bury", "pin", "exclude"]),
            "match": conditions,
            "strength": st.just(1),
        }
    ),
    min_size=1,
    max_size=4,
)


def stocked(drawn: Sequence[tuple[Slot, str, int, int, str, str]]) -> list[Item]:
    """One piece of each slot for sure, and the drawn ones."""
    sure = [(slot, "M", 1, 3, "Acme", "women") for slot in NEEDED]
    return [
        item(
            f"s{n}", slot, variants=(Variant(f"s{n}", size, count, float(price)),), brand=brand,
            department=department,
        )
        for n, (slot, size, count, price, brand, department) in enumerate([*sure, *drawn])
    ]  # fmt: skip


def admits(asked: OutfitRequest, piece: Item) -> bool:
    """Whether the request's own constraints allow a piece, in plain Python."""
    (variant,) = piece.variants
    sizes = asked.sizes.get(piece.slot, []) if piece.slot else []
    return (
        variant.quantity == 1
        and piece.department in ("women", "unisex")
        and (not sizes or variant.size in sizes)
        and piece.brand not in asked.exclude.brands
        and (asked.budget is None or (variant.price or 0) <= asked.budget.max)
    )


@settings(deadline=None, max_examples=150)
@given(st.lists(piece, max_size=13), asked, drawn_rules)
def test_rules_never_break_a_constraint_and_excluded_pieces_never_come_out(
    drawn: list[Any], body: dict[str, Any], bodies: list[dict[str, Any]]
) -> None:
    pieces, wanted, held = stocked(drawn), request(**body), rules(*bodies)
    store = retriever(pieces)
    outfits, planned = answer(store, wanted, held)
    excluded = [r for r in held.rules if r.body.action == "exclude"]
    for outfit in outfits:
        assert len({c.slot for c in outfit.pieces}) == len(outfit.pieces)
        assert {*NEEDED} <= {c.slot for c in outfit.pieces}
        assert wanted.budget is None or sum(c.cents for c in outfit.pieces) <= wanted.budget.cents
        for chosen in outfit.pieces:
            assert admits(wanted, chosen.item)
            assert not any(r.body.match.mask(store.view.columns)[chosen.position] for r in excluded)
    assert len(set(map(frozenset, skus(outfits)))) == len(outfits)
    assert outfits or planned.unmet


@settings(deadline=None, max_examples=150)
@given(st.lists(piece, min_size=1, max_size=13), asked, st.data())
def test_a_pinned_piece_comes_first_whenever_the_request_allows_it(
    drawn: list[Any], body: dict[str, Any], data: st.DataObject
) -> None:
    pieces, wanted = stocked(drawn), request(**body)
    pinned = data.draw(st.sampled_from(pieces))
    assume(admits(wanted, pinned))
    store = retriever(pieces)
    outfits, _ = answer(store, wanted, rules({"action": "pin", "match": {"skus": [pinned.sku]}}))
    plain, _ = answer(store, wanted)
    cheapest = {
        slot: min(p.price or 0 for p in pieces if p.slot == slot and admits(wanted, p))
        for slot in NEEDED
        if any(p.slot == slot and admits(wanted, p) for p in pieces)
    }
    whole = sum((cheapest | {pinned.slot: pinned.price}).values())
    if plain and (wanted.budget is None or whole <= wanted.budget.max):
        assert pinned.sku in skus(outfits)[0]
    assert bool(outfits) == bool(plain)


def test_a_pinned_tie_stays_away_from_a_tee() -> None:
    pieces = [
        item("tee", "top", kind="t-shirt", formality=4, department="men"),
        item("chinos", "bottom", formality=4, department="men"),
        item("oxfords", "shoes", formality=4, department="men"),
        item("tie", "accessory", kind="tie", formality=4, department="men"),
    ]
    shirt = item("shirt", "top", kind="shirt", formality=4, department="men")
    held = rules({"action": "pin", "match": {"skus": ["tie"]}})
    wish = brief(formality=4.0, department="men")
    for top, tied in ((pieces[0], False), (shirt, True)):
        store = retriever([top, *pieces[1:]])
        planned = make_plans(request(department="men", count=1), wish, store, 8, [held])
        (outfit,) = compose(planned.plans, RetrievalScorer(), None, 1)
        assert {c.sku for c in outfit.pieces} == {top.sku, "chinos", "oxfords"} | ({"tie"} if tied else set())


def test_a_pinned_piece_that_is_out_of_place_stays_out() -> None:
    pieces = stocked([])
    pieces += [item("ski", "bottom", tags=("sport", "snow"), brand="Acme")]
    pieces += [item("gown", "bottom", formality=5), item("tracks", "bottom", formality=1)]
    for sku in ("ski", "gown"):
        outfits, _ = answer(retriever(pieces), request(), rules({"action": "pin", "match": {"skus": [sku]}}))
        assert sku not in skus(outfits)[0]


def test_a_pinned_dress_makes_the_first_outfit_one_with_a_dress() -> None:
    pieces = [*stocked([]), item("d", "dress")]
    for sku, other in (("d", "s0"), ("s0", "d")):
        outfits, _ = answer(retriever(pieces), request(), rules({"action": "pin", "match": {"skus": [sku]}}))
        assert sku in skus(outfits)[0]
        assert other not in skus(outfits)[0]


def test_a_slot_that_is_excluded_is_said() -> None:
    outfits, planned = answer(
        retriever(stocked([])), request(), rules({"action": "exclude", "match": {"slots": ["shoes"]}})
    )
    assert outfits == []
    said = [(u.constraint, u.reason.partition(":")[0]) for u in planned.unmet]
    assert said == [("merchandising", "shoes"), ("stock", "dress")]


def test_an_anchor_that_is_excluded_is_said() -> None:
    held = rules({"action": "exclude", "match": {"skus": ["s2"]}})
    outfits, planned = answer(retriever(stocked([])), request(anchors=["s2"]), held)
    assert (outfits, [u.constraint for u in planned.unmet]) == ([], ["merchandising"])


def traced(pieces: list[Item], wanted: OutfitRequest, held: Merchandising) -> tuple[Trace, list[OutfitDraft]]:
    store = retriever(pieces)
    outfits, planned = answer(store, wanted, held)
    named = {f"o{n}": outfit for n, outfit in enumerate(outfits)}
    return trace_of(wanted, brief(), store, planned, [held], named), outfits


@settings(deadline=None, max_examples=50)
@given(st.lists(piece, max_size=13), asked, drawn_rules)
def test_a_trace_accounts_for_every_piece(
    drawn: list[Any], body: dict[str, Any], bodies: list[dict[str, Any]]
) -> None:
    pieces, wanted = stocked(drawn), request(**body)
    trace, outfits = traced(pieces, wanted, rules(*bodies))
    for slot in trace.slots:
        left = slot.carried
        assert left == sum(p.slot == slot.slot for p in pieces)
        for step in slot.filters:
            assert step.removed == 0 or not step.lifted
            assert step.left == left - step.removed
            left = step.left
        assert slot.shortlist <= left
    for told, outfit in zip(trace.outfits, outfits, strict=True):
        assert [p.sku for p in told.pieces] == [c.variant.sku for c in outfit.pieces]
        for part, chosen, score in zip(told.pieces, outfit.pieces, outfit.scores, strict=True):
            sums = (part.vibe, part.fit, part.text, part.rest, part.harmony, part.repeat)
            assert sum((*sums, part.merchandising, part.personal)) == pytest.approx(score, abs=1e-3)
            assert part.similarity == pytest.approx(chosen.similarity, abs=1e-4)
            assert part.merchandising == 0 or part.rules


def test_a_trace_names_what_took_the_pieces_and_what_was_lifted() -> None:
    pieces = [*stocked([("shoes", "M", 0, 3, "Acme", "women"), ("shoes", "M", 1, 3, "Bolt", "men")])]
    pieces[2] = item(
        "s2", "shoes", tags=("hosiery",)
    )  # the only ones left are worn under something: the guess gives way
    held = rules(
        {"action": "boost", "match": {"skus": ["s0"]}, "strength": 1},
        {"action": "exclude", "match": {"skus": ["nothing"]}},
    )
    trace, _ = traced(pieces, request(count=1), held)
    shoes = next(slot for slot in trace.slots if slot.slot == "shoes")
    assert [(f.constraint, f.removed, f.left, f.lifted) for f in shoes.filters] == [
        ("stock", 1, 2, False),
        ("department", 1, 1, False),
        ("doubtful", 0, 1, False),
        ("purpose", 0, 1, False),
        ("merchandising", 0, 1, False),
        ("weather", 0, 1, False),
        ("vibe", 0, 1, True),
    ]
    top = next(p for p in trace.outfits[0].pieces if p.slot == "top")
    assert [(r.id, r.action, r.shift) for r in top.rules] == [("r0", "boost", 0.25)]
    assert top.merchandising == 0.25
