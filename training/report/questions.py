"""The four questions of whether fine-tuning pays, each answered from the figures. Knows no prices and no page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from training.report import wording
from training.report.facts import PROMPTED, UNTUNED, Comparison, Facts
from training.report.recommend import Recommendation, Rules, TaskVerdict, Verdict, curve_rises, judge

OWN = {
    ("vibe_choice", "accuracy"),
    ("vibe_choice_hard", "accuracy"),
    ("next_piece", "accuracy"),
    ("rack", "rack_pieces"),
    ("composition", "piece_precision"),
    ("composition", "look_pairs"),
}
"""Tasks whose right answers are the store's own looks."""
TASTE = {("near_miss", "accuracy"), ("vibe_choice_hard", "accuracy"), ("fidelity", "top1")}
"""Tasks whose wrong answers are wrong only to an eye for style."""


class Says(StrEnum):
    YES = "yes"
    PARTLY = "partly"
    NO = "no"
    OPEN = "not shown"
    UNKNOWN = "not measured"


@dataclass(frozen=True, slots=True)
class Question:
    """A question, its verdict, and the sentences that it rests on."""

    title: str
    asks: str
    says: Says
    because: tuple[str, ...]


def questions(facts: Facts, recommendation: Recommendation, rules: Rules) -> list[Question]:
    """The four questions in their order."""
    return [
        _quality_and_speed(facts, recommendation, rules),
        _private_data(facts, rules),
        _subjectivity(facts, rules),
        _clear_standards(facts, recommendation, rules),
    ]


def combine(parts: Sequence[Says]) -> Says:
    """All yes: yes. All no: no. Some yes: partly. What was not measured is left out."""
    known = [part for part in parts if part is not Says.UNKNOWN]
    if not known:
        return Says.UNKNOWN
    if len(set(known)) == 1:
        return known[0]
    return Says.PARTLY if {Says.YES, Says.PARTLY} & set(known) else Says.OPEN


_OF_VERDICT = {
    Verdict.FOR: Says.YES,
    Verdict.MIXED: Says.PARTLY,
    Verdict.AGAINST: Says.NO,
    Verdict.UNDECIDED: Says.OPEN,
    Verdict.NOT_MEASURED: Says.UNKNOWN,
}


def _quality_and_speed(facts: Facts, recommendation: Recommendation, rules: Rules) -> Question:
    measured = any(t.verdict is not Verdict.NOT_MEASURED for t in recommendation.tasks)
    quality = _OF_VERDICT[recommendation.verdict] if measured else Says.UNKNOWN
    because = [f"Quality: {recommendation.reason}."]
    p95 = facts.milliseconds("p95_ms", ("tuned", "tuned-only"))
    other = facts.milliseconds("p95_ms", PROMPTED)
    if p95 is None:
        because.append("Speed was not measured.")
        return _question(0, quality, because)
    fast = p95.value <= rules.slowest_p95_ms
    limit = wording.number(rules.slowest_p95_ms, "p95_ms")
    line = f"Speed: p95 is {wording.figure(p95)}, {'within' if fast else 'over'} the limit of {limit}"
    if other is not None and other.value > 0:
        line += f"; {p95.value / other.value:.2f} times that of the {wording.system(other.system)}"
    says = Says.PARTLY if quality is Says.YES and not fast else quality
    return _question(0, says, [*because, f"{line}."])


def _private_data(facts: Facts, rules: Rules) -> Question:
    """Against the untuned *model*: what it cannot know before it has seen the store's looks."""
    verdicts = _verdicts(facts, OWN, PROMPTED, rules)
    because = [_won(verdicts, "on the store's own looks", "the untuned model")]
    rises = curve_rises(facts, rules)
    if rises is not None:
        first, last = facts.curve[0], facts.curve[-1]
        because.append(
            f"With {first.percent} % of the looks the tuned system scores {wording.figure(first.estimate)}, "
            f"with {last.percent} % {wording.figure(last.estimate)}."
        )
    public = [c for c in facts.comparisons if c.task.task.startswith("polyvore")]
    because += [
        f"{c.task.title}, which are not the store's: {judge(c.against(PROMPTED), rules).reason}."
        for c in public
        if c.tuned is not None
    ]
    return _question(1, combine([_OF_VERDICT[v.verdict] for v in verdicts]), because)


def _subjectivity(facts: Facts, rules: Rules) -> Question:
    """Taste is learnt where tuned is above chance *and* better than all that needs no tuning."""
    verdicts = _verdicts(facts, TASTE, UNTUNED, rules)
    because = [_won(verdicts, "where only taste tells right from wrong", "all that needs no tuning")]
    parts = []
    for verdict in verdicts:
        tuned = verdict.comparison.tuned
        part = _OF_VERDICT[verdict.verdict]
        if tuned is not None and tuned.chance is not None:
            above = tuned.low > tuned.chance
            chance = wording.number(tuned.chance, tuned.metric)
            because.append(
                f"{verdict.comparison.task.title}: {wording.figure(tuned)}, "
                f"{'above' if above else 'not clearly above'} chance ({chance})."
            )
            if not above and part is Says.YES:
                part = Says.OPEN
        parts.append(part)
    return _question(2, combine(parts), because)


def _clear_standards(facts: Facts, recommendation: Recommendation, rules: Rules) -> Question:
    """A standard is clear where it is counted, over enough cases, and some system meets it better than chance."""
    because, parts = [], []
    if facts.violations is None:
        because.append("Broken constraints were not counted.")
    else:
        count = wording.number(facts.violations.value, "violations")
        because.append(f"Broken constraints over {wording.counted(facts.violations.n, 'outfit')}: {count}.")
        parts.append(Says.YES if facts.violations.value == 0 else Says.NO)
    tasks = [t.comparison for t in recommendation.tasks if t.verdict is not Verdict.NOT_MEASURED]
    if tasks:
        enough = [c for c in tasks if c.cases >= rules.least_cases]
        told = [c for c in tasks if _above_chance(c)]
        total = wording.counted(len(tasks), "task")
        because.append(f"{len(enough)} of {total} have at least {rules.least_cases} cases.")
        because.append(
            f"On {len(told)} of {total} some system is clearly above chance, so right can be told from wrong."
        )
        clear = len([c for c in enough if c in told])
        parts.append(Says.YES if clear == len(tasks) else Says.PARTLY if clear else Says.NO)
    return _question(3, combine(parts), because)


def _above_chance(comparison: Comparison) -> bool:
    """Against the stated chance, or the random system where none is stated."""
    random = comparison.of("random")
    floor = random.high if random else None
    return any(
        e.low > bar
        for e in comparison.estimates
        if e.system != "random" and (bar := e.chance if e.chance is not None else floor) is not None
    )


def _verdicts(
    facts: Facts, tasks: set[tuple[str, str]], rivals: Sequence[str], rules: Rules
) -> list[TaskVerdict]:
    """The tasks against the best of the rivals; those not measured are left out."""
    chosen = [c.against(rivals) for c in facts.deciding if (c.task.task, c.task.metric) in tasks]
    return [v for c in chosen if (v := judge(c, rules)).verdict is not Verdict.NOT_MEASURED]


def _won(verdicts: Sequence[TaskVerdict], where: str, rival: str) -> str:
    if not verdicts:
        return f"Nothing was measured {where}."
    wins = [v.comparison.task.title for v in verdicts if v.verdict is Verdict.FOR]
    names = f" ({wording.listed(wins)})" if wins else ""
    tasks = wording.counted(len(verdicts), "task")
    return f"Tuning gains clearly over {rival} on {len(wins)} of {tasks} {where}{names}."


_TITLES = (
    ("Quality and speed", "Is the tuned system better than all that needs no tuning, and fast enough?"),
    ("Private data", "Do the store's own looks teach what the untuned model does not know?"),
    ("Subjectivity", "Is there a taste here that can be learnt?"),
    ("Clear standards", "Can right be told from wrong, and is it counted?"),
)


def _question(n: int, says: Says, because: Sequence[str]) -> Question:
    title, asks = _TITLES[n]
    return Question(title, asks, says, tuple(because))
