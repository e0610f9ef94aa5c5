"""Decides slot and kind of each product: word tables first, the nearest labelled examples for what they miss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from indexer.embedder import Embedder
from indexer.item import SLOTS, Slot
from indexer.taxonomy import votes as ballot
from indexer.taxonomy.heads import known_words
from indexer.taxonomy.kinds import GENERIC_KIND, KINDS, UNKNOWN
from indexer.taxonomy.language import detect, fill_unknown
from indexer.taxonomy.nearest import nearest_kinds
from indexer.taxonomy.phrases import fold, words
from indexer.taxonomy.votes import Vote

MIN_TABLE_CONFIDENCE = 0.35  # below it the tables know too little, and the nearest examples are asked
MIN_NEAREST_CONFIDENCE = 0.75  # below it a product stays without a slot: none is better than a wrong one
_FIRM = 0.5  # a kind that the text names this surely is kept, though the feed gives another slot
_STRENGTH = 1.6  # a vote of this weight, unopposed, is 63% sure; 3.0 is 85%, 5.8 is 97%
_LANGUAGE_CHARS = 300

# Below "Swimwear" these names mean something else.
_SWIM = {
    "top": "swim-top",
    "crop-top": "swim-top",
    "bra": "swim-top",
    "trousers": "swim-bottom",
    "underwear": "swim-bottom",
    "shorts": "swim-shorts",
    "day-dress": "beach-dress",
}


@dataclass(frozen=True, slots=True)
class ProductText:
    """What a feed says in words about a product. `slot` counts only when it is one of `item.SLOTS`."""

    title: str
    product_type: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    description: str = ""
    slot: str = ""


@dataclass(frozen=True, slots=True)
class SlotGuess:
    """A product's kind and slot. `slot` None: never composed, or not known (`evidence` says which).

    `doubtful`: it is unlike everything that is sold as what it is said to be; `nearest` are the kinds that it is most
    like, the likeliest first.
    """

    kind: str
    slot: Slot | None
    confidence: float
    source: Literal["feed", "table", "nearest", "staff"]
    evidence: str
    doubtful: bool = False
    nearest: tuple[str, ...] = ()


def classify(rows: Sequence[ProductText], embedder: Embedder | None) -> list[SlotGuess]:
    """One guess per row, in order.

    `embedder` is asked at most once, with all rows that the tables do not know; without one such rows get
    the kind "unknown" and no slot.
    """
    languages = languages_of(rows)
    guesses = [_by_table(row, language) for row, language in zip(rows, languages, strict=True)]
    unsure = [i for i, g in enumerate(guesses) if g.source != "feed" and g.confidence < MIN_TABLE_CONFIDENCE]
    if embedder is None or not unsure:
        return guesses
    near = nearest_kinds([_nearest_text(rows[i]) for i in unsure], embedder)
    for i, (kind, confidence, example) in zip(unsure, near, strict=True):
        guesses[i] = _by_neighbours(guesses[i], kind, confidence, example)
    return guesses


def languages_of(rows: Sequence[ProductText]) -> list[str]:
    """The language of each row, from its own words, else the one that most of the rows are in."""
    known, ambiguous = known_words()
    texts = (
        f"{r.title} {r.product_type} {r.category} {' '.join(r.tags)} {r.description[:_LANGUAGE_CHARS]}"
        for r in rows
    )
    return fill_unknown(detect(words(fold(text)), known, ambiguous) for text in texts)


def _by_table(row: ProductText, language: str) -> SlotGuess:
    guess = _count(_votes(row, language))
    given = row.slot.strip().lower()
    if given not in SLOTS:
        return guess
    slot = given
    if guess.slot == slot:
        return replace(guess, confidence=1.0, source="feed")
    if guess.slot is not None and guess.confidence >= _FIRM:
        # The shop knows where it wears a cardigan; what the thing is, its words still tell.
        return SlotGuess(guess.kind, slot, 0.8, "feed", f"feed slot {slot!r} against {guess.evidence}")
    return SlotGuess(GENERIC_KIND[slot], slot, 0.9, "feed", f"feed slot {slot!r}")


def _votes(row: ProductText, language: str) -> list[Vote]:
    title = ballot.title_vote(row.title, language)
    typed = ballot.path_vote(row.product_type, language, "type", ballot.TYPE, ballot.TYPE_VAGUE)
    category = ballot.path_vote(row.category, language, "category", ballot.CATEGORY, ballot.CATEGORY_VAGUE)
    for settled in (typed, category):
        if settled is not None and settled.weight >= ballot.SETTLED and ballot.overrules(settled, title):
            return [settled]
    paths = [replace(v, weight=min(v.weight, ballot.TYPE)) for v in (typed, category) if v is not None]
    if title is not None and any("swim" in v.kind.tags for v in paths):
        swim = _SWIM.get(title.kind.name)
        if swim is not None:
            title = Vote(KINDS[swim], ballot.TITLE, title.evidence)
            paths = [v for v in paths if "swim" not in v.kind.tags or v.kind.slot == title.kind.slot]
    tags = ballot.tags_vote(row.tags, language)
    told = [v for v in (title, *paths, tags) if v is not None]
    if sum(v.weight for v in told) < ballot.TITLE_VAGUE:
        described = ballot.description_vote(row.description, language)
        told += [described] if described is not None else []
    return told


def _count(votes: Sequence[Vote]) -> SlotGuess:
    if not votes:
        return SlotGuess(UNKNOWN, None, 0.0, "table", "no known word")
    weights: dict[Slot | None, float] = {}
    for vote in votes:
        weights[vote.kind.slot] = weights.get(vote.kind.slot, 0.0) + vote.weight
    slot = max(weights, key=lambda s: weights[s])
    agreeing = [v for v in votes if v.kind.slot == slot]
    best = max(agreeing, key=lambda v: (not v.kind.generic, v.weight))
    sure = 1.0 - math.exp(-weights[slot] / _STRENGTH)
    confidence = sure * weights[slot] / sum(weights.values())
    evidence = "; ".join(v.evidence for v in agreeing)
    against = "; ".join(v.evidence for v in votes if v.kind.slot != slot)
    return SlotGuess(
        kind=best.kind.name,
        slot=slot,
        confidence=round(confidence, 3),
        source="table",
        evidence=f"{evidence} against {against}" if against else evidence,
    )


def _nearest_text(row: ProductText) -> str:
    return ". ".join(
        part for part in (row.title, row.product_type, row.category.split(">")[-1].strip()) if part
    )


def _by_neighbours(guess: SlotGuess, kind: str, confidence: float, example: str) -> SlotGuess:
    if confidence >= MIN_NEAREST_CONFIDENCE:
        return SlotGuess(kind, KINDS[kind].slot, confidence, "nearest", f"like {example!r}")
    low = f"low confidence: like {example!r}"
    if guess.kind != UNKNOWN:
        low = f"{low}; {guess.evidence}"
    return SlotGuess(UNKNOWN, None, confidence, "nearest", low)
