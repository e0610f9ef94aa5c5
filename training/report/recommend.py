"""Prompt or fine-tune: explicit rules from facts to a verdict. Pure; knows no prices and no page.

The burden of proof lies with fine-tuning. A task speaks for it only when the tuned system beats the *best* system
that needs no tuning by at least `least_gain`, with 95 % intervals that share no value, over enough cases. Intervals
that share no value are a stricter test than p < 0.05 (Schenker and Gentleman, "On Judging the Significance of
Differences by Examining the Overlap Between Confidence Intervals", The American Statistician 55, 2001).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from indexer.errors import StylistError
from training.report import wording
from training.report.facts import PROMPTED, UNTUNED, Comparison, Facts


class Verdict(StrEnum):
    """What a task, or all of them together, says about fine-tuning."""

    FOR = "for"
    AGAINST = "against"
    MIXED = "mixed"
    """Of all tasks together only: for on some, not on others."""
    UNDECIDED = "undecided"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Rules:
    """The thresholds of the decision. Raises StylistError naming a threshold that makes no sense."""

    least_gain: float = 0.03
    """Smallest gain, as a share of cases, that is worth the work."""
    least_cases: int = 100
    """Below this many cases a task decides nothing."""
    slowest_p95_ms: float = 2000.0
    """A shopper waits no longer than this."""

    def __post_init__(self) -> None:
        if not 0 <= self.least_gain < 1:
            raise StylistError(f"least_gain: {self.least_gain} is not in 0..1 (0.03 means 3 points)")
        if self.least_cases < 1 or not self.slowest_p95_ms > 0:
            raise StylistError("least_cases and slowest_p95_ms must be positive")


@dataclass(frozen=True, slots=True)
class TaskVerdict:
    """The verdict of one task and the figures that it rests on."""

    comparison: Comparison
    verdict: Verdict
    reason: str

    @property
    def worse(self) -> bool:
        """Whether tuning is shown to do harm here."""
        return self.verdict is Verdict.AGAINST and self.comparison.gain < 0 and not self.comparison.overlap


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The answer: a verdict, its reason, the tasks behind it, and the system to serve if nothing is tuned."""

    verdict: Verdict
    reason: str
    tasks: tuple[TaskVerdict, ...]
    fallback: str | None
    conditions: tuple[str, ...] = ()

    def with_verdict(self, verdict: Verdict) -> list[TaskVerdict]:
        return [t for t in self.tasks if t.verdict is verdict]


def recommend(facts: Facts, rules: Rules) -> Recommendation:
    """The recommendation that follows from the facts under the rules."""
    tasks = tuple(judge(comparison, rules) for comparison in facts.deciding)
    verdict, reason = _overall(tasks, facts)
    return Recommendation(verdict, reason, tasks, _fallback(facts, rules), tuple(_conditions(facts, rules)))


def judge(comparison: Comparison, rules: Rules) -> TaskVerdict:
    """One task: tuned against the best rival of the comparison."""
    tuned, rival = comparison.tuned, comparison.rival
    if tuned is None or rival is None:
        missing = "a system without tuning" if tuned else "a tuned system" if rival else "this task"
        return TaskVerdict(comparison, Verdict.NOT_MEASURED, f"{missing} was not measured")
    figures = (
        f"{wording.system(tuned.system)} {wording.figure(tuned)} against "
        f"{wording.system(rival.system)} {wording.figure(rival)}"
    )
    verdict, why = _weigh(comparison, rules)
    return TaskVerdict(comparison, verdict, f"{why}: {figures}")


def _weigh(comparison: Comparison, rules: Rules) -> tuple[Verdict, str]:
    gain = wording.points(comparison.gain)
    if comparison.cases < rules.least_cases:
        cases = wording.counted(comparison.cases, "case")
        return Verdict.UNDECIDED, f"too little data ({cases}, {rules.least_cases} needed)"
    if comparison.gain < 0:
        return Verdict.AGAINST, f"worse ({gain})" if not comparison.overlap else f"no better ({gain})"
    if comparison.gain < rules.least_gain:
        least = wording.margin(rules.least_gain)
        return Verdict.AGAINST, f"the gain is too small ({gain}, {least} needed)"
    if comparison.overlap:
        return Verdict.UNDECIDED, f"a gain of {gain}, but the intervals overlap"
    return Verdict.FOR, f"a gain of {gain}, and the intervals are apart"


def _overall(tasks: Sequence[TaskVerdict], facts: Facts) -> tuple[Verdict, str]:
    if facts.violations is not None and facts.violations.value > 0:
        broken = wording.number(facts.violations.value, "violations")
        return (
            Verdict.AGAINST,
            f"the tuned system broke constraints (violations: {broken}), and none may be broken",
        )
    measured = [t for t in tasks if t.verdict is not Verdict.NOT_MEASURED]
    if not measured:
        return Verdict.UNDECIDED, "no task compares a tuned system with one that needs no tuning"
    count = Counter(t.verdict for t in measured)
    wins, worse = count[Verdict.FOR], [t.comparison.task.title for t in measured if t.worse]
    of = f"of {wording.counted(len(measured), 'task')}"
    if wins == len(measured):
        return Verdict.FOR, f"a clear gain on {'all' if wins > 1 else '1'} {of}"
    if wins:
        harm = f"shown to be worse on {wording.listed(worse)}" if worse else "shown to be worse on none"
        return Verdict.MIXED, f"a clear gain on {wins} {of}, and {harm}"
    if count[Verdict.UNDECIDED]:
        return Verdict.UNDECIDED, f"a clear gain on none {of}, but {count[Verdict.UNDECIDED]} left open"
    return Verdict.AGAINST, f"a clear gain on none {of}"


def _fallback(facts: Facts, rules: Rules) -> str | None:
    """What to serve untuned: retrieval alone where it is as good, else what is most often the best."""
    measured = [c for c in facts.deciding if c.rival is not None]
    if not measured:
        return None
    if all(retrieval_is_as_good(c, UNTUNED, rules) for c in measured):
        return "retrieval-only"
    serious = [c.against(("retrieval-only", *PROMPTED)).rival for c in measured]
    best = Counter(e.system for e in serious if e is not None).most_common(1)
    return best[0][0] if best else None


def retrieval_is_as_good(comparison: Comparison, others: Sequence[str], rules: Rules) -> bool:
    """Whether retrieval alone comes within `least_gain` of the best of the other systems."""
    retrieval = comparison.against(("retrieval-only",)).rival
    if retrieval is None:
        return False
    best = comparison.against([*others, "retrieval-only"]).rival
    return best is not None and abs(best.value - retrieval.value) < rules.least_gain


def _conditions(facts: Facts, rules: Rules) -> list[str]:
    """What has to be looked at whatever the verdict."""
    conditions = []
    p95 = facts.milliseconds("p95_ms", ("tuned",))
    if p95 is not None and p95.value > rules.slowest_p95_ms:
        conditions.append(
            f"The tuned system is slow: p95 is {wording.number(p95.value, 'p95_ms')}, "
            f"over the limit of {wording.number(rules.slowest_p95_ms, 'p95_ms')}."
        )
    if facts.violations is None:
        conditions.append(
            "Broken constraints of the tuned system were not counted; count them before it is served."
        )
    variety = facts.task("composition", "distinct_items")
    if (
        variety
        and variety.tuned
        and (other := variety.against(PROMPTED).rival)
        and variety.tuned.high < other.low
    ):
        conditions.append(
            f"Variety falls: {wording.figure(variety.tuned)} distinct items with tuning, "
            f"{wording.figure(other)} without."
        )
    if curve_rises(facts, rules):
        conditions.append("The learning curve still rises at its end: more looks are likely to help.")
    return conditions


def curve_rises(facts: Facts, rules: Rules) -> bool | None:
    """Whether the last step of the learning curve gained `least_gain`; None without two points."""
    if len(facts.curve) < 2:
        return None
    before, last = facts.curve[-2:]
    return last.estimate.value - before.estimate.value >= rules.least_gain
