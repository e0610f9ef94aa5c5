"""How well a critic agrees with stylists: AUC, with intervals over wishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95% interval, by bootstrap over wishes."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def auc(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """The chance that a true case scores above an untrue one, ties counting half; NaN where there are not both."""
    if truth.all() or not truth.any():
        return float("nan")
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    values = scores[order]
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
    ends = np.r_[starts[1:], len(values)]
    for start, end in zip(starts, ends, strict=True):
        ranks[order[start:end]] = (start + end - 1) / 2 + 1
    positive = truth.sum()
    return float((ranks[truth].sum() - positive * (positive + 1) / 2) / (positive * (~truth).sum()))


def auc_estimate(
    scores: Sequence[float], truth: Sequence[bool], wishes: Sequence[str], draws: int = 400, seed: int = 0
) -> Estimate:
    """AUC over all cases; wishes are drawn anew, with all their outfits, for the interval."""
    values, signs = np.asarray(scores, dtype=np.float64), np.asarray(truth, dtype=np.bool_)
    names = sorted(set(wishes))
    rows = {name: [i for i, w in enumerate(wishes) if w == name] for name in names}
    random = np.random.default_rng(seed)
    drawn = []
    for _ in range(draws):
        pick = [i for name in random.choice(names, len(names)) for i in rows[name]]
        if not np.isnan(one := auc(values[pick], signs[pick])):
            drawn.append(one)
    low, high = np.percentile(drawn, [2.5, 97.5]) if drawn else (float("nan"), float("nan"))
    return Estimate(auc(values, signs), float(low), float(high))


def chosen_right(
    scores: Sequence[float], grades: Sequence[int], wishes: Sequence[str]
) -> tuple[float, float]:
    """Of wishes with several outfits: the share signed where the best scored is taken, and of all their outfits."""
    groups: dict[str, list[int]] = {}
    for i, wish in enumerate(wishes):
        groups.setdefault(wish, []).append(i)
    several = [rows for rows in groups.values() if len(rows) > 1]
    best = [grades[max(rows, key=lambda i: scores[i])] >= 4 for rows in several]
    every = [np.mean([grades[i] >= 4 for i in rows]) for rows in several]
    return float(np.mean(best)), float(np.mean(every))
