"""The kinds of product: slot, formality, warmth and tags of each. Reads `kinds.toml`; knows no words of text."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import get_args

from indexer.item import ATTRIBUTES, COVERED_BY_DRESS, DEPARTMENTS, SLOTS, Department, Slot

TAGS: frozenset[str] = frozenset(
    {
        "swim",
        "sport",
        "open-shoe",
        "heavy-shoe",
        "rain-ok",
        "no-rain",
        "snow",
        "legs-bare",
        "underwear",
        "costume",
        "household",
        "ethnic",
        "party",
        "work",
        "layer",
        "hosiery",
        "needs-top",
        "set",
        "sleep",
    }
)

UNKNOWN = "unknown"
_NO_SLOT = "none"
_KEYS = frozenset(
    {"slot", "formality", "warmth", "tags", "departments", "generic", "covers", "attributes", "under"}
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of product. `slot` None: never composed. Formality is 1..5, warmth 0..4 (see `kinds.toml`).

    `generic` kinds say little more than their slot, so a more exact one found in the text replaces them.
    `departments` are who plausibly wears it; empty means anyone. `covers` are the slots that it fills where they are
    more than its own, `attributes` what is true of nearly all of them, `under` the kinds that a shop
    may call it by instead.
    """

    name: str
    slot: Slot | None
    formality: int
    warmth: int
    tags: tuple[str, ...] = ()
    departments: tuple[Department, ...] = ()
    generic: bool = False
    covers: tuple[Slot, ...] = ()
    attributes: tuple[str, ...] = ()
    under: tuple[str, ...] = ()


def parse_kinds(text: str, file: str) -> Mapping[str, Kind]:
    """The kinds in TOML `text`. Raises ValueError naming `file`, the kind and the key that is wrong."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{file}: {error}") from error
    kinds = {name: _kind(name, entry, file) for name, entry in table.items()}
    for kind in kinds.values():
        for broader in kind.under:
            if broader not in kinds or kinds[broader].slot != kind.slot:
                raise ValueError(
                    f"{file}: kind {kind.name!r}: key 'under': {broader!r} is no kind of the same slot"
                )
    return MappingProxyType(kinds)


def _kind(name: str, entry: object, file: str) -> Kind:
    where = f"{file}: kind {name!r}"
    if not isinstance(entry, dict):
        raise ValueError(f"{where}: not a table")
    if unknown := set(entry) - _KEYS:
        raise ValueError(f"{where}: unknown key {sorted(unknown)[0]!r}")
    slot = entry.get("slot")
    if slot != _NO_SLOT and slot not in SLOTS:
        raise ValueError(f"{where}: key 'slot': {slot!r} is not one of {', '.join(SLOTS)} or none")
    return Kind(
        name=name,
        slot=None if slot == _NO_SLOT else next(s for s in SLOTS if s == slot),
        formality=_level(entry, "formality", 1, 5, where),
        warmth=_level(entry, "warmth", 0, 4, where),
        tags=_words(entry, "tags", TAGS, where),
        departments=tuple(
            d
            for d in DEPARTMENTS
            if d in _words(entry, "departments", frozenset(get_args(Department)), where)
        ),
        generic=_flag(entry, "generic", where),
        covers=_covers(entry, where),
        attributes=_words(entry, "attributes", frozenset(ATTRIBUTES), where),
        under=_names(entry, "under", where),
    )


def _covers(entry: dict[str, object], where: str) -> tuple[Slot, ...]:
    named = _words(entry, "covers", frozenset(SLOTS), where)
    usual = COVERED_BY_DRESS if entry["slot"] == "dress" and "covers" not in entry else ()
    return tuple(s for s in SLOTS if s in named) or usual


def _level(entry: dict[str, object], key: str, low: int, high: int, where: str) -> int:
    value = entry.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"{where}: key {key!r}: {value!r} is not a whole number from {low} to {high}")
    return value


def _names(entry: dict[str, object], key: str, where: str) -> tuple[str, ...]:
    value = entry.get(key, [])
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValueError(f"{where}: key {key!r}: not a list of names")
    return tuple(value)


def _words(entry: dict[str, object], key: str, allowed: frozenset[str], where: str) -> tuple[str, ...]:
    value = entry.get(key, [])
    if not isinstance(value, list):
        raise ValueError(f"{where}: key {key!r}: not a list")
    for word in value:
        if word not in allowed:
            raise ValueError(f"{where}: key {key!r}: {word!r} is not one of {', '.join(sorted(allowed))}")
    return tuple(value)


def _flag(entry: dict[str, object], key: str, where: str) -> bool:
    value = entry.get(key, False)
    if not isinstance(value, bool):
        raise ValueError(f"{where}: key {key!r}: {value!r} is not true or false")
    return value


def _load() -> Mapping[str, Kind]:
    return parse_kinds((files(__package__) / "kinds.toml").read_text(encoding="utf-8"), "kinds.toml")


KINDS: Mapping[str, Kind] = _load()


def _narrower() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {name: {name} for name in KINDS}
    for _ in range(3):  # as deep as the table goes
        for kind in KINDS.values():
            for broader in kind.under:
                found[broader] |= found[kind.name]
    return MappingProxyType({name: frozenset(kinds) for name, kinds in found.items()})


# Kind -> itself and the kinds that may be sold by its name.
NARROWER: Mapping[str, frozenset[str]] = _narrower()

# What to call a product of which only the slot is known.
GENERIC_KIND: Mapping[Slot, str] = MappingProxyType(
    {
        "top": "top",
        "bottom": "trousers",
        "dress": "day-dress",
        "outerwear": "jacket",
        "shoes": "shoes",
        "bag": "bag",
        "jewelry": "jewelry",
        "accessory": "accessory",
    }
)
