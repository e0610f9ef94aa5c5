"""All that a wish may say, before anything is decided: words of the tables, numbers and size labels; and their roles.

A role is what a proposal is to the wish: wanted, unwanted, owned, no constraint at all, or for a number what it counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.query.wording.amounts import Amount, amounts
from service.query.wording.size_labels import SizeLabel, size_labels
from service.query.wording.vocabulary import Candidate, Vocabulary
from service.query.wording.words import Word

FACETS = (
    *("kind", "color", "material", "pattern", "brand", "attribute", "who", "season", "rain", "snow"),
    *("number", "size"),
)
ROLES = ("none", "include", "exclude", "own", "only", "max", "min", "age", "size", "temperature")
NONE, INCLUDE, EXCLUDE, OWN, ONLY, MAX, MIN, AGE, SIZE, TEMPERATURE = range(len(ROLES))

_DESCRIBING = (NONE, INCLUDE, EXCLUDE, OWN)
ALLOWED: dict[str, tuple[int, ...]] = {
    "kind": (*_DESCRIBING, ONLY),
    **dict.fromkeys(("color", "material", "pattern", "brand", "attribute"), _DESCRIBING),
    **dict.fromkeys(("who", "season", "rain", "snow"), (NONE, INCLUDE)),
    "number": (NONE, MAX, MIN, AGE, SIZE, TEMPERATURE),
    "size": (NONE, SIZE),
}
"""The roles that a proposal of each facet can have."""


def propose(text: str, words: Sequence[Word], language: str, vocabulary: Vocabulary) -> list[Candidate]:
    """Every proposal in the order of the text. A number that is part of a size label is not proposed by itself."""
    labels = size_labels(text, language)
    numbers = [a for a in amounts(text, language) if not any(_overlap(a, s) for s in labels if not s.plain)]
    named = [c for c in vocabulary.find(words, language) if not any(_hides(s, c) for s in labels)]
    found = [
        *named,
        *(_number(a, words) for a in numbers),
        *(_size(s, words) for s in labels),
    ]
    return sorted(found, key=lambda c: (c.start, c.end, c.field))


def _overlap(amount: Amount, label: SizeLabel) -> bool:
    return amount.start < label.end and label.start < amount.end


def _hides(label: SizeLabel, candidate: Candidate) -> bool:
    """Whether a word of the tables is but part of a sure label, as "short" in "38 short"."""
    return not label.plain and label.start <= candidate.start and candidate.end <= label.end


def _number(amount: Amount, words: Sequence[Word]) -> Candidate:
    first, last = _covering(words, amount.start, amount.end)
    value = f"{amount.value:g}"
    return Candidate(first, last, amount.start, amount.end, "number", value, how="given", amount=amount)


def _size(label: SizeLabel, words: Sequence[Word]) -> Candidate:
    first, last = _covering(words, label.start, label.end)
    return Candidate(
        first,
        last,
        label.start,
        label.end,
        "size",
        label.label,
        how="given",
        weak=label.plain and not label.said,
    )


def _covering(words: Sequence[Word], start: int, end: int) -> tuple[int, int]:
    """The words that characters `start` up to `end` touch."""
    touched = [i for i, w in enumerate(words) if w.start < end and start < w.end]
    return (touched[0], touched[-1] + 1) if touched else (0, 1)
