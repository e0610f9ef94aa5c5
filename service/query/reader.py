"""A wish in words -> what it asks for, in the request's own fields. Knows no items and no request.

Tables propose what words may name (`wording.vocabulary`, `wording.amounts`, `wording.size_labels`); a trained network
says what each is to the wish (`reading.tagger`); what is sure is read, what is doubtful is named (`reading.assembly`).
"""

from __future__ import annotations

from collections.abc import Collection

from service.query.intent import Mention, WishReading
from service.query.reading.assembly import assemble
from service.query.reading.features import features
from service.query.reading.proposals import propose
from service.query.reading.tagger import Tagger
from service.query.reading.trained import TrainedReader, packaged
from service.query.reading.word_vectors import WordVectors, common_words
from service.query.wording.vocabulary import Vocabulary
from service.query.wording.wish_language import language_of
from service.query.wording.words import split

MAX_CHARACTERS = 2_000
"""Of a longer text the beginning is read."""


class WishReader:
    """Reads wishes. Immutable after construction: threads may share it, and the same text reads the same."""

    def __init__(self, brands: Collection[str] = (), trained: TrainedReader | None = None) -> None:
        """`brands` are the catalogue's, as it spells them. `trained` is the packaged reader where None."""
        trained = packaged() if trained is None else trained
        self._vocabulary = Vocabulary(brands, trained.learned, common_words())
        self._vectors = WordVectors()
        self._tagger = Tagger(trained.members)
        self._thresholds = trained.thresholds
        self.digest = trained.digest

    def garments(self, text: str) -> list[Mention]:
        """Every garment that the tables find in a text, wanted or not: for turns about an outfit that is there, where
        hardly a garment is named in passing.
        """
        text = text[:MAX_CHARACTERS]
        language = language_of(text)
        words = split(text)
        found = propose(text, words, language, self._vocabulary) if words else []
        return [
            Mention(text[c.start : c.end], c.start, c.end, "include.kinds", c.value)
            for c in found
            if c.field == "kind" and not c.weak and not c.inside
        ]

    def read(self, text: str) -> WishReading:
        """The reading of one wish. Never fails: a wish that asks for nothing has an empty reading."""
        text = text[:MAX_CHARACTERS]
        language = language_of(text)
        words = split(text)
        if not words:
            return WishReading(language=language)
        found = propose(text, words, language, self._vocabulary)
        seen = features(text, words, found, language, self._vectors.encode(text, words))
        opinion = self._tagger.opinion(seen, found, words, language)
        mentions, unread = assemble(text, words, found, opinion, self._thresholds)
        return WishReading(mentions, unread, language)
