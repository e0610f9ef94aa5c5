"""Decided proposals -> mentions in the request's own fields: what is owned, sized, and how much money in which coin.

Knows no probabilities: every proposal has the role that it is read in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from indexer.item import SLOTS
from indexer.taxonomy.kinds import KINDS
from service.query.intent import FIELDS, Mention
from service.query.reading.proposals import AGE, EXCLUDE, MAX, MIN, ONLY, OWN, SIZE, TEMPERATURE
from service.query.wording.vocabulary import Candidate

_PLURAL = {
    "kind": "kinds",
    "color": "colors",
    "material": "materials",
    "pattern": "patterns",
    "brand": "brands",
}
_NUMBERS = {MAX: "budget.max", MIN: "budget.min", AGE: "age", TEMPERATURE: "weather.temperature_c"}
_PLAIN = {"who": "department", "season": "season", "rain": "weather.rain", "snow": "weather.snow"}
_GROWN = 18


@dataclass(frozen=True, slots=True)
class Chosen:
    """A proposal with the role that it is read in, and the proposal that it is said of."""

    at: int
    found: Candidate
    role: int
    of: int | None = None


def mentions_of(text: str, chosen: Sequence[Chosen]) -> tuple[Mention, ...]:
    """The mentions in the order of the text. What is said of an owned piece is part of it."""
    described: dict[int, list[Chosen]] = {}
    for choice in chosen:
        if choice.role == OWN and choice.of is not None:
            described.setdefault(choice.of, []).append(choice)
    heads = [c for c in chosen if not (c.role == OWN and c.of is not None)]
    heads.sort(key=lambda c: (c.found.start, c.found.end, c.found.field))
    places: dict[int, int] = {}
    made: list[tuple[Mention, int | None]] = []
    young = any(c.role == AGE and float(c.found.value) < _GROWN for c in heads)
    for head in heads:
        mention = (
            _own(text, head, described.get(head.at, [])) if head.role == OWN else _mention(text, head, young)
        )
        if head.at >= 0:
            places[head.at] = len(made)
        made.append((mention, head.of))
        money = _currency(text, head) if head.role in (MAX, MIN) else None
        if money is not None and not any((m.field, m.value) == (money.field, money.value) for m, _ in made):
            made.append((money, None))
    mentions = [replace(m, of=places.get(of) if of is not None else None) for m, of in made]
    sized = [_sized(m, mentions) if m.field == "sizes" else m for m in mentions]
    return tuple(sized)


def _mention(text: str, choice: Chosen, young: bool) -> Mention:
    found, role = choice.found, choice.role
    words, excluded = text[found.start : found.end], role == EXCLUDE
    value: str | float | bool = found.value
    if found.field in _PLURAL:
        name = f"{'exclude' if excluded else 'include'}.{_PLURAL[found.field]}"
        if role == ONLY and (slot := slot_of(found.value)) is not None:
            name, value = "slots", slot
    elif found.field == "attribute":
        name = "exclude.attributes" if excluded != found.opposite else "attributes"
    elif found.field in _PLAIN:
        name = _PLAIN[found.field]
        value = True if found.field in ("rain", "snow") else found.value
        if young and found.field == "who":
            value = {"men": "boys", "women": "girls"}.get(found.value, found.value)
    elif role == SIZE:
        name = "sizes"
    else:
        name = _NUMBERS[role]
        amount = found.amount
        value = (
            float(found.value) if amount is None else amount.celsius if role == TEMPERATURE else amount.value
        )
    return Mention(words, found.start, found.end, name, value)


def _own(text: str, head: Chosen, described: Sequence[Chosen]) -> Mention:
    """An owned piece with all that is said of it: "red boots"."""
    start = min(c.found.start for c in (head, *described))
    end = max(c.found.end for c in (head, *described))
    parts = [c.found.value for c in sorted(described, key=lambda c: c.found.start)]
    value = " ".join([*dict.fromkeys(parts), head.found.value.replace("-", " ")])
    return Mention(text[start:end], start, end, "own", value)


def _currency(text: str, choice: Chosen) -> Mention | None:
    amount = choice.found.amount
    if amount is None or amount.currency is None:
        return None
    start, end = amount.money_start, amount.money_end
    return Mention(text[start:end], start, end, "budget.currency", amount.currency)


def _sized(size: Mention, mentions: Sequence[Mention]) -> Mention:
    """A size said of a garment is a size of its slot."""
    if size.of is None:
        return size
    name = f"sizes.{slot_of(str(mentions[size.of].value))}"
    return replace(size, field=name) if name in FIELDS else size


def slot_of(kind: str) -> str | None:
    """The slot of a kind, or of a slot's own name; None for what fills none."""
    if kind in SLOTS:
        return kind
    return KINDS[kind].slot if kind in KINDS else None
