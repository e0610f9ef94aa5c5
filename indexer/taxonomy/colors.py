"""Colours of an item, all of them: the feed's shop words, or a title's, onto about 35 common names."""

from __future__ import annotations

import re

from indexer.record import Row
from indexer.taxonomy.heads import find_head
from indexer.taxonomy.hues import nearest_color
from indexer.taxonomy.lexicon import SILENT, keys, matches, split_words, whole

_TABLE = "colors.tsv"
_PARTS = re.compile(r"\s*(?:[/,;|+&]|\s-\s|\band\b|\bund\b|\bet\b|\bwith\b)\s*", re.IGNORECASE)
_CLAUSES = re.compile(r"\s[-–—|:]\s|[(),/]")
# Names of colours that in a title are mostly something else.
_NO_COLOR_WORDS = """
    denim leather leaf stone clay mud dirt ice sea ocean grass desert cement tree jungle windows royal baby deep true
    electric very macaroni algae camo bland air force
"""
_NO_COLORS = frozenset(_NO_COLOR_WORDS.split())
_NEAR_PRODUCT = 3  # words
_LETTER = re.compile(r"[^\W\d_]")


def colors(row: Row) -> tuple[tuple[str, ...], bool]:
    """All names and whether they were read out of the title or tags. Unknown shop words are kept."""
    given = field_colors(row.color)
    if given:
        return given, False
    found = _title_colors(row.title)
    if not found:
        named = (whole(_TABLE, tag) for tag in row.tags)
        found = [c for c in dict.fromkeys(named) if c is not None and c != SILENT]
    return tuple(found), bool(found)


def field_colors(text: str) -> tuple[str, ...]:
    """The colours in a feed's own colour field: "Black/White" gives two, "Nordic Fjord" stays as it is."""
    found: list[str] = []
    if whole(_TABLE, text) == SILENT:
        return ()
    for part in _PARTS.split(text.strip()):
        if whole(_TABLE, part) == SILENT or not _LETTER.search(part) or part.startswith("#"):
            continue
        named = keys(_TABLE, part) or [nearest_color(split_words(part)) or " ".join(part.lower().split())]
        found += named
    return tuple(dict.fromkeys(found))


def _title_colors(title: str) -> list[str]:
    """Colours beside the product's name come before others: "Orange Skull - Blue Hoodie" is blue."""
    clauses = [c for c in _CLAUSES.split(title) if c.strip()]
    with_product = [c for c in clauses if find_head(c, "en") is not None]
    for pool in (with_product, clauses):
        found = [c for clause in pool for c in _sure_colors(clause)]
        if found:
            return list(dict.fromkeys(found))
    return [c for clause in with_product if (c := _rare_color(clause)) is not None][:1]


def _rare_color(clause: str) -> str | None:
    """A colour of the trade right before the product's name: "sepia silk shirt" is not told by "silk"."""
    head = find_head(clause, "en")
    tokens = split_words(clause)
    before = tokens[: max(0, len(tokens) - len(split_words(head.phrase)))] if head is not None else []
    return None if _NO_COLORS & set(before) else nearest_color(before[-_NEAR_PRODUCT:])


def _sure_colors(clause: str) -> list[str]:
    tokens = split_words(clause)
    sure: list[str] = []
    for match in matches(_TABLE, tokens):
        rest = " ".join(tokens[match.end : match.end + 3])
        alone = match.end - match.start == len(tokens)
        if not match.entry.weak or alone or (rest and _starts_with_product(rest)):
            sure.append(match.entry.key)
    return sure


def _starts_with_product(text: str) -> bool:
    head = find_head(text, "en")
    return head is not None and text.startswith(head.phrase)
