"""The critic before one wish: what it adds and takes, in the units of the composer's sum. Composes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.embedder import Vectors
from indexer.item import Item, Slot
from service.critic.critic import Critic, Verdict
from service.critic.sight import Beside, alone_features, family
from service.critic.traits import Floats
from service.policy.policy import policy
from service.query.memory import Lead
from service.query.wish import QueryIntent


class Judge:
    """One critic, one wish. Not shared between requests: it keeps what it saw of each piece."""

    def __init__(self, critic: Critic, brief: QueryIntent) -> None:
        self._critic, self._brief = critic, brief
        self._alone: dict[tuple[Slot, str], Floats] = {}

    def leads(self) -> Iterator[Lead]:
        """The looks that are remembered for the wish, the weightiest first."""
        return self._brief.memory.leads()

    def listing(self, slot: Slot, items: Sequence[Item], vectors: Vectors) -> NDArray[np.float64]:
        """What speaks for or against pieces by themselves, shape (pieces,): 0 on average."""
        alone = self._seen([slot] * len(items), items, vectors)
        wrong = self._critic.wrong(self._brief, items, vectors, alone, Beside((), vectors[:0]))
        return _weighed(wrong, policy().weights.critic.shortlist)

    def choosing(
        self, slot: Slot, items: Sequence[Item], vectors: Vectors, worn: Sequence[Item], worn_vectors: Vectors
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The same beside the pieces that are worn already, and the log-odds that each piece is wrong."""
        alone = self._seen([slot] * len(items), items, vectors)
        wrong = self._critic.wrong(self._brief, items, vectors, alone, Beside(worn, worn_vectors))
        return _weighed(wrong, policy().weights.critic.chosen), wrong.astype(np.float64)

    def verdict(self, slots: Sequence[Slot], items: Sequence[Item], vectors: Vectors) -> Verdict:
        """Of a whole outfit."""
        return self._critic.verdict(self._brief, slots, items, vectors, self._seen(slots, items, vectors))

    def familiar(self, slot: Slot, items: Sequence[Item]) -> NDArray[np.float64]:
        """The share of the remembered looks with something in the slot that have a piece of this kind there, or of one
        that is sold as the same; 1 for every piece where nothing is remembered. Shape (pieces,).
        """
        kinds = self._brief.memory.kinds(slot)
        if not kinds:
            return np.ones(len(items))
        shares = [sum(kinds.get(kind, 0.0) for kind in family(item.kind)) for item in items]
        return np.array(shares) / sum(kinds.values())

    def _seen(self, slots: Sequence[Slot], items: Sequence[Item], vectors: Vectors) -> Floats:
        """`alone_features` of the pieces, shape (pieces, features)."""
        keys = [(slot, item.sku) for slot, item in zip(slots, items, strict=True)]
        for slot in dict.fromkeys(slots):
            new = [i for i, key in enumerate(keys) if key[0] == slot and key not in self._alone]
            if new:
                rows = alone_features(self._brief, slot, [items[i] for i in new], vectors[new])
                self._alone |= {keys[i]: row for i, row in zip(new, rows, strict=True)}
        return np.array([self._alone[key] for key in keys], dtype=np.float32)


def _weighed(wrong: Floats, weight: float) -> NDArray[np.float64]:
    most = policy().weights.critic.most
    return (
        np.clip(-weight * (wrong.astype(np.float64) - wrong.mean()), -most, most)
        if len(wrong)
        else np.zeros(0)
    )
