"""The drawings: outlines and details of garments, out of `drawings/*.toml`, put together from their blocks.

All lengths are centimetres on the table, x = 0 is the middle of a garment. Knows no colours and no layout.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from service.pictures.outline import Outline, Run, ellipse, parse

SURFACES = frozenset({"cloth", "second", "trim", "rib", "inside", "lining", "metal", "paint"})
"""What is filled, shaded and outlined."""
MARKS = frozenset({"seam", "stitch", "fold", "crease", "shade", "shine", "quilt"})
"""What lies on the surface before it, and ends where that ends."""
THINGS = frozenset({"button", "stud", "hole", "cord", "chain", "line", "gem", "tuft"})
"""What lies on top of all that."""
_MODES = frozenset({"half", "arch", "twin", "one", "dots", "twindots"})
_OFFERS = {"neck": "necks", "sleeve": "sleeves", "body": "lengths", "skirt": "lengths"}
"""Where a drawing says in which other blocks it comes."""
_OPTIONS = frozenset({"turn", "width", "alpha", "paint", "print", "gloss", "dash"})


@dataclass(frozen=True, slots=True)
class Part:
    """One shape. `sides` holds one outline, or two that are each other's mirror image.

    `turn` turns the print, in degrees (the other way on the second side); `width` is that of a line, in centimetres.
    """

    role: str
    sides: tuple[Outline, ...]
    turn: float = 0
    width: float = 0
    alpha: float = 1
    paint: str = ""
    print: bool = True
    gloss: bool = True
    dash: float = 0


@dataclass(frozen=True, slots=True)
class Drawing:
    """All parts of a garment, back to front. `pair` when there are two of it; `grow` enlarges what is too small to see.

    `prints` scales a print, `turn` leans the whole on the page, `hang` is where it is hung up in a layout.
    """

    name: str
    parts: tuple[Part, ...]
    pair: tuple[float, float] | None = None
    grow: float = 1
    prints: float = 1
    turn: float = 0
    across: bool = False
    """Stripes run across rather than along."""

    def box(self) -> tuple[float, float, float, float]:
        """The box around its surfaces and cords, in centimetres."""
        boxes = [
            (b[0] - p.width / 2, b[1] - p.width / 2, b[2] + p.width / 2, b[3] + p.width / 2)
            for p in self.parts
            if p.role in SURFACES or p.role in ("cord", "chain", "stud", "gem")
            for b in [side.box() for side in p.sides]
        ]
        return (
            min(b[0] for b in boxes),
            min(b[1] for b in boxes),
            max(b[2] for b in boxes),
            max(b[3] for b in boxes),
        )


@dataclass(frozen=True, slots=True)
class Cut:
    """The blocks that a drawing is to be put together from, where it leaves a choice; empty: its own."""

    neck: str = ""
    sleeve: str = ""
    length: str = ""


def names() -> tuple[str, ...]:
    """All drawings."""
    return tuple(_tables()["drawing"])


@cache
def drawing(name: str, cut: Cut = Cut()) -> Drawing:
    """The drawing of a name, in a cut as far as it comes in that one. Raises KeyError for a name that there is not."""
    spec = _tables()["drawing"][name]
    where = f"drawing {name!r}"
    pair = spec.get("pair")
    parts = _assembled(spec, cut, where)
    if tall := spec.get("tall"):
        parts = (replace(part, sides=tuple(s.moved(0, 0, 1, tall) for s in part.sides)) for part in parts)
    return Drawing(
        name=name,
        parts=tuple(parts),
        pair=(float(pair[0]), float(pair[1])) if pair else None,
        grow=float(spec.get("grow", 1)),
        prints=float(spec.get("prints", 1)),
        turn=float(spec.get("turn", 0)),
        across=bool(spec.get("across", False)),
    )


def _assembled(spec: Mapping[str, Any], cut: Cut, where: str) -> Iterator[Part]:
    neck = _block("neck", _chosen(spec, "neck", cut.neck))
    body = _block("body", _chosen(spec, "body", "" if "skirt" in spec else cut.length))
    skirt = _block("skirt", _chosen(spec, "skirt", cut.length)) if "skirt" in spec else {}
    sleeve = _block("sleeve", _chosen(spec, "sleeve", cut.sleeve))
    for name, dx, dy in spec.get("behind", ()):
        for part in _assembled(_tables()["drawing"][name], cut, where):
            yield replace(part, sides=tuple(side.moved(dx, dy) for side in part.sides))
    yield from _parts(spec.get("under", ()), where)
    tip = body.get("tip", (0, 0))
    for part in _parts(sleeve.get("parts", ()), where, tip):
        yield part
    yield from _parts(neck.get("under", ()), where)
    if "edge" in body:
        edge = f"{neck.get('edge', '')} {body['edge']} {skirt.get('edge', '')}"
        yield _part(["cloth", "half", edge], where, (0, 0))
    own = list(_parts(spec.get("over", ()), where))
    first = next((i for i, part in enumerate(own) if part.role in SURFACES), len(own))
    on_body = [part for part in own[:first] if part.role in MARKS]
    for block in (skirt, body):
        marks = list(_parts(block.get("over", ()), where))
        if on_body and marks and marks[0].role in MARKS:  # before what covers the cloth, such as a waistband
            yield from on_body
            on_body = []
        yield from marks
    yield from on_body
    yield from _parts(neck.get("over", ()), where)
    yield from (part for i, part in enumerate(own) if i >= first or part.role not in MARKS)


def _chosen(spec: Mapping[str, Any], block: str, wanted: str) -> str:
    """The block's name: what `wanted` means for this drawing, if it comes in it, else its own."""
    offered = spec.get(_OFFERS[block], {})
    return str(offered.get(wanted, spec.get(block, "")))


def _block(table: str, name: str) -> Mapping[str, Any]:
    if not name or name == "none":
        return {}
    block: Mapping[str, Any] = _tables()[table][name]
    return block


def _parts(rows: Iterable[Any], where: str, tip: Sequence[float] = (0, 0)) -> Iterator[Part]:
    return (_part(row, where, tip) for row in rows)


def _part(row: Sequence[Any], where: str, tip: Sequence[float]) -> Part:
    role, mode, path, *rest = row
    options: dict[str, Any] = dict(rest[0]) if rest else {}
    if role not in SURFACES | MARKS | THINGS or mode not in _MODES or set(options) - _OPTIONS:
        raise ValueError(f"{where}: {role!r}, {mode!r}, {sorted(options)}: not a part that can be drawn")
    try:
        outline = _dots(path) if mode.endswith("dots") else parse(path)
    except ValueError as error:
        raise ValueError(f"{where}: {role} {mode}: {error}") from error
    outline = outline.moved(tip[0], tip[1])
    if mode in ("half", "arch"):
        sides: tuple[Outline, ...] = (outline.joined(closed=mode == "half"),)
    elif mode.startswith("twin"):
        sides = (outline, outline.mirrored())
    else:
        sides = (outline,)
    return Part(role, sides, **options)


def _dots(text: str) -> Outline:
    """ "x y r" or "x y rx ry", several parted by commas."""
    runs: list[Run] = []
    for dot in text.split(","):
        numbers = [float(n) for n in dot.split()]
        if len(numbers) not in (3, 4):
            raise ValueError(f"{dot!r} is not 'x y radius'")
        x, y, rx = numbers[:3]
        runs += ellipse(x, y, rx, numbers[-1]).runs
    return Outline(tuple(runs))


@cache
def _tables() -> Mapping[str, Mapping[str, Any]]:
    tables: dict[str, dict[str, Any]] = {"neck": {}, "body": {}, "skirt": {}, "sleeve": {}, "drawing": {}}
    folder = files(__package__) / "drawings"
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if not file.name.endswith(".toml"):
            continue
        for table, rows in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if table not in tables:
                raise ValueError(f"{file.name}: [{table}] is not one of {', '.join(tables)}")
            if twice := tables[table].keys() & rows.keys():
                raise ValueError(f"{file.name}: {table} {sorted(twice)[0]!r} is there twice")
            tables[table].update(rows)
    return tables
