"""Writes the decision report of an evaluation: Markdown, one self-contained HTML page, and its pictures."""

from __future__ import annotations

from pathlib import Path

from indexer.errors import StylistError
from service.registry.evaluation import Evaluation
from training.report import figures, html, markdown, sections
from training.report.costs import Assumptions, Route, routes
from training.report.facts import Facts, gather
from training.report.material import Report
from training.report.recommend import Rules, recommend


def write_report(
    evaluation: Evaluation, assumptions: Assumptions, out: Path, rules: Rules | None = None
) -> list[Path]:
    """Write `report.md`, `report.html` and the SVG pictures into `out`; give their paths in that order.

    The page holds its pictures; the Markdown shows the files beside it. The same evaluation, assumptions and rules
    give the same bytes. A picture without figures is left out, and one of an earlier report is removed.
    Raises StylistError naming the path when nothing can be written there.
    """
    rules = rules or Rules()
    facts = gather(evaluation)
    offered = routes(facts, assumptions)
    drawn = _draw(evaluation, facts, offered, assumptions)
    pictures = {name: svg for name, svg in drawn.items() if svg is not None}
    report = Report(
        evaluation,
        facts,
        recommend(facts, rules),
        offered,
        assumptions,
        rules,
        frozenset(pictures),
    )
    document = sections.document(report)
    files = {
        "report.md": markdown.render(document).encode(),
        "report.html": html.render(document, pictures).encode(),
        **pictures,
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in drawn.keys() - pictures.keys():
            (out / name).unlink(missing_ok=True)
        return [_write(out / name, content) for name, content in files.items()]
    except OSError as error:
        raise StylistError(f"{error.filename or out}: cannot be written: {error.strerror}") from error


def _draw(
    evaluation: Evaluation, facts: Facts, offered: list[Route], assumptions: Assumptions
) -> dict[str, bytes | None]:
    """Every picture by file name; None where there are no figures for it."""
    return {
        "quality.svg": figures.quality(facts.comparisons),
        "cost.svg": figures.cost_bars(offered, assumptions.currency),
        "learning_curve.svg": figures.learning_curve(facts.curve),
        "confusion.svg": figures.confusion_matrix(evaluation.confusion) if evaluation.confusion else None,
    }


def _write(path: Path, content: bytes) -> Path:
    aside = path.with_name(f"{path.name}.new")
    aside.write_bytes(content)
    return aside.replace(path)
