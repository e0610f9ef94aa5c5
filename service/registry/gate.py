"""The gate before a promotion: what speaks against serving a candidate. Pure; knows no files and no model.

Both evaluations must be of the same cases. Where both kept them by group, figures are compared in pairs: the interval
of the difference lies wholly on the wrong side of zero. Else the candidate's own interval lies wholly on the wrong side
of the champion's value. What was not measured is not passed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from service.registry.evaluation import Estimate, Evaluation
from service.registry.resampling import interval_of_mean


@dataclass(frozen=True, slots=True)
class Rules:
    """What one kind of artifact is judged by."""

    served: str
    """The system that is served; what is measured of others is nobody's fault."""
    composes: bool
    """Whether whole outfits are composed with it: they must break no constraint."""
    earned_by: tuple[tuple[str, str], ...]
    """Tasks and metrics by which the first champion must be better ..."""
    must_beat: tuple[str, ...]
    """... than these systems, which do without it."""


RULES: Mapping[str, Rules] = {
    "style": Rules("tuned", True, (("vibe_choice", "accuracy"),), ("prompt-only", "retrieval-only")),
    "retriever": Rules(
        "tuned-retrieval",
        False,
        (("vibe_choice", "accuracy"), ("retrieval", "recall@20")),
        ("retrieval-only",),
    ),
}


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
        figures = ", ".join(
            filter(None, [f"candidate {self.candidate}" if self.candidate else "", self.other])
        )
        return f"{self.metric}: {self.why}" + (f" ({figures})" if figures else "")


def check(candidate: Evaluation, champion: Evaluation | None, limits: Limits | None = None) -> list[Refusal]:
    """Everything that speaks against the candidate; empty when it may be promoted."""
    rules = RULES[candidate.subject.kind]
    if champion is None:
        return [*_violations(candidate, rules), *_not_better_than_nothing(candidate, rules)]
    if refusal := _incomparable(candidate, champion):
        return [refusal]
    return [
        *_violations(candidate, rules),
        *_worse(candidate, champion, rules),
        *_slower(candidate, champion, rules, limits or Limits()),
    ]


def _violations(candidate: Evaluation, rules: Rules) -> Iterator[Refusal]:
    if not rules.composes:
        return
    found = candidate.find("composition", "violations", rules.served)
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


def _worse(candidate: Evaluation, champion: Evaluation, rules: Rules) -> Iterator[Refusal]:
    """The champion's figures of what is served, where higher is better, fidelity of the style among them."""
    for theirs in champion.estimates:
        if theirs.system != rules.served or not theirs.higher_is_better:
            continue
        metric, other = f"{theirs.task}/{theirs.metric}", f"champion {shown(theirs)}"
        ours = candidate.find(theirs.task, theirs.metric, rules.served)
        if ours is None:
            yield Refusal(metric, "not measured", other, "was measured of the champion")
            continue
        difference = _difference(ours, theirs)
        if difference is None and not ours.high >= theirs.value:  # also true of what is no number
            yield Refusal(metric, shown(ours), other, "significantly worse")
        elif difference is not None and not difference[1] >= 0:
            why = f"significantly worse, in pairs by {_interval(-difference[1], -difference[0])}"
            yield Refusal(metric, shown(ours), other, why)


def _slower(candidate: Evaluation, champion: Evaluation, rules: Rules, limits: Limits) -> Iterator[Refusal]:
    for theirs in champion.estimates:
        if theirs.system != rules.served or theirs.metric != "p95_ms":  # of one outfit, of three, ...
            continue
        metric, other = f"{theirs.task}/{theirs.metric}", f"champion {shown(theirs)}"
        ours = candidate.find(theirs.task, theirs.metric, rules.served)
        if ours is None:
            yield Refusal(metric, "not measured", other, "was measured of the champion")
        elif not ours.value <= limits.latency_ratio * theirs.value:
            yield Refusal(metric, shown(ours), other, f"more than {limits.latency_ratio:g} times as slow")


def _not_better_than_nothing(candidate: Evaluation, rules: Rules) -> Iterator[Refusal]:
    """The first champion must earn its place: better than every system that does without it."""
    for task, name in rules.earned_by:
        metric, ours = f"{task}/{name}", candidate.find(task, name, rules.served)
        if ours is None:
            yield Refusal(metric, "not measured", "no champion", "must be measured")
            continue
        for system in rules.must_beat:
            other = candidate.find(task, name, system)
            if other is None:
                yield Refusal(metric, shown(ours), f"{system} not measured", "must be measured")
            elif not _is_better(ours, other):
                why = f"not significantly better than {system}"
                yield Refusal(metric, shown(ours), f"{system} {shown(other)}", why)


def _is_better(ours: Estimate, other: Estimate) -> bool:
    difference = _difference(ours, other)
    return ours.low > other.value if difference is None else difference[0] > 0


def _difference(ours: Estimate, theirs: Estimate) -> tuple[float, float] | None:
    """The interval of ours - theirs over the same cases; None where they were not kept, or are not the same."""
    a, b = ours.groups, theirs.groups
    if not a or not b or {k: n for k, (_, n) in a.items()} != {k: n for k, (_, n) in b.items()}:
        return None
    sizes = [n for _, n in a.values()]
    return interval_of_mean([total - b[key][0] for key, (total, _) in a.items()], sizes)


def shown(estimate: Estimate) -> str:
    """`0.512 [0.470, 0.553]`."""
    return f"{estimate.value:.3g} {_interval(estimate.low, estimate.high)}"


def _interval(low: float, high: float) -> str:
    return f"[{low:.3g}, {high:.3g}]"
