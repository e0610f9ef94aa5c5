"""Which drawing a piece gets, in which cut, and which template an outfit: by kinds, slots and titles. Draws nothing."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from service.pictures.drawing import Cut, names
from service.pictures.piece import Piece

_SPLIT = re.compile(r"[^\w/]+")


def drawing_of(piece: Piece) -> str:
    """The name of the drawing: what the title names, else the kind's, else the slot's."""
    words, table = _spaced(piece), _tables()
    for rows in table["titles"]:
        if rows["slot"] != piece.slot:
            continue
        for phrase, name in rows["drawings"]:
            if f" {phrase} " in words and _allowed(name, piece.kind):
                return str(name).lstrip("*")
    return of_kind(piece.kind) or str(table["slots"][piece.slot])


def of_kind(kind: str) -> str | None:
    """The drawing of a kind; None for one that has none."""
    named = str(_tables()["kinds"].get(kind, kind))
    return named if named in names() else None


def cut_of(piece: Piece) -> Cut:
    """The blocks that the words ask for; empty where they say nothing."""
    words, cuts = _spaced(piece), _tables()["cuts"]
    own = _tables()["kind_cuts"].get(piece.kind, {})
    found = {part: _first(cuts[part], words) or own.get(part, "") for part in ("neck", "sleeve", "length")}
    return Cut(**found)


def template_of(pieces: Sequence[Piece]) -> str:
    """The template for the kind of outfit that these pieces are."""
    slots, kinds = {piece.slot for piece in pieces}, {piece.kind for piece in pieces}
    kinds_of = _tables()["outfits"]
    if kinds & {*kinds_of["swim"]}:
        return "swim"
    if kinds & {*kinds_of["suit"]}:
        return "suit"
    if "dress" in slots:
        return "dress-layered" if "outerwear" in slots else "dress"
    if not {"top", "bottom"} <= slots:
        return "few"
    if kinds & {*kinds_of["men"]}:
        return "men"
    return "layered" if "outerwear" in slots else "separates"


def _first(rows: Mapping[str, str], words: str) -> str:
    """What the longest phrase that stands in the words means."""
    for phrase in sorted(rows, key=len, reverse=True):
        if f" {phrase} " in words:
            return rows[phrase]
    return ""


def _allowed(name: str, kind: str) -> bool:
    return not name.startswith("*") or kind in _tables()["only"][name.lstrip("*")]


def _spaced(piece: Piece) -> str:
    return f" {' '.join(_SPLIT.split(piece.words))} "


@cache
def _tables() -> Mapping[str, Any]:
    return tomllib.loads((files(__package__) / "choices.toml").read_text(encoding="utf-8"))
