"""Where each piece of an outfit lies on the page: templates of columns, of which the roomiest is taken.

Knows sizes in centimetres and slots; knows no drawings and no colours.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from math import cos, radians, sin
from typing import Any

from service.pictures.piece import Shape

CANVAS: Mapping[Shape, tuple[int, int]] = {"square": (1000, 1000), "portrait": (1000, 1250)}
MARGIN = 62
_MOST = 8.2
"""Pixels per centimetre at most, so that two small pieces do not fill the page like giants."""
_SPREAD = 24.0
"""The widest gap within a column, in centimetres: it is spread to the height of its neighbours up to that."""
_GARMENTS = {"outerwear", "top", "dress", "bottom", "suit"}
_WAIST = 35.0
"""How long a top is at least, in centimetres, that hangs over a waistband."""
_APART = 1.1
"""How far apart things are moved at most to use a page's room."""
_NUDGE = 1.6
"""How far pieces of a column stand off its axis, in turns, in centimetres: nothing lies on a string."""


@dataclass(frozen=True, slots=True)
class Thing:
    """What is to be placed: its place's name, and its width and height in centimetres, as large as it is shown.

    What `stands_free` lies over nothing, and nothing over it: an image is a box, and not a garment's outline.
    """

    place: str
    width: float
    height: float
    stands_free: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a thing lies: its middle and its box in pixels, and how it leans, in degrees."""

    x: float
    y: float
    width: float
    height: float
    lean: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Spots in the order of the things, and the scale in pixels per centimetre."""

    size: tuple[int, int]
    scale: float
    spots: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class _Laid:
    """A thing in an arrangement: its index, and its middle in centimetres."""

    index: int
    x: float
    y: float


def place(things: Sequence[Thing], template: str, shape: Shape) -> Layout:
    """Lay the things down. Nothing leaves the page's margins."""
    if not things:
        return Layout(CANVAS[shape], 1.0, ())
    width, height = CANVAS[shape]
    best: tuple[float, list[_Laid]] | None = None
    for arrangement in _fitting(things, _templates()[template]["arrangements"]):
        laid = list(_arranged(things, arrangement))
        left, top, right, bottom = _bounds(laid, things)
        scale = min((width - 2 * MARGIN) / (right - left), (height - 2 * MARGIN) / (bottom - top), _MOST)
        if best is None or scale > best[0] * 1.02:  # an earlier arrangement wins where the gain is small
            best = (scale, laid)
    if best is None:
        raise ValueError(f"template {template!r} has no arrangement")
    scale, laid = best
    laid = _spread(laid, things, (width - 2 * MARGIN) / scale, (height - 2 * MARGIN) / scale)
    left, top, right, bottom = _bounds(laid, things)
    dx, dy = width / 2 - scale * (left + right) / 2, height / 2 - scale * (top + bottom) / 2
    spots = {
        item.index: Spot(
            item.x * scale + dx,
            item.y * scale + dy,
            things[item.index].width * scale,
            things[item.index].height * scale,
            lean(things[item.index].place),
        )
        for item in laid
    }
    return Layout((width, height), scale, tuple(spots[i] for i in range(len(things))))


def grow(slot: str) -> float:
    """How much larger than life a slot is shown."""
    return float(_templates()["grow"].get(slot, 1))


def lean(place_name: str) -> float:
    """How a place leans, in degrees; the second of a slot leans the other way."""
    slot = place_name.rstrip("0123456789")
    angle = float(_templates()["lean"].get(slot, 0))
    return angle if slot == place_name else -angle


def leaning(width: float, height: float, angle: float) -> tuple[float, float]:
    """The box around a box that leans."""
    c, s = abs(cos(radians(angle))), abs(sin(radians(angle)))
    return width * c + height * s, width * s + height * c


def _fitting(
    things: Sequence[Thing], arrangements: Sequence[Mapping[str, Any]]
) -> Sequence[Mapping[str, Any]]:
    """The arrangements that are made for just these garments; for want of one, those with a place for each."""
    worn = {t.place for t in things if t.place in _GARMENTS}

    def places(arrangement: Mapping[str, Any]) -> set[str]:
        return {p for column in arrangement["columns"] for row in column for p in row.split("|")} & _GARMENTS

    return (
        [a for a in arrangements if places(a) == worn]
        or [a for a in arrangements if places(a) >= worn]
        or arrangements
    )


def _spread(laid: list[_Laid], things: Sequence[Thing], width: float, height: float) -> list[_Laid]:
    """Moved apart a little, where the page has room for it; what is tucked in stays so."""
    left, top, right, bottom = _bounds(laid, things)
    across = min(width / (right - left), _APART)
    places = {t.place for t in things}
    down = 1.0 if {"top", "bottom"} <= places else min(height / (bottom - top), _APART)
    x, y = (left + right) / 2, (top + bottom) / 2
    return [_Laid(i.index, x + (i.x - x) * across, y + (i.y - y) * down) for i in laid]


def _arranged(things: Sequence[Thing], arrangement: Mapping[str, Any]) -> Iterator[_Laid]:
    columns = _columns(things, arrangement["columns"])
    aligns = [a for a, c in zip(arrangement["aligns"], columns, strict=True) if c]
    columns = [c for c in columns if c]
    heights = [_height(column, things) for column in columns]
    tallest = max(heights)
    x = 0.0
    for number, column in enumerate(columns):
        wide = max(_row_width(row, things) for row in column)
        if number:
            x -= (
                arrangement["overlap"]
                if _big(columns[number - 1], things) and _big(column, things)
                else -2 * _NUDGE
            )
        spare = tallest - heights[number]
        gaps = max(len(column) - 1, 1)
        extra = min(spare / (gaps + 1), _SPREAD) if len(column) > 1 else 0.0
        used = heights[number] + extra * (len(column) - 1)
        y = {"top": 0.0, "middle": (tallest - used) / 2, "bottom": tallest - used}[aligns[number]]
        for turn, row in enumerate(column):
            nudge = 0.0 if len(column) == 1 else (_NUDGE if (turn + number) % 2 else -_NUDGE)
            yield from _row(row, things, x + wide / 2 + nudge, y)
            follows = column[turn + 1] if turn + 1 < len(column) else []
            y += (
                _row_height(row, things)
                + _gap(row, follows, things)
                + (extra if not _tucked(row, follows, things) else 0)
            )
        x += wide


def _columns(things: Sequence[Thing], named: Sequence[Sequence[str]]) -> list[list[list[int]]]:
    """The things' indices by column and row. What has no place goes below the shortest column."""
    by_place = {thing.place: i for i, thing in enumerate(things)}
    columns: list[list[list[int]]] = []
    for names in named:
        column: list[list[int]] = []
        for name in names:
            row = [by_place.pop(part) for part in name.split("|") if part in by_place]
            if row:
                column.append(row)
        columns.append(column)
    for index in by_place.values():
        filled = [c for c in columns if c] or columns[:1]
        slot = things[index].place.rstrip("0123456789")
        beside = next((r for c in columns for r in c if len(r) == 1 and things[r[0]].place == slot), None)
        if beside is not None and things[index].width < 26:
            beside.append(index)
        else:
            min(filled, key=lambda c: _height(c, things)).append([index])
    return columns


def _row(row: Sequence[int], things: Sequence[Thing], middle: float, top: float) -> Iterator[_Laid]:
    gap = float(_templates()["gap"])
    x = middle - _row_width(row, things) / 2
    tall = _row_height(row, things)
    for index in row:
        width, _ = _size(things[index])
        yield _Laid(index, x + width / 2, top + tall / 2)
        x += width + gap


def _gap(row: Sequence[int], below: Sequence[int], things: Sequence[Thing]) -> float:
    if not below:
        return 0.0
    return -float(_templates()["tuck"]) if _tucked(row, below, things) else float(_templates()["gap"])


def _tucked(row: Sequence[int], below: Sequence[int], things: Sequence[Thing]) -> bool:
    """Whether a bottom slides under the top above it: one that reaches as far as a waist."""
    over = [things[i] for i in row if things[i].place == "top"]
    under = [things[i] for i in below if things[i].place == "bottom"]
    free = any(t.stands_free for t in (*over, *under))
    return bool(over and under) and not free and over[0].height > _WAIST


def _height(column: Sequence[Sequence[int]], things: Sequence[Thing]) -> float:
    if not column:
        return 0.0
    rows = sum(_row_height(row, things) for row in column)
    return rows + sum(_gap(a, b, things) for a, b in pairwise(column))


def _row_height(row: Sequence[int], things: Sequence[Thing]) -> float:
    return max(_size(things[i])[1] for i in row)


def _row_width(row: Sequence[int], things: Sequence[Thing]) -> float:
    return sum(_size(things[i])[0] for i in row) + float(_templates()["gap"]) * (len(row) - 1)


def _size(thing: Thing) -> tuple[float, float]:
    return leaning(thing.width, thing.height, lean(thing.place))


def _big(column: Sequence[Sequence[int]], things: Sequence[Thing]) -> bool:
    """Whether a column holds a garment that another may lie over a little, and nothing that stands free."""
    held = [things[i] for row in column for i in row]
    return any(t.place in _GARMENTS for t in held) and not any(t.stands_free for t in held)


def _bounds(laid: Sequence[_Laid], things: Sequence[Thing]) -> tuple[float, float, float, float]:
    boxes = []
    for item in laid:
        width, height = _size(things[item.index])
        boxes.append((item.x - width / 2, item.y - height / 2, item.x + width / 2, item.y + height / 2))
    return (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )


@cache
def _templates() -> Mapping[str, Any]:
    return tomllib.loads((files(__package__) / "templates.toml").read_text(encoding="utf-8"))
