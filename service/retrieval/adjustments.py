"""What moves pieces up or down besides the wish itself: the store's rules, a shopper's own taste.

Knows columns of the catalogue; nothing of where a nudge comes from, of vectors, or of outfits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from service.catalog.columns import CatalogColumns, Mask, Positions
from service.schemas.outfits import OutfitRequest

Shifts = NDArray[np.float32]


class ScoreAdjustment(Protocol):
    """Something that shifts scores, or withholds pieces, for one request. Immutable, safe to use from any thread."""

    @property
    def digest(self) -> str:
        """What identifies its effect; it enters the identity of an outfit. "" when it changes nothing."""
        ...

    def name(self) -> str:
        """What staff see in a trace, such as "rules" or "taste"."""
        ...

    def shift(self, columns: CatalogColumns, positions: Positions) -> Shifts:
        """Added to the scores of these pieces, in units of cosine similarity; shape (positions,)."""
        ...

    def allowed(self, columns: CatalogColumns) -> Mask | None:
        """A hard filter, shape (items,); None when it filters nothing."""
        ...


@runtime_checkable
class Pinning(Protocol):
    """What a nudge may do besides: ask for pieces in the first outfit."""

    def pinned(self, columns: CatalogColumns) -> Mask | None:
        """Pieces of which one comes in the first outfit, shape (items,), where every filter allows it."""
        ...


AdjustmentSource = Callable[[OutfitRequest], Sequence[ScoreAdjustment]]
"""The nudges of a request, in a fixed order."""


def total_shift(nudges: Sequence[ScoreAdjustment], columns: CatalogColumns, positions: Positions) -> Shifts:
    """The sum of all shifts, shape (positions,)."""
    total = np.zeros(len(positions), dtype=np.float32)
    for nudge in nudges:
        total += nudge.shift(columns, positions)
    return total


def withheld(nudges: Sequence[ScoreAdjustment], columns: CatalogColumns) -> Mask | None:
    """Pieces that some nudge does not allow, shape (items,); None when all allow everything."""
    masks = [mask for nudge in nudges if (mask := nudge.allowed(columns)) is not None]
    return ~np.logical_and.reduce(masks) if masks else None


def all_pinned(nudges: Sequence[ScoreAdjustment], columns: CatalogColumns) -> Mask | None:
    """Pieces that some nudge pins, shape (items,); None when nothing is pinned."""
    pinning = (nudge for nudge in nudges if isinstance(nudge, Pinning))
    masks = [mask for nudge in pinning if (mask := nudge.pinned(columns)) is not None]
    return np.logical_or.reduce(masks) if masks else None


def digests(nudges: Sequence[ScoreAdjustment]) -> Iterator[str]:
    """The digests of the nudges that change something, for an outfit's identity."""
    return (f"{nudge.name()}:{nudge.digest}" for nudge in nudges if nudge.digest)
