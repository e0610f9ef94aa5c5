"""Wishes with gold readings: the files, where each gold entry stands in its text, and which are held out.

Knows no model. Validation holds whole blocks of a file's language, since neighbours come from one hand and one hour.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from service.query.intent import FIELDS

TRAINING = (
    "train_more",
    "train_everyday",
    "train_plain",
    "train_en",
    "train_de_nl_pl",
    "train_fr_es_it_pt",
    "train_zh_ja_ar",
)
NEVER_HELD_OUT = frozenset({"train_more", "train_everyday"})
TESTS = ("test_en", "test_other")
BLOCKS = 6

Value = str | float | bool


class WishError(ValueError):
    """A line is no wish with a gold reading. Names file, line and field."""


@dataclass(frozen=True, slots=True)
class Gold:
    """One entry: characters `start` up to `end` of the wish name `value` in `field`. `of`: the kind it is said of."""

    field: str
    value: Value
    start: int
    end: int
    of: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish, its language and its gold reading. `block` 0 to BLOCKS - 1 says which part of its file it is from."""

    text: str
    language: str
    gold: tuple[Gold, ...]
    block: int = 0
    """-1 for what is always learned from."""


def training_wishes() -> list[Wish]:
    """All wishes that may be learned from."""
    return [wish for name in TRAINING for wish in packaged(name)]


def packaged(name: str) -> list[Wish]:
    """The wishes of one of the packaged files."""
    text = (files("training") / "wishes" / f"{name}.jsonl").read_text(encoding="utf-8")
    wishes = parse(text, f"{name}.jsonl")
    return [replace(w, block=-1) for w in wishes] if name in NEVER_HELD_OUT else wishes


def read(path: Path) -> list[Wish]:
    """The wishes of a file."""
    return parse(path.read_text(encoding="utf-8"), path.name)


def parse(text: str, name: str) -> list[Wish]:
    """The wishes of JSON lines. Raises WishError for a line that is none."""
    rows = [(n, _row(line, name, n)) for n, line in enumerate(text.splitlines(), start=1) if line.strip()]
    of_language: dict[str, int] = defaultdict(int)
    for _, row in rows:
        of_language[row["lang"]] += 1
    seen: dict[str, int] = defaultdict(int)
    wishes = []
    for number, row in rows:
        language = row["lang"]
        block = seen[language] * BLOCKS // of_language[language]
        seen[language] += 1
        wishes.append(Wish(row["text"], language, _gold(row, name, number), block))
    return wishes


def split(wishes: Iterable[Wish], held_out: int) -> tuple[list[Wish], list[Wish]]:
    """Wishes to learn from, and those of the held-out block."""
    wishes = list(wishes)
    return [w for w in wishes if w.block != held_out], [w for w in wishes if w.block == held_out]


def _row(line: str, name: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise WishError(f"{name}, line {number}: no JSON: {error}") from error
    for key, of in (("lang", str), ("text", str), ("gold", list)):
        if not isinstance(row, dict) or not isinstance(row.get(key), of):
            raise WishError(f"{name}, line {number}: field {key!r} is missing or of another type")
    return dict(row)


def _gold(row: dict[str, Any], name: str, number: int) -> tuple[Gold, ...]:
    text, found, after = row["text"], list[Gold](), 0
    said: dict[tuple[str, str], int] = {}
    for entry in row["gold"]:
        field, value, span = entry.get("f"), entry.get("v"), entry.get("s")
        if field not in FIELDS:
            raise WishError(f"{name}, line {number}: field 'f': {field!r} is no field of a request")
        if not isinstance(span, str) or span not in text:
            raise WishError(f"{name}, line {number}: field 's': {span!r} is not in the text")
        # What one field says twice stands in two places: "black on black".
        start = text.find(span, max(after, said.get((field, span), 0)))
        start = start if start >= 0 else text.find(span)
        after, said[field, span] = max(after, start), start + len(span)
        of = entry.get("of")
        where = None if of is None else _nearest(text, of, start)
        found.append(Gold(*_slotted(field, value), start, start + len(span), where))
    return tuple(found)


def _slotted(field: str, value: Value) -> tuple[str, Value]:
    """ "sizes" with "top:M" is "sizes.top" with "M"; of "all" sizes it is "sizes"."""
    if field != "sizes":
        return field, value
    slot, _, label = str(value).partition(":")
    return (field if slot == "all" else f"sizes.{slot}"), label


def _nearest(text: str, span: str, to: int) -> tuple[int, int] | None:
    """Where `span` stands in the text, the nearest to a place if it stands there several times."""
    starts = [i for i in range(len(text)) if text.startswith(span, i)]
    if not starts:
        return None
    start = min(starts, key=lambda i: abs(i - to))
    return start, start + len(span)


def by_language(wishes: Sequence[Wish]) -> dict[str, list[Wish]]:
    """Wishes of each language."""
    found: dict[str, list[Wish]] = defaultdict(list)
    for wish in wishes:
        found[wish.language].append(wish)
    return dict(found)
