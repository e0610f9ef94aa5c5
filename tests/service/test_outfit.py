"""Completability against brute force, on small random cases."""

from __future__ import annotations

import itertools

from factories import candidate
from hypothesis import given
from hypothesis import strategies as st

from service.composition.constraints import Limits, choices, completable, shareable
from service.retrieval.shortlist import Candidate

SLOTS = ("top", "bottom", "shoes", "bag")


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Candidate], list[list[Candidate]], Limits]:
    slots = [
        [
            candidate(f"{slot}{i}", slot, draw(st.integers(1, 9)) * 100)  # type: ignore[arg-type]
            for i in range(draw(st.integers(0 if n else 1, 4)))
        ]
        for n, slot in enumerate(SLOTS[: draw(st.integers(1, 4))])
    ]
    everything = [c.sku for slot in slots for c in slot]
    others = tuple(draw(st.lists(st.frozensets(st.sampled_from(everything), max_size=4), max_size=3)))
    budget = draw(st.none() | st.integers(0, 36).map(lambda n: n * 100))
    chosen = [slots[0][0]] if draw(st.booleans()) else []
    open_slots = slots[1:] if chosen else slots
    return chosen, open_slots, Limits(budget, others, draw(st.integers(0, 4)))


def _allowed(pieces: tuple[Candidate, ...], limits: Limits) -> bool:
    if limits.budget_cents is not None and sum(c.cents for c in pieces) > limits.budget_cents:
        return False
    return all(len({c.sku for c in pieces} & other) <= limits.shared for other in limits.others)


@given(cases())
def test_completable_agrees_with_brute_force(
    case: tuple[list[Candidate], list[list[Candidate]], Limits],
) -> None:
    chosen, open_slots, limits = case
    expected = any(_allowed((*chosen, *rest), limits) for rest in itertools.product(*open_slots))
    assert completable(chosen, open_slots, limits) == expected


@given(cases())
def test_choices_are_those_with_a_whole_outfit(
    case: tuple[list[Candidate], list[list[Candidate]], Limits],
) -> None:
    chosen, open_slots, limits = case
    if not open_slots:
        return
    first, rest = open_slots[0], open_slots[1:]
    expected = [
        i
        for i, c in enumerate(first)
        if any(_allowed((*chosen, c, *others), limits) for others in itertools.product(*rest))
    ]
    assert choices(chosen, first, rest, limits) == expected


def test_half_may_be_shared_and_always_the_anchors() -> None:
    assert [shareable(n, 0) for n in (1, 2, 3, 4, 5, 6)] == [0, 1, 1, 2, 2, 3]
    assert shareable(3, 2) == 2


def test_prices_add_up_in_cents() -> None:
    pieces = [candidate("a", "top", 10), candidate("b", "bottom", 20)]
    assert completable(pieces, [], Limits(budget_cents=30))
    assert not completable(pieces, [], Limits(budget_cents=29))
