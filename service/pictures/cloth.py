"""What a piece is made of, as a picture shows it: colours, print, texture and shine. Knows no outlines."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from service.pictures.colors import MANY, SHADOW, UNKNOWN, WHITE, inks, is_metal, lightness, mix, shade
from service.pictures.piece import Piece

_KNITS = frozenset(
    {"sweater", "cardigan", "turtleneck", "sweater-vest", "knit-dress", "beanie", "winter-scarf"}
)
_DENIM = frozenset({"jeans", "jeggings", "denim-shorts", "denim-jacket", "dungarees"})
_BRETON = frozenset(
    {"t-shirt", "long-sleeve-tee", "sweater", "knit-dress", "t-shirt-dress", "top", "socks", "swimsuit"}
)
_ON_WHITE = frozenset({"gingham", "houndstooth"})
"""Woven of white and one colour, which is the one that shops name."""
_NOT_CLOTH = re.compile(r"\blace[- ](up|ups|trim)\b|\b\w+[- ](lined|trimmed|trim)\b")
"""Words that sound like a cloth, but are not what a piece is made of."""
_SKIN = frozenset({"leather", "faux leather", "suede", "patent"})
_STRAPS = _SKIN | {"silk", "nylon", "canvas"}
_JEWELS = frozenset({"jewelry"})


@dataclass(frozen=True, slots=True)
class Tile:
    """A pattern that repeats: its size in centimetres, its turn in degrees, and its SVG with $names for colours."""

    size: tuple[float, float]
    svg: str
    turn: float = 0
    at: tuple[float, float] = (0, 0)
    """Where the first one lies; a tile as large as this is no repeat, but one motif in its place."""


@dataclass(frozen=True, slots=True)
class Cloth:
    """How one piece looks. `second` is what trimmings, soles' edges or laces are in; `line` draws its outlines."""

    base: str
    second: str
    inks: tuple[str, str, str]
    line: str
    metal: str
    print: Tile | None = None
    textures: tuple[Tile, ...] = ()
    finish: str = "matt"
    see: float = 1.0
    stitching: str = ""
    """The colour of topstitching; empty: that of the lines."""
    blocks: tuple[str, ...] = ()
    """Colours that lie side by side, where a piece is of several and has no print."""

    @property
    def dark(self) -> str:
        return mix(self.base, SHADOW, 0.55)

    @property
    def light(self) -> str:
        return mix(self.base, WHITE, 0.6 if lightness(self.base) > 0.25 else 0.4)


def cloth_of(piece: Piece) -> Cloth:
    """The look of a piece, out of its colours, material and pattern and the words of its title."""
    words, table = _NOT_CLOTH.sub(" ", piece.words), _own_table(piece)
    named = [shade(c, words if i == 0 else "", table) for i, c in enumerate(piece.colors)]
    hues = [c for c in named if c is not None]
    if (
        piece.kind == "watch"
        and piece.material in _STRAPS
        and is_metal(piece.colors[0] if piece.colors else "")
    ):
        hues[:1] = ["#4a342a"]  # the colour that a shop names is that of the case
    many = "multicolor" in piece.colors
    base = (hues[0] if hues else None) or UNKNOWN
    others = [*hues[1:]]
    if many:
        base = "#f3ead9" if piece.slot not in _JEWELS else MANY[2]
        others = list(MANY[:3])
    print_ = _print(piece, words)
    if print_ in _ON_WHITE and len(hues) == 1 and lightness(base) < 0.93:
        base, others = "#fbf8f0", [base]
    if print_ is not None and len(hues) > 1 and lightness(hues[1]) > lightness(base) + 0.3 and not many:
        base, others = (
            hues[1],
            [hues[0], *hues[2:]],
        )  # ink is darker than its ground: a white shirt with navy stripes
    textures, finish, see = _surface(piece, words)
    denim = piece.kind in _DENIM or piece.material == "denim"
    return Cloth(
        base=base,
        second=_second(piece, base, others),
        inks=inks(base, others),
        line=_line(base),
        metal=_metal(piece, words),
        print=_tile("prints", print_) if print_ else None,
        textures=tuple(_tile("textures", t) for t in textures),
        finish=finish,
        see=see,
        stitching="#c8935a" if denim and lightness(base) < 0.7 and "black" not in piece.colors else "",
        blocks=_blocks(piece, base, others, many, print_),
    )


def _own_table(piece: Piece) -> str:
    if piece.kind in _DENIM or piece.material == "denim":
        return "denim"
    return "leather" if piece.material in _SKIN else ""


def _line(base: str) -> str:
    """Darker than the cloth, and lighter than a cloth on which nothing darker would be seen."""
    bright = lightness(base)
    if bright < 0.3:
        return mix(base, WHITE, 0.26)
    return mix(base, SHADOW, 0.55 if bright < 0.85 else 0.42)


def _second(piece: Piece, base: str, others: list[str]) -> str:
    if others:
        return others[0]
    if piece.slot == "shoes":
        return "#f4f1ea"
    dark = lightness(base) < 0.55
    if piece.slot == "outerwear":
        return "#efe6d6" if dark else mix(base, SHADOW, 0.3)
    if piece.slot in ("dress", "top", "bottom"):  # trimmings of the same cloth
        return mix(base, WHITE, 0.2) if dark else mix(base, SHADOW, 0.12)
    return mix(base, WHITE, 0.72) if dark else mix(base, SHADOW, 0.3)


def _metal(piece: Piece, words: str) -> str:
    for color in piece.colors:
        if is_metal(color):
            return shade(color) or UNKNOWN
    gold = {"tan", "brown", "burgundy", "red", "green", "cream", "beige", "off-white", "pink", "teal"} & {
        *piece.colors
    }
    return "#cfae63" if gold or "gold" in words else "#c2c4c8"


def _blocks(piece: Piece, base: str, others: list[str], many: bool, print_: str | None) -> tuple[str, ...]:
    if many and print_ is None and piece.slot not in _JEWELS:
        return MANY[:4]
    if piece.pattern in ("colour block", "color block") and others:
        return (base, *others)
    return ()


def _print(piece: Piece, words: str) -> str | None:
    """The tile for the piece's pattern; some names mean another one on some kinds."""
    name = piece.pattern.lower()
    rows = _table("patterns")
    for phrase, tile in rows.items():
        if not tile and phrase in words.replace("-", " "):
            return None
        if phrase in name or (
            phrase in words and name in ("printed", "", "checked", "striped", "floral", "animal print")
        ):
            found = str(tile)
            break
    else:
        return None
    if found == "striped" and piece.kind in _BRETON:
        return "breton"
    if found == "striped" and piece.kind == "sports-jersey":
        return "rugby"
    if found == "striped" and piece.kind == "tie":
        return "diagonal"
    return found or None


def _surface(piece: Piece, words: str) -> tuple[list[str], str, float]:
    row: dict[str, Any] = {}
    materials = _table("materials")
    named = piece.material.lower()
    for name in sorted(materials, key=len, reverse=True):
        if name in named or (name in words and piece.slot != "jewelry"):
            row = {**materials[name], **row}
    textures = [str(row["texture"])] if "texture" in row else []
    if piece.kind in _DENIM:
        textures = ["denim"]
    elif piece.kind in _KNITS:
        textures = ["knit"]
    for phrase, texture in _table("words").items():
        if phrase in words or phrase in piece.pattern:
            textures = [str(texture)]
    finish = "patent" if "patent" in words else str(row.get("finish", "matt"))
    if finish in ("leather", "patent", "satin", "silk", "velvet"):
        textures = [t for t in textures if t not in ("twill", "felt")]
    return textures, finish, float(row.get("see", 1))


def _tile(table: str, name: str) -> Tile:
    row = _table(table)[name]
    at = row.get("at", (0, 0))
    return Tile(
        (float(row["size"][0]), float(row["size"][1])),
        row["svg"],
        float(row.get("turn", 0)),
        (float(at[0]), float(at[1])),
    )


@cache
def _table(name: str) -> Mapping[str, Any]:
    text = (files(__package__) / "fabrics.toml").read_text(encoding="utf-8")
    rows: Mapping[str, Any] = tomllib.loads(text)[name]
    return rows
