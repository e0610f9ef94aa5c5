"""How colours, patterns and formality of two pieces go together: a few rules of thumb, in numbers.

The rules are the usual ones of dress manuals: neutrals go with everything, one or two accents at a time, one
bold pattern at a time, metals of one colour, pieces of one level of formality. Colours, kinds and numbers are rows of
`service/policy/compatibility.toml`.
"""

from __future__ import annotations

from collections.abc import Sequence

from indexer.item import Item
from service.policy.policy import policy


def harmony(piece: Item, others: Sequence[Item]) -> float:
    """0 when nothing clashes, below 0 by how much does; about -0.3 is a plain mistake."""
    if not others:
        return 0.0
    rules = (_colors, _patterns, _metals, _levels, _warmths, _partners)
    return sum(rule(piece, others) for rule in rules)


def _colors(piece: Item, others: Sequence[Item]) -> float:
    table = policy().compatibility
    own = table.accents(piece.colors)
    worn = {accent for other in others for accent in table.accents(other.colors)}
    if not own:
        return table.accent.calm if worn else 0.0
    if own & worn:
        return table.accent.same
    if not worn:
        return 0.0
    closest = min(table.steps(a, b) for a in own for b in worn)
    return -table.accent.clash(closest) - table.accent.many * max(0, len(own | worn) - table.accent.many_from)


def _patterns(piece: Item, others: Sequence[Item]) -> float:
    if _quiet(piece):
        return 0.0
    return -policy().compatibility.pattern.clash * sum(not _quiet(other) for other in others)


def _metals(piece: Item, others: Sequence[Item]) -> float:
    metal = policy().compatibility.metal
    own = metal.colours & set(piece.colors)
    worn = {c for other in others for c in metal.colours & set(other.colors)}
    return -metal.clash if own and worn and not own & worn else 0.0


def _levels(piece: Item, others: Sequence[Item]) -> float:
    level = policy().compatibility.level
    mean = sum(other.formality for other in others) / len(others)
    return -level.clash * max(0.0, abs(piece.formality - mean) - level.free)


def _warmths(piece: Item, others: Sequence[Item]) -> float:
    """A winter knit over linen shorts is for no weather at all. Coats are for going out, and do not count."""
    layers, warmth = policy().slots.of("layer"), policy().compatibility.warmth
    if piece.slot not in layers:
        return 0.0
    gaps = [abs(piece.warmth - other.warmth) for other in others if other.slot in layers]
    return -warmth.clash * max(0, max(gaps, default=0) - warmth.free)


def _partners(piece: Item, others: Sequence[Item]) -> float:
    table = policy().compatibility
    needed = table.partner.get(piece.kind)
    return 0.0 if needed is None or any(other.kind in needed for other in others) else -table.alone.clash


def _quiet(item: Item) -> bool:
    return item.pattern.casefold() in policy().compatibility.pattern.quiet
