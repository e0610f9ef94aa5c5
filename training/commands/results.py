"""An evaluation beside what was evaluated: for machines, as tables, as pictures, and a few lines to print."""

from __future__ import annotations

import logging
from pathlib import Path

from service.registry.evaluation import Evaluation, EvaluationError, save_evaluation
from training.report.plots import plot_confusion, plot_learning_curve, plot_tasks
from training.report.tables import markdown

log = logging.getLogger(__name__)


def write_results(evaluation: Evaluation, folder: Path) -> list[Path]:
    """The evaluation for machines, as tables and, where matplotlib is installed, as pictures."""
    paths = [save_evaluation(evaluation, folder), folder / "evaluation.md"]
    paths[1].write_text(markdown(evaluation), encoding="utf-8")
    try:
        if (picture := plot_tasks(evaluation, folder / "evaluation.png")) is not None:
            paths.append(picture)
        if (curve := plot_learning_curve(evaluation, folder / "learning_curve.png")) is not None:
            paths.append(curve)
        if evaluation.confusion is not None:
            paths.append(plot_confusion(evaluation.confusion, folder / "confusion.png"))
    except EvaluationError as error:  # the figures are there: a picture is no reason to fail
        log.warning("no pictures: %s", error)
    return paths


def table_of(evaluation: Evaluation, system: str) -> list[str]:
    """The figures of one system, one a line."""
    return [
        f"{e.task:20} {e.metric:16} {e.value:8.4g} [{e.low:.4g}, {e.high:.4g}]  n={e.n}"
        for e in evaluation.estimates
        if e.system == system
    ]
