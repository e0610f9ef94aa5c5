"""Numbers written in words: "two hundred and fifty", "zweihundertfünfzig", "quatre-vingts", "三千五". No money."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

from indexer.taxonomy.phrases import parse_table
from service.query.wording.words import Word, phrase_keys, split

_AND = "+"
_LONGEST_NUMBER = 8
_COMPOUNDED = frozenset({"de", "nl", "it"})
_SMALLEST = 2.0


def spelled_numbers(text: str, language: str) -> list[tuple[float, int, int]]:
    """(value, start, end) of every number in words, two and above: what is one is most often an article."""
    words = split(text)
    if language in ("zh", "ja"):
        return _ideographic(words)
    found: list[tuple[float, int, int]] = []
    at = 0
    while at < len(words):
        parts, last = _parts_from(words, at, language)
        value = _worth(parts)
        if value is not None and value >= _SMALLEST:
            found.append((value, words[at].start, words[last - 1].end))
        at = max(last, at + 1)
    return found


def _parts_from(words: Sequence[Word], at: int, language: str) -> tuple[list[float], int]:
    """The values of the number words from `at` on, and where they end."""
    parts: list[float] = []
    last = at
    for index in range(at, min(len(words), at + _LONGEST_NUMBER)):
        word = words[index]
        if word.text == "-" and parts:
            continue
        pieces = _segments(word.key, language) if word.shape == "word" else None
        if pieces is None:
            break
        values = [p for p in pieces if p is not None]
        if not values:
            if not parts:
                break
            continue  # "and" between two numbers
        parts += values
        last = index + 1
    return parts, last


@lru_cache(maxsize=16384)
def _segments(key: str, language: str) -> tuple[float | None, ...] | None:
    """A word as values of its parts, None for "and"; None where it is no number."""
    table = _table(language)
    if key in table:
        return (table[key],)
    if language == "ar" and key[0] == "و" and key[1:] in table:
        return (table[key[1:]],)
    if language not in _COMPOUNDED or len(key) < 6:
        return None
    for cut in range(len(key) - 1, 1, -1):
        if key[:cut] in table and (rest := _segments_rest(key[cut:], language)) is not None:
            return (table[key[:cut]], *rest)
    return None


def _segments_rest(key: str, language: str) -> tuple[float | None, ...] | None:
    table = _table(language)
    if key in table:
        return (table[key],)
    for cut in range(len(key) - 1, 1, -1):
        if key[:cut] in table and (rest := _segments_rest(key[cut:], language)) is not None:
            return (table[key[:cut]], *rest)
    return None


def _worth(parts: Sequence[float]) -> float | None:
    """The number that parts make: hundreds and thousands multiply what is before them, the rest is added."""
    if not parts:
        return None
    total, group = 0.0, 0.0
    for part in parts:
        if part >= 1000:
            total, group = total + max(group, 1.0) * part, 0.0
        elif part == 20 and group % 100 == 4:  # quatre-vingts
            group += 76
        elif part == 100:
            group = group % 100 * 100 + (group - group % 100) if group % 100 else group + 100
        else:
            group += part
    return total + group


@lru_cache(maxsize=16)
def _table(language: str) -> dict[str, float | None]:
    text = (files(__package__) / "number_words.tsv").read_text(encoding="utf-8")
    table: dict[str, float | None] = {}
    for number, key, spellings in parse_table(text, "number_words.tsv"):
        of, colon, value = key.partition(":")
        if not colon:
            raise ValueError(f"number_words.tsv, line {number}: {key!r} is not of the form language:value")
        if of == language:
            for spelling in spellings:
                keys = phrase_keys(spelling)
                if len(keys) == 1:
                    table[keys[0]] = None if value == _AND else float(value)
    return table


def _ideographic(words: Sequence[Word]) -> list[tuple[float, int, int]]:
    table = {k: v for k, v in _table("zh").items() if v is not None and not k.isascii()}
    found: list[tuple[float, int, int]] = []
    at = 0
    while at < len(words):
        last = at
        while last < len(words) and words[last].key in table and words[last].shape == "ideograph":
            last += 1
        if last > at:
            value = _ideographic_worth([table[w.key] for w in words[at:last]])
            if value >= _SMALLEST:
                found.append((value, words[at].start, words[last - 1].end))
        at = max(last, at + 1)
    return found


def _ideographic_worth(parts: Sequence[float | None]) -> float:
    """三千五 is 3500: a last digit counts tens of what stands before it."""
    total, group, digit, unit = 0.0, 0.0, 0.0, 1.0
    for part in parts:
        value = part or 0.0
        if value >= 10_000:
            total, group, digit, unit = (total + group + digit) * value, 0.0, 0.0, value
        elif value >= 10:
            group, digit, unit = group + (digit or 1.0) * value, 0.0, value
        elif value == 0:
            unit = 10.0
        else:
            digit = digit * 10 + value if digit else value
    return total + group + (digit * unit / 10 if unit > 10 and digit < 10 else digit)
