"""Thresholds of reading, naming and dropping, from what is known of held-out wishes. Knows no network.

A role that is read wrongly costs as much as one read rightly gains; a demand that vanishes costs as much again; words
that are named without need cost little. The thresholds are those with the best balance, per facet where there are
enough proposals of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.query.reading.assembly import Thresholds
from service.query.reading.proposals import FACETS, NONE
from service.query.reading.word_vectors import Floats

READ, NAMED, VANISHED, MISREAD, FALSE, NEEDLESS = 1.0, 0.4, -1.5, -2.0, -1.0, -0.12
ENOUGH = 60
_READS = tuple(np.round(np.arange(0.30, 0.86, 0.05), 2))
_DROPS = (0.99, 0.98, 0.97)
"""What is dropped is never heard of again: only what is surely no demand, whatever the held-out wishes say. Of equal
ones the most careful.
"""
_TAGGED = (0.03, 0.05, 0.07, *np.round(np.arange(0.10, 0.91, 0.05), 2))


@dataclass(frozen=True, slots=True)
class Judged:
    """Proposals of held-out wishes: their facets, the roles' probabilities, and the right roles. And of words that no
    table proposes: how likely they are a demand, and whether they are one.
    """

    facets: Sequence[str]
    roles: Floats
    right: npt.NDArray[np.int64]
    beyond: Floats
    demands: npt.NDArray[np.bool_]


def thresholds(judged: Judged) -> Thresholds:
    """The best balance for each facet with enough demands, and for all others together."""
    facets = np.array(judged.facets)
    everything = _best(judged.roles, judged.right)
    read: dict[str, float] = {}
    nothing: dict[str, float] = {}
    for facet in FACETS:
        of = facets == facet
        if int((judged.right[of] != NONE).sum()) >= ENOUGH:
            read[facet], nothing[facet] = _best(judged.roles[of], judged.right[of])
    return Thresholds(read, everything[0], nothing, everything[1], _best_tagged(judged))


def gain(roles: Floats, right: npt.NDArray[np.int64], read: float, drop: float) -> float:
    """What two thresholds gain on proposals, summed."""
    role, sure = roles.argmax(axis=1), roles.max(axis=1)
    is_read = (role != NONE) & (sure >= read)
    is_named = ~is_read & (roles[:, NONE] < drop)
    demand = right != NONE
    return float(
        READ * (is_read & (role == right)).sum()
        + MISREAD * (is_read & demand & (role != right)).sum()
        + FALSE * (is_read & ~demand).sum()
        + NAMED * (is_named & demand).sum()
        + NEEDLESS * (is_named & ~demand).sum()
        + VANISHED * (~is_read & ~is_named & demand).sum()
    )


def _best(roles: Floats, right: npt.NDArray[np.int64]) -> tuple[float, float]:
    read, drop = max(itertools.product(_READS, _DROPS), key=lambda pair: gain(roles, right, *pair))
    return float(read), float(drop)


def _best_tagged(judged: Judged) -> float:
    def worth(threshold: float) -> float:
        named = judged.beyond >= threshold
        found, needless = (named & judged.demands).sum(), (named & ~judged.demands).sum()
        return float(NAMED * found + NEEDLESS * needless + VANISHED * (~named & judged.demands).sum())

    return float(max(_TAGGED, key=worth))
