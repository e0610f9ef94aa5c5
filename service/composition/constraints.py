"""Outfits as plain data, and the arithmetic of whole-outfit constraints. Knows no model, no index and no HTTP.

A partial outfit may only grow by a piece after which a whole outfit is still possible: `completable` decides
that exactly, so composing never runs into a dead end and nothing is discarded afterwards.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from service.retrieval.shortlist import Candidate


@dataclass(frozen=True, slots=True)
class Limits:
    """What must hold of a whole outfit. `others` are the SKUs of the outfits that it must differ from."""

    budget_cents: int | None = None
    others: tuple[frozenset[str], ...] = ()
    shared: int = 0
    """At most this many pieces in common with any of `others`."""


def completable(
    chosen: Sequence[Candidate], open_slots: Sequence[Sequence[Candidate]], limits: Limits
) -> bool:
    """Whether one candidate of each open slot can be added to `chosen` without breaking a limit. Exact.

    Of the candidates of a slot that occur in the same earlier outfits only the cheapest matters, so the search
    branches over few; slots are pruned by the cheapest possible rest.
    """
    spent = sum(c.cents for c in chosen)
    overlap = [sum(c.sku in other for c in chosen) for other in limits.others]
    if any(n > limits.shared for n in overlap):
        return False
    options = [_cheapest_by_signature(slot, limits.others) for slot in open_slots]
    if not all(options):
        return False
    rest = [0] * (len(options) + 1)
    for i in range(len(options) - 1, -1, -1):
        rest[i] = rest[i + 1] + min(cents for cents, _ in options[i])
    return _search(0, spent, overlap, options, rest, limits)


def choices(
    chosen: Sequence[Candidate],
    candidates: Sequence[Candidate],
    open_slots: Sequence[Sequence[Candidate]],
    limits: Limits,
) -> list[int]:
    """Indices of the candidates after which the outfit can still be completed over `open_slots`."""
    return [i for i, c in enumerate(candidates) if completable([*chosen, c], open_slots, limits)]


def shareable(pieces: int, anchors: int) -> int:
    """How many pieces two outfits of `pieces` may share: half, but never fewer than the anchors that they must."""
    return max(pieces // 2, anchors)


def outlooks(open_slots: Sequence[Sequence[Candidate]], spendable: Sequence[int]) -> list[float]:
    """For each amount in cents, the best sum of similarity and fit that the open slots can still reach within it.

    Minus infinity where not even the cheapest pieces fit. Exact: the multiple-choice knapsack problem, solved
    over the Pareto front of cost and value (Kellerer, Pferschy & Pisinger 2004, chapter 11).
    """
    front: list[tuple[int, float]] = [(0, 0.0)]
    for slot in open_slots:
        sums = sorted(
            ((cost + c.cents, value + c.similarity + c.fit) for cost, value in front for c in slot),
            key=lambda point: (point[0], -point[1]),
        )
        front = []
        for cost, value in sums:
            if not front or value > front[-1][1]:
                front.append((cost, value))
    costs = [cost for cost, _ in front]
    return [front[i - 1][1] if (i := bisect_right(costs, amount)) else float("-inf") for amount in spendable]


_Option = tuple[int, tuple[int, ...]]  # price in cents, indices of the other outfits that hold the piece


def _cheapest_by_signature(
    candidates: Sequence[Candidate], others: Sequence[frozenset[str]]
) -> list[_Option]:
    cheapest: dict[tuple[int, ...], int] = {}
    for c in candidates:
        signature = tuple(i for i, other in enumerate(others) if c.sku in other)
        cheapest[signature] = min(c.cents, cheapest.get(signature, c.cents))
    return sorted((cents, signature) for signature, cents in cheapest.items())


def _search(
    i: int, spent: int, overlap: list[int], options: list[list[_Option]], rest: list[int], limits: Limits
) -> bool:
    if limits.budget_cents is not None and spent + rest[i] > limits.budget_cents:
        return False
    if i == len(options):
        return True
    for cents, signature in options[i]:
        grown = overlap.copy()
        for other in signature:
            grown[other] += 1
        if all(n <= limits.shared for n in grown) and _search(
            i + 1, spent + cents, grown, options, rest, limits
        ):
            return True
    return False
