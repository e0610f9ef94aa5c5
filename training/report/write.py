"""Writes reports: the decision report, the tables and pictures of an evaluation, the curve of a run. Judges nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from indexer.errors import StylistError
from service.registry.evaluation import Evaluation, save_evaluation
from training.report import figures, render, sections, tables
from training.report.costs import Assumptions, routes
from training.report.facts import gather
from training.report.material import Report
from training.report.recommend import Rules, recommend
from training.trainers.loss_curve import CURVE, read_curve


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
    drawn: dict[str, Figure | None] = {
        "quality.svg": figures.quality(facts.comparisons),
        "cost.svg": figures.cost_bars(offered, assumptions.currency),
        "learning_curve.svg": figures.learning_curve(facts.curve),
        "confusion.svg": figures.confusion_matrix(evaluation.confusion) if evaluation.confusion else None,
    }
    pictures = {name: figures.svg(figure) for name, figure in drawn.items() if figure is not None}
    verdict = recommend(facts, rules)
    report = Report(evaluation, facts, verdict, offered, assumptions, rules, frozenset(pictures))
    document = sections.document(report)
    texts = {
        "report.md": render.markdown(document).encode(),
        "report.html": render.html(document, pictures).encode(),
    }
    return _write(out, {**texts, **dict.fromkeys(drawn), **pictures})


def write_evaluation(evaluation: Evaluation, out: Path) -> list[Path]:
    """Write the evaluation's tables as `evaluation.md` and its pictures as PNG into `out`; give their paths.

    A picture without figures is left out. Raises StylistError naming the path when nothing can be written there.
    """
    facts = gather(evaluation)
    drawn: dict[str, Figure | None] = {
        "evaluation.png": figures.quality(facts.comparisons, [*figures.COLOURS], columns=3),
        "learning_curve.png": figures.learning_curve(facts.curve),
        "confusion.png": figures.confusion_matrix(evaluation.confusion) if evaluation.confusion else None,
    }
    pictures = {name: None if figure is None else figures.png(figure) for name, figure in drawn.items()}
    return _write(out, {"evaluation.md": render.markdown(tables.document(evaluation)).encode(), **pictures})


def results(evaluation: Evaluation, folder: Path, system: str = "tuned") -> list[str]:
    """Save an evaluation beside what was evaluated, with its tables and pictures; the figures of one system and the
    paths, one a line.
    """
    paths = [save_evaluation(evaluation, folder), *write_evaluation(evaluation, folder)]
    figures_of = [
        f"{e.task:20} {e.metric:16} {e.value:8.4g} [{e.low:.4g}, {e.high:.4g}]  n={e.n}"
        for e in evaluation.estimates
        if e.system == system
    ]
    return [*figures_of, *map(str, paths)]


def write_loss_curve(run: Path) -> Path:
    """Draw the curve in a run's folder as `curve.png` beside it. Raises CurveError when the curve cannot be read."""
    return _write(run, {"curve.png": figures.png(figures.loss_curve(read_curve(run / CURVE)))})[0]


def _write(out: Path, files: Mapping[str, bytes | None]) -> list[Path]:
    """Each aside and renamed; what has no content is removed."""
    paths = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            if content is None:
                (out / name).unlink(missing_ok=True)
                continue
            aside = out / f"{name}.new"
            aside.write_bytes(content)
            paths.append(aside.replace(out / name))
    except OSError as error:
        raise StylistError(f"{error.filename or out}: cannot be written: {error.strerror}") from error
    return paths
