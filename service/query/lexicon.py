"""Words that leave no doubt about a wish ("snow", "black tie", "for my husband"). Patterns live in `senses.tsv`."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from typing import Literal

from indexer.item import Department


def says(words: str, sense: str) -> bool:
    """Whether lower-case `words` hold a whole word or phrase of the sense. KeyError for an unknown sense."""
    return _patterns()[sense].search(words) is not None


def senses() -> frozenset[str]:
    """All senses there are."""
    return frozenset(_patterns())


def who(words: str) -> tuple[Department | None, Literal["girls", "boys", ""]]:
    """The department that lower-case `words` name, and for kids the line; (None, "") when they name none."""
    boys, girls = says(words, "boys"), says(words, "girls")
    if says(words, "kids"):
        return "kids", "boys" if boys and not girls else "girls" if girls and not boys else ""
    men, women = says(words, "men"), says(words, "women")
    return ("men" if men else "women", "") if men != women else (None, "")


_AGE = re.compile(r"\b(\d{1,2})[- ]?(?:years?|yrs?|y/?o|ans|jahre|jährige\w*|años|anni)\b|\b(baby|toddler)\b")
_WORD_AGES = {"baby": 0.5, "toddler": 2.0}


def age(words: str) -> float | None:
    """Age in years of a child, where lower-case `words` name one below 15."""
    found = _AGE.search(words)
    if found is None or not says(words, "kids"):
        return None
    years = float(found[1]) if found[1] else _WORD_AGES[found[2]]
    return years if years < 15 else None


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    lines = (files(__package__) / "senses.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return {name: re.compile(rf"\b(?:{pattern})\b") for name, pattern in (line.split("\t") for line in lines)}
