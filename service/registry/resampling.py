"""Intervals by resampling whole clusters: cases of one vibe, or of one outfit, are not independent of each other.

Percentile bootstrap (Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13) over clusters (Davison &
Hinkley 1997, Bootstrap Methods and their Application, sec. 3.8; Field & Welsh 2007). Knows no tasks, systems or models.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

DRAWS = 2000
_LEVEL = (2.5, 97.5)
_BLOCK = 2_000_000  # numbers drawn at a time, so that a million clusters still fit into memory

Array = NDArray[np.float64]


def interval_of_mean(
    sums: ArrayLike, sizes: ArrayLike, seed: int = 0, draws: int = DRAWS
) -> tuple[float, float]:
    """95 % interval of the mean over all cases, where `sums` and `sizes`, shape (clusters,), are those of each cluster.

    A single cluster gives an interval of width 0: it says nothing about others.
    """
    total, count = np.asarray(sums, dtype=np.float64), np.asarray(sizes, dtype=np.float64)
    return percentiles(
        np.concatenate([(w @ total) / (w @ count) for w in cluster_weights(len(total), seed, draws)])
    )


def cluster_weights(clusters: int, seed: int, draws: int) -> Iterator[Array]:
    """How often each cluster was drawn, in blocks of shape (draws, clusters)."""
    random = np.random.default_rng(seed)
    share = np.full(clusters, 1 / clusters)
    block = max(1, _BLOCK // clusters)
    for first in range(0, draws, block):
        yield random.multinomial(clusters, share, size=min(block, draws - first)).astype(np.float64)


def percentiles(found: Array) -> tuple[float, float]:
    """The ends of the 95 % interval of what was drawn."""
    low, high = np.percentile(found, _LEVEL)
    return float(low), float(high)
