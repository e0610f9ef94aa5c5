"""The words that a request's fields may rule in and out: those of the tables, in all languages, and the store's own.

A word of another language comes out as the tables call it; one that nobody knows is refused, with the nearest that are
known. Brands and attributes are not judged so: what is not known of them is named as unread.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from rapidfuzz import fuzz, process

from indexer.taxonomy.classify import ProductText, classify
from indexer.taxonomy.kinds import KINDS
from indexer.taxonomy.lexicon import SILENT, keys, split_words
from indexer.taxonomy.phrases import read_table
from service.catalog.columns import CatalogColumns
from service.errors import FieldError, InvalidError
from service.query.families import meant
from service.retrieval.tables import attribute_rules
from service.schemas.outfits import OutfitRequest

_TABLES: Mapping[str, tuple[str, str]] = {
    "colors": ("colors.tsv", "color"),
    "materials": ("materials.tsv", "material"),
    "patterns": ("patterns.tsv", "pattern"),
}
_SHOWN = 3
_SURE = 0.8


def checked(request: OutfitRequest, columns: CatalogColumns) -> tuple[OutfitRequest, list[str]]:
    """The request in words that filters know, and the words of it that say nothing here.

    Raises InvalidError naming every colour, material, pattern and kind that is not known, with the nearest that are.
    """
    wrong: list[FieldError] = []
    update = {}
    for part in ("include", "exclude"):
        body = getattr(request, part)
        found = {
            name: _known(f"{part}.{name}", name, getattr(body, name), columns, wrong)
            for name in (*_TABLES, "kinds")
        }
        update[part] = body.model_copy(update=found)
    if wrong:
        raise InvalidError.of(*wrong)
    if update == {part: getattr(request, part) for part in update}:
        return request, _silent(request, columns)
    return request.model_copy(update=update), _silent(request, columns)


def _known(
    field: str, name: str, words: Iterable[str], columns: CatalogColumns, wrong: list[FieldError]
) -> list[str]:
    found: list[str] = []
    for place, word in enumerate(words):
        named = _kinds(word) if name == "kinds" else _named(word, name, columns)
        if not named:
            near = _nearest(word, name)
            hint = f"nearest: {', '.join(near)}" if near else "no known word is like it"
            wrong.append(FieldError(f"{field}.{place}", f"{word!r} is not known; {hint}"))
        found += named
    return list(dict.fromkeys(found))


def _named(word: str, name: str, columns: CatalogColumns) -> list[str]:
    """As the table calls it, and as it was said where the store's own values have it."""
    file, column = _TABLES[name]
    plain = " ".join(word.casefold().split())
    own = [plain] if columns.mentioning(column, [plain]).any() else []
    exact = [key for key in keys(file, plain) if key != SILENT]
    return list(dict.fromkeys([*own, *exact]))


def _kinds(word: str) -> list[str]:
    """A kind, a slot or a word for several, as it is called here; else what a title of that word would be."""
    plain = "-".join(word.casefold().split())
    for form in (plain, plain.replace("-", " "), plain.removesuffix("s"), f"{plain}s"):
        if meant(form):
            return [form]
    guess = classify([ProductText(title=word)])[0]
    return [guess.kind] if guess.source == "table" and guess.confidence > _SURE else []


@cache
def _vocabulary(name: str) -> tuple[str, ...]:
    if name == "kinds":
        return tuple(kind.replace("-", " ") for kind in KINDS)
    return tuple(key for _, key, _ in read_table(_TABLES[name][0]) if key != SILENT)


def _nearest(word: str, name: str) -> list[str]:
    plain = " ".join(split_words(word))
    found = process.extract(plain, _vocabulary(name), scorer=fuzz.ratio, limit=_SHOWN, score_cutoff=50)
    return [match for match, *_ in found]


def _silent(request: OutfitRequest, columns: CatalogColumns) -> list[str]:
    """Brands that the store does not have, and attributes that no table knows."""
    brands = [*request.exclude.brands, *request.include.brands]
    attributes = [*request.attributes, *request.exclude.attributes]
    unknown = [b for b in brands if b.casefold() not in columns.inverted["brand"]]
    return list(dict.fromkeys([*unknown, *(a for a in attributes if a not in attribute_rules())]))
