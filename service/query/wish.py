"""What a wish asks for, in numbers that pieces can be held against. Plain data: reads nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from indexer.embedder import Vectors
from indexer.item import Department, Season

Activity = Literal["", "swim", "sport", "hike", "ski", "party", "work", "ethnic"]
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
    doubt: float = 0.0
    """How far `formality` may be off, 0 where the wish's own words settle it."""

    def similarity(self, vectors: Vectors) -> Vectors:
        """How near pieces come to the wish, shape (n,): to its words, and to what is worn on such occasions.

        `vectors` are of shape (n, dim). Of the pieces that an example names only the nearest counts, since a
        shoe need not look like a shirt.
        """
        words = vectors @ self.words
        if not self.wear:
            return words
        worn = sum((w.weight * (vectors @ w.pieces.T).max(axis=1) for w in self.wear), np.zeros(len(vectors)))
        return np.asarray((words + WEAR_WEIGHT * worn) / (1 + WEAR_WEIGHT), dtype=np.float32)
