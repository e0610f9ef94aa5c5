"""The gate before a promotion: what speaks against serving a candidate. Pure; knows no files and no model.

Both evaluations must be of the same cases. Whether a figure is worse is told by its 95 % interval: the candidate's
lies wholly on the wrong side of the champion's value. What was not measured is not passed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from training.evaluation.result import Estimate, Evaluation

TUNED = "tuned"
"""The system that is served."""
_MUST_BEAT = ("prompt-only", "retrieval-only")


@dataclass(frozen=True, slots=True)
class Limits:
    """What is allowed. `latency_ratio`: the candidate's p95 over the champion's."""

    latency_ratio: float = 1.5


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason: the metric, the candidate's figure, the one it is held against, and what is wrong."""

    metric: str
    candidate: str
    other: str
    why: str

    def __str__(self) -> str:
        return f"{self.metric}: {self.why} (candidate {self.candidate}, {self.other})"


def check(candidate: Evaluation, champion: Evaluation | None, limits: Limits | None = None) -> list[Refusal]:
    """Everything that speaks against the candidate; empty when it may be promoted."""
    if champion is None:
        return [*_violations(candidate), *_not_better_than_nothing(candidate)]
    if refusal := _incomparable(candidate, champion):
        return [refusal]
    return [
        *_violations(candidate),
        *_worse(candidate, champion),
        *_slower(candidate, champion, limits or Limits()),
    ]


def _violations(candidate: Evaluation) -> Iterator[Refusal]:
    found = candidate.find("composition", "violations", TUNED)
    if found is None:
        yield Refusal("composition/violations", "not measured", "limit 0", "must be measured")
    elif found.value != 0:
        yield Refusal("composition/violations", shown(found), "limit 0", "outfits break constraints")


def _incomparable(candidate: Evaluation, champion: Evaluation) -> Refusal | None:
    ours, theirs = candidate.subject, champion.subject
    if ours.cases_digest == theirs.cases_digest:
        return None
    why = "not comparable: other cases; evaluate both on the same"
    return Refusal("cases_digest", ours.cases_digest, f"champion {theirs.cases_digest}", why)


def _worse(candidate: Evaluation, champion: Evaluation) -> Iterator[Refusal]:
    """The champion's figures of what is served, where higher is better, fidelity of the style among them."""
    for theirs in champion.estimates:
        if theirs.system != TUNED or not theirs.higher_is_better:
            continue
        metric, other = f"{theirs.task}/{theirs.metric}", f"champion {shown(theirs)}"
        ours = candidate.find(theirs.task, theirs.metric, TUNED)
        if ours is None:
            yield Refusal(metric, "not measured", other, "was measured of the champion")
        elif not ours.high >= theirs.value:  # also true of what is no number
            yield Refusal(metric, shown(ours), other, "significantly worse")


def _slower(candidate: Evaluation, champion: Evaluation, limits: Limits) -> Iterator[Refusal]:
    for theirs in champion.estimates:
        if theirs.system != TUNED or theirs.metric != "p95_ms":  # of one outfit, of three, ...
            continue
        metric, other = f"{theirs.task}/{theirs.metric}", f"champion {shown(theirs)}"
        ours = candidate.find(theirs.task, theirs.metric, TUNED)
        if ours is None:
            yield Refusal(metric, "not measured", other, "was measured of the champion")
        elif not ours.value <= limits.latency_ratio * theirs.value:
            yield Refusal(metric, shown(ours), other, f"more than {limits.latency_ratio:g} times as slow")


def _not_better_than_nothing(candidate: Evaluation) -> Iterator[Refusal]:
    """The first champion must earn its place: better than prompting alone and than no language model at all."""
    ours = candidate.find("vibe_choice", "accuracy", TUNED)
    if ours is None:
        yield Refusal("vibe_choice/accuracy", "not measured", "no champion", "must be measured")
        return
    for system in _MUST_BEAT:
        other = candidate.find("vibe_choice", "accuracy", system)
        if other is None:
            yield Refusal("vibe_choice/accuracy", shown(ours), f"{system} not measured", "must be measured")
        elif not ours.low > other.value:
            why = f"not significantly better than {system}"
            yield Refusal("vibe_choice/accuracy", shown(ours), f"{system} {shown(other)}", why)


def shown(estimate: Estimate) -> str:
    """`0.512 [0.470, 0.553]`."""
    return f"{estimate.value:.3g} [{estimate.low:.3g}, {estimate.high:.3g}]"
