"""What a word for clothes takes in: "boots" are ankle boots too. Reads `families.toml`; knows no words of text."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from indexer.item import SLOTS, Slot
from indexer.taxonomy.kinds import KINDS, Kind

_KEYS = {"is", "bars"}


def meant(word: str) -> frozenset[str]:
    """The kinds that who asks for a kind, or for a slot, would take; empty for a word that is neither."""
    row = _families().get(word)
    if row is not None:
        return frozenset(row["is"])
    return _of_slot(word) or frozenset({word} & KINDS.keys())


def barred(word: str) -> frozenset[str]:
    """The kinds that go when a kind, or a slot, is ruled out."""
    return meant(word) | frozenset(_families().get(word, {}).get("bars", ()))


def slots_of(kinds: frozenset[str]) -> tuple[Slot, ...]:
    """The slots that pieces of these kinds lie in, in the usual order."""
    known = KINDS
    found = {known[kind].slot for kind in kinds if kind in known}
    return tuple(slot for slot in SLOTS if slot in found)


def parse_families(
    text: str, file: str, kinds: Mapping[str, Kind]
) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Word -> its kinds, by `is` and `bars`. Raises ValueError naming `file`, the word and what is wrong."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{file}: {error}") from error
    found: dict[str, Mapping[str, tuple[str, ...]]] = {}
    for word, row in table.items():
        if not isinstance(row, dict) or set(row) - _KEYS or "is" not in row:
            raise ValueError(f"{file}: {word!r}: not a table of 'is' and 'bars'")
        if unknown := [kind for values in row.values() for kind in values if kind not in kinds]:
            raise ValueError(f"{file}: {word!r}: no kind {unknown[0]!r}")
        found[word] = {key: tuple(values) for key, values in row.items()}
    return found


@lru_cache(maxsize=1)
def _families() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    text = (files(__package__) / "families.toml").read_text(encoding="utf-8")
    return parse_families(text, "families.toml", KINDS)


@lru_cache(maxsize=16)
def _of_slot(word: str) -> frozenset[str]:
    return frozenset(name for name, kind in KINDS.items() if kind.slot == word)
