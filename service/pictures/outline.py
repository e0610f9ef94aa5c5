"""Outlines: SVG path data read, mirrored, moved, measured and written again. Knows nothing of garments.

Read are the absolute commands M, L, H, V, C, S, Q and Z, which is all that a drawing by hand needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""

_TOKEN = re.compile(r"[A-Za-z]|-?(?:\d+\.?\d*|\.\d+)")
_TAKES = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "Z": 0}
_SAMPLES = 12
_ROUND = 0.5523
"""How far a Bézier's handles reach along the radius to draw a quarter of a circle."""


@dataclass(frozen=True, slots=True)
class Run:
    """One stroke of the pen: a start, and lines (one point) or cubic curves (three points) from there."""

    start: Point
    steps: tuple[tuple[Point, ...], ...]
    closed: bool = False

    @property
    def end(self) -> Point:
        return self.steps[-1][-1] if self.steps else self.start


@dataclass(frozen=True, slots=True)
class Outline:
    """Some runs, drawn as one path."""

    runs: tuple[Run, ...]

    def mirrored(self) -> Outline:
        """The same on the other side of x = 0."""
        return Outline(tuple(_moved(run, -1, 1, 0, 0) for run in self.runs))

    def twins(self) -> Outline:
        """It and its mirror image."""
        return Outline(self.runs + self.mirrored().runs)

    def joined(self, *, closed: bool) -> Outline:
        """Each run is one half, from the middle to the middle; it goes on with its mirror image, backwards."""
        return Outline(tuple(_whole(run, closed) for run in self.runs))

    def moved(self, dx: float, dy: float, sx: float = 1, sy: float = 1) -> Outline:
        """Scaled, then moved."""
        return Outline(tuple(_moved(run, sx, sy, dx, dy) for run in self.runs))

    def stretched(self, below: float, by: float) -> Outline:
        """What lies below a height reaches further down, by a factor."""

        def down(point: Point) -> Point:
            x, y = point
            return (x, y if y <= below else below + (y - below) * by)

        return Outline(
            tuple(
                Run(down(r.start), tuple(tuple(map(down, step)) for step in r.steps), r.closed)
                for r in self.runs
            )
        )

    def tapered(self, width: float) -> Outline:
        """Each run as a sliver that is so wide in its middle and runs out at its ends, as a fold of cloth does."""
        return Outline(tuple(_sliver(run, width) for run in self.runs if run.steps))

    def box(self) -> Box:
        """The box around it, a little inside of where its curves are steepest."""
        points = [p for run in self.runs for p in _along(run)]
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        return min(xs), min(ys), max(xs), max(ys)

    def data(self) -> str:
        """SVG path data, to a hundredth."""
        return "".join(_written(run) for run in self.runs)


def parse(text: str) -> Outline:
    """Raises ValueError for a command that is not read, and for numbers too few or too many."""
    runs: list[Run] = []
    for command, numbers in _commands(text):
        if command == "M":
            runs.append(Run((numbers[0], numbers[1]), ()))
            continue
        if not runs:
            raise ValueError(f"path {text[:40]!r} does not begin with M")
        run = runs.pop()
        if command == "Z":
            runs.append(Run(run.start, run.steps, closed=True))
        else:
            runs.append(Run(run.start, (*run.steps, _step(command, numbers, run))))
    if not runs:
        raise ValueError("an empty path")
    return Outline(tuple(runs))


def ellipse(x: float, y: float, rx: float, ry: float) -> Outline:
    """An ellipse around a point."""
    kx, ky = rx * _ROUND, ry * _ROUND
    steps = (
        ((x + kx, y - ry), (x + rx, y - ky), (x + rx, y)),
        ((x + rx, y + ky), (x + kx, y + ry), (x, y + ry)),
        ((x - kx, y + ry), (x - rx, y + ky), (x - rx, y)),
        ((x - rx, y - ky), (x - kx, y - ry), (x, y - ry)),
    )
    return Outline((Run((x, y - ry), steps, closed=True),))


def _commands(text: str) -> Iterator[tuple[str, list[float]]]:
    tokens = _TOKEN.findall(text)
    at = 0
    command = ""
    while at < len(tokens):
        if tokens[at].isalpha():
            command = tokens[at]
            at += 1
        takes = _TAKES.get(command)
        if takes is None:
            raise ValueError(f"path command {command!r} is not one of {' '.join(_TAKES)}")
        numbers = tokens[at : at + takes]
        if len(numbers) < takes or any(n.isalpha() for n in numbers):
            raise ValueError(f"path command {command} takes {takes} numbers: {text[:60]!r}")
        yield command, [float(n) for n in numbers]
        at += takes
        if command == "M":
            command = "L"  # further pairs are lines, as in SVG
        elif command == "Z":
            command = ""


def _step(command: str, n: Sequence[float], run: Run) -> tuple[Point, ...]:
    x, y = run.end
    match command:
        case "L":
            return ((n[0], n[1]),)
        case "H":
            return ((n[0], y),)
        case "V":
            return ((x, n[0]),)
        case "C":
            return ((n[0], n[1]), (n[2], n[3]), (n[4], n[5]))
        case "S":
            last = run.steps[-1] if run.steps else ()
            handle = (2 * x - last[1][0], 2 * y - last[1][1]) if len(last) == 3 else (x, y)
            return (handle, (n[0], n[1]), (n[2], n[3]))
    # Q: a quadratic curve is a cubic with both handles two thirds of the way
    first = (x + (n[0] - x) * 2 / 3, y + (n[1] - y) * 2 / 3)
    second = (n[2] + (n[0] - n[2]) * 2 / 3, n[3] + (n[1] - n[3]) * 2 / 3)
    return (first, second, (n[2], n[3]))


def _whole(run: Run, closed: bool) -> Run:
    back: list[tuple[Point, ...]] = []
    points = [run.start, *(step[-1] for step in run.steps)]
    for before, step in zip(reversed(points[:-1]), reversed(run.steps), strict=True):
        turned = (step[1], step[0], before) if len(step) == 3 else (before,)
        back.append(tuple((-x, y) for x, y in turned))
    seam = ((-run.end[0], run.end[1]),)
    middle = () if abs(run.end[0]) < 1e-6 else (seam,)
    return Run(run.start, (*run.steps, *middle, *back), closed)


def _sliver(run: Run, width: float) -> Run:
    there, back = _bent(run, width * 0.66), _bent(run, -width * 0.66)
    points = [back.start, *(step[-1] for step in back.steps)]
    returning = [
        (step[1], step[0], before) if len(step) == 3 else (before,)
        for before, step in zip(reversed(points[:-1]), reversed(back.steps), strict=True)
    ]
    return Run(there.start, (*there.steps, *returning), closed=True)


def _bent(run: Run, by: float) -> Run:
    """The run with all but its ends moved to the side."""
    (x0, y0), (x1, y1) = run.start, run.end
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 or 1.0
    nx, ny = (y0 - y1) / length * by, (x1 - x0) / length * by
    last = len(run.steps) - 1

    def aside(point: Point) -> Point:
        return point[0] + nx, point[1] + ny

    steps = []
    here = run.start
    for index, step in enumerate(run.steps):
        (ax, ay), end = here, step[-1]
        handles = (
            step[:2]
            if len(step) == 3
            else (
                (ax + (end[0] - ax) / 3, ay + (end[1] - ay) / 3),
                (ax + (end[0] - ax) * 2 / 3, ay + (end[1] - ay) * 2 / 3),
            )
        )
        steps.append((aside(handles[0]), aside(handles[1]), end if index == last else aside(end)))
        here = end
    return Run(run.start, tuple(steps))


def _moved(run: Run, sx: float, sy: float, dx: float, dy: float) -> Run:
    def place(point: Point) -> Point:
        return point[0] * sx + dx, point[1] * sy + dy

    return Run(place(run.start), tuple(tuple(map(place, step)) for step in run.steps), run.closed)


def _along(run: Run) -> Iterator[Point]:
    yield run.start
    here = run.start
    for step in run.steps:
        if len(step) == 3:
            yield from (_bezier(here, step, i / _SAMPLES) for i in range(1, _SAMPLES))
        here = step[-1]
        yield here


def _bezier(start: Point, step: Sequence[Point], t: float) -> Point:
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = start, *step
    u = 1 - t
    a, b, c, d = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
    return a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3


def _written(run: Run) -> str:
    parts = [f"M{_pair(run.start)}"]
    parts += [("C" if len(step) == 3 else "L") + " ".join(map(_pair, step)) for step in run.steps]
    return "".join(parts) + ("Z" if run.closed else "")


def _pair(point: Point) -> str:
    return f"{number(point[0])},{number(point[1])}"


def number(value: float) -> str:
    """A coordinate to a hundredth, as short as can be."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
