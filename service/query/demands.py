"""What a request asks for, its fields and its words together: fields win over words, words over guesses.

Pure: joins what was read, reads nothing itself, and knows no items.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from indexer.item import SLOTS, Slot
from service.query.families import meant, slots_of
from service.query.intent import Mention, WishReading
from service.query.wording.throughout import joined, throughout
from service.schemas.outfits import OutfitRequest, Understood

_ADULT = ("women", "men", "unisex")
_FACETS = ("colors", "materials", "brands", "patterns")
_LEAST_STEER = 3
_SIZED: tuple[Slot, ...] = ("top", "bottom", "dress", "outerwear")


@dataclass(frozen=True, slots=True)
class NamedPiece:
    """A garment that the wish names: any of `kinds`, in any of the slots; what is said of it must hold of it."""

    text: str
    kinds: frozenset[str]
    slots: tuple[Slot, ...]
    colors: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    not_attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnPiece:
    """A garment that the shopper has, in their own words; the slot that it fills, None where nobody can tell."""

    text: str
    slot: Slot | None
    kind: str


@dataclass(frozen=True, slots=True)
class Demands:
    """`request` is the request with what its words say in its fields; `pieces` and `own` have no field for all of it.
    `steer` is the wish without the words that are demands, for what works by likeness.
    """

    request: OutfitRequest
    pieces: tuple[NamedPiece, ...] = ()
    own: tuple[OwnPiece, ...] = ()
    throughout: tuple[str, ...] = ()
    """Colours that all of the outfit is to have: "all black"."""
    kids_line: str = ""
    age: float | None = None
    steer: str = ""
    understood: tuple[Understood, ...] = ()
    unread: tuple[str, ...] = ()
    language: str = "en"


def join(request: OutfitRequest, reading: WishReading, own_kinds: Sequence[OwnPiece] = ()) -> Demands:
    """The demands of a request whose vibe was read so. `own_kinds` says what the own pieces of both are."""
    updates: dict[str, Any] = {}
    department, line, age = _who(request, reading)
    if request.department is None and department is not None:
        updates["department"] = department
    if request.season is None and (season := _first(reading, "season")) is not None:
        updates["season"] = season.value
    if (weather := _weather(request, reading)) is not None:
        updates["weather"] = weather
    if (budget := _budget(request, reading)) is not None:
        updates["budget"] = budget
    if sizes := _sizes(request, reading):
        updates["sizes"] = sizes
    exclude = request.exclude.model_dump()
    for facet in (*_FACETS, "kinds"):
        exclude[facet] = _union(exclude[facet], _values(reading, f"exclude.{facet}", free=True))
    exclude["attributes"] = _union(exclude["attributes"], _values(reading, "exclude.attributes", free=True))
    updates["exclude"] = exclude
    include = request.include.model_dump()
    for facet in _FACETS:
        include[facet] = _union(include[facet], _values(reading, f"include.{facet}", free=True))
    updates["include"] = include
    updates["attributes"] = _union(request.attributes, _values(reading, "attributes", free=True))
    if request.slots is None and (slots := _values(reading, "slots")):
        updates["slots"] = [s for s in SLOTS if s in slots]
    joined = OutfitRequest.model_validate({**request.model_dump(), **updates})
    return Demands(
        request=joined,
        pieces=tuple(_pieces(request, reading)),
        own=tuple(own_kinds),
        throughout=_throughout(request.vibe, reading),
        kids_line=line,
        age=age,
        steer=_steer(request.vibe, reading),
        understood=(*_of_fields(request), *_of_words(reading)),
        unread=(*reading.unread, *dict.fromkeys(m.text for m in _undone(reading))),
        language=reading.language,
    )


def _undone(reading: WishReading) -> list[Mention]:
    """What is read and nothing is done about: a least price, and departments that contradict each other. To be named as
    unread, since the shopper asked for it.
    """
    who = {m.value for m in _departments(reading)}
    grown = {str(value) for value in who} <= set(_ADULT) and len(who) > 1
    return [
        m
        for m in reading.mentions
        if m.field == "budget.min" or (grown and m.field == "department" and m in _departments(reading))
    ]


def _departments(reading: WishReading) -> list[Mention]:
    """Who the clothes are said to be for. An M that is a size is no man."""
    sized = {(m.start, m.end) for m in reading.of_field("sizes")}
    return [m for m in reading.of_field("department") if (m.start, m.end) not in sized]


def own_texts(request: OutfitRequest, reading: WishReading) -> list[str]:
    """What the shopper has, by fields and in the words of the wish."""
    return _union(request.own, [m.text for m in reading.of_field("own")])


def _who(request: OutfitRequest, reading: WishReading) -> tuple[str | None, str, float | None]:
    """Department, line of kids, and age in years. Two that contradict each other say nothing."""
    said = {str(m.value) for m in _departments(reading)}
    ages = [float(m.value) for m in reading.of_field("age") if not isinstance(m.value, str)]
    lines = said & {"girls", "boys"}
    line = next(iter(lines)) if len(lines) == 1 else ""
    if lines or "kids" in said or request.department == "kids":
        return "kids", line, ages[0] if ages else None
    grown = said & set(_ADULT)
    return (next(iter(grown)) if len(grown) == 1 else None), "", None


def _weather(request: OutfitRequest, reading: WishReading) -> dict[str, Any] | None:
    old = request.weather.model_dump() if request.weather else {}
    degrees = _first(reading, "weather.temperature_c")
    said = {
        "temperature_c": None if degrees is None else float(degrees.value),
        "rain": bool(reading.of_field("weather.rain")),
        "snow": bool(reading.of_field("weather.snow")),
    }
    if not any(value not in (None, False) for value in said.values()):
        return None
    return {**said, **{name: value for name, value in old.items() if value not in (None, False)}}


def _budget(request: OutfitRequest, reading: WishReading) -> dict[str, Any] | None:
    """The smallest amount named, where no field names one. "Bucks" are whatever the store sells in."""
    amounts = [m for m in reading.of_field("budget.max") if isinstance(m.value, int | float)]
    if request.budget is not None or not amounts:
        return None
    least = min(float(m.value) for m in amounts)
    currencies = [m for m in reading.of_field("budget.currency") if "buck" not in m.text.lower()]
    if least <= 0:
        return None
    return {"max": least, "currency": str(currencies[0].value) if currencies else None}


def _sizes(request: OutfitRequest, reading: WishReading) -> dict[Slot, list[str]]:
    """Fields win slot by slot; a size that is said of no garment is one of clothes."""
    found: dict[Slot, list[str]] = {}
    for mention in reading.mentions:
        if mention.field != "sizes" and not mention.field.startswith("sizes."):
            continue
        _, _, slot = mention.field.partition(".")
        for one in [s for s in SLOTS if s == slot] or _SIZED:
            found.setdefault(one, []).append(str(mention.value))
    return {**found, **request.sizes} if found else {}


def _pieces(request: OutfitRequest, reading: WishReading) -> Iterator[NamedPiece]:
    for name in request.include.kinds:
        kinds = meant(name)
        yield NamedPiece(name, kinds, slots_of(kinds))
    for index, mention in enumerate(reading.mentions):
        if mention.field != "include.kinds":
            continue
        kinds = meant(str(mention.value))
        about = [m for m in reading.mentions if m.of == index]

        def of(field: str, about: Sequence[Mention] = about) -> tuple[str, ...]:
            return tuple(str(m.value) for m in about if m.field == field)

        yield NamedPiece(
            mention.text,
            kinds,
            slots_of(kinds),
            colors=of("include.colors"),
            materials=of("include.materials"),
            brands=of("include.brands"),
            patterns=of("include.patterns"),
            attributes=of("attributes"),
            not_attributes=of("exclude.attributes"),
        )


def _throughout(vibe: str, reading: WishReading) -> tuple[str, ...]:
    """Colours said of the whole outfit, and those in one breath with them: "all white and cream"."""
    found: list[Mention] = []
    for mention in reading.of_field("include.colors"):
        if mention.of is not None:
            continue
        before = found[-1].end if found else 0
        if throughout(vibe, mention.start, mention.end) or (found and joined(vibe[before : mention.start])):
            found.append(mention)
    return tuple(dict.fromkeys(str(m.value) for m in found))


def _values(reading: WishReading, field: str, *, free: bool = False) -> list[str]:
    """Values of a field; `free`: only of mentions that are not said of one wanted piece.

    What is ruled out of one kind that is not wanted itself ("no leather shoes") is ruled out of all: said too much
    rather than too little.
    """
    wanted = {i for i, m in enumerate(reading.mentions) if m.field == "include.kinds"}
    return [
        str(m.value)
        for m in reading.mentions
        if m.field == field and not (free and m.of in wanted and not field.startswith("exclude.colors"))
    ]


def _first(reading: WishReading, field: str) -> Mention | None:
    return next((m for m in reading.mentions if m.field == field), None)


def _union(first: Sequence[str], second: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*first, *second]))


def _steer(vibe: str, reading: WishReading) -> str:
    """The wish without what is ruled out, owned, or a number: the words that are left say what it should be like."""
    dropped = [
        m
        for m in reading.mentions
        if m.field.startswith(("exclude.", "budget.", "sizes", "weather.temperature")) or m.field == "own"
    ]
    kept = "".join(
        " " if any(m.start <= i < m.end for m in dropped) else letter for i, letter in enumerate(vibe)
    )
    text = " ".join(kept.split())
    return text if sum(c.isalpha() for c in text) >= _LEAST_STEER else vibe


def _of_words(reading: WishReading) -> Iterator[Understood]:
    undone, departments = _undone(reading), _departments(reading)
    for m in reading.mentions:
        if m in undone or (m.field == "department" and m not in departments):
            continue
        value = m.text if m.field == "own" else m.value
        yield Understood(text=m.text, field=m.field, value=value, source=m.source)


def _of_fields(request: OutfitRequest) -> Iterator[Understood]:
    """What the request's own fields say, one entry a value."""
    given = request.model_dump(exclude_defaults=True, exclude={"vibe", "count", "seed", "explain", "trace"})
    for name in ("experiment", "shopper", "personalise", "style", "anchors"):
        given.pop(name, None)
    for field, value in _flat("", given):
        yield Understood(text="", field=field, value=value, source="field")


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(f"{prefix}.{name}" if prefix else str(name), inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _flat(prefix, inner)
    elif value is not None:
        yield prefix, value
