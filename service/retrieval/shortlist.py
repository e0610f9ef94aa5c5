"""What retrieval hands on: the candidates of a slot, best first, with their vectors, and how they are varied.

Knows no wish.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexer.embedder import Vectors
from indexer.item import Item, Slot, Variant
from service.catalog.columns import Mask
from service.policy.policy import policy


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that may fill a slot, in the size and at the price that the shopper would get.

    `similarity` is the retriever's cosine to the wish; `fit` is how well its attributes suit the wish, 0 being
    no objection and below it how much speaks against it. A `last_resort` is taken where no other candidate is left.
    """

    item: Item
    position: int
    variant: Variant
    slot: Slot
    label: str
    similarity: float = 0.0
    fit: float = 0.0
    last_resort: bool = False

    @property
    def sku(self) -> str:
        return self.item.sku

    @property
    def cents(self) -> int:
        """Price in hundredths, exact for sums; 0 when the feed has no prices."""
        return round((self.variant.price or 0.0) * 100)


@dataclass(frozen=True, slots=True)
class Shortlist:
    """Candidates of one slot, best first, and their unit vectors, shape (candidates, dim)."""

    candidates: list[Candidate]
    vectors: Vectors


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
    weights = policy().weights.shortlist
    likeness = np.clip(vectors @ vectors.T - weights.twins, 0.0, None)
    late = np.zeros(len(items), dtype=np.bool_) if late is None else late
    penalty = np.where(late, _BEHIND, 0.0).astype(np.float32)
    free = np.ones(len(items), dtype=np.bool_)
    picks: list[int] = []
    good = scores >= np.where(late, -np.inf, scores)[forced:].max(initial=-np.inf) - weights.margin
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
        penalty += [weights.same_product * (item.group_id == items[best].group_id) for item in items]
        penalty += [weights.same_colours * (item.colors == items[best].colors) for item in items]
    return picks
