"""Whether a colour is said of the whole outfit: "all black", "navy from head to toe". Knows no clothes."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files

_AND = r"\s*(?:,|&|/|\+|\b(?:and|or|und|oder|et|ou|y|o|e|en|of|i|lub)\b|和|と|و)\s*"
"""What joins a colour to one before it."""


def throughout(text: str, start: int, end: int) -> bool:
    """Whether the words right before or after characters `start` up to `end` say that all of an outfit is so."""
    before, after = _phrases()
    return bool(before.search(text[:start].lower()) or after.match(text[end:].lower()))


def joined(between: str) -> bool:
    """Whether two colours with this between them are said in one breath: "white and cream"."""
    return re.fullmatch(_AND, between.lower()) is not None


@lru_cache(maxsize=1)
def _phrases() -> tuple[re.Pattern[str], re.Pattern[str]]:
    found: dict[str, list[str]] = {"before": [], "after": []}
    text = (files("service.query.wording") / "throughout.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            _, side, phrases = line.split("\t")
            found[side] += [p.strip() for p in phrases.split(",")]
    before = "|".join(map(_pattern, sorted(set(found["before"]), key=len, reverse=True)))
    after = "|".join(map(_pattern, sorted(set(found["after"]), key=len, reverse=True)))
    return re.compile(rf"(?:{before})[\s-]*$"), re.compile(rf"[\s,-]*(?:{after})")


def _pattern(phrase: str) -> str:
    """Whole words, but within a run of Chinese or Japanese, which has no spaces."""
    words = r"\s+".join(map(re.escape, phrase.split()))
    if re.search(r"[぀-鿿]", phrase):
        return words
    return rf"(?<!\w){words}" + ("" if phrase.endswith("-") else r"(?!\w)")
