"""What a wish asks for, in numbers that pieces can be held against. Plain data: reads nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from indexer.embedder import Vectors
from indexer.item import Department, Season, Slot
from service.policy.policy import policy
from service.query.demands import NamedPiece
from service.query.memory import Memory

Activity = Literal["", "swim", "sport", "hike", "ski", "party", "work", "ethnic"]


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
    plain: Vectors
    """The unit vector of the wish's text as the embedder alone has it, shape (dim,)."""
    wear: tuple[Wear, ...] = ()
    pieces: tuple[NamedPiece, ...] = ()
    """Garments that the wish names."""
    throughout: tuple[str, ...] = ()
    """Colours that all of the outfit is to have."""
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
        reading = policy().weights.reading
        if slot is not None and (known := self.memory.share(slot)) >= reading.least_share:
            remembered = self.memory.worn(slot, vectors) / np.float32(known)
            return np.asarray(
                reading.own_words * words + (1 - reading.own_words) * remembered, dtype=np.float32
            )
        if not self.wear:
            return words
        worn = sum((w.weight * (vectors @ w.pieces.T).max(axis=1) for w in self.wear), np.zeros(len(vectors)))
        share = policy().weights.reading.wear
        return np.asarray((words + share * worn) / (1 + share), dtype=np.float32)

    def query_for(self, slot: Slot) -> Vectors:
        """The unit vector that pieces of the slot are searched with, shape (dim,)."""
        reading = policy().weights.reading
        center = self.memory.center(slot) if self.memory.share(slot) >= reading.least_share else None
        if center is None:
            return self.query
        unit = center / max(float(np.linalg.norm(center)), 1e-6)
        query = reading.own_words * self.words + (1 - reading.own_words) * unit
        return np.asarray(query / np.linalg.norm(query), dtype=np.float32)
