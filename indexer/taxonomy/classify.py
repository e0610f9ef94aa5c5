"""Decides slot and kind of each product: by what the feed's fields say, its words, and what a trained net makes of it.

The shop's own type and category stand above words inside titles. How sure a guess is was calibrated on titles that the
net had not seen (docs/training.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from indexer.item import SLOTS, Slot
from indexer.taxonomy.classifier import pool
from indexer.taxonomy.classifier import votes as ballot
from indexer.taxonomy.classifier.net import net
from indexer.taxonomy.classifier.votes import Vote
from indexer.taxonomy.heads import known_words
from indexer.taxonomy.kinds import GENERIC_KIND, KINDS, UNKNOWN
from indexer.taxonomy.language import detect, fill_unknown
from indexer.taxonomy.phrases import fold, words

MIN_CONFIDENCE = 0.5  # below it a product stays without a slot: none is better than a wrong one
SURE = 0.75  # below it a slot that no field and no word names is doubted
_FIRM = 0.5  # a kind that the text names this surely is kept, though the feed gives another slot
_PLAIN = 0.35  # a kind less sure than this within its slot is called by the plainest one of the slot
_UNWORN = 0.9  # a text this surely of something that is never worn is doubted under a wearable type
_SAID = 0.02  # what a text must give the slot of the shop's own type, where it speaks of something else
_TOLD = 0.5  # how surely a description must be of something else, for a wearable piece to be doubted
_ALMOST_WORN = frozenset(
    {"slippers", "loungewear", "robe"}
)  # some shops sell as these what others sell as garments
_NEAREST = 3
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
    source: Literal["feed", "table", "trained", "staff"]
    evidence: str
    doubtful: bool = False
    nearest: tuple[str, ...] = ()


@dataclass(slots=True)
class _Told:
    """What the tables found in the fields of one product. `settled` ends the matter."""

    votes: list[Vote]
    settled: Vote | None = None

    @property
    def by_shop(self) -> bool:
        """Whether the shop's own fields name a slot."""
        return any(v.clear and v.field in ("type", "category") for v in self.votes)

    @property
    def agreed(self) -> bool:
        """Whether title and type name one slot clearly, and nothing stands against them."""
        clear = {v.field for v in self.votes if v.clear}
        return {"title", "type"} <= clear and len({v.kind.slot for v in self.votes}) == 1


def classify(rows: Sequence[ProductText]) -> list[SlotGuess]:
    """One guess per row, in order."""
    told = [_told(row, language) for row, language in zip(rows, languages_of(rows), strict=True)]
    scores = _evidence(rows, told)
    kinds = pool.shares(scores.all)
    texts = pool.shares(scores.text)
    guesses = [
        _settled(t.settled) if t.settled is not None else _guess(t, kinds[n], texts[n])
        for n, t in enumerate(told)
    ]
    _doubt(rows, told, texts, guesses)
    return [_with_given_slot(row, guess) for row, guess in zip(rows, guesses, strict=True)]


def languages_of(rows: Sequence[ProductText]) -> list[str]:
    """The language of each row, from its own words, else the one that most of the rows are in."""
    known, ambiguous = known_words()
    texts = (
        f"{r.title} {r.product_type} {r.category} {' '.join(r.tags)} {r.description[:_LANGUAGE_CHARS]}"
        for r in rows
    )
    return fill_unknown(detect(words(fold(text)), known, ambiguous) for text in texts)


def _told(row: ProductText, language: str) -> _Told:
    title = ballot.title_vote(row.title, language)
    typed = ballot.path_vote(row.product_type, language, "type")
    category = ballot.path_vote(row.category, language, "category")
    for settled in (typed, category):
        if settled is not None and settled.settled and ballot.overrules(settled, title):
            finer = title is not None and title.clear and title.kind.slot is None
            return _Told([], replace(settled, kind=title.kind) if title is not None and finer else settled)
    paths = [v for v in (typed, category) if v is not None and not v.settled]
    if title is not None and any("swim" in v.kind.tags for v in paths):
        swim = _SWIM.get(title.kind.name)
        if swim is not None:
            title = replace(title, kind=KINDS[swim], clear=True, exact=True)
            paths = [v for v in paths if "swim" not in v.kind.tags or v.kind.slot == title.kind.slot]
    told = [v for v in (title, *paths, ballot.tags_vote(row.tags, language)) if v is not None]
    described = ballot.description_vote(row.description, language)
    return _Told([*told, described] if described is not None else told)


@dataclass(slots=True)
class _Evidence:
    """Scores of shape (rows, kinds): of all that is known, and of title and description alone."""

    all: pool.Scores
    text: pool.Scores


def _evidence(rows: Sequence[ProductText], told: Sequence[_Told]) -> _Evidence:
    text, rest = pool.empty(rows), pool.empty(rows)
    for n, one in enumerate(told):
        for vote in one.votes:
            pool.add_vote((text if vote.field in ("title", "description") else rest)[n], vote)
    asked = [n for n, one in enumerate(told) if one.settled is None and not one.agreed]
    if asked:
        text[asked] += pool.NET_OF_TITLE * _read([rows[n].title for n in asked])
    described = [n for n in asked if rows[n].description and not _is_named(told[n])]
    if described:
        text[described] += pool.NET_OF_DESCRIPTION * _read([rows[n].description for n in described])
    typed = [n for n in asked if rows[n].product_type and not any(v.field == "type" for v in told[n].votes)]
    if typed:
        read = _read([ballot.last_level(rows[n].product_type) for n in typed])
        rest[typed] += pool.NET_OF_TYPE * pool.of_slots_alone(read)
    return _Evidence(text + rest, text)


def _read(texts: Sequence[str]) -> pool.Scores:
    return pool.from_net(net().read(texts)[:, _columns()])


def _columns() -> list[int]:
    where = {name: n for n, name in enumerate(net().kinds)}
    return [where[name] for name in pool.NAMES]


def _is_named(told: _Told) -> bool:
    return any(v.clear and v.field == "title" for v in told.votes)


def _settled(vote: Vote) -> SlotGuess:
    return SlotGuess(vote.kind.name, vote.kind.slot, 0.999, "table", vote.evidence)


def _guess(told: _Told, kinds: pool.Scores, texts: pool.Scores) -> SlotGuess:
    places = pool.slot_shares(kinds[None])[0]
    at = int(places.argmax())
    slot, confidence = pool.PLACES[at], float(places[at])
    kind, sure = pool.best_kind(kinds, slot)
    named = [v for v in told.votes if v.clear and v.kind.slot == slot]
    if slot is not None and sure < _PLAIN and not any(v.exact and not v.kind.generic for v in named):
        kind = GENERIC_KIND[slot]
    nearest = pool.likeliest(texts, _NEAREST)
    if confidence < MIN_CONFIDENCE or kind == UNKNOWN:
        low = f"low confidence: like {', '.join(nearest)}" if told.votes or confidence else "no known word"
        return SlotGuess(UNKNOWN, None, round(confidence, 4), "trained", low, nearest=nearest)
    evidence = _account(told.votes, slot) or f"like {nearest[0]}"
    return SlotGuess(kind, slot, round(confidence, 4), "table" if named else "trained", evidence)


def _doubt(
    rows: Sequence[ProductText], told: Sequence[_Told], texts: pool.Scores, guesses: list[SlotGuess]
) -> None:
    """Mark the wearable pieces that are unlike their slot: no word names it and the net is unsure; or title and
    description speak of something else than the shop's own type does."""
    places = pool.slot_shares(texts)
    odd: list[int] = []
    for n, guess in enumerate(guesses):
        if guess.slot is None:
            continue
        if not any(v.kind.slot == guess.slot for v in told[n].votes):
            if guess.confidence < SURE:
                guesses[n] = _doubted(guess, texts[n])
        elif places[n, pool.PLACES.index(guess.slot)] < _SAID and places[n].max() > _UNWORN:
            odd.append(n)
    for n, share in zip(odd, _shares_by_description([rows[n] for n in odd], places[odd]), strict=True):
        unworn = pool.PLACES[int(places[n].argmax())] is None
        if share > _TOLD or (unworn and pool.best_kind(texts[n], None)[0] not in _ALMOST_WORN):
            guesses[n] = _doubted(guesses[n], texts[n])


def _shares_by_description(rows: Sequence[ProductText], places: pool.Scores) -> list[float]:
    """How surely each description is of the slot that its title speaks of; 0 without one."""
    if not any(row.description for row in rows):
        return [0.0] * len(rows)
    told = pool.slot_shares(pool.shares(_read([row.description for row in rows])))
    return [float(told[n, places[n].argmax()]) if row.description else 0.0 for n, row in enumerate(rows)]


def _doubted(guess: SlotGuess, texts: pool.Scores) -> SlotGuess:
    return replace(guess, doubtful=True, nearest=pool.likeliest(texts, _NEAREST))


def _account(votes: Sequence[Vote], slot: Slot | None) -> str:
    agreeing = "; ".join(v.evidence for v in votes if v.kind.slot == slot)
    against = "; ".join(v.evidence for v in votes if v.kind.slot != slot)
    return f"{agreeing} against {against}" if agreeing and against else agreeing


def _with_given_slot(row: ProductText, guess: SlotGuess) -> SlotGuess:
    """The guess where the feed gives a slot of ours itself."""
    slot = next((s for s in SLOTS if s == row.slot.strip().lower()), None)
    if slot is None:
        return guess
    if guess.slot == slot:
        return replace(guess, confidence=1.0, source="feed", doubtful=False, nearest=())
    if guess.slot is not None and guess.confidence >= _FIRM:
        # The shop knows where it wears a cardigan; what the thing is, its words still tell.
        return SlotGuess(guess.kind, slot, 0.8, "feed", f"feed slot {slot!r} against {guess.evidence}")
    return SlotGuess(GENERIC_KIND[slot], slot, 0.9, "feed", f"feed slot {slot!r}")
