"""All pictures of evaluations and of runs, as SVG for the report's page or as PNG for cards. Knows no conclusion.

Colours are those of Okabe and Ito, "Color Universal Design" (2008), told apart by the colour-blind too; in bars the
names stand beside them. Text of an SVG stays text, so that a browser finds the glyphs of any script.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from service.registry.evaluation import Confusion, Estimate
from training.report import wording
from training.report.costs import Route
from training.report.facts import Comparison, Point
from training.trainers.loss_curve import Line, points, shares

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
EARNEST = tuple(name for name, colour in COLOURS.items() if colour != "#BBBBBB")
"""The systems that take the wish into account."""
WIDTH = 5.0
"""Inches. At 9 points, text is still legible when the picture is 350 pixels wide."""
_TEXT, _LINE, _LIGHT = "#1c1e21", "#4a4f55", "#e1e4e8"
_SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "report",
    "text.parse_math": False,
    "font.size": 9,
    "font.family": "sans-serif",
    "text.color": _TEXT,
    "axes.labelcolor": _TEXT,
    "axes.edgecolor": "#8b9198",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": _TEXT,
    "ytick.color": _TEXT,
    "hatch.linewidth": 0.6,
}
_Asked = ParamSpec("_Asked")
_Drawn = TypeVar("_Drawn", Figure, Figure | None)


@contextmanager
def _style() -> Iterator[None]:
    with matplotlib.rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield


def _styled(draw: Callable[_Asked, _Drawn]) -> Callable[_Asked, _Drawn]:
    @wraps(draw)
    def styled(*args: _Asked.args, **options: _Asked.kwargs) -> _Drawn:
        with _style():
            return draw(*args, **options)

    return styled


def svg(figure: Figure) -> bytes:
    """The same bytes for the same figures."""
    return _saved(figure, "svg", {"Date": None, "Creator": None})


def png(figure: Figure) -> bytes:
    return _saved(figure, "png", {"Software": None})


def _saved(figure: Figure, kind: str, metadata: dict[str, None]) -> bytes:
    out = io.BytesIO()
    with _style():
        figure.savefig(out, format=kind, dpi=140, metadata=metadata)
    return out.getvalue()


def _figure(width: float, height: float) -> Figure:
    """A figure of its own: no window system, and no state shared with others. Sizes in inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


@_styled
def quality(
    comparisons: Sequence[Comparison], systems: Sequence[str] = EARNEST, columns: int = 1
) -> Figure | None:
    """A panel per task measured in shares: a bar per system with its 95 % interval, and chance as a dashed line."""
    shown = [(c.task.title, [e for e in c.estimates if e.system in systems]) for c in comparisons]
    of_shares = [(title, there) for title, there in shown if there and there[0].metric in wording.SHARES]
    if not of_shares:
        return None
    columns = min(columns, len(of_shares))
    lines = [of_shares[n : n + columns] for n in range(0, len(of_shares), columns)]
    heights = [max(len(there) for _, there in line) + 2.0 for line in lines]
    figure = _figure(WIDTH if columns == 1 else 3.8 * columns, 0.21 * sum(heights) + 0.2)
    grid = figure.add_gridspec(len(lines), columns, height_ratios=heights)
    for n, (title, there) in enumerate(of_shares):
        axes = figure.add_subplot(grid[n // columns, n % columns])
        axes.set_title(_short(title, 40), fontsize=9.5, loc="left")
        _bars(axes, there)
    return figure


def _bars(axes: Axes, estimates: Sequence[Estimate]) -> None:
    rows, values = range(len(estimates)), [e.value for e in estimates]
    axes.barh(rows, values, 0.68, color=[COLOURS[e.system] for e in estimates])
    axes.errorbar(values, rows, xerr=_errors(estimates), fmt="none", ecolor=_TEXT, lw=1.1, capsize=2.5)
    axes.set_yticks(rows, [wording.system(e.system) for e in estimates])
    axes.set_ylim(len(estimates) - 0.4, -0.6)
    axes.set_xlim(0, min(1.0, 1.12 * max(e.high for e in estimates)) or 1.0)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    axes.grid(axis="x", color=_LIGHT, lw=0.8)
    if (chance := next((e.chance for e in estimates if e.chance is not None), None)) is not None:
        axes.axvline(chance, ls="--", color=_LINE, lw=1)


def _errors(estimates: Sequence[Estimate]) -> list[list[float]]:
    """(below, above) as matplotlib wants them: a percentile interval may leave out the value by a rounding error."""
    return [[max(0.0, e.value - e.low) for e in estimates], [max(0.0, e.high - e.value) for e in estimates]]


@_styled
def learning_curve(curve: Sequence[Point]) -> Figure | None:
    """Accuracy over the share of the looks that was trained on; None with fewer than two points."""
    if len(curve) < 2:
        return None
    figure = _figure(WIDTH, 2.9)
    axes = figure.add_subplot()
    x, estimates = [p.percent for p in curve], [p.estimate for p in curve]
    values, errors = [e.value for e in estimates], _errors(estimates)
    axes.errorbar(x, values, yerr=errors, fmt="^-", color=COLOURS["tuned"], capsize=3)
    if chance := estimates[-1].chance:
        axes.axhline(chance, ls="--", color=_LINE, lw=1.2)
        axes.annotate("chance", (x[0], chance), xytext=(0, 3), textcoords="offset points", color=_LINE)
    axes.set_xticks(x, [f"{percent} %" for percent in x])
    axes.set_xlabel("share of the training looks")
    axes.set_ylabel("accuracy with 95 % interval")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlim(0, 106)
    axes.grid(axis="y", color=_LIGHT, lw=0.8)
    return figure


@_styled
def cost_bars(routes: Sequence[Route], currency: str) -> Figure | None:
    """Cost per 1,000 outfits: running, and one-off work spread over the period. Assumed routes are hatched."""
    known = [(route, route.running, route.total) for route in routes if route.total is not None]
    if not known:
        return None
    figure = _figure(WIDTH, 0.9 + 0.42 * len(known))
    axes = figure.add_subplot()
    largest = max(total or 0.0 for *_, total in known) or 1.0
    for y, (route, running, total) in enumerate(known):
        look: Any = {"hatch": "////" if route.assumed else "", "edgecolor": "white"}
        axes.barh(y, running or 0.0, 0.55, color="#56B4E9", label="running", **look)
        axes.barh(y, route.once, 0.55, running or 0.0, color="#E69F00", label="one-off", **look)
        axes.text((total or 0.0) + largest * 0.02, y, wording.money(total or 0.0, "").strip(), va="center")
    axes.set_ylim(len(known) - 0.5, -0.5)
    axes.set_xlim(0, largest * 1.22)
    axes.set_yticks(range(len(known)), [_wrapped(route.name) for route, *_ in known])
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"{_short(wording.clean(currency))} per 1,000 outfits (hatched: nothing measured)")
    handles, _ = axes.get_legend_handles_labels()
    names = ["running", "one-off, spread"]
    figure.legend(handles[:2], names, loc="outside upper center", ncols=2, frameon=False)
    return figure


@_styled
def confusion_matrix(confusion: Confusion) -> Figure | None:
    """Rows: which adapter composed; columns: which one the judge named. Shades are shares of the row. None where the
    counts do not fit the labels.
    """
    size = len(confusion.labels)
    if not size or len(confusion.counts) != size or any(len(row) != size for row in confusion.counts):
        return None
    figure = _figure(WIDTH, min(9.0, max(2.8, 1.6 + 0.42 * size)))
    axes = figure.add_subplot()
    labels = [_short(wording.clean(label), 18) for label in confusion.labels]
    portions = [[count / max(1, sum(row)) for count in row] for row in confusion.counts]
    axes.imshow(portions, cmap="Blues", vmin=0, vmax=1)
    for y, row in enumerate(confusion.counts):
        for x, count in enumerate(row):
            colour = "white" if portions[y][x] > 0.55 else _TEXT
            axes.text(x, y, str(count), ha="center", va="center", color=colour)
    axes.set_xticks(range(size), labels, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(size), labels)
    axes.tick_params(length=0)
    axes.set_xlabel("the judge names")
    axes.set_ylabel("the adapter that composed")
    return figure


@_styled
def loss_curve(lines: Sequence[Line]) -> Figure:
    """A run: its loss on the left, its shares of right decisions on the right."""
    figure = _figure(9, 3.6)
    left, right = figure.subplots(1, 2)
    for axes, names, label in (
        (left, ["loss"], "loss"),
        (right, shares(lines), "share of decisions right"),
    ):
        for name in names:
            axes.plot(*points(lines, name), marker="o", markersize=3, label=name)
        axes.set_xlabel("update")
        axes.set_ylabel(label)
        axes.grid(alpha=0.3)
        if len(names) > 1:
            axes.legend()
    right.set_ylim(0, 1)
    return figure


def _short(text: str, most: int = 28) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _wrapped(name: str) -> str:
    """The part in brackets on a line of its own."""
    return name.replace(" (", "\n(")
