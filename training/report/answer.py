"""The answer in one paragraph, put together from verdict, figures and costs. Knows no other section."""

from __future__ import annotations

from training.report import wording
from training.report.document import Answer
from training.report.facts import TUNED, UNTUNED
from training.report.material import Report
from training.report.recommend import Recommendation, Verdict, retrieval_is_as_good

_LABEL = {
    Verdict.FOR: "Fine-tune.",
    Verdict.AGAINST: "Do not fine-tune.",
    Verdict.MIXED: "Mixed: fine-tuning pays for part of it.",
    Verdict.UNDECIDED: "Undecided: do not fine-tune on this evidence.",
}


def answer(report: Report) -> Answer:
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
