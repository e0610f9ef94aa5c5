"""New wishes out of gold ones: a colour, garment, number or brand in place of another, typos, shouting. Seeded.

What is wanted or not depends on the words around; a network that has seen "no heels" and "a tie" in every wish would
learn the words themselves.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from service.query.wording.meanings import Meaning, phrases
from service.query.wording.words import is_arabic, is_ideographic
from training.reader.canonical import facet_of
from training.reader.wishes import Gold, Wish, by_language

SWAPPED = ("kind", "color", "material", "pattern", "attribute", "brand", "who", "season")
_SHARE = 0.6
_TYPO = 0.25
_LOWER, _SHOUT, _NO_MARKS = 0.2, 0.05, 0.08
_JOINED = 0.2
_INVENTED = 0.5
_SYLLABLES = (
    *(
        "ca",
        "lo",
        "ve",
        "nor",
        "bri",
        "mar",
        "tel",
        "san",
        "dor",
        "fen",
        "wick",
        "la",
        "mi",
        "ro",
        "sta",
        "qui",
        "zen",
    ),
    *(
        "bel",
        "gri",
        "ham",
        "lin",
        "ost",
        "pel",
        "ra",
        "sol",
        "tre",
        "um",
        "val",
        "wen",
        "yo",
        "zar",
        "ko",
        "ni",
        "du",
    ),
)
_BRANDS = (
    *(
        "Calzavera",
        "Northbrae",
        "Atelier Vim",
        "Zara",
        "Nike",
        "Uniqlo",
        "Mango",
        "H&M",
        "Levi's",
        "Adidas",
        "Ganni",
    ),
    *(
        "Acne",
        "Lindqvist",
        "Puma",
        "Vans",
        "Gucci",
        "Massimo Dutti",
        "Hollister",
        "Guess",
        "Next",
        "Arket",
        "COS",
    ),
    *(
        "Stradivarius",
        "Sandro",
        "Bershka",
        "Patagonia",
        "Barbour",
        "Reiss",
        "Oysho",
        "Maje",
        "Wrangler",
        "Esprit",
    ),
)
_RANGES = {
    "budget.max": (20, 900, 5),
    "budget.min": (10, 300, 5),
    "age": (2, 17, 1),
    "weather.temperature_c": (1, 38, 1),
}
_Spans = tuple[int, int]


class Swapper:
    """Draws wishes like those that it is given."""

    def __init__(self, wishes: Iterable[Wish]) -> None:
        wishes = list(wishes)
        self._words = _pools(wishes)
        self._others = by_language(wishes)

    def draw(self, wish: Wish, rng: random.Random) -> Wish:
        """A wish like `wish`, with some words replaced, perhaps another wish behind it, and its spelling spoilt."""
        swapped = self._swap(wish, rng)
        if rng.random() < _JOINED:
            swapped = _joined(swapped, self._swap(rng.choice(self._others[wish.language]), rng), rng)
        if rng.random() < _TYPO:
            swapped = _misspelled(swapped, rng)
        chance = rng.random()
        if chance < _LOWER:
            return _recased(swapped, str.lower)
        if chance < _LOWER + _SHOUT:
            return _recased(swapped, str.upper)
        if chance < _LOWER + _SHOUT + _NO_MARKS:
            return _recased(swapped, _without_marks)
        return swapped

    def _swap(self, wish: Wish, rng: random.Random) -> Wish:
        edits: list[tuple[int, int, str]] = []
        for gold in wish.gold:
            shared = [g for g in wish.gold if g is not gold and g.start < gold.end and gold.start < g.end]
            if shared or rng.random() > _SHARE:
                continue
            if (word := self._other(gold, wish, rng)) is not None:
                edits.append((gold.start, gold.end, word))
        return _edited(wish, edits)

    def _other(self, gold: Gold, wish: Wish, rng: random.Random) -> str | None:
        old = wish.text[gold.start : gold.end]
        if gold.field in _RANGES and re.fullmatch(r"\d+", old) and old.isascii():
            low, high, step = _RANGES[gold.field]
            return str(rng.randrange(low, high, step))
        facet = facet_of(gold.field)
        if facet == "brand":
            return _invented(rng) if rng.random() < _INVENTED else rng.choice(_BRANDS)
        pool = self._words.get((wish.language, facet), ())
        if facet not in SWAPPED or not pool:
            return None
        new = rng.choice(pool)
        return new[:1].upper() + new[1:] if old[:1].isupper() else new


def _invented(rng: random.Random) -> str:
    name = "".join(rng.choice(_SYLLABLES) for _ in range(rng.randrange(2, 4)))
    return name.capitalize() if rng.random() < 0.8 else name


def _joined(first: Wish, second: Wish, rng: random.Random) -> Wish:
    """Two wishes said in one breath."""
    between = rng.choice(("。", "，", " ") if is_ideographic(first.text) else (". ", ", ", " ", "\n"))
    text = first.text.rstrip(".,。 ") + between
    by = len(text)
    later = [
        replace(g, start=g.start + by, end=g.end + by, of=g.of and (g.of[0] + by, g.of[1] + by))
        for g in second.gold
    ]
    return replace(first, text=text + second.text, gold=(*first.gold, *later))


def _pools(wishes: Iterable[Wish]) -> Mapping[tuple[str, str], Sequence[str]]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for phrase, meaning in phrases():
        if _swappable(meaning) and len(phrase.split()) < 4:
            found[meaning.language, meaning.field].append(phrase)
    own: dict[tuple[str, str], list[str]] = defaultdict(list)
    for wish in wishes:
        for gold in wish.gold:
            if (facet := facet_of(gold.field)) in SWAPPED:
                own[wish.language, facet].append(wish.text[gold.start : gold.end].lower())
    return {key: [*found.get(key, ()), *words * 2] for key, words in own.items()}


def _swappable(meaning: Meaning) -> bool:
    return meaning.field in SWAPPED and not meaning.weak and not meaning.opposite and meaning.value != "-"


def _edited(wish: Wish, edits: Sequence[tuple[int, int, str]]) -> Wish:
    """The wish with parts of its text replaced, and all spans moved along."""
    text, moves = wish.text, []
    for start, end, word in sorted(edits, reverse=True):
        text = text[:start] + word + text[end:]
        moves.append((start, end, len(word) - (end - start)))

    def moved(span: _Spans) -> _Spans:
        start = span[0] + sum(by for s, e, by in moves if e <= span[0])
        end = span[1] + sum(by for s, e, by in moves if e <= span[1])
        return start, end

    return replace(
        wish, text=text, gold=tuple(_moved(g, moved(_span(g)), g.of and moved(g.of)) for g in wish.gold)
    )


def _span(gold: Gold) -> _Spans:
    return gold.start, gold.end


def _moved(gold: Gold, span: _Spans, of: _Spans | None) -> Gold:
    return replace(gold, start=span[0], end=span[1], of=of)


def _misspelled(wish: Wish, rng: random.Random) -> Wish:
    """One slip in one word, of a gold entry or not: two letters swapped, one doubled, one left out."""
    if is_ideographic(wish.text) or is_arabic(wish.text):
        return wish
    spots = list(re.finditer(r"[^\W\d_]{5,}", wish.text))
    if not spots:
        return wish
    word = rng.choice(spots)
    at = word.start() + rng.randrange(1, len(word[0]) - 2)
    pair = wish.text[at : at + 2]
    return _edited(wish, [(at, at + 2, rng.choice((pair[::-1], pair[0] * 2 + pair[1], pair[0])))])


def _recased(wish: Wish, change: type[str] | object) -> Wish:
    text = change(wish.text)  # type: ignore[operator]  # str.lower and the like
    return replace(wish, text=text) if len(text) == len(wish.text) else wish


def _without_marks(text: str) -> str:
    """As voice dictation leaves it."""
    return re.sub(r"[,.;!](?=\s|$)", " ", text)
