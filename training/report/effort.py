"""The sections on what it takes: speed, prompt length, cost and data. Draws no conclusion about quality."""

from __future__ import annotations

from collections.abc import Iterator

from service.registry.evaluation import SYSTEMS, Estimate
from training.report import wording
from training.report.costs import Assumptions, Route, break_even, stated
from training.report.document import Block, Bullets, Heading, Paragraph, Table
from training.report.material import Report
from training.report.recommend import curve_rises


def speed(report: Report) -> Iterator[Block]:
    yield Heading("Speed and prompt length")
    facts = report.facts
    for task, by_metric in facts.latency.items():
        systems = {name for by in by_metric.values() for name in by}
        rows = [
            [wording.system(name), *(_cell(by_metric.get(m, {}).get(name)) for m in ("p50_ms", "p95_ms"))]
            for name in sorted(systems, key=_rank)
        ]
        outfits = task.partition("@")[2]
        asked = f", {wording.counted(int(outfits), 'outfit')} asked for" if outfits else ""
        yield Table(f"Latency of one request{asked}", ["System", "p50", "p95"], rows, frozenset({1, 2}))
    if not facts.latency:
        yield Paragraph("Latency was not measured.")
    if facts.tokens:
        rows = [[wording.system(name), _cell(facts.tokens[name])] for name in sorted(facts.tokens, key=_rank)]
        yield Table("Tokens in the prompt", ["System or layout", "Tokens"], rows, frozenset({1}))
    else:
        yield Paragraph("Prompt length was not measured.")


def _cell(estimate: Estimate | None) -> str:
    return wording.figure(estimate) if estimate else "not measured"


def _rank(name: str) -> tuple[int, str]:
    names: tuple[str, ...] = SYSTEMS
    return (names.index(name) if name in names else len(names)), name


def cost(report: Report) -> Iterator[Block]:
    a, (_, prompt, tuned, hosted) = report.assumptions, report.routes
    yield Heading("Cost per 1,000 outfits")
    yield Paragraph(
        f"One-off work is spread over {a.outfits:,.0f} outfits ({a.months:g} months). Running cost of a local route "
        "is its measured median latency at the assumed price of a machine hour. The hosted large model was not run: "
        "its cost is arithmetic on assumptions, and nothing is known of its quality here."
    )
    rows = [
        [r.name, *(_amount(v, a.currency) for v in (r.running, r.once, r.total)), r.basis]
        for r in report.routes
    ]
    yield Table(
        "Cost per 1,000 outfits",
        ["Route", "Running", "One-off", "Total", "Rests on"],
        rows,
        frozenset({1, 2, 3}),
    )
    yield from report.picture(
        "cost.svg",
        "Bars of cost per 1,000 outfits by route; the table above gives the same figures.",
        "Cost per 1,000 outfits. Hatched: assumption, not measurement.",
    )
    if tuned.running is not None:
        yield Bullets([_even(tuned, rival, a) for rival in (prompt, hosted) if rival.running is not None])
    yield Table(
        "Assumptions (replace them with your own)",
        ["Field", "Value", "Meaning"],
        [list(row) for row in stated(a)],
        frozenset({1}),
    )


def _amount(value: float | None, currency: str) -> str:
    return "not measured" if value is None else wording.money(value, currency)


def _even(tuned: Route, rival: Route, assumptions: Assumptions) -> str:
    outfits = break_even(tuned, rival, assumptions)
    if outfits is None:
        return f"Against {rival.name}: tuning never pays by cost alone; only quality can justify it."
    if outfits == 0:
        return f"Against {rival.name}: tuning costs no more from the first outfit on."
    within = "within" if outfits <= assumptions.outfits else "beyond"
    return f"Against {rival.name}: tuning is the cheaper after {outfits:,.0f} outfits, {within} the period."


def data(report: Report) -> Iterator[Block]:
    yield Heading("How much data it took")
    curve = report.facts.curve
    if not curve:
        yield Paragraph("No learning curve was measured.")
        return
    rows = [
        [f"{p.percent} %", wording.number(p.estimate.value, p.estimate.metric), wording.interval(p.estimate)]
        for p in curve
    ]
    header = ["Share of the training looks", "Accuracy", "95 % interval"]
    yield Table("Learning curve", header, rows, frozenset({0, 1, 2}))
    yield from report.picture(
        "learning_curve.svg",
        "Accuracy over the share of the training looks; the table above gives the same figures.",
        "Accuracy over the share of the training looks.",
    )
    rises = curve_rises(report.facts, report.rules)
    if rises is not None:
        step = curve[-1].estimate.value - curve[-2].estimate.value
        meaning = (
            "more looks are likely to help" if rises else "more looks of this kind are unlikely to help much"
        )
        yield Paragraph(f"The last step changed accuracy by {wording.points(step)}: {meaning}.")
