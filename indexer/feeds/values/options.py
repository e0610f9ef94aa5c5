"""A variant's options ("Farbe: Rot", "Shoe size: 39") -> fields, whatever their order and language."""

from __future__ import annotations

from collections.abc import Sequence

from indexer.feeds.values.choices import is_size, split_choice
from indexer.feeds.values.synonyms import canonical_field, normalise

_OPTION_FIELDS = frozenset(
    {"color", "size", "material", "pattern", "season", "formality", "brand", "department"}
)
_STEMS = (
    ("color", ("color", "colour", "farb", "couleur", "colore", "coloris")),
    ("size", ("size", "groesse", "grosse", "taille", "talla", "taglia", "pointure")),
    ("material", ("material", "fabric", "stoff", "tissu", "tessuto", "matiere")),
)


def option_field(name: str) -> str | None:
    """The field that an option of this name fills; None for options such as "Length" or "Style"."""
    key = name.removeprefix("pa_")
    field = canonical_field(key)
    if field in _OPTION_FIELDS:
        return field
    plain = normalise(key)
    return next((f for f, stems in _STEMS if any(stem in plain for stem in stems)), None)


def option_fields(options: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The fields of named option values. What is no known attribute is part of the choice of size.

    One option of an unknown name that holds everything ("Title: Red / S") is taken apart.
    """
    fields: dict[str, str] = {}
    others = []
    for name, value in options:
        field = option_field(name)
        if field is None or field in fields:
            others.append(value)
        else:
            fields[field] = value
    if len(others) == 1 and "size" not in fields:
        size, rest = split_choice(others[0])
        if size and rest and "color" not in fields:
            return fields | {"size": size, "color": rest}
    if others:
        fields["size"] = " / ".join([*([fields["size"]] if "size" in fields else []), *others])
    return fields


def size_is_hidden(options: Sequence[tuple[str, str]]) -> bool:
    """Whether no option is called a size, and one of another name holds one ("Title: Red / S")."""
    if any(option_field(name) == "size" for name, _ in options):
        return False
    values = [value for name, value in options if option_field(name) is None]
    return any(is_size(value) or split_choice(value)[0] for value in values)
