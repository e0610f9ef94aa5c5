"""Title and explanation of an outfit, in plain sentences. Says only what is true of the outfit's own pieces."""

from __future__ import annotations

from collections.abc import Sequence

from indexer.item import Item
from service.policy.policy import policy
from service.query.wish import QueryIntent
from service.retrieval.shortlist import Candidate


def title(pieces: Sequence[Candidate]) -> str:
    """A short name: the leading piece with the shoes, or with the next piece where there are no shoes."""
    lead = _lead(pieces)
    partner = next((c for c in pieces if c.slot == "shoes" and c is not lead), None)
    partner = partner or next((c for c in pieces if c is not lead), None)
    name = _name(lead.item)
    text = f"{name} with {_name(partner.item)}" if partner else name
    return text[:1].upper() + text[1:]


def explanation(pieces: Sequence[Candidate], brief: QueryIntent) -> str:
    """Two or three sentences: what leads, what holds the colours together, what the weather asked for."""
    lead = _lead(pieces)
    others = [c for c in pieces if c is not lead]
    sentences = [f"The {_name(lead.item)} leads{_level(pieces)}."]
    if others:
        sentences.append(_palette(lead.item, [c.item for c in others]))
    if weather := _weather(pieces, brief):
        sentences.append(weather)
    return " ".join(sentences)


def _lead(pieces: Sequence[Candidate]) -> Candidate:
    slots = policy().slots
    for slot in slots.leading:
        for candidate in pieces:
            if candidate.slot == slot and candidate.item.formality >= slots[slot].leads_from:
                return candidate
    return pieces[0]


def _name(item: Item) -> str:
    """Colour and kind: short, and true whatever the shop's titles are like."""
    kind = item.kind.replace("-", " ")
    color = " and ".join(c for c in item.colors[:2] if c not in kind)
    return f"{color} {kind}".strip()


def _level(pieces: Sequence[Candidate]) -> str:
    mean = sum(c.item.formality for c in pieces) / len(pieces)
    return f" and keeps it {policy().formality.name(mean)}"


def _palette(lead: Item, others: Sequence[Item]) -> str:
    names = _list([_name(item) for item in others])
    shared = [c for c in lead.colors if any(c in item.colors for item in others)]
    if shared:
        return f"{shared[0].capitalize()} runs through it, with {names}."
    if all(set(item.colors) <= policy().compatibility.neutrals for item in others):
        return f"Quiet colours leave it the stage: {names}."
    return f"It comes with {names}."


def _weather(pieces: Sequence[Candidate], brief: QueryIntent) -> str:
    coat = next((c.item for c in pieces if c.slot == "outerwear"), None)
    if brief.wet and coat is not None and "rain-ok" in coat.tags:
        return f"The {_name(coat)} keeps the rain off."
    marks = policy().weather.mark
    if brief.heat is not None and brief.heat <= marks["cool"] and coat is not None:
        return f"The {_name(coat)} is there for the cold."
    worn = [c.item for c in pieces if c.slot in policy().slots.of("core")]
    light = all(i.warmth <= 1 and (not i.seasons or "summer" in i.seasons) for i in worn)
    if brief.heat is not None and brief.heat >= marks["warm"] and worn and light:
        return "It is all light enough for a warm day."
    return ""


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
