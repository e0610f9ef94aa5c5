"""Who an item is for: women, men, anyone, or kids with a girls' or boys' line, in the words of shops of many lands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from indexer.item import Department
from indexer.record import Row
from indexer.taxonomy.kinds import Kind
from indexer.taxonomy.lexicon import matches, split_words, table

KidsLine = Literal["girls", "boys", ""]
_TABLE = "departments.tsv"
_CHILDREN = frozenset({"kids", "girls", "boys"})


def department(row: Row, kind: Kind) -> tuple[Department, bool]:
    """The field beats the title, the title the category; when nothing says, whoever plausibly wears the kind.

    A field whose words are not known says nothing: see `is_known`.
    """
    for text, derived in _texts(row):
        found = _department(_named(text, derived))
        if found == "unisex" and not derived and _department(_named(row.title, True)) == "kids":
            return "kids", True  # "unisex" says nothing of age
        if found is not None:
            return found, derived
    if len(kind.departments) == 1:
        return kind.departments[0], True
    return "unisex", True


def kids_line(row: Row, of: Department) -> tuple[KidsLine, bool]:
    """ "girls" or "boys" for a kids' item whose words name one of them, else ""."""
    if of != "kids":
        return "", False
    for text, derived in _texts(row):
        found = set(_named(text, derived))
        girls = bool(found & {"girls", "women"})
        boys = bool(found & {"boys", "men"})
        if girls != boys:
            return ("girls" if girls else "boys"), derived
        if girls and boys:
            return "", derived
    return "", False


def is_known(field: str) -> bool:
    """Whether a department field is understood, were it that it narrows nothing ("Adults"). An empty one is."""
    tokens = split_words(field)
    return not tokens or any(True for _ in table(_TABLE).find(tokens, "en"))


def _named(text: str, derived: bool) -> list[str]:
    """The departments in a text. A word that means something else in titles counts only as the whole of a field."""
    tokens = split_words(text)
    found = matches(_TABLE, tokens)
    clear = [m for m in found if not m.entry.weak or (not derived and m.end - m.start == len(tokens))]
    return list(dict.fromkeys(m.entry.key for m in clear))


def _texts(row: Row) -> Iterable[tuple[str, bool]]:
    yield row.department, False
    yield from ((t, True) for t in (row.title, row.product_type, row.category, " ; ".join(row.tags)))


def _department(found: list[str]) -> Department | None:
    if _CHILDREN & set(found):
        return "kids"
    if "unisex" in found or {"women", "men"} <= set(found):
        return "unisex"
    if "women" in found:
        return "women"
    return "men" if "men" in found else None
