"""What the critic sees of a piece by itself, in numbers. Knows no wish."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.item import DEPARTMENTS, Item
from indexer.taxonomy.kinds import KINDS
from service.policy.policy import policy

Floats = NDArray[np.float32]

TAGS = (
    "sport",
    "swim",
    "party",
    "work",
    "layer",
    "rain-ok",
    "no-rain",
    "snow",
    "legs-bare",
    "open-shoe",
    "heavy-shoe",
    "ethnic",
    "hosiery",
    "set",
    "maternity",
    "nursing",
    "plus",
)
ATTRIBUTES = (
    "heel-flat",
    "heel-low",
    "heel-high",
    "sleeveless",
    "short-sleeve",
    "long-sleeve",
    "strapless",
    "low-cut",
    "sheer",
    "mini",
    "maxi",
    "cropped",
    "tight",
    "loose",
    "hooded",
)
COLORS = ("black", "white", "grey", "navy", "beige", "brown", "cream", "denim", "gold", "silver")
MATERIALS = (
    "leather",
    "suede",
    "denim",
    "wool",
    "cashmere",
    "silk",
    "linen",
    "cotton",
    "velvet",
    "lace",
    "satin",
    "canvas",
    "polyester",
    "nylon",
    "fleece",
    "sequin",
)
KIND_NAMES = tuple(sorted(KINDS))
"""Kinds are told to the network by their place here, plus one; 0 is a kind that it does not know."""
WIDTH = len(TAGS) + len(ATTRIBUTES) + len(COLORS) + len(MATERIALS) + len(DEPARTMENTS) + 7
_PLACES = {name: place for place, name in enumerate(KIND_NAMES, start=1)}


def traits(items: Sequence[Item]) -> Floats:
    """One row of numbers from 0 to 1 per piece, shape (pieces, `WIDTH`)."""
    return np.array([_traits(item) for item in items], dtype=np.float32).reshape(len(items), WIDTH)


def kind_places(items: Sequence[Item]) -> NDArray[np.int64]:
    """The place of each piece's kind, shape (pieces,)."""
    return np.array([_PLACES.get(item.kind, 0) for item in items], dtype=np.int64)


def _traits(item: Item) -> list[float]:
    table = policy().compatibility
    accents = table.accents(item.colors)
    texts = {*item.materials, item.material}
    return [
        *(float(tag in item.tags) for tag in TAGS),
        *(float(a in item.attributes) for a in ATTRIBUTES),
        *(float(c in item.colors) for c in COLORS),
        *(float(any(m in text for text in texts)) for m in MATERIALS),
        *(float(item.department == d) for d in DEPARTMENTS),
        item.formality / 5,
        item.warmth / 4,
        float(item.pattern.casefold() not in table.pattern.quiet),
        min(len(accents), 3) / 3,
        float(bool(item.colors) and not accents),
        min(len(item.colors), 4) / 4,
        float(not item.description),
    ]
