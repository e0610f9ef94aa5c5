"""Every phrase that may name something, with what it means: the taxonomy's own tables, those beside this file, and
the brands of a catalogue. Knows no wish.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from indexer.item import SLOTS
from indexer.taxonomy.kinds import KINDS
from indexer.taxonomy.phrases import parse_table, read_table

ANY_LANGUAGE = "*"

SILENT = "-"
NAMELESS = "?"
"""The value of words that ask for something the catalogue has no name for: a veil, anything neon."""
WORN_BUT_NOT_COMPOSED = frozenset(
    {
        *("underwear", "bra", "thermal-underwear", "sleepwear", "loungewear", "robe", "slippers", "costume"),
        *("wetsuit", "wallet", "baby-bodysuit"),
    }
)
"""Kinds without a slot that a wish may nevertheless speak of. Of books, food and pets it never asks."""
_TABLES: tuple[tuple[str, str], ...] = (
    ("colors.tsv", "color"),
    ("materials.tsv", "material"),
    ("patterns.tsv", "pattern"),
    ("seasons.tsv", "season"),
    ("departments.tsv", "who"),
)
_SEASONS = frozenset({"spring", "summer", "autumn", "winter"})
_WHOLE_SLOT = {"day-dress": "dress"}
"""A bare "dress" asks for whatever fills the slot, not for a day dress."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a phrase means in one language. `weak`: it often means something else. `own`: only in this language.

    `opposite`: the words ask for the contrary of `value`. `learned`: from wishes, not from a table. `preferred`: what
    shoppers mean by it, where a feed means something else.
    """

    field: str
    value: str
    language: str
    weak: bool = False
    own: bool = False
    opposite: bool = False
    learned: bool = False
    preferred: bool = False
    spelled: str = ""


def kind_value(kind: str) -> str:
    """What a kind is called in a reading: its own name, or the slot's where the word says no more than that."""
    return _WHOLE_SLOT.get(kind, kind)


def is_kind(value: str) -> bool:
    """Whether a reading may name this kind or slot."""
    return (
        value in SLOTS or value in WORN_BUT_NOT_COMPOSED or (value in KINDS and KINDS[value].slot is not None)
    )


def phrases(brands: Collection[str] = ()) -> Iterator[tuple[str, Meaning]]:
    """Every phrase with each of its meanings."""
    yield from _of_tables()
    yield from ((brand, Meaning("brand", brand, ANY_LANGUAGE)) for brand in brands if brand.strip())


@lru_cache(maxsize=1)
def _of_tables() -> tuple[tuple[str, Meaning], ...]:
    return (*_kinds(), *_facets(), *_beside())


def _kinds() -> Iterator[tuple[str, Meaning]]:
    folder = files("indexer.taxonomy") / "words"
    for name in sorted(f.name for f in folder.iterdir() if f.name.endswith(".tsv")):
        language = name.removesuffix(".tsv")
        if language == "categories":
            continue
        language = ANY_LANGUAGE if len(language) > 2 else language
        for _, key, spellings in read_table(f"words/{name}"):
            if key == SILENT or is_kind(key):
                yield from (_marked(p, "kind", kind_value(key), language) for p in spellings)


def _facets() -> Iterator[tuple[str, Meaning]]:
    for name, facet in _TABLES:
        for _, key, spellings in read_table(name):
            if key != SILENT and (facet != "season" or key in _SEASONS):
                yield from (_marked(p, facet, key, ANY_LANGUAGE) for p in spellings)


def _marked(phrase: str, field: str, value: str, language: str) -> tuple[str, Meaning]:
    bare = phrase.rstrip("?~*")
    marks = phrase[len(bare) :]
    return bare, Meaning(field, value, language, weak="?" in marks, own="~" in marks)


def _beside() -> Iterator[tuple[str, Meaning]]:
    for name, facet in (("attributes.tsv", "attribute"), ("people.tsv", "who"), ("weather.tsv", "")):
        for language, key, spellings in _keyed(name):
            opposite, value = key.startswith("-"), key.lstrip("-")
            field = facet or ("season" if value in _SEASONS else value)
            meaning = Meaning(field, value, language, opposite=opposite)
            yield from ((p, meaning) for p in spellings)
    for name in ("kinds.tsv", "colloquial.tsv"):
        for language, key, spellings in _keyed(name):
            facet, _, value = key.partition(":")
            meaning = Meaning(facet, "" if value == NAMELESS else value, language, preferred=True)
            yield from ((p, meaning) for p in spellings)


def learned_meanings(text: str, name: str) -> Iterator[tuple[str, Meaning]]:
    """What wishes taught: rows `language:facet:value<TAB>phrases`, where NAMELESS is a value that has no name here."""
    for language, key, spellings in _rows(text, name):
        facet, _, value = key.partition(":")
        meaning = Meaning(facet, "" if value == NAMELESS else value, language, learned=True, preferred=True)
        yield from ((p, meaning) for p in spellings)


def _keyed(name: str) -> Iterator[tuple[str, str, list[str]]]:
    """Rows of a table `language:key<TAB>phrases` beside this file."""
    yield from _rows((files(__package__) / name).read_text(encoding="utf-8"), name)


def _rows(text: str, name: str) -> Iterator[tuple[str, str, list[str]]]:
    for number, key, spellings in parse_table(text, name):
        language, colon, value = key.partition(":")
        if not colon or not value:
            raise ValueError(f"{name}, line {number}: {key!r} is not of the form language:key")
        yield language, value, spellings
