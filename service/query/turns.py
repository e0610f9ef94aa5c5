"""What a shopper says of an outfit to have it changed: warmer, cheaper, another bag. Words of it live in `turns.tsv`.

Knows no outfit: which piece is meant is for who has the outfit to find.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

CHANGES = ("warmer", "cooler", "cheaper", "dearer", "casual", "formal")
HANDLINGS = ("another", "keep", "without", "add")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\u0600-\u06ff]")


def changes_said(say: str) -> list[str]:
    """The changes that are asked for, in the order of the table."""
    return [name for name in CHANGES if any(_patterns()[name].finditer(say.casefold()))]


def handling(say: str, start: int) -> str | None:
    """What is said to be done with what is named at `start`: the nearest such words before it in its clause, else the
    nearest behind it; None where nothing is said.
    """
    text = say.casefold()
    begin = max(text.rfind(mark, 0, start) for mark in (",", ";", ".", "，", "、", "。", "،")) + 1
    before = [(m.end(), name) for name, m in _found(text) if begin <= m.start() and m.end() <= start]
    if before:
        return max(before)[1]
    ends = [p for mark in (",", ";", ".", "，", "、", "。", "،") if (p := text.find(mark, start)) >= 0]
    after = [(m.start(), name) for name, m in _found(text) if start < m.start() < min([*ends, len(text)])]
    return min(after)[1] if after else None


def _found(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    for name in HANDLINGS:
        for match in _patterns()[name].finditer(text):
            yield name, match


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    table = (files(__package__) / "turns.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in table if line and not line.startswith("#"))
    return {name: _pattern([p.strip().casefold() for p in phrases.split(",")]) for name, phrases in rows}


def _pattern(phrases: list[str]) -> re.Pattern[str]:
    spaced = "|".join(re.escape(p) for p in sorted(phrases, key=len, reverse=True) if not _UNSPACED.search(p))
    other = "|".join(re.escape(p) for p in sorted(phrases, key=len, reverse=True) if _UNSPACED.search(p))
    return re.compile(rf"(?<!\w)(?:{spaced})(?!\w)" + (f"|{other}" if other else ""))
