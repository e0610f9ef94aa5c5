"""The critic before one wish: what it adds and takes, in the units of the composer's sum. Composes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.embedder import Vectors
from indexer.item import Item, Slot
from service.critic.critic import Critic, Verdict
from service.critic.features import Beside
from service.critic.traits import Floats
from service.policy.policy import policy
from service.query.memory import Lead
from service.query.wish import QueryIntent


class Judge:
    """One critic, one wish. Not shared between requests."""

    def __init__(self, critic: Critic, brief: QueryIntent) -> None:
        self._critic, self._brief = critic, brief

    def leads(self) -> Iterator[Lead]:
        """The looks that are remembered for the wish, the weightiest first."""
        return self._brief.memory.leads()

    def listing(self, slot: Slot, items: Sequence[Item], vectors: Vectors) -> NDArray[np.float64]:
        """What speaks for or against pieces by themselves, shape (pieces,): 0 on average."""
        wrong = self._critic.wrong(self._brief, slot, items, vectors)
        return _weighed(wrong, policy().weights.critic.shortlist)

    def choosing(
        self, slot: Slot, items: Sequence[Item], vectors: Vectors, worn: Sequence[Item], worn_vectors: Vectors
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The same beside the pieces that are worn already, and the log-odds that each piece is wrong."""
        wrong = self._critic.wrong(self._brief, slot, items, vectors, Beside(worn, worn_vectors))
        return _weighed(wrong, policy().weights.critic.chosen), wrong.astype(np.float64)

    def verdict(self, slots: Sequence[Slot], items: Sequence[Item], vectors: Vectors) -> Verdict:
        """Of a whole outfit."""
        return self._critic.verdict(self._brief, slots, items, vectors)


def _weighed(wrong: Floats, weight: float) -> NDArray[np.float64]:
    most = policy().weights.critic.most
    return (
        np.clip(-weight * (wrong.astype(np.float64) - wrong.mean()), -most, most)
        if len(wrong)
        else np.zeros(0)
    )
