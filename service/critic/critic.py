"""The critic: is a piece wrong for this wish beside these others, and would a stylist hand over the whole?

Trained on outfits that stylists graded blind (`training.critic`). Its opinion counts among others while composing, and
chooses between whole outfits; constraints are never its to lift.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files

import numpy as np

from indexer.embedder import Vectors
from indexer.item import SLOTS, Item, Slot
from service.critic.network import FAULTS, Network, chance
from service.critic.sight import Beside, beside_features, whole_features, wish_features
from service.critic.traits import Floats, kind_places
from service.query.wish import QueryIntent

MODEL = "critic.safetensors"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of a whole outfit. `signed` is the log-odds that a stylist hands it over; `wrong` are those of its
    pieces, in their order, and `faults` the likeliest fault of each; `generic` and `lacks` are log-odds. `grade` is the
    one to expect, from 1 to 5.
    """

    signed: float
    generic: float
    lacks: float
    grade: float
    wrong: tuple[float, ...]
    faults: tuple[str, ...]

    @property
    def probability(self) -> float:
        """That a stylist hands the outfit over."""
        return chance(self.signed)


class Critic:
    """Immutable; any number of threads may ask it."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @property
    def digest(self) -> str:
        return self._network.digest

    @property
    def embedder(self) -> str:
        """Digest of the embedder whose vectors it reads."""
        return self._network.embedder

    def wrong(
        self, brief: QueryIntent, items: Sequence[Item], vectors: Vectors, alone: Floats, beside: Beside
    ) -> Floats:
        """The log-odds that each piece is wrong for the wish beside the others, shape (pieces,). `alone` are the
        pieces' `alone_features`.
        """
        if not items:
            return np.zeros(0, dtype=np.float32)
        rows = np.concatenate([alone, beside_features(items, vectors, beside)], axis=1)
        return self._network.piece(rows, kind_places(items), brief.plain, vectors).wrong

    def verdict(
        self,
        brief: QueryIntent,
        slots: Sequence[Slot],
        items: Sequence[Item],
        vectors: Vectors,
        alone: Floats,
    ) -> Verdict:
        """Of a whole outfit: pieces in `slots`, which are of the same length as `items`, `vectors` and `alone`."""
        rest = whole_features(items, vectors)
        rows = np.concatenate([alone, rest], axis=1)
        read = self._network.piece(rows, kind_places(items), brief.plain, vectors)
        filled = np.array([float(s in slots) for s in SLOTS], dtype=np.float32)
        signed, generic, lacks, *steps = self._network.outfit(read, wish_features(brief), filled).tolist()
        grade = 1 + sum(chance(step) for step in (signed, *steps))
        likeliest = tuple(FAULTS[i] for i in read.faults.argmax(axis=1))
        return Verdict(signed, generic, lacks, grade, tuple(read.wrong.tolist()), likeliest)


@lru_cache(maxsize=1)
def packaged() -> Critic:
    """The critic that comes with the service. Raises ModelError when its file is missing or damaged."""
    with as_file(files(__package__) / "model" / MODEL) as path:
        return Critic(Network.load(path))


def critic_for(embedder: str) -> Critic | None:
    """The packaged critic, if it reads the vectors of the embedder with this digest; None if it learned from others."""
    found = packaged()
    return found if found.embedder == embedder else None
