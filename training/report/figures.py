"""The report's pictures as SVG, narrow enough to be read on a phone. Knows no conclusion and no page.

Colours are those of Okabe and Ito, "Color Universal Design" (2008), told apart by the colour-blind too; every
system has its own marker besides. Text stays text, so that a browser finds the glyphs of any script.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from service.registry.evaluation import Confusion
from training.report import wording
from training.report.costs import Route
from training.report.facts import Comparison, Point

WIDTH = 5.0
"""Inches. At 9 points, text is still legible when the picture is 350 pixels wide."""
LOOKS = {
    "retrieval-only": ("#009E73", "s"),
    "prompt-only": ("#56B4E9", "o"),
    "prompt+retrieval": ("#0072B2", "D"),
    "tuned-only": ("#E69F00", "v"),
    "tuned": ("#D55E00", "^"),
}
"""System -> colour and marker."""
_TEXT = "#1c1e21"
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
    "xtick.color": _TEXT,
    "ytick.color": _TEXT,
    "hatch.linewidth": 0.6,
}


def _svg(height: float, draw: Callable[[Figure, Axes], None]) -> bytes:
    """The picture that `draw` draws, the same bytes for the same figures. `height` is in inches."""
    with matplotlib.rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure, figure.add_subplot())
        out = io.BytesIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def quality(comparisons: Sequence[Comparison]) -> bytes | None:
    """Every task with its systems one under another: value, 95 % interval, and chance as a dotted line."""
    shown = [
        (c, [e for e in c.estimates if e.system in LOOKS])
        for c in comparisons
        if c.task.metric in wording.SHARES and any(e.system in LOOKS for e in c.estimates)
    ]
    if not shown:
        return None
    rows = sum(len(estimates) for _, estimates in shown)

    def draw(figure: Figure, axes: Axes) -> None:
        y, ticks = 0.0, []
        seen: dict[str, Any] = {}
        for comparison, estimates in shown:
            top = y
            for e in estimates:
                colour, marker = LOOKS[e.system]
                error = [[max(0.0, e.value - e.low)], [max(0.0, e.high - e.value)]]
                seen[e.system] = axes.errorbar(
                    e.value, y, xerr=error, fmt=marker, color=colour, ms=5, capsize=2.5, lw=1.4
                )
                y += 1
            if chance := next((e.chance for e in estimates if e.chance is not None), None):
                axes.plot([chance, chance], [top - 0.6, y - 0.4], ":", color="#4a4f55", lw=1.2)
            ticks.append(((top + y - 1) / 2, _short(comparison.task.title)))
            y += 1.2
            axes.axhline(y - 1.1, color="#e1e4e8", lw=0.8, zorder=0)
        axes.set_ylim(y - 1.1, -1)
        axes.set_yticks([at for at, _ in ticks], [title for _, title in ticks])
        axes.tick_params(axis="y", length=0)
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.set_xlabel("score with 95 % interval (dotted: chance)")
        order = [name for name in LOOKS if name in seen]
        figure.legend(
            [seen[name] for name in order],
            [wording.system(name) for name in order],
            loc="outside upper center",
            ncols=2,
            frameon=False,
        )

    return _svg(1.1 + 0.19 * rows + 0.22 * len(shown), draw)


def learning_curve(points: Sequence[Point]) -> bytes | None:
    """Accuracy over the share of the looks that was trained on; None with fewer than two points."""
    if len(points) < 2:
        return None

    def draw(_: Figure, axes: Axes) -> None:
        x, estimates = [p.percent for p in points], [p.estimate for p in points]
        errors = [
            [max(0.0, e.value - e.low) for e in estimates],
            [max(0.0, e.high - e.value) for e in estimates],
        ]
        colour, marker = LOOKS["tuned"]
        axes.errorbar(x, [e.value for e in estimates], yerr=errors, fmt=f"{marker}-", color=colour, capsize=3)
        if chance := estimates[-1].chance:
            axes.axhline(chance, ls=":", color="#4a4f55", lw=1.2)
            axes.annotate(
                "chance", (x[0], chance), xytext=(0, 3), textcoords="offset points", color="#4a4f55"
            )
        axes.set_xticks(x, [f"{percent} %" for percent in x])
        axes.set_xlabel("share of the training looks")
        axes.set_ylabel("accuracy with 95 % interval")
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.set_xlim(0, 106)
        axes.grid(axis="y", color="#e1e4e8", lw=0.8)

    return _svg(2.9, draw)


def cost_bars(routes: Sequence[Route], currency: str) -> bytes | None:
    """Cost per 1,000 outfits: running, and one-off work spread over the period. Assumed routes are hatched."""
    known = [(route, route.running, route.total) for route in routes if route.total is not None]
    if not known:
        return None

    def draw(figure: Figure, axes: Axes) -> None:
        largest = max(total or 0.0 for *_, total in known) or 1.0
        for y, (route, running, total) in enumerate(known):
            hatch = "////" if route.assumed else ""
            axes.barh(
                y, running or 0.0, 0.55, color="#56B4E9", hatch=hatch, edgecolor="white", label="running"
            )
            axes.barh(
                y,
                route.once,
                0.55,
                running or 0.0,
                color="#E69F00",
                hatch=hatch,
                edgecolor="white",
                label="one-off",
            )
            axes.text(
                (total or 0.0) + largest * 0.02, y, wording.money(total or 0.0, "").strip(), va="center"
            )
        axes.set_ylim(len(known) - 0.5, -0.5)
        axes.set_xlim(0, largest * 1.22)
        axes.set_yticks(range(len(known)), [_wrapped(route.name) for route, *_ in known])
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(f"{_short(wording.clean(currency))} per 1,000 outfits (hatched: nothing measured)")
        handles, _ = axes.get_legend_handles_labels()
        names = ["running", "one-off, spread"]
        figure.legend(handles[:2], names, loc="outside upper center", ncols=2, frameon=False)

    return _svg(0.9 + 0.42 * len(known), draw)


def confusion_matrix(confusion: Confusion) -> bytes | None:
    """Rows: which adapter composed; columns: which one the judge named. Shades are shares of the row."""
    size = len(confusion.labels)
    if not size or len(confusion.counts) != size or any(len(row) != size for row in confusion.counts):
        return None
    labels = [_short(wording.clean(label), 18) for label in confusion.labels]

    def draw(_: Figure, axes: Axes) -> None:
        shares = [[count / max(1, sum(row)) for count in row] for row in confusion.counts]
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for y, row in enumerate(confusion.counts):
            for x, count in enumerate(row):
                colour = "white" if shares[y][x] > 0.55 else _TEXT
                axes.text(x, y, str(count), ha="center", va="center", color=colour)
        axes.set_xticks(range(size), labels, rotation=40, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(size), labels)
        axes.tick_params(length=0)
        axes.set_xlabel("the judge names")
        axes.set_ylabel("the adapter that composed")

    return _svg(min(9.0, max(2.8, 1.6 + 0.42 * size)), draw)


def _short(text: str, most: int = 28) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _wrapped(name: str) -> str:
    """The part in brackets on a line of its own."""
    return name.replace(" (", "\n(")
