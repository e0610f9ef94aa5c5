"""Material and pattern of an item, from the feed's field, else from its words."""

from __future__ import annotations

import re

from indexer.record import Row
from indexer.taxonomy.lexicon import keys

_MATERIALS, _PATTERNS = "materials.tsv", "patterns.tsv"
_SHARE = re.compile(r"(\d{1,3})(?:[.,]\d+)?\s*%\s*([^\d%,;/|]+)")
_SHARE_AFTER = re.compile(r"([^\d%,;/|()]+)[\s(:]*(\d{1,3})(?:[.,]\d+)?\s*%")
_FIELD_CHARS = 40


def material(row: Row) -> tuple[str, bool]:
    """The main material and whether it was read out of title, tags or description; "" when nothing says."""
    given = row.material.strip()
    if given:
        return main_material(given) or given.lower()[:_FIELD_CHARS], False
    for text in (row.title, " ; ".join(row.tags)):
        if found := keys(_MATERIALS, text):
            return found[0], True
    found_in_text = _composition(row.description)
    return found_in_text, bool(found_in_text)


def main_material(text: str) -> str:
    """Of "60% cotton, 40% polyester" the largest share, else the first material named; "" for none."""
    shares = _shares(text)
    if shares:
        return max(shares, key=lambda s: s[0])[1]
    return next(iter(keys(_MATERIALS, text)), "")


def pattern(row: Row) -> tuple[str, bool]:
    """The pattern and whether it was read out of title or tags; "" when nothing says."""
    given = row.pattern.strip()
    if given:
        return next(iter(keys(_PATTERNS, given)), given.lower()[:_FIELD_CHARS]), False
    for text in (row.title, " ; ".join(row.tags)):
        if found := [k for k in keys(_PATTERNS, text) if k != "printed"] or keys(_PATTERNS, text):
            return found[0], True
    return "", False


def _shares(text: str) -> list[tuple[int, str]]:
    """(percent, material) pairs; in a description only these are taken for the item's own material."""
    before = [(int(p), found[0]) for p, words in _SHARE.findall(text) if (found := keys(_MATERIALS, words))]
    after = [
        (int(p), found[-1]) for words, p in _SHARE_AFTER.findall(text) if (found := keys(_MATERIALS, words))
    ]
    # "Cotton 80%, linen 20%" puts a share behind each name, and so has one before all but the first.
    return after if len(after) > len(before) else before


def _composition(description: str) -> str:
    shares = _shares(description)
    return max(shares, key=lambda s: s[0])[1] if shares else ""
