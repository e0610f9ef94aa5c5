"""Proposals and the network's opinion of them -> mentions, and what is left unread. Knows no text but the wish's own.

What is likely enough is read; what is doubtful but sounds like a demand is named as unread; the rest asks for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from service.query.intent import Mention
from service.query.reading.mentions import Chosen, mentions_of, slot_of
from service.query.reading.proposals import (
    EXCLUDE,
    INCLUDE,
    MAX,
    MIN,
    NONE,
    OWN,
    SIZE,
)
from service.query.reading.tagger import POLARITIES, TAGGED, TAGS, Opinion
from service.query.wording.vocabulary import Candidate
from service.query.wording.words import Word

_INNER = frozenset({"color", "material", "pattern"})
_UNLIKELY = 0.25
_TORN = 0.2
"""How likely the contrary may be, at most, of what is read."""
_RANGE = 20
"""Characters between the two ends of a range, at most."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How sure is sure. `read` per facet: from here on a role is read; below it the words are unread, unless they
    ask for nothing with at least `nothing`. `tagged`: from here on a word beyond the tables is a demand.
    """

    read: Mapping[str, float] = field(default_factory=dict)
    read_else: float = 0.55
    nothing: Mapping[str, float] = field(default_factory=dict)
    nothing_else: float = 0.7
    tagged: float = 0.5
    linked: float = 0.5

    def reads(self, facet: str) -> float:
        """From which probability on a role of this facet is read."""
        return self.read.get(facet, self.read_else)

    def drops(self, facet: str) -> float:
        """From which probability on a proposal of this facet asks for nothing."""
        return self.nothing.get(facet, self.nothing_else)


def assemble(
    text: str,
    words: Sequence[Word],
    proposals: Sequence[Candidate],
    opinion: Opinion,
    limits: Thresholds,
) -> tuple[tuple[Mention, ...], tuple[str, ...]]:
    """The mentions in the order of the text, and the unread phrases."""
    chosen: list[Chosen] = []
    doubtful: list[tuple[int, int]] = []
    for at, found in enumerate(proposals):
        role, probability = _role(opinion.roles[at])
        sure = role != NONE and probability >= limits.reads(found.field) + _distrust(found)
        sure = sure and _contrary(opinion.roles[at], role) <= _TORN
        if sure and found.value:
            chosen.append(Chosen(at, found, role))
        elif sure or opinion.roles[at, NONE] < limits.drops(found.field) or _counts(found):
            doubtful.append((found.start, found.end))
    considered = [(c.found.start, c.found.end) for c in chosen]
    beyond = _beyond_tables(words, proposals, opinion, limits)
    for span, facet, role in beyond:
        if any(_overlap(span, other) for other in considered):
            continue
        if facet == "brand" and _brand(span, words, opinion) >= limits.reads("brand"):
            # A brand that the catalogue does not have is a brand all the same.
            chosen.append(Chosen(-1, Candidate(0, 0, *span, facet, text[span[0] : span[1]]), role))
        else:
            doubtful.append(span)
    chosen = _ranges(_inner(_linked(chosen, opinion, limits), proposals))
    mentions = mentions_of(text, chosen)
    read = [(m.start, m.end) for m in mentions]
    doubtful = [d for d in doubtful if not any(_covers(r, d) for r in read)]
    return mentions, _unread(text, [*doubtful, *_half_read(chosen, proposals)])


def _half_read(chosen: Sequence[Chosen], proposals: Sequence[Candidate]) -> list[tuple[int, int]]:
    """Compounds of which only the end is read: shoes are not all that "Wanderschuhe" says."""
    return [
        (c.found.start, c.found.end)
        for c in chosen
        if c.found.field == "kind"
        and c.found.how == "compound"
        and not any(o.field != "kind" and o.first == c.found.first and o.how == "compound" for o in proposals)
    ]


def _counts(found: Candidate) -> bool:
    """Whether a number says itself what it counts: money, degrees or years. Such a one never goes unmentioned."""
    amount = found.amount
    return amount is not None and (amount.currency is not None or amount.degrees or amount.years)


def _distrust(found: Candidate) -> float:
    """What a proposal must be surer of than others: one that is read into a slip, or into another language."""
    return _UNLIKELY if found.how == "slip" or found.foreign else 0.0


def _contrary(probabilities: np.ndarray[tuple[int], np.dtype[np.float32]], role: int) -> float:
    """How likely it is meant the other way round: to do the opposite is worse than to do nothing."""
    others = [r for r in (INCLUDE, EXCLUDE, OWN) if r != role]
    return float(probabilities[others].max()) if role in (INCLUDE, EXCLUDE, OWN) else 0.0


def _role(probabilities: np.ndarray[tuple[int], np.dtype[np.float32]]) -> tuple[int, float]:
    role = int(np.argmax(probabilities))
    return role, float(probabilities[role])


def _beyond_tables(
    words: Sequence[Word], proposals: Sequence[Candidate], opinion: Opinion, limits: Thresholds
) -> list[tuple[tuple[int, int], str, int]]:
    """Runs of words that no table proposes and that sound like a demand: their characters, facet and role."""
    known = {
        i for c in proposals if c.field in (*TAGGED, "who", "number", "size") for i in range(c.first, c.last)
    }
    found: list[tuple[tuple[int, int], str, int]] = []
    at = 0
    while at < len(words):
        if not _tagged(at, words, known, opinion, limits):
            at += 1
            continue
        last = at + 1
        while last < len(words) and _tagged(last, words, known, opinion, limits) and _inside(last, opinion):
            last += 1
        facets = opinion.tags[at:last, 1:].reshape(last - at, len(TAGGED), 2).sum(axis=(0, 2))
        polarity = POLARITIES[int(opinion.polarities[at:last].sum(axis=0).argmax())]
        role = {"include": INCLUDE, "exclude": EXCLUDE, "own": OWN}[polarity]
        found.append(((words[at].start, words[last - 1].end), TAGGED[int(facets.argmax())], role))
        at = last
    return found


def _tagged(at: int, words: Sequence[Word], known: set[int], opinion: Opinion, limits: Thresholds) -> bool:
    return at not in known and words[at].shape != "mark" and 1 - float(opinion.tags[at, 0]) >= limits.tagged


def _inside(at: int, opinion: Opinion) -> bool:
    begins = sum(float(opinion.tags[at, TAGS.index(f"B-{facet}")]) for facet in TAGGED)
    return begins < 0.5 * (1 - float(opinion.tags[at, 0]))


def _linked(chosen: Sequence[Chosen], opinion: Opinion, limits: Thresholds) -> list[Chosen]:
    """Each description with the chosen kind that it most likely belongs to."""
    kinds = {c.at: c for c in chosen if c.found.field == "kind" and c.at >= 0}
    linked = []
    for choice in chosen:
        rows = [r for r, (one, other) in enumerate(opinion.pairs) if one == choice.at and int(other) in kinds]
        best = max(rows, key=lambda r: float(opinion.belongs[r]), default=None)
        if choice.at < 0 or best is None or not _belongs(choice, rows, best, kinds, opinion, limits):
            linked.append(choice)
            continue
        kind = int(opinion.pairs[best, 1])
        role = OWN if kinds[kind].role == OWN and choice.role == INCLUDE else choice.role
        linked.append(replace(choice, of=kind, role=role))
    return linked


def _belongs(
    choice: Chosen,
    rows: Sequence[int],
    best: int,
    kinds: Mapping[int, Chosen],
    opinion: Opinion,
    limits: Thresholds,
) -> bool:
    """Whether a description belongs to its best kind rather than to none. A size may be said of several of a slot."""
    if choice.role != SIZE:
        return float(opinion.belongs[best]) >= limits.linked
    slot = slot_of(kinds[int(opinion.pairs[best, 1])].found.value)
    same = [r for r in rows if slot_of(kinds[int(opinion.pairs[r, 1])].found.value) == slot]
    return float(sum(opinion.belongs[r] for r in same)) >= limits.linked


def _brand(span: tuple[int, int], words: Sequence[Word], opinion: Opinion) -> float:
    """How likely the words of a span are a brand, at the least."""
    columns = [TAGS.index(f"{part}-brand") for part in "BI"]
    inside = [i for i, w in enumerate(words) if w.start < span[1] and span[0] < w.end]
    return min(float(opinion.tags[i, columns].sum()) for i in inside)


def _inner(chosen: Sequence[Chosen], proposals: Sequence[Candidate]) -> list[Chosen]:
    """What part of a wanted or owned garment's name says of it: leather of "leather jacket" and "Ledergürtel"."""
    kinds = [c for c in chosen if c.found.field == "kind" and c.at >= 0 and c.role in (INCLUDE, OWN)]
    read = {c.at for c in chosen}
    added = []
    for at, found in enumerate(proposals):
        if at in read or found.field not in _INNER or not found.value or found.foreign:
            continue
        holder = next((k for k in kinds if k.found.first <= found.first and found.last <= k.found.last), None)
        if holder is not None and (found.inside or found.how == "compound"):
            added.append(Chosen(at, found, holder.role, holder.at))
    return [*chosen, *added]


def _ranges(chosen: Sequence[Chosen]) -> list[Chosen]:
    """Of two limits next to each other, the smaller is the least: "80-150 €"."""
    tops = sorted((c for c in chosen if c.role == MAX), key=lambda c: c.found.start)
    least = {
        low.at
        for low, high in pairwise(tops)
        if float(low.found.value) < float(high.found.value) and high.found.start - low.found.end <= _RANGE
    }
    return [replace(c, role=MIN) if c.at in least else c for c in chosen]


def _unread(text: str, spans: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """The words of the spans, overlapping ones as one, each once."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1] + 1 and text[merged[-1][1] : start].strip() == "":
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(dict.fromkeys(text[a:b] for a, b in merged if _says_something(text[a:b])))


def _says_something(phrase: str) -> bool:
    """Whether a phrase is more than one letter, or one syllable of Japanese that only joins words."""
    return len(phrase) > 1 or phrase.isdigit() or "\u3400" <= phrase <= "\u9fff"


def _overlap(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def _covers(outer: tuple[int, int], inner: tuple[int, int]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]
