"""Gold values in the catalogue's own terms: "sage" is mint there, "tweed" wool, and of petticoats it knows nothing."""

from __future__ import annotations

from functools import lru_cache

from indexer.taxonomy.heads import find_head, product_words
from indexer.taxonomy.lexicon import SILENT, keys, split_words, table, whole
from service.query.families import barred, meant
from service.query.wording.meanings import is_kind, kind_value, phrases
from service.query.wording.words import phrase_keys

_TABLES = {"color": "colors.tsv", "material": "materials.tsv", "pattern": "patterns.tsv"}
FACET_OF: dict[str, str] = {
    **{
        f"{wish}.{facet}s": facet
        for wish in ("include", "exclude")
        for facet in ("kind", "color", "material", "pattern")
    },
    "include.brands": "brand",
    "exclude.brands": "brand",
    "attributes": "attribute",
    "exclude.attributes": "attribute",
    "slots": "kind",
    "own": "own",
    "department": "who",
    "season": "season",
    "weather.rain": "rain",
    "weather.snow": "snow",
    "age": "number",
    "budget.max": "number",
    "budget.min": "number",
    "budget.currency": "currency",
    "weather.temperature_c": "number",
}
"""The facet that a field's words are proposed as; those of sizes are labels or numbers."""


def facet_of(field: str) -> str:
    """The facet of a request's field."""
    return "size" if field.startswith("sizes") else FACET_OF[field]


@lru_cache(maxsize=8192)
def canonical(facet: str, value: str) -> str | None:
    """What a reading may call a gold value; None for what the catalogue has no name for."""
    if facet == "kind":
        return _kind(value)
    if facet in _TABLES:
        name = _TABLES[facet]
        if value in {e.key for entries in table(name)._entries.values() for e in entries.values()}:
            return value
        found = whole(name, value) or next(iter(keys(name, value)), None)
        return _shopper_word(facet, value) if found in (None, SILENT) else found
    return value


def _kind(value: str) -> str | None:
    if is_kind(value):
        return kind_value(value)
    entry = product_words().get(split_words(value), "en")
    named = entry.key if entry is not None else getattr(find_head(value, "en"), "kind", None)
    return kind_value(named) if named is not None and is_kind(named) else _shopper_word("kind", value)


def _shopper_word(facet: str, value: str) -> str | None:
    """What the English tables of shoppers' words call a gold value: "duck egg" is mint there."""
    return _shopper_words().get((facet, phrase_keys(value)))


@lru_cache(maxsize=1)
def _shopper_words() -> dict[tuple[str, tuple[str, ...]], str]:
    known = {}
    for phrase, meaning in phrases():
        if meaning.language == "en" and meaning.preferred and meaning.value:
            known[meaning.field, phrase_keys(phrase)] = meaning.value
    return known


def agrees(facet: str, gold: str, read: str, *, excluded: bool = False, said: str = "") -> bool:
    """Whether a value that was read does for the gold one.

    A wanted kind may be read narrower than gold, and an unwanted one wider, where the shop's families have it so:
    whoever gets an overcoat has a coat, and who is spared all tights is spared sheer ones. It may be read wider where
    the words `said` are a table's own for that wider kind: "shoes" among running gear ask for no more than shoes,
    though gold may know better.
    """
    wanted = canonical(facet, gold)
    if wanted is None:
        return False
    if read == wanted:
        return True
    if facet != "kind":
        return False
    if excluded:
        return bool(barred(wanted)) and barred(wanted) <= barred(read)
    narrower = bool(meant(read)) and meant(read) <= meant(wanted)
    return narrower or (wanted in meant(read) and _names(said, read))


@lru_cache(maxsize=1)
def _names_of_kinds() -> frozenset[tuple[tuple[str, ...], str]]:
    return frozenset((phrase_keys(p), m.value) for p, m in phrases() if m.field == "kind")


def _names(said: str, kind: str) -> bool:
    return (phrase_keys(said), kind) in _names_of_kinds()
