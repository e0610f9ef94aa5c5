"""An evaluation as PNG pictures, for cards and documents. Knows no model.

The loss of a run is for `training.trainers.loss_curve`.

Colours are those of Okabe & Ito (2008, Color Universal Design), which the colour-blind can tell apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from service.registry.evaluation import SYSTEMS, Confusion, Estimate, Evaluation, EvaluationError
from training.report.tables import SHARES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {
    "random": "#BBBBBB",
    "popularity": "#BBBBBB",
    "category-only": "#BBBBBB",
    "retrieval-only": "#009E73",
    "tuned-retrieval": "#CC79A7",
    "prompt-only": "#56B4E9",
    "prompt+retrieval": "#0072B2",
    "tuned-only": "#E69F00",
    "tuned": "#D55E00",
}
"""System -> colour. What takes no wish into account is grey."""
_INK, _LIGHT = "#1c1e21", "#e1e4e8"
_COLUMNS = 3
_CURVE = "learning_curve@"


def plot_tasks(evaluation: Evaluation, path: Path) -> Path | None:
    """A panel per task measured in shares: a bar per system with its 95 % interval, and chance as a dashed line.

    None, and no picture, where there is no such task.
    """
    shown = [e for e in evaluation.estimates if _is_panel(e)]
    tasks = list(dict.fromkeys((e.task, e.metric) for e in shown))
    systems = [name for name in SYSTEMS if any(e.system == name for e in shown)]
    if not tasks:
        return None
    across = min(_COLUMNS, len(tasks))
    down = -(-len(tasks) // across)
    figure = _figure(3.6 * across + 1.1, (0.9 + 0.23 * len(systems)) * down + 0.2)
    panels = figure.subplots(down, across, squeeze=False, sharey=True).flat
    for axes, (task, metric) in zip(panels, tasks, strict=False):
        _bars(axes, [e for e in shown if (e.task, e.metric) == (task, metric)], systems)
        axes.set_title(f"{task}, {metric}" if metric != "accuracy" else task, fontsize=10)
    for axes in list(figure.axes)[len(tasks) :]:
        axes.set_visible(False)
    return _save(figure, path)


def plot_confusion(confusion: Confusion, path: Path) -> Path:
    """Rows: which adapter composed; columns: which one the judge named. Numbers are counts, shades shares of the row.

    Raises EvaluationError when the counts do not fit the labels.
    """
    size = len(confusion.labels)
    if not size or len(confusion.counts) != size or any(len(row) != size for row in confusion.counts):
        raise EvaluationError(f"confusion: counts are not {size} rows of {size}")
    figure = _figure(2.6 + 0.5 * size, 2.2 + 0.45 * size)
    axes = figure.subplots()
    shares = [[count / max(1, sum(row)) for count in row] for row in confusion.counts]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for y, row in enumerate(confusion.counts):
        for x, count in enumerate(row):
            axes.text(
                x, y, str(count), ha="center", va="center", color="white" if shares[y][x] > 0.55 else _INK
            )
    axes.set_xticks(range(size), confusion.labels, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(size), confusion.labels)
    axes.tick_params(length=0)
    axes.set_xlabel("named by the judge")
    axes.set_ylabel("composed by")
    return _save(figure, path)


def plot_learning_curve(evaluation: Evaluation, path: Path, whole: str = "vibe_choice") -> Path | None:
    """Accuracy of `tuned` over the share of the looks trained on, with intervals.

    Where `learning_curve@100` is missing, the task `whole` stands for it; the untuned systems on that task are
    lines. None, and no picture, with fewer than two points.
    """
    points = {
        int(e.task.removeprefix(_CURVE)): e
        for e in evaluation.estimates
        if e.task.startswith(_CURVE) and e.system == "tuned" and e.metric == "accuracy"
    }
    last = evaluation.find(whole, "accuracy", "tuned")
    if last is not None:
        points.setdefault(100, last)
    if len(points) < 2:
        return None
    figure = _figure(5.2, 3.4)
    axes = figure.subplots()
    shares = sorted(points)
    found = [points[share] for share in shares]
    axes.errorbar(
        shares,
        [e.value for e in found],
        _errors(found),
        fmt="o-",
        color=COLOURS["tuned"],
        capsize=3,
        label="tuned",
    )
    for system in ("prompt-only", "prompt+retrieval", "retrieval-only"):
        if (other := evaluation.find(whole, "accuracy", system)) is not None:
            axes.axhline(other.value, color=COLOURS[system], lw=1.2, label=system)
    _chance(axes, found, across=True)
    axes.set_xticks(shares, [f"{share} %" for share in shares])
    axes.set_xlabel("share of the training looks")
    axes.set_ylabel("accuracy, 95 % interval")
    _percent(axes, "y")
    axes.legend(frameon=False, fontsize=8)
    return _save(figure, path)


def _is_panel(estimate: Estimate) -> bool:
    return estimate.metric in SHARES and estimate.system in COLOURS and "@" not in estimate.task


def _bars(axes: Axes, estimates: Sequence[Estimate], systems: Sequence[str]) -> None:
    rows = [systems.index(e.system) for e in estimates]  # the same place in every panel
    values = [e.value for e in estimates]
    axes.barh(rows, values, 0.68, color=[COLOURS[e.system] for e in estimates])
    axes.errorbar(values, rows, xerr=_errors(estimates), fmt="none", ecolor=_INK, lw=1.1, capsize=2.5)
    axes.set_yticks(range(len(systems)), systems)
    axes.set_ylim(len(systems) - 0.2, -0.6)
    axes.set_xlim(0, min(1.0, 1.12 * max(e.high for e in estimates)) or 1.0)
    axes.tick_params(axis="y", length=0)
    _chance(axes, estimates, across=False)
    _percent(axes, "x")


def _errors(estimates: Sequence[Estimate]) -> list[list[float]]:
    """(below, above) as matplotlib wants them: a percentile interval may leave out the value by a rounding error."""
    return [[max(0.0, e.value - e.low) for e in estimates], [max(0.0, e.high - e.value) for e in estimates]]


def _chance(axes: Axes, estimates: Sequence[Estimate], across: bool) -> None:
    chance = next((e.chance for e in estimates if e.chance is not None), None)
    if chance is None:
        return
    if across:
        axes.axhline(chance, ls="--", color=_INK, lw=1, label="chance")
    else:
        axes.axvline(chance, ls="--", color=_INK, lw=1)
        axes.annotate("chance", (chance, axes.get_ylim()[0]), (3, 2), textcoords="offset points", fontsize=7)


def _percent(axes: Axes, which: str) -> None:
    from matplotlib.ticker import PercentFormatter

    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    axis.grid(color=_LIGHT, lw=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _figure(width: float, height: float) -> Figure:
    """A figure of its own: no window system, and no state shared with others. Sizes in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _save(figure: Figure, path: Path) -> Path:
    """Written aside and renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.new")
    figure.savefig(aside, format="png", dpi=140, metadata={"Software": None})
    return aside.replace(path)
