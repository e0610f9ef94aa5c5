"""A wish as words with their places in the text, in any script. Knows no meaning.

Letters of alphabets make words; each Chinese or Japanese character is a word of its own, as nothing there parts them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from indexer.taxonomy.phrases import fold

Shape = Literal["word", "ideograph", "number", "mark"]

_IDEOGRAPH = "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f"
_COMBINING = "\u0300-\u036f\u0640\u064b-\u065f\u0670"
_UNIT = re.compile(
    rf"(?P<ideograph>[{_IDEOGRAPH}])"
    rf"|(?P<number>\d+(?:[.,]\d+)*)"
    rf"|(?P<word>(?:[^\W\d_{_IDEOGRAPH}][{_COMBINING}]*)+)"
    r"|(?P<mark>\S)"
)
_IDEOGRAPHS = re.compile(f"[{_IDEOGRAPH}]")
_ARABIC = re.compile("[\u0620-\u064a]")
_ARABIC_LETTERS = str.maketrans({"ة": "ه", "ى": "ي", "ـ": None, "گ": "ك", "چ": "ج", "پ": "ب", "ڤ": "ف"})
JOINING = frozenset("-'’‐‑`´/.&")
"""Marks that part a word no more than a space does: "T-shirt", "logo's", "he/him", "H&M"."""


@dataclass(frozen=True, slots=True)
class Word:
    """`key` is what tables are asked for: lower case, without accents. Characters `start` up to `end` of the text."""

    text: str
    key: str
    start: int
    end: int
    shape: Shape


def split(text: str) -> list[Word]:
    """The words of a text, with marks and emoji as words of their own, in order."""
    found = []
    for match in _UNIT.finditer(text):
        shape: Shape = match.lastgroup  # type: ignore[assignment]  # the groups are named after the shapes
        found.append(Word(match[0], key_of(match[0]), match.start(), match.end(), shape))
    return found


@lru_cache(maxsize=65536)
def key_of(word: str) -> str:
    """One word, folded for look-up. Japanese keeps its voicing marks, which other accents do not survive."""
    if _IDEOGRAPHS.search(word):
        return unicodedata.normalize("NFKC", word).lower()
    folded = fold(word).strip()
    return folded.translate(_ARABIC_LETTERS) if _ARABIC.search(folded) else folded


def is_ideographic(text: str) -> bool:
    """Whether a text holds Chinese or Japanese characters."""
    return _IDEOGRAPHS.search(text) is not None


def is_arabic(text: str) -> bool:
    """Whether a text holds Arabic letters."""
    return _ARABIC.search(text) is not None


def phrase_keys(phrase: str) -> tuple[str, ...]:
    """The keys of a table's phrase, without its marks: ("t", "shirt") for "T-shirt"."""
    return tuple(w.key for w in split(phrase) if w.shape != "mark" and w.key)
