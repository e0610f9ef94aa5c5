"""Figures with their intervals: means over clustered cases, differences case by case, and areas under curves.

How intervals are drawn is `service.registry.resampling`'s. Knows no tasks, systems or models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from service.registry.evaluation import Estimate, EvaluationError
from service.registry.resampling import DRAWS, Array, cluster_weights, interval_of_mean, percentiles


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean of a - b over the same `n` cases, with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int


def mean_interval(
    values: ArrayLike, clusters: Sequence[str], seed: int = 0, draws: int = DRAWS
) -> tuple[float, float]:
    """95 % interval of the mean of `values`, shape (cases,), each of the cluster that `clusters` names.

    A single cluster gives an interval of width 0: it says nothing about others. Raises EvaluationError when there
    are no values, or another number of clusters.
    """
    found = _checked(values, clusters)
    _, index = np.unique(np.asarray(clusters), return_inverse=True)
    return interval_of_mean(np.bincount(index, weights=found), np.bincount(index), seed, draws)


def estimate(
    task: str,
    metric: str,
    system: str,
    values: ArrayLike,
    clusters: Sequence[str],
    *,
    chance: float | None = None,
    higher_is_better: bool = True,
    seed: int = 0,
    draws: int = DRAWS,
    paired: bool = False,
) -> Estimate:
    """The mean of `values`, shape (cases,), as an Estimate with its clustered interval. Raises EvaluationError.

    `paired` keeps what another evaluation of the same cases can be compared with, cluster by cluster.
    """
    low, high = mean_interval(values, clusters, seed, draws)
    return Estimate(
        task=task,
        metric=metric,
        system=system,
        value=float(np.mean(np.asarray(values, dtype=np.float64))),
        low=low,
        high=high,
        n=len(clusters),
        higher_is_better=higher_is_better,
        chance=chance,
        groups=_groups(values, clusters) if paired else None,
    )


def paired_difference(
    a: ArrayLike, b: ArrayLike, clusters: Sequence[str], seed: int = 0, draws: int = DRAWS
) -> Difference:
    """Mean of a - b, case by case, with its interval: narrower than either alone where both find the same cases hard.

    Raises EvaluationError when a and b are not of the same cases.
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape:
        raise EvaluationError(f"paired difference: {first.shape} values against {second.shape}")
    low, high = mean_interval(first - second, clusters, seed, draws)
    return Difference(float((first - second).mean()), low, high, len(first))


def auc_estimate(
    task: str, system: str, real: ArrayLike, fake: ArrayLike, seed: int = 0, draws: int = DRAWS
) -> Estimate:
    """Area under the ROC curve: the share of (real, fake) pairs in which the real one scores higher, ties half (the
    Mann-Whitney statistic: Hanley & McNeil 1982). `real[i]` and `fake[i]`, shape (outfits,), were made from one
    outfit, which is the cluster.
    """
    ours, theirs = np.asarray(real, dtype=np.float64), np.asarray(fake, dtype=np.float64)
    n = len(_checked(ours, [system] * theirs.size))
    wins = _wins(ours, theirs)
    areas = np.concatenate([((w @ wins) * w).sum(axis=1) / n**2 for w in cluster_weights(n, seed, draws)])
    low, high = percentiles(areas)
    value = float(wins.mean())
    return Estimate(task=task, metric="auc", system=system, value=value, low=low, high=high, n=n, chance=0.5)


def _groups(values: ArrayLike, clusters: Sequence[str]) -> dict[str, tuple[float, int]]:
    names, index = np.unique(np.asarray(clusters), return_inverse=True)
    sums = np.bincount(index, weights=np.asarray(values, dtype=np.float64))
    sizes = np.bincount(index)
    return {str(n): (round(float(s), 6), int(k)) for n, s, k in zip(names, sums, sizes, strict=True)}


def _checked(values: ArrayLike, clusters: Sequence[str]) -> Array:
    found = np.asarray(values, dtype=np.float64)
    if not found.size or found.shape != (len(clusters),):
        raise EvaluationError(f"interval: {found.shape} values in {len(clusters)} clusters' names")
    return found


def _wins(real: Array, fake: Array) -> Array:
    above = real[:, None] - fake[None, :]
    return np.asarray((np.sign(above) + 1) / 2)
