"""A wish in words -> what it asks for, in the request's own fields. Knows no items and no request.

Tables propose what words may name; what a proposal is to the wish is decided after.
"""

from __future__ import annotations

from collections.abc import Collection

from service.query.intent import Mention, WishReading
from service.query.reading.proposals import propose
from service.query.reading.vocabulary import Candidate, Vocabulary
from service.query.reading.words import split

_PLURAL = {
    "kind": "kinds",
    "color": "colors",
    "material": "materials",
    "pattern": "patterns",
    "brand": "brands",
}


class WishReader:
    """Reads wishes. Immutable after construction: threads may share it, and the same text reads the same."""

    def __init__(self, brands: Collection[str] = ()) -> None:
        """`brands` are the catalogue's, as it spells them."""
        self._vocabulary = Vocabulary(brands)

    def read(self, text: str) -> WishReading:
        """The reading of one wish. Never fails: a wish that asks for nothing has an empty reading."""
        language = "en"
        words = split(text)
        found = propose(text, words, language, self._vocabulary)
        mentions = [m for c in found if (m := _mention(text, c)) is not None]
        return WishReading(tuple(mentions), (), language)


def _mention(text: str, found: Candidate) -> Mention | None:
    words = text[found.start : found.end]
    if found.field in _PLURAL:
        return Mention(words, found.start, found.end, f"include.{_PLURAL[found.field]}", found.value)
    if found.field == "attribute":
        field = "exclude.attributes" if found.opposite else "attributes"
        return Mention(words, found.start, found.end, field, found.value)
    if found.field == "size":
        return Mention(words, found.start, found.end, "sizes", found.value)
    return None
