"""How colours, patterns and formality of two pieces go together: a few rules of thumb, in numbers.

The rules are the usual ones of dress manuals: neutrals go with everything, one or two accents at a time, one
bold pattern at a time, metals of one colour, pieces of one level of formality.
"""

from __future__ import annotations

from collections.abc import Sequence

from indexer.item import Item

NEUTRALS = frozenset(
    [
        *(
            "black",
            "white",
            "off-white",
            "cream",
            "ivory",
            "ecru",
            "nude",
            "beige",
            "tan",
            "camel",
            "khaki",
            "taupe",
        ),
        *("sand", "stone", "brown", "grey", "charcoal", "navy", "denim", "clear", "transparent", "metallic"),
        *("silver", "gold", "rose gold", "bronze", "copper", "gunmetal"),
    ]
)
_METALS = frozenset({"silver", "gold", "rose gold"})
_WHEEL = ("red", "orange", "yellow", "green", "turquoise", "blue", "purple", "pink")
_FAMILY = {
    "burgundy": "red",
    "maroon": "red",
    "wine": "red",
    "rust": "orange",
    "coral": "orange",
    "peach": "orange",
    "terracotta": "orange",
    "mustard": "yellow",
    "olive": "green",
    "mint": "green",
    "emerald": "green",
    "sage": "green",
    "teal": "turquoise",
    "aqua": "turquoise",
    "light blue": "blue",
    "cobalt": "blue",
    "lavender": "purple",
    "lilac": "purple",
    "plum": "purple",
    "magenta": "pink",
    "fuchsia": "pink",
    "rose": "pink",
    "blush": "pink",
    "hot pink": "pink",
}
_COLLARED = frozenset({"shirt", "dress-shirt", "flannel-shirt", "blouse", "suit", "tuxedo"})
_SOUTH_ASIAN = frozenset(
    {"kurta", "choli", "sherwani", "nehru-jacket", "kurta-set", "salwar-suit", "anarkali"}
)
_PARTNERS = {
    # Trousers of one dress tradition under the shirt of another look like a mistake; the other way round is fashion.
    "churidar": _SOUTH_ASIAN,
    "salwar": _SOUTH_ASIAN,
    "dhoti": _SOUTH_ASIAN,
    "dupatta": _SOUTH_ASIAN | {"saree", "lehenga"},
    "tie": _COLLARED,
    "bow-tie": _COLLARED,
    "braces": _COLLARED,
    "cufflinks": _COLLARED - {"flannel-shirt"},
}
"""Pieces that make no sense without one of these kinds beside them."""
_LAYERS = frozenset({"top", "bottom", "dress", "shoes"})
_QUIET_PATTERNS = frozenset(
    {"", "plain", "solid", "textured", "ribbed", "knit", "cable knit", "denim", "quilted", "lace"}
)


def harmony(piece: Item, others: Sequence[Item]) -> float:
    """0 when nothing clashes, below 0 by how much does; about -0.3 is a plain mistake."""
    if not others:
        return 0.0
    rules = (_colors, _patterns, _metals, _levels, _warmths, _partners)
    return sum(rule(piece, others) for rule in rules)


def _colors(piece: Item, others: Sequence[Item]) -> float:
    own = _accents(piece)
    worn = {accent for other in others for accent in _accents(other)}
    if not own:
        return 0.02 if worn else 0.0
    if own & worn:
        return 0.03
    if not worn:
        return 0.0
    closest = min(_steps(a, b) for a in own for b in worn)
    clash = {1: 0.04, 2: 0.12, 3: 0.14, 4: 0.08}.get(closest, 0.1)
    return -clash - 0.06 * max(0, len(own | worn) - 2)


def _patterns(piece: Item, others: Sequence[Item]) -> float:
    if _quiet(piece):
        return 0.0
    return -0.15 * sum(not _quiet(other) for other in others)


def _metals(piece: Item, others: Sequence[Item]) -> float:
    own = _METALS & set(piece.colors)
    worn = {c for other in others for c in _METALS & set(other.colors)}
    return -0.05 if own and worn and not own & worn else 0.0


def _levels(piece: Item, others: Sequence[Item]) -> float:
    mean = sum(other.formality for other in others) / len(others)
    return -0.12 * max(0.0, abs(piece.formality - mean) - 0.75)


def _warmths(piece: Item, others: Sequence[Item]) -> float:
    """A winter knit over linen shorts is for no weather at all. Coats are for going out, and do not count."""
    if piece.slot not in _LAYERS:
        return 0.0
    gaps = [abs(piece.warmth - other.warmth) for other in others if other.slot in _LAYERS]
    return -0.08 * max(0, max(gaps, default=0) - 1)


def _partners(piece: Item, others: Sequence[Item]) -> float:
    needed = _PARTNERS.get(piece.kind)
    return 0.0 if needed is None or any(other.kind in needed for other in others) else -1.0


def _accents(item: Item) -> set[str]:
    families = {_FAMILY.get(c, c) for c in item.colors if c not in NEUTRALS}
    return {f for f in families if f in _WHEEL}


def _steps(a: str, b: str) -> int:
    distance = abs(_WHEEL.index(a) - _WHEEL.index(b))
    return min(distance, len(_WHEEL) - distance)


def _quiet(item: Item) -> bool:
    return item.pattern.casefold() in _QUIET_PATTERNS
