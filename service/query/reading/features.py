"""A wish and its proposals as numbers: what the network sees. Knows no weights; training and reading both call it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.query.reading.proposals import ALLOWED, FACETS, ROLES
from service.query.reading.word_vectors import Floats
from service.query.wording.amounts import Amount
from service.query.wording.size_labels import size_said_before
from service.query.wording.vocabulary import HOWS, Candidate
from service.query.wording.wish_language import LANGUAGES
from service.query.wording.words import Word

_SHAPES = ("word", "ideograph", "number", "mark")
_MARKS = (",，、;；،", ".。", "!！", "?？؟", "-–—~〜", ":：", "()（）[]「」【】", "\"'“”‘’«»", "/／&+", "#@…")
_SIZES_OF_NUMBERS = (3, 8, 13, 17, 25, 36, 47, 61, 75, 101, 201, 501, 2001)
_GLUED_LETTERS = re.compile(r"[^\W\d_]")

MARKS_WIDTH = 2 * len(FACETS) + len(_SHAPES) + len(_MARKS) + 6 + len(LANGUAGES)
TRAITS_WIDTH = len(FACETS) + len(HOWS) + 7 + 4 + 11 + len(_SIZES_OF_NUMBERS) + 1


@dataclass(frozen=True, slots=True)
class Features:
    """Of one wish: `vectors` (words, WIDTH) in context, `marks` (words, MARKS_WIDTH) of tables and writing,
    `spans` (proposals, 2) first and last word, `traits` (proposals, TRAITS_WIDTH), `allowed` (proposals, ROLES).
    """

    vectors: Floats
    marks: Floats
    spans: npt.NDArray[np.int64]
    traits: Floats
    allowed: npt.NDArray[np.bool_]


def features(
    text: str, words: Sequence[Word], proposals: Sequence[Candidate], language: str, vectors: Floats
) -> Features:
    """The numbers of a wish. `vectors` are those of `WordVectors.encode`."""
    marks = np.zeros((len(words), MARKS_WIDTH), dtype=np.float32)
    for row, word in enumerate(words):
        _fill_marks(marks[row], words, row, word, text, language)
    for found in proposals:
        facet = FACETS.index(found.field)
        marks[found.first : found.last, facet] = 1.0
        if found.last > found.first:
            marks[found.first, len(FACETS) + facet] = 1.0
    traits = np.zeros((len(proposals), TRAITS_WIDTH), dtype=np.float32)
    allowed = np.zeros((len(proposals), len(ROLES)), dtype=np.bool_)
    for row, found in enumerate(proposals):
        _fill_traits(traits[row], found, proposals, text)
        allowed[row, list(ALLOWED[found.field])] = True
    spans = np.array([(c.first, c.last - 1) for c in proposals], dtype=np.int64).reshape(-1, 2)
    return Features(vectors, marks, spans, traits, allowed)


def _fill_marks(row: Floats, words: Sequence[Word], at: int, word: Word, text: str, language: str) -> None:
    left = 2 * len(FACETS)
    row[left + _SHAPES.index(word.shape)] = 1.0
    left += len(_SHAPES)
    for kind, characters in enumerate(_MARKS):
        row[left + kind] = word.text in characters
    left += len(_MARKS)
    gap = text[words[at - 1].end : word.start] if at else "\n"
    row[left : left + 6] = (
        word.text[0].isupper(),
        len(word.text) > 1 and word.text.isupper(),
        gap == "",
        "\n" in gap,
        at == len(words) - 1,
        word.shape == "mark" and not word.text.isascii() and not any(word.text in m for m in _MARKS),
    )
    row[left + 6 + LANGUAGES.index(language)] = 1.0


def _fill_traits(row: Floats, found: Candidate, proposals: Sequence[Candidate], text: str) -> None:
    row[FACETS.index(found.field)] = 1.0
    left = len(FACETS)
    row[left + HOWS.index(found.how)] = 1.0
    left += len(HOWS)
    row[left : left + 7] = (
        not found.value,
        found.foreign,
        found.weak,
        found.opposite,
        found.learned,
        found.inside,
        min(found.last - found.first, 4) / 4,
    )
    left += 7
    rivals = [c for c in proposals if c is not found and c.first < found.last and found.first < c.last]
    row[left : left + 4] = (
        any(c.field == "kind" for c in rivals),
        any(c.field == "color" for c in rivals),
        any(c.field in ("attribute", "who") for c in rivals),
        any(c.field in ("number", "size") for c in rivals),
    )
    if found.amount is not None:
        _fill_number(row[left + 4 :], found.amount, text)


def _fill_number(row: Floats, amount: Amount, text: str) -> None:
    row[:11] = (
        amount.currency is not None,
        amount.degrees,
        amount.years,
        amount.percent,
        amount.in_words,
        amount.negative,
        amount.value != round(amount.value),
        _GLUED_LETTERS.match(text, amount.end) is not None,
        _GLUED_LETTERS.search(text[max(0, amount.start - 1) : amount.start]) is not None,
        size_said_before(text, amount.start),
        amount.value % 10 == 0,
    )
    bucket = next(
        (i for i, top in enumerate(_SIZES_OF_NUMBERS) if amount.value < top), len(_SIZES_OF_NUMBERS)
    )
    row[11 + bucket] = 1.0
