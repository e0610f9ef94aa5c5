"""Wishes as the network sees them, with what it should answer. Knows no torch and no training loop."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from service.query.reading.features import Features, features
from service.query.reading.proposals import (
    AGE,
    EXCLUDE,
    INCLUDE,
    MAX,
    MIN,
    NONE,
    ONLY,
    OWN,
    SIZE,
    TEMPERATURE,
    propose,
)
from service.query.reading.tagger import DESCRIBING, POLARITIES, TAGGED, TAGS, pair_traits, pairs_of
from service.query.reading.word_vectors import Floats
from service.query.wording.meanings import Meaning
from service.query.wording.vocabulary import Candidate, Vocabulary
from service.query.wording.words import Word, split
from training.reader.canonical import facet_of
from training.reader.wishes import Gold, Wish

Ints = npt.NDArray[np.int64]
IGNORED = -100
_ROLES = {
    "budget.max": MAX,
    "budget.min": MIN,
    "age": AGE,
    "weather.temperature_c": TEMPERATURE,
    "slots": ONLY,
    "own": OWN,
    "exclude.attributes": EXCLUDE,
}
BRANDS_KNOWN = 0.7
UNKNOWN = 0.12
"""Share of gold words that the tables are made to forget, so that the network learns to find such by itself."""
AGREED = 2
"""Wishes that must agree on another meaning than a table's."""
GIVEN = 0.6
"""Share of gold words unknown to the tables that are proposed all the same, as if the tables had grown."""


class Encodes(Protocol):
    """Vectors of words: `service.query.reading.word_vectors.WordVectors`, or what is tried in its place."""

    def encode(self, text: str, words: Sequence[Word], /) -> Floats:
        """One vector a word."""


@dataclass(frozen=True, slots=True)
class Example:
    """One wish. `roles` per proposal, IGNORED where another facet says it; `tags` and `polarities` per word; `belongs`
    per proposal: the index of the pair that is right, -1 for no kind, IGNORED where nothing is said.
    """

    seen: Features
    pairs: Ints
    pair_traits: Floats
    roles: Ints
    tags: Ints
    polarities: Ints
    belongs: Ints


class ExampleMaker:
    """Makes examples of wishes, with the tables and the encoder that serve."""

    def __init__(self, vocabulary: Vocabulary, vectors: Encodes, taught: Counter[tuple[str, str]]) -> None:
        """`taught` counts how often the training wishes themselves taught a phrase: what only the wish at hand did is
        forgotten for it.
        """
        self._vocabulary = vocabulary
        self._vectors = vectors
        self._taught = taught

    def make(self, wish: Wish, rng: random.Random | None = None) -> Example:
        """The example of a wish. With `rng` some words are forgotten and others proposed, as in training."""
        words = split(wish.text)
        found = self.proposals(wish, words, rng)
        vectors = self._vectors.encode(wish.text, words)
        seen = features(wish.text, words, found, wish.language, vectors)
        pairs = pairs_of(found)
        roles = np.array([_role(c, wish.gold, found) for c in found], dtype=np.int64)
        tags, polarities = _tags(words, wish.gold)
        belongs = np.array(
            [_belongs(i, found, pairs, roles, wish.gold) for i in range(len(found))], dtype=np.int64
        )
        traits = pair_traits(found, pairs, words, wish.language)
        return Example(seen, pairs, traits, roles, tags, polarities, belongs)

    def proposals(self, wish: Wish, words: Sequence[Word], rng: random.Random | None) -> list[Candidate]:
        """What the tables propose; with `rng` less what is forgotten, and with gold words that they do not know."""
        found = propose(wish.text, words, wish.language, self._vocabulary)
        if rng is None:
            return found
        found = [c for c in found if not self._only_from_here(c, wish)]
        for gold in wish.gold:
            facet = facet_of(gold.field)
            covering = [c for c in found if c.field == facet and _touches(c, gold)]
            if facet in TAGGED and covering and rng.random() < UNKNOWN:
                found = [c for c in found if not (c.field in TAGGED and _touches(c, gold))]
            elif facet in (*TAGGED, "who") and not covering and rng.random() < _proposed(facet):
                found.append(_given(gold, facet, words, rng))
        if rng.random() < 0.15:
            found += _chance_brand(words, wish, rng)
        return sorted(found, key=lambda c: (c.start, c.end, c.field))

    def _only_from_here(self, found: Candidate, wish: Wish) -> bool:
        key = (wish.language, wish.text[found.start : found.end].lower())
        return found.learned and self._taught[key] < 2


def _proposed(facet: str) -> float:
    return BRANDS_KNOWN if facet == "brand" else GIVEN


def taught_by(wishes: Iterable[Wish]) -> Counter[tuple[str, str]]:
    """How often the gold of wishes names something by a phrase of a language."""
    return Counter((w.language, w.text[g.start : g.end].lower()) for w in wishes for g in w.gold)


def _touches(found: Candidate, gold: Gold) -> bool:
    return found.start < gold.end and gold.start < found.end


def _role(found: Candidate, gold: Sequence[Gold], proposals: Sequence[Candidate]) -> int:
    if found.field == "number" and any(
        c.field == "size" and c.start < found.end and found.start < c.end for c in proposals
    ):
        return _role_alone(found, [g for g in gold if facet_of(g.field) != "size"])
    return _role_alone(found, gold)


def _role_alone(found: Candidate, gold: Sequence[Gold]) -> int:
    touching = [g for g in gold if _touches(found, g)]
    for entry in touching:
        facet = facet_of(entry.field)
        if facet == found.field or (facet == "size" and found.field == "number"):
            role = _ROLES.get(entry.field)
            if role is None:
                role = SIZE if facet == "size" else EXCLUDE if entry.field.startswith("exclude") else INCLUDE
            if found.opposite and role in (INCLUDE, EXCLUDE):
                return INCLUDE if role == EXCLUDE else EXCLUDE
            return role
    if found.field not in TAGGED:
        return NONE
    if any(e.field == "own" for e in touching):
        return OWN
    # "No heels" says an attribute; that it names a kind too is neither right nor wrong.
    return IGNORED if any(facet_of(e.field) in TAGGED for e in touching) else NONE


def _tags(words: Sequence[Word], gold: Sequence[Gold]) -> tuple[Ints, Ints]:
    tags = np.zeros(len(words), dtype=np.int64)
    polarities = np.full(len(words), IGNORED, dtype=np.int64)
    order = sorted(gold, key=lambda g: (facet_of(g.field) in ("kind", "own"), g.end - g.start))
    for entry in order:  # kinds are written last, over what lies on the same words
        facet = facet_of(entry.field)
        facet = "kind" if facet == "own" else facet
        if facet not in TAGGED:
            continue
        touched = [i for i, w in enumerate(words) if w.start < entry.end and entry.start < w.end]
        for place, index in enumerate(touched):
            tags[index] = TAGS.index(f"{'I' if place else 'B'}-{facet}")
            polarity = (
                "own"
                if entry.field == "own"
                else "exclude"
                if entry.field.startswith("exclude")
                else "include"
            )
            polarities[index] = POLARITIES.index(polarity)
    return tags, polarities


def _belongs(at: int, found: Sequence[Candidate], pairs: Ints, roles: Ints, gold: Sequence[Gold]) -> int:
    mine = found[at]
    if mine.field not in DESCRIBING or roles[at] in (NONE, IGNORED):
        return IGNORED
    if mine.field == "number" and roles[at] != SIZE:
        return IGNORED
    options = [row for row, (one, _) in enumerate(pairs) if one == at]
    if roles[at] == OWN:
        return next((r for r in options if roles[pairs[r, 1]] == OWN), -1)
    entry = next((g for g in gold if _touches(mine, g) and facet_of(g.field) in (mine.field, "size")), None)
    if entry is None:
        return IGNORED
    if entry.field.startswith("sizes"):
        return _of_slot(entry, found, pairs, options, roles)
    if entry.of is None:
        return -1
    where = entry.of
    touching = [
        r for r in options if found[pairs[r, 1]].start < where[1] and where[0] < found[pairs[r, 1]].end
    ]
    return touching[0] if touching else IGNORED


def _of_slot(
    entry: Gold, found: Sequence[Candidate], pairs: Ints, options: Sequence[int], roles: Ints
) -> int:
    """The nearest kind whose slot a size is said of; IGNORED where no such kind is named."""
    from service.query.reading.mentions import slot_of

    if entry.field == "sizes":
        return -1
    slot = entry.field.partition(".")[2]
    fitting = [
        r for r in options if slot_of(found[pairs[r, 1]].value) == slot and roles[pairs[r, 1]] != EXCLUDE
    ]
    return min(fitting, key=lambda r: abs(found[pairs[r, 1]].start - entry.start), default=IGNORED)


def _given(gold: Gold, facet: str, words: Sequence[Word], rng: random.Random) -> Candidate:
    touched = [i for i, w in enumerate(words) if w.start < gold.end and gold.start < w.end]
    how = rng.choice(("exact", "exact", "exact", "inflected", "slip"))
    first, last = touched[0], touched[-1] + 1
    found = Candidate(first, last, gold.start, gold.end, facet, str(gold.value), how="exact")
    return replace(found, how=how, weak=rng.random() < 0.2)  # type: ignore[arg-type]  # one of `How`


def _chance_brand(words: Sequence[Word], wish: Wish, rng: random.Random) -> list[Candidate]:
    """A word that some catalogue has for a brand, and that means none here."""
    free = [
        (i, w)
        for i, w in enumerate(words)
        if w.shape == "word"
        and len(w.text) > 2
        and not any(w.start < g.end and g.start < w.end for g in wish.gold)
    ]
    if not free:
        return []
    index, word = rng.choice(free)
    return [Candidate(index, index + 1, word.start, word.end, "brand", word.text)]


def learned_phrases(wishes: Sequence[Wish], vocabulary: Vocabulary) -> list[tuple[str, Meaning]]:
    """Phrases of gold entries that the tables do not know, with what they mean; "" for what has no name. And those that
    wishes agree to mean something else than the tables say.
    """
    from training.reader.canonical import canonical

    found: dict[tuple[str, str, str], Counter[str]] = {}
    told: dict[tuple[str, str, str], str | None] = {}
    for wish in wishes:
        proposed = vocabulary.find(split(wish.text), wish.language)
        for gold in wish.gold:
            facet = facet_of(gold.field)
            phrase = wish.text[gold.start : gold.end].lower().strip()
            if facet not in ("kind", "color", "material", "pattern", "attribute") or not _teaches(
                phrase, facet
            ):
                continue
            value = canonical(facet, str(gold.value)) or ""
            known = [c for c in proposed if c.field == facet and _touches(c, gold)]
            if known and not value:
                continue
            key = (wish.language, facet, phrase)
            found.setdefault(key, Counter())[value] += 1
            same = [c.value for c in known if c.value == value or (c.how != "slip" and _same(c, gold))]
            told.setdefault(key, value if value in same else next(iter(same), None))
    learned = []
    for (language, facet, phrase), values in sorted(found.items()):
        value, times = values.most_common(1)[0]
        table = told[language, facet, phrase]
        if table is None or (table != value and times >= AGREED and 2 * times > values.total()):
            learned.append((phrase, Meaning(facet, value, language, learned=True, preferred=True)))
    return learned


def _same(found: Candidate, gold: Gold) -> bool:
    return found.start == gold.start and found.end == gold.end


def _teaches(phrase: str, facet: str) -> bool:
    """Whether a phrase is a name rather than a turn of speech: short, and for attributes a single word."""
    parts = phrase.split()
    if len(phrase) < 2 and phrase.isascii():
        return False
    return len(parts) <= (1 if facet == "attribute" else 3) and len(phrase) <= (
        4
        if not phrase[0].isascii() and facet == "attribute" and len(parts) == 1 and not phrase.isalpha()
        else 30
    )
