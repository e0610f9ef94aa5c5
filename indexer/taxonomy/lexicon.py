"""Attribute words in text, by field or by title. Knows how to read a table of them; knows no attribute."""

from __future__ import annotations

from functools import cache

from indexer.taxonomy.phrases import Match, PhraseTable, fold, load_phrases, words

SILENT = "-"
_LANGUAGE = "en"  # attribute words hardly clash between languages, so one table serves all


@cache
def table(name: str) -> PhraseTable:
    """The packaged table `name`, loaded once."""
    return load_phrases([(name, _LANGUAGE)])


def split_words(text: str) -> list[str]:
    return words(fold(text))


def matches(name: str, tokens: list[str]) -> list[Match]:
    """What the table knows in `tokens`, in order, without the words that only look like it."""
    return [m for m in table(name).find(tokens, _LANGUAGE) if m.entry.key != SILENT]


def keys(name: str, text: str) -> list[str]:
    """The table's keys found in `text`, in order, each once."""
    return list(dict.fromkeys(m.entry.key for m in matches(name, split_words(text))))


def whole(name: str, text: str) -> str | None:
    """The key of `text` as a whole, None when the table does not know it; "-" when it says nothing."""
    entry = table(name).get(split_words(text), _LANGUAGE)
    return None if entry is None else entry.key
