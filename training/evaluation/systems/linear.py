"""The systems that are compared: each a linear score over some of the features. Knows no model and no file.

The weights of what is fitted are those of a conditional logistic regression (McFadden 1974; as a loss for ranking,
Cao et al. 2007, ListNet): the softmax over a case's options should give the right one. They are not negative, so
that no system wins by turning a signal around, and are held small by an L2 penalty.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.composition.composer import standardise
from service.composition.weights import Weights as ComposerWeights
from service.lm.scorer import Scores
from service.registry.evaluation import System
from training.evaluation.cases.choice import random_of
from training.evaluation.systems.features import Feature, Table

Weights = dict[Feature, float]

STANDARDISED: tuple[Feature, ...] = ("pmi_base", "pmi_tuned")
LEARNED: tuple[System, ...] = ("retrieval-only", "tuned-retrieval", "prompt+retrieval", "tuned")
MOST_TEXT = 0.5
"""What one unit of the text's score may count at most, in units of cosine similarity."""
_STEPS = 3000
_Array = NDArray[np.float64]


def columns_of(system: System, there: Collection[Feature] = ()) -> tuple[Feature, ...]:
    """The features of a system. In `tuned`, a query encoder's cosines stand in for the base embedder's, and log-odds
    for likelihoods, where `there` has them.
    """
    cosines: tuple[Feature, ...] = ("cos_vibe", "cos_rest")
    tuned: tuple[Feature, ...] = ("tuned_vibe", "tuned_rest") if "tuned_vibe" in there else cosines
    text: Feature = "odds_tuned" if "odds_tuned" in there else "pmi_tuned"
    by_system: dict[System, tuple[Feature, ...]] = {
        "random": (),
        "popularity": ("popularity",),
        "category-only": ("category",),
        "retrieval-only": cosines,
        "tuned-retrieval": tuned,
        "prompt-only": ("pmi_base",),
        "prompt+retrieval": ("pmi_base", *cosines),
        "tuned-only": (text,),
        "tuned": (text, *tuned),
    }
    return by_system[system]


def weights_of(system: System, fit: Table) -> Weights:
    """The weights of a system: fitted on the cases of `fit` for `LEARNED` ones, the composer's defaults for others and
    where there are no cases to fit on.
    """
    columns = columns_of(system, fit.columns.keys())
    if system in LEARNED and fit.cases:
        return fit_weights(fit, columns)
    defaults = ComposerWeights()
    own: Weights = dict.fromkeys(("cos_vibe", "tuned_vibe"), defaults.vibe)
    own |= dict.fromkeys(("cos_rest", "tuned_rest"), defaults.rest)
    own |= dict.fromkeys(("pmi_base", "pmi_tuned", "odds_tuned"), defaults.text)
    return {column: own.get(column, 1.0) for column in columns}


def score(system: System, table: Table, weights: Weights, seed: int = 0, pooled: bool = False) -> Scores:
    """One score per row. Likelihoods are standardised among the options of each case, as the composer does it, and
    log-odds count as they are; `pooled` standardises over all rows, for cases of which each has but one option.
    """
    if system == "random":
        return np.concatenate(
            [
                [r.random() for _ in c.options]
                for c in table.cases
                for r in [random_of(f"random/{c.id}", seed)]
            ]
        )
    total = np.zeros(int(table.bounds[-1]))
    for feature, weight in weights.items():
        total += weight * _values(table, feature, pooled)
    return total


def hits(table: Table, scores: Scores) -> Scores:
    """Shape (cases,): 1 where the right option alone is best, its share of the tie where it is among the best."""
    found = [np.isclose(own, own.max(), rtol=0, atol=1e-12) for own in table.per_case(scores)]
    return np.array([best[0] / best.sum() for best in found], dtype=np.float64)


def chance(table: Table) -> float:
    """The accuracy of guessing."""
    return float((1 / np.diff(table.bounds)).mean())


@dataclass(frozen=True, slots=True)
class _Choices:
    """Cases as one array: `x` of shape (cases, options, features), `there` marks the options that exist."""

    x: _Array
    there: NDArray[np.bool_]

    @classmethod
    def of(cls, table: Table, columns: Sequence[Feature]) -> _Choices:
        sizes = np.diff(table.bounds)
        there = np.arange(sizes.max())[None, :] < sizes[:, None]
        x = np.zeros((*there.shape, len(columns)))
        x[there] = np.stack([_values(table, column, pooled=False) for column in columns], axis=1)
        mean = x.sum(axis=1, keepdims=True) / sizes[:, None, None]
        return cls(np.where(there[..., None], x - mean, 0.0), there)

    def gradient(self, w: _Array) -> _Array:
        """Of the mean cross-entropy of the first option, with respect to the weights."""
        logits = np.where(self.there, self.x @ w, -np.inf)
        likely = np.exp(logits - logits.max(axis=1, keepdims=True))
        likely /= likely.sum(axis=1, keepdims=True)
        return np.asarray((np.einsum("no,nof->nf", likely, self.x) - self.x[:, 0]).mean(axis=0))


def fit_weights(table: Table, columns: Sequence[Feature], l2: float = 0.01) -> Weights:
    """Non-negative weights of the columns, by accelerated projected gradient descent (Beck & Teboulle 2009, FISTA):
    the loss is convex, so there is one answer and no seed.

    `l2` is the penalty per squared weight after each column was scaled to unit spread among the options.
    """
    choices = _Choices.of(table, columns)
    spread = np.sqrt((choices.x**2).sum(axis=(0, 1)) / choices.there.sum())
    scale = np.where(spread > 1e-9, spread, np.inf)
    choices = _Choices(choices.x / scale, choices.there)
    # The Hessian of a log-softmax is at most half the squared length of the options around their mean.
    rate = 1 / (0.5 * float((choices.x**2).sum(axis=(1, 2)).mean()) + l2)
    w = ahead = np.zeros(len(columns))
    momentum = 1.0
    for _ in range(_STEPS):
        stepped = np.maximum(0.0, ahead - rate * (choices.gradient(ahead) + l2 * ahead))
        faster = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = stepped + (momentum - 1) / faster * (stepped - w)
        if np.abs(stepped - w).max() < 1e-9 and np.abs(stepped - ahead).max() < 1e-9:
            break
        w, momentum = stepped, faster
    return {column: float(value) for column, value in zip(columns, w / scale, strict=True)}


def score_weights(weights: Mapping[Feature, float]) -> dict[str, float]:
    """Fitted weights as `score_weights` of an adapter's manifest: `vibe` 1, `text` as the composer takes it: per
    standard deviation of a likelihood, per unit of log-odds.

    Where the wish's cosine counts for little, `vibe` comes out below 1 instead, so that the text counts at most
    `MOST_TEXT`: the composer's other terms stay in proportion. Empty where nothing was fitted.
    """
    text, vibe, rest = (
        sum(weights.get(name, 0.0) for name in names)
        for names in ((*STANDARDISED, "odds_tuned"), ("cos_vibe", "tuned_vibe"), ("cos_rest", "tuned_rest"))
    )
    scale = max(vibe, text / MOST_TEXT)
    if scale == 0:
        return {}
    return {"text": text / scale, "vibe": vibe / scale, "rest": rest / scale}


def _values(table: Table, feature: Feature, pooled: bool) -> Scores:
    column = table.columns[feature]
    if feature not in STANDARDISED:
        return column
    if pooled:
        return np.asarray((column - column.mean()) / max(float(column.std()), 1e-9))
    return np.concatenate([standardise(own) for own in table.per_case(column)])
