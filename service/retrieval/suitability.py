"""Which pieces common sense keeps out of an outfit, by the rules of the policy's tables. Knows columns, not vectors,
and no titles.

Common sense here is what any shop assistant knows: no sandals in snow, no winter boots on the beach, swimwear
at the pool only. Each rule looks at attributes of the kind of piece. The rules themselves are rows of
`service/policy/suitability.toml` and `formality.toml`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from service.catalog.columns import CatalogColumns, Mask
from service.policy.conditions import Pieces
from service.policy.policy import policy
from service.policy.suitability_table import About, Rule
from service.query.conditions import holds
from service.query.wish import QueryIntent


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """The pieces that one rule keeps out for a wish, shape (items,)."""

    rule: Rule
    barred: Mask


def out_of_weather(columns: CatalogColumns, brief: QueryIntent) -> Mask:
    """Pieces that nobody would wear in this weather, shape (items,)."""
    return _any(columns, verdicts(columns, brief, "weather"))


def out_of_place(columns: CatalogColumns, brief: QueryIntent) -> Mask:
    """Pieces that nobody would wear for this, whatever the weather, shape (items,): swimwear in town, trainers at
    the opera.
    """
    return _any(columns, verdicts(columns, brief, "occasion"))


def unfit_for_sport(columns: CatalogColumns, brief: QueryIntent) -> Mask:
    """Pieces that nobody exercises in, shape (items,)."""
    return _any(columns, verdicts(columns, brief, "sportswear"))


def left_by(columns: CatalogColumns, found: Iterable[Verdict]) -> Mask:
    """Pieces that none of the verdicts keeps out, shape (items,)."""
    return ~_any(columns, found)


def counted(mask: Mask, found: Iterable[Verdict]) -> list[tuple[Rule, int]]:
    """How many pieces of the mask each rule keeps out; a piece counts for the first of several."""
    left, counts = mask.copy(), []
    for verdict in found:
        if number := int((left & verdict.barred).sum()):
            counts.append((verdict.rule, number))
            left &= ~verdict.barred
    return counts


def verdicts(columns: CatalogColumns, brief: QueryIntent, about: About) -> Iterator[Verdict]:
    """What each rule keeps out that holds for the wish, in the order of the tables."""
    for rule in policy().rules[about]:
        row = rule.row
        if not holds(row.when, brief):
            continue
        barred = _either(columns, (selected(columns, pieces) for pieces in row.bars))
        for pieces in row.spares:
            if holds(pieces.when, brief):
                barred &= ~selected(columns, pieces)
        yield Verdict(rule, barred)


def selected(columns: CatalogColumns, pieces: Pieces) -> Mask:
    """The pieces that a selection of the tables is about, shape (items,); its `when` is not asked."""
    lookups: list[tuple[tuple[str, ...], Callable[[tuple[str, ...]], Mask]]] = [
        (pieces.kinds, lambda values: columns.any_of("kind", values)),
        (pieces.tags, lambda values: columns.any_of("tag", values)),
        (pieces.colors, lambda values: columns.any_of("color", values)),
        (pieces.materials, lambda values: columns.any_of("material", values)),
        (pieces.categories, lambda values: columns.mentioning("category", values)),
    ]
    mask = np.ones(columns.count, dtype=np.bool_)
    if pieces.slots:
        mask &= _either(columns, (columns.in_slot(slot) for slot in pieces.slots))
    for values, find in lookups:
        if values:
            mask &= find(values)
    for tag in pieces.tags_all:
        mask &= columns.any_of("tag", [tag])
    for column, least, most in (
        (columns.formality, pieces.formality_from, pieces.formality_to),
        (columns.warmth, pieces.warmth_from, pieces.warmth_to),
    ):
        if least is not None:
            mask &= column >= least
        if most is not None:
            mask &= column <= most
    return mask


def _any(columns: CatalogColumns, found: Iterable[Verdict]) -> Mask:
    return _either(columns, (verdict.barred for verdict in found))


def _either(columns: CatalogColumns, masks: Iterable[Mask]) -> Mask:
    either = np.zeros(columns.count, dtype=np.bool_)
    for mask in masks:
        either |= mask
    return either
