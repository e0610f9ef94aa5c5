"""The sections of the report: facts and verdicts put into words. Knows no markup; draws no conclusion of its own."""

from __future__ import annotations

from collections.abc import Iterator

from training.report import effort, wording
from training.report.document import Answer, Block, Bullets, Document, Heading, Paragraph, Table
from training.report.facts import TUNED, UNTUNED, Comparison
from training.report.material import Report
from training.report.questions import questions
from training.report.recommend import Recommendation, Verdict, retrieval_is_as_good

_LABEL = {
    Verdict.FOR: "Fine-tune.",
    Verdict.AGAINST: "Do not fine-tune.",
    Verdict.MIXED: "Mixed: fine-tuning pays for part of it.",
    Verdict.UNDECIDED: "Undecided: do not fine-tune on this evidence.",
}


def document(report: Report) -> Document:
    """The whole report."""
    subject = report.evaluation.subject
    blocks: list[Block] = [_answer(report)]
    blocks += [Bullets(report.recommendation.conditions)] if report.recommendation.conditions else []
    blocks += [*_quality(report), *effort.speed(report), *effort.cost(report), *effort.data(report)]
    blocks += [*_questions(report), *_rules(report), *_limits(report)]
    return Document(
        title=f"Prompt or fine-tune? {subject.name} {subject.version}",
        subtitle=(
            f"Evaluated {report.evaluation.created}, seed {report.evaluation.seed}; adapter {subject.digest}, "
            f"base {subject.base_model} ({subject.base_digest}), layout {subject.layout}, "
            f"cases {subject.cases_digest}."
        ),
        blocks=blocks,
    )


def _answer(report: Report) -> Answer:
    """The answer in one paragraph: verdict, reason, what to serve, and what it costs."""
    recommendation = report.recommendation
    said = [f"The reason: {recommendation.reason}.", _action(recommendation)]
    wins = [t.comparison for t in recommendation.with_verdict(Verdict.FOR)]
    if wins:
        best = max(wins, key=lambda c: c.gain)
        said.append(f"The largest gain is {wording.points(best.gain)} on {best.task.title}.")
    measured = [c for c in report.facts.deciding if c.rival is not None]
    if measured and all(retrieval_is_as_good(c, [*UNTUNED, *TUNED], report.rules) for c in measured):
        least = wording.margin(report.rules.least_gain)
        said.append(f"On every task retrieval alone is within {least} of the best system.")
    said.append(_costs_in_short(report))
    return Answer(
        _LABEL[recommendation.verdict], " ".join(part for part in said if part), recommendation.verdict.value
    )


def _action(recommendation: Recommendation) -> str:
    """What to do, by verdict; names what to serve instead."""
    instead = wording.system(recommendation.fallback) if recommendation.fallback else ""
    keep = f"Serve {instead} instead" if instead else "Serve what is served now"
    match recommendation.verdict:
        case Verdict.FOR:
            return "Promote the adapter through the gate."
        case Verdict.MIXED:
            wins = [t.comparison.task.title for t in recommendation.with_verdict(Verdict.FOR)]
            worse = [t.comparison.task.title for t in recommendation.tasks if t.worse]
            harm = f" It does harm on {wording.listed(worse)}." if worse else ""
            rest = instead or "what is served now"
            matter = "matters" if len(wins) == 1 else "matter"
            return (
                f"Use the adapter where {wording.listed(wins)} {matter} most; elsewhere {rest} will do.{harm}"
            )
        case Verdict.UNDECIDED:
            return f"{keep}, and evaluate more cases or train on more looks before money is spent."
        case _:
            return f"{keep}."


def _costs_in_short(report: Report) -> str:
    _, prompt, tuned, hosted = report.routes
    if tuned.total is None or prompt.total is None:
        return "Cost is not compared, for latency was not measured."
    currency = report.assumptions.currency
    hosted_total = wording.money(hosted.total or 0.0, currency)
    return (
        f"1,000 outfits cost {wording.money(tuned.total, currency)} tuned (of which "
        f"{wording.money(tuned.once, currency)} one-off work) and {wording.money(prompt.total, currency)} prompt-only, "
        f"at the prices assumed below; {hosted_total} by a hosted large model with a style guide, "
        f"which is arithmetic, not a measurement."
    )


def _quality(report: Report) -> Iterator[Block]:
    yield Heading("Quality")
    yield Paragraph(
        "Every system answered the same cases. Intervals are 95 %. Bold: the tuned system that is judged. "
        "The verdict compares it with the best system that needs no tuning."
    )
    yield _verdict_table(report.recommendation)
    yield from report.picture(
        "quality.svg",
        "Scores of each system on each task with intervals; the tables below give the same figures.",
        "Score of each system on each task.",
    )
    for comparison in report.facts.comparisons:
        if comparison.estimates:
            yield _task_table(comparison)


def _verdict_table(recommendation: Recommendation) -> Table:
    rows = [[t.comparison.task.title, t.verdict.value, t.reason] for t in recommendation.tasks]
    return Table("Verdict by task", ["Task", "Fine-tuning", "Why"], rows)


def _task_table(comparison: Comparison) -> Table:
    asks, rows = comparison.task.asks, []
    for e in comparison.estimates:
        rows.append(
            [wording.system(e.system), wording.number(e.value, e.metric), wording.interval(e), f"{e.n:,}"]
        )
    chance = next((e for e in comparison.estimates if e.chance is not None), None)
    if chance is not None and chance.chance is not None:
        rows.append(["chance", wording.number(chance.chance, chance.metric), "", ""])
    tuned = {n for n, e in enumerate(comparison.estimates) if e is comparison.tuned}
    weighs = "" if comparison.task.decides else " (does not decide)"
    return Table(
        f"{comparison.task.title}{weighs}: {asks}",
        ["System", "Score", "95 % interval", "Cases"],
        rows,
        frozenset({1, 2, 3}),
        frozenset(tuned),
    )


def _questions(report: Report) -> Iterator[Block]:
    yield Heading("The four questions")
    answers = questions(report.facts, report.recommendation, report.rules)
    yield Table("Answers in short", ["Question", "Answer"], [[q.title, q.says.value] for q in answers])
    for question in answers:
        label = f"{question.title}. {question.asks} {question.says.value.capitalize()}."
        yield Paragraph(" ".join(question.because), label)
    yield from report.picture(
        "confusion.svg",
        "Matrix of the adapter that composed against the one that the judge named, in outfits.",
        "Which adapter composed, and which one the judge named (outfits).",
    )


def _rules(report: Report) -> Iterator[Block]:
    rules = report.rules
    yield Heading("How the recommendation is made")
    yield Bullets(
        [
            "A task speaks for fine-tuning when the tuned system beats the best system that needs no tuning by at "
            f"least {wording.margin(rules.least_gain)}, the 95 % intervals share no value, and there are at least "
            f"{rules.least_cases} cases.",
            "It speaks against when there is no gain or a smaller one. It is undecided when the gain is large enough "
            "but the intervals overlap, or when there are too few cases.",
            "All measured tasks for: fine-tune. Some for: mixed. None for, some undecided: undecided. None for, none "
            "undecided: do not. Any broken constraint: do not. Cost is shown but decides nothing.",
        ]
    )


def _limits(report: Report) -> Iterator[Block]:
    facts = report.facts
    missing = [c.task.title for c in facts.deciding if c.tuned is None or c.rival is None]
    limits = ["No shopper was asked: right means what the held-out looks say."]
    limits += [f"Not measured, or not for both sides: {wording.listed(missing)}."] if missing else []
    for absent, name in (
        (facts.latency, "latency"),
        (facts.tokens, "prompt length"),
        (facts.curve, "learning curve"),
    ):
        limits += [] if absent else [f"Not measured: {name}."]
    if any(c.tuned and c.tuned.system == "tuned" and not c.of("prompt+retrieval") for c in facts.deciding):
        limits.append(
            "The untuned model with retrieval was not measured on every task, so that part of a gain may be "
            "retrieval's and not the tuning's."
        )
    limits.append("The hosted large model was not run. Neither its quality nor its latency is known here.")
    limits.append(
        "Intervals are of each system alone; on the same cases a paired comparison would be sharper."
    )
    yield Heading("Limits")
    yield Bullets([*limits, *report.evaluation.notes])
