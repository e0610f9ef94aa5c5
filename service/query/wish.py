"""What a wish asks for, in numbers that pieces can be held against. Plain data: reads nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from indexer.embedder import Vectors
from indexer.item import Department, Season, Slot
from service.query.demands import NamedPiece
from service.query.memory import Memory

Activity = Literal["", "swim", "sport", "hike", "ski", "party", "work", "ethnic"]
WORDS_WEIGHT = 0.3
"""Share of the wish's own words where looks are remembered."""
LEAST_SHARE = 0.25
"""Weight of remembered wishes that must have something in a slot for them to say what is worn there."""
WEAR_WEIGHT = 0.8  # share of the examples' pieces in the query, beside 1.0 for the wish's own words


@dataclass(frozen=True, slots=True)
class Wear:
    """What an example vibe is dressed in: unit vectors of its pieces, shape (pieces, dim), and its weight."""

    weight: float
    pieces: Vectors


@dataclass(frozen=True, slots=True)
class QueryIntent:
    """`formality` as in Item; `heat` runs from -2 (deep winter) over 0 (mild) to 2 (hot), None when unknown.

    `age` in years, of a child whose age the wish names. `words` is the unit vector of the wish's text, as the query
    encoder has it, `query` the one that pieces are searched with, both of shape (dim,).
    """

    formality: float
    heat: float | None
    wet: bool
    snow: bool
    activity: Activity
    department: Department | None
    kids_line: Literal["girls", "boys", ""]
    age: float | None
    season: Season | None
    said: str
    words: Vectors
    query: Vectors
    wear: tuple[Wear, ...] = ()
    pieces: tuple[NamedPiece, ...] = ()
    """Garments that the wish names."""
    memory: Memory = field(default_factory=Memory)
    """What stylists put together for wishes like this one."""
    steer: str = ""
    """The wish without the words that are demands; "" where the whole of it steers."""
    doubt: float = 0.0
    """How far `formality` may be off, 0 where the wish's own words settle it."""

    def similarity(self, vectors: Vectors, slot: Slot | None = None) -> Vectors:
        """How near pieces come to the wish, shape (n,): to its words, and to what is worn on such occasions.

        `vectors` are of shape (n, dim). Where looks are remembered that have something in the slot, they say what is
        worn, and the words alone count less: a title that repeats the wish is no reason to wear the piece. Else the
        examples do; of the pieces that an example names only the nearest counts: a shoe need not look like a shirt.
        """
        words = vectors @ self.words
        if slot is not None and (share := self.memory.share(slot)) >= LEAST_SHARE:
            remembered = self.memory.worn(slot, vectors) / np.float32(share)
            return np.asarray(WORDS_WEIGHT * words + (1 - WORDS_WEIGHT) * remembered, dtype=np.float32)
        if not self.wear:
            return words
        worn = sum((w.weight * (vectors @ w.pieces.T).max(axis=1) for w in self.wear), np.zeros(len(vectors)))
        return np.asarray((words + WEAR_WEIGHT * worn) / (1 + WEAR_WEIGHT), dtype=np.float32)

    def query_for(self, slot: Slot) -> Vectors:
        """The unit vector that pieces of the slot are searched with, shape (dim,)."""
        center = self.memory.center(slot) if self.memory.share(slot) >= LEAST_SHARE else None
        if center is None:
            return self.query
        query = WORDS_WEIGHT * self.words + (1 - WORDS_WEIGHT) * center / max(
            float(np.linalg.norm(center)), 1e-6
        )
        return np.asarray(query / np.linalg.norm(query), dtype=np.float32)
