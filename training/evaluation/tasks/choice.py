"""The evaluation on decisions: every system on the same held-out cases. Ties cases, features and systems together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from indexer.embedder import Embedder
from service.lm.engine import ScoringEngine
from service.lm.lm_scorer import PmiBaseline
from service.lm.scorer import Scores
from service.registry.evaluation import SYSTEMS, Estimate, System
from training.data.looks import Split, StyledLook, texts
from training.evaluation.bootstrap import Difference, auc_estimate, estimate, paired_difference
from training.evaluation.cases.choice import ChoiceCase, cases_digest, first_of_each_task, lookbook_cases
from training.evaluation.cases.polyvore import OutfitPair, polyvore_fitb, polyvore_looks, polyvore_pairs
from training.evaluation.systems.features import QueryEncoder, Table, build_table
from training.evaluation.systems.linear import Weights, chance, hits, score, score_weights, weights_of
from training.evaluation.systems.scorers import Kinds
from training.evaluation.systems.text_scores import lm_scores

FIT_TASKS = ("vibe_choice", "vibe_choice_hard", "next_piece", "polyvore_fitb")
"""Decisions as serving takes them. `near_miss` is left out: the retriever never offers two options."""


CURVE_TASK = "vibe_choice"
PAIRS = 100
"""Real outfits and their spoilt twins: a dozen pieces are read for each pair."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What was found. `score_weights` are for the adapter's manifest; `hits` hold, per task and system, one value
    per case, and `clusters` the cluster of each, for comparisons case by case.
    """

    estimates: list[Estimate] = field(default_factory=list)
    cases_digest: str = ""
    score_weights: dict[str, float] = field(default_factory=dict)
    hits: dict[tuple[str, System], Scores] = field(default_factory=dict)
    clusters: dict[str, list[str]] = field(default_factory=dict)

    def difference(self, task: str, a: System, b: System) -> Difference:
        """How much more often `a` is right than `b` on the same cases of the task, with its interval."""
        return paired_difference(self.hits[task, a], self.hits[task, b], self.clusters[task])


@dataclass(frozen=True, slots=True)
class _Evaluator:
    """What turns cases into tables and estimates."""

    model: ScoringEngine
    adapter: str | None
    neutral: PmiBaseline
    embedder: Embedder
    encoder: QueryEncoder | None
    folder: Path | None
    seed: int

    @property
    def systems(self) -> list[System]:
        without: list[System] = [] if self.adapter is not None else ["tuned-only", "tuned"]
        without += [] if self.encoder is not None else ["tuned-retrieval"]
        return [system for system in SYSTEMS if system not in without]

    def table(self, cases: Sequence[ChoiceCase], kinds: Kinds, base: bool = True) -> Table:
        """All features of the cases; the untuned model's only when `base` says so."""
        table = build_table(cases, self.embedder, kinds, self.encoder)
        if base:
            untuned = lm_scores(self.model, None, self.neutral, cases, self.folder)
            table = table.with_column("pmi_base", untuned)
        if self.adapter is None:
            return table
        tuned = lm_scores(self.model, self.adapter, self.neutral, cases, self.folder)
        return table.with_column(
            "pmi_tuned" if self.model.score_head(self.adapter) is None else "odds_tuned", tuned
        )

    def weights(self, fit: Table) -> dict[System, Weights]:
        return {system: weights_of(system, fit.of_tasks(FIT_TASKS)) for system in self.systems}

    def choose(self, table: Table, weights: Mapping[System, Weights], into: Choices) -> None:
        """Accuracy of every system on every task of the table."""
        for task in dict.fromkeys(case.task for case in table.cases):
            own = table.of_tasks([task])
            into.clusters[task] = [case.cluster for case in own.cases]
            for system in self.systems:
                found = hits(own, score(system, own, weights[system], self.seed))
                into.hits[task, system] = found
                into.estimates.append(
                    estimate(
                        task,
                        "accuracy",
                        system,
                        found,
                        into.clusters[task],
                        chance=chance(own),
                        seed=self.seed,
                    )
                )

    def tell_apart(
        self, table: Table, pairs: Sequence[OutfitPair], weights: Mapping[System, Weights], into: Choices
    ) -> None:
        """AUC of every system; an outfit's score is the mean of its pieces', each given those before it."""
        place = {case.id: row for row, case in enumerate(table.cases)}
        for system in self.systems:
            rows = score(system, table, weights[system], self.seed, pooled=True)
            real, fake = (
                [float(np.mean(rows[[place[case.id] for case in outfit]])) for outfit in outfits]
                for outfits in ([pair.real for pair in pairs], [pair.fake for pair in pairs])
            )
            into.estimates.append(auc_estimate("polyvore_auc", system, real, fake, self.seed))


def evaluate_choices(
    model: ScoringEngine,
    adapter: str | None,
    embedder: Embedder,
    splits: Mapping[Split, Sequence[StyledLook]],
    polyvore: Path | None = None,
    *,
    encoder: QueryEncoder | None = None,
    known: AbstractSet[str] = frozenset(),
    folder: Path | None = None,
    seed: int = 0,
    limit: int | None = None,
) -> Choices:
    """Every system of `result.SYSTEMS` on the choice tasks of `splits["test"]`, and on Polyvore where given.

    `adapter` is the name under which `model` has it, which is its digest; None leaves out the tuned systems.
    Weights are fitted on `splits["valid"]`, baselines are counted on `splits["train"]`. `known` are texts that
    training has seen beside those and Polyvore's `train`: outfits with them are no test. `folder` keeps the
    model's scores for the next run; `limit` bounds the cases of each task. Raises EvaluationError, LookbookError.
    """
    evaluator = _Evaluator(model, adapter, PmiBaseline(model), embedder, encoder, folder, seed)
    found = Choices()
    kinds = Kinds(splits["train"])
    fit = first_of_each_task(lookbook_cases(splits["valid"], embedder, seed), limit)
    test = first_of_each_task(lookbook_cases(splits["test"], embedder, seed), limit)
    weights = evaluator.weights(evaluator.table(fit, kinds))
    evaluator.choose(evaluator.table(test, kinds), weights, found)
    if polyvore is not None:
        seen = known | texts(splits["train"])
        test += _on_polyvore(evaluator, polyvore, seen, limit, found)
    served = score_weights(weights["tuned" if adapter is not None else "prompt+retrieval"])
    return Choices(found.estimates, cases_digest(test), served, found.hits, found.clusters)


def learning_point(
    model: ScoringEngine,
    adapter: str,
    embedder: Embedder,
    splits: Mapping[Split, Sequence[StyledLook]],
    percent: int,
    *,
    encoder: QueryEncoder | None = None,
    seed: int = 0,
    limit: int | None = None,
) -> list[Estimate]:
    """One point of the learning curve: `vibe_choice` by an adapter that learned from so many percent of the looks,
    on the same cases as every other point. Raises EvaluationError.
    """
    evaluator = _Evaluator(model, adapter, PmiBaseline(model), embedder, encoder, None, seed)
    kinds = Kinds(splits["train"])
    fit, test = (
        [
            c
            for c in first_of_each_task(lookbook_cases(splits[name], embedder, seed), limit)
            if c.task == CURVE_TASK
        ]
        for name in ("valid", "test")
    )
    tables = [evaluator.table(cases, kinds, base=False) for cases in (fit, test)]
    found = []
    for system in ("tuned-only", "tuned"):
        right = hits(tables[1], score(system, tables[1], weights_of(system, tables[0]), seed))
        clusters = [case.cluster for case in test]
        task = f"learning_curve@{percent}"
        found.append(estimate(task, "accuracy", system, right, clusters, chance=chance(tables[1]), seed=seed))
    return found


def _on_polyvore(
    evaluator: _Evaluator, path: Path, known: AbstractSet[str], limit: int | None, into: Choices
) -> list[ChoiceCase]:
    """Estimates of both Polyvore tasks go into `into`; returns their cases."""
    looks = polyvore_looks(path)
    kinds, known = Kinds(looks.counted), known | texts(looks.counted)
    fit = first_of_each_task(polyvore_fitb(looks.fitted, known, evaluator.seed, every=True), limit)
    weights = evaluator.weights(evaluator.table(fit, kinds))
    known = known | texts(looks.fitted)
    test = first_of_each_task(polyvore_fitb(looks.test, known, evaluator.seed), limit)
    evaluator.choose(evaluator.table(test, kinds), weights, into)
    pairs = polyvore_pairs(looks.test, known, evaluator.seed)[: min(limit or PAIRS, PAIRS)]
    cases = [case for pair in pairs for case in (*pair.real, *pair.fake)]
    if pairs:
        evaluator.tell_apart(evaluator.table(cases, kinds), pairs, weights, into)
    return [*test, *cases]
