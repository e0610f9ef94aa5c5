"""The curve of a run, read back. Knows no model and no picture.

A curve is what `training.trainers.loop.Loop` writes: JSONL with one line before training and one per epoch. `loss` is
the mean over the epoch's updates; `train` and every held-out check are shares of decisions in which the own piece
scored best.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from indexer.errors import StylistError

CURVE = "curve.jsonl"
_NOT_SHARES = frozenset({"step", "epoch", "seconds", "tokens", "loss"})

Line = Mapping[str, float]


class CurveError(StylistError):
    """A curve that cannot be read; names file, line and field."""


def read_curve(path: Path) -> list[Line]:
    """The curve's lines, in order. Raises CurveError naming file, line and field of what is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CurveError(f"{path}: cannot be read: {error}") from error
    lines = [_line(row, f"{path}: line {n}") for n, row in enumerate(text.splitlines(), start=1)]
    if not lines:
        raise CurveError(f"{path}: has no lines")
    return lines


def shares(lines: Sequence[Line]) -> list[str]:
    """Names of what is a share of right decisions, `train` first, then in order of appearance."""
    names = dict.fromkeys(name for line in lines for name in line if name not in _NOT_SHARES)
    return sorted(names, key=lambda name: name != "train")


def points(lines: Sequence[Line], name: str) -> tuple[list[float], list[float]]:
    """(steps, values) of the lines that have a finite value under that name."""
    found = [(line["step"], line[name]) for line in lines if math.isfinite(line.get(name, math.nan))]
    return [step for step, _ in found], [value for _, value in found]


def _line(row: str, where: str) -> Line:
    try:
        line = json.loads(row)
    except ValueError as error:
        raise CurveError(f"{where}: not JSON: {error}") from error
    if not isinstance(line, dict) or "step" not in line:
        raise CurveError(f"{where}: step: is missing")
    for name, value in line.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise CurveError(f"{where}: {name}: is no number: {value!r:.60}")
    return line
