"""A varied choice among scored pieces. Knows no wish."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from indexer.embedder import Vectors
from indexer.item import Item
from service.catalog.columns import Mask

TWINS = 0.7
"""Cosine between two pieces from which the second is penalised as more of the same."""
MARGIN = 0.12
"""How far below the slot's best a piece may score and still be offered once half of the quota is picked."""
_BEHIND = 100.0
"""More than any scores differ by."""


def varied(
    items: Sequence[Item],
    vectors: Vectors,
    scores: Vectors,
    quota: int,
    forced: int,
    late: Mask | None = None,
) -> list[int]:
    """Indices of up to `quota` pieces: each the best after a penalty for likeness to those already picked
    (maximal marginal relevance: Carbonell & Goldstein 1998). One colourway per product, while others are left.
    The first `forced` are always among them; clearly worse ones only up to half of the quota. Those that `late` marks
    are picked once no other is left, and set no standard.
    """
    likeness = np.clip(vectors @ vectors.T - TWINS, 0.0, None)
    late = np.zeros(len(items), dtype=np.bool_) if late is None else late
    penalty = np.where(late, _BEHIND, 0.0).astype(np.float32)
    free = np.ones(len(items), dtype=np.bool_)
    picks: list[int] = []
    good = scores >= np.where(late, -np.inf, scores)[forced:].max(initial=-np.inf) - MARGIN
    while len(picks) < min(quota, len(items)):
        if 2 * len(picks) >= quota:
            free &= good
        if not free.any():
            break
        best = (
            len(picks) if len(picks) < forced else int(np.argmax(np.where(free, scores - penalty, -np.inf)))
        )
        picks.append(best)
        free[best] = False
        penalty = np.maximum(penalty, likeness[best])
        penalty += [0.3 * (item.group_id == items[best].group_id) for item in items]
        penalty += [0.03 * (item.colors == items[best].colors) for item in items]
    return picks
