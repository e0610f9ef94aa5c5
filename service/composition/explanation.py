"""Title and explanation of an outfit, in plain sentences. Says only what is true of the outfit's own pieces."""

from __future__ import annotations

from collections.abc import Sequence

from indexer.item import Item
from service.localization.text import Text, begun, named, phrase, series
from service.policy.policy import policy
from service.query.wish import QueryIntent
from service.retrieval.shortlist import Candidate


def title(pieces: Sequence[Candidate]) -> Text:
    """A short name: the leading piece with the shoes, or with the next piece where there are no shoes."""
    lead = _lead(pieces)
    partner = next((c for c in pieces if c.slot == "shoes" and c is not lead), None)
    partner = partner or next((c for c in pieces if c is not lead), None)
    name = _name(lead.item)
    if partner is None:
        return begun(name)
    return begun(phrase("{lead} with {partner}", lead=name, partner=_name(partner.item)))


def explanation(pieces: Sequence[Candidate], brief: QueryIntent) -> Text:
    """Two or three sentences: what leads, what holds the colours together, what the weather asked for."""
    lead = _lead(pieces)
    others = [c for c in pieces if c is not lead]
    sentences = [
        phrase("The {piece} leads and keeps it {level}.", piece=_name(lead.item), level=_level(pieces))
    ]
    if others:
        sentences.append(_palette(lead.item, [c.item for c in others]))
    if weather := _weather(pieces, brief):
        sentences.append(weather)
    return series(sentences, "sentences")


def _lead(pieces: Sequence[Candidate]) -> Candidate:
    slots = policy().slots
    for slot in slots.leading:
        for candidate in pieces:
            if candidate.slot == slot and candidate.item.formality >= slots[slot].leads_from:
                return candidate
    return pieces[0]


def _name(item: Item) -> Text:
    """Colour and kind: short, and true whatever the shop's titles are like."""
    kind = item.kind.replace("-", " ")
    named_kind = named("kind", item.kind, kind)
    colors = [named("color", c) for c in item.colors[:2] if c not in kind]
    if not colors:
        return named_kind
    return phrase("{colors} {kind}", colors=series(colors, "and"), kind=named_kind)


def _level(pieces: Sequence[Candidate]) -> Text:
    mean = sum(c.item.formality for c in pieces) / len(pieces)
    return named("level", policy().formality.name(mean))


def _palette(lead: Item, others: Sequence[Item]) -> Text:
    names = series([_name(item) for item in others], "and")
    shared = [c for c in lead.colors if any(c in item.colors for item in others)]
    if shared:
        color = begun(named("color", shared[0]))
        return phrase("{color} runs through it, with {pieces}.", color=color, pieces=names)
    if all(set(item.colors) <= policy().compatibility.neutrals for item in others):
        return phrase("Quiet colours leave it the stage: {pieces}.", pieces=names)
    return phrase("It comes with {pieces}.", pieces=names)


def _weather(pieces: Sequence[Candidate], brief: QueryIntent) -> Text | None:
    coat = next((c.item for c in pieces if c.slot == "outerwear"), None)
    if brief.wet and coat is not None and "rain-ok" in coat.tags:
        return phrase("The {piece} keeps the rain off.", piece=_name(coat))
    marks = policy().weather.mark
    if brief.heat is not None and brief.heat <= marks["cool"] and coat is not None:
        return phrase("The {piece} is there for the cold.", piece=_name(coat))
    worn = [c.item for c in pieces if c.slot in policy().slots.of("core")]
    light = all(i.warmth <= 1 and (not i.seasons or "summer" in i.seasons) for i in worn)
    if brief.heat is not None and brief.heat >= marks["warm"] and worn and light:
        return phrase("It is all light enough for a warm day.")
    return None
