"""Brings the catalogues of the service's texts up to date with its code and its tables.

A development tool: `python -m service.localization.extraction` finds every template of a `phrase`, and every name that
the tables have of levels, rules, colours and the like, and writes one catalogue per language, with what was translated
before in its place, and what is new empty. It ends with 1 where a text lacks a translation. Serving needs none of it.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir

from indexer.item import DEPARTMENTS, SEASONS, SLOTS
from service.localization.po_files import updated
from service.localization.text import DOMAIN, FOLDER, Facet

_SERVICE = Path(__file__).parent.parent
_METHODS = [("**.py", "python")]
_COMMENT = "# What shoppers read in answers."
_LINES = ("girls", "boys")
_FACETS = ("skus", "brands", "colors", "materials", "kinds", "patterns", "attributes")
_TABLES: dict[Facet, str] = {
    "color": "colors.tsv",
    "material": "materials.tsv",
    "pattern": "patterns.tsv",
    "attribute": "attributes.tsv",
}
_PROBLEMS = (
    "Internal error",
    "Unauthorized",
    "Forbidden",
    "Not found",
    "Conflict",
    "Content too large",
    "URI too long",
    "Invalid request",
    "Too many requests",
    "Service unavailable",
)


def known() -> Catalog:
    """Every text that the service may say to a shopper, not translated."""
    found = Catalog(charset="utf-8", header_comment=_COMMENT)
    for _, _, message, comments, context in extract_from_dir(_SERVICE, _METHODS, keywords={"phrase": None}):
        found.add(message, None, auto_comments=comments, context=context)
    for facet, key in names():
        found.add(key, None, context=facet)
    return found


def names() -> Iterator[tuple[Facet, str]]:
    """What has a name of its own, by what it is; kinds of pieces have theirs in tables of words."""
    yield from (("slot", slot) for slot in SLOTS)
    yield from (("department", department) for department in (*DEPARTMENTS, *_LINES))
    yield from (("season", season) for season in SEASONS)
    yield from (("facet", facet) for facet in _FACETS)
    yield from (("problem", title) for title in _PROBLEMS)
    for facet, table in _TABLES.items():
        yield from ((facet, key) for key in _keys(table))
    yield from (("attribute", key) for key in _toml("retrieval/attributes.toml"))
    levels = _toml("policy/formality.toml")["level"]
    yield from (("level", level) for level in levels.values())
    for table in ("formality", "suitability"):
        yield from (("rule", sentence) for sentence in _sentences(_toml(f"policy/{table}.toml")))


def _toml(path: str) -> dict[str, Any]:
    return tomllib.loads((_SERVICE / path).read_text(encoding="utf-8"))


def _sentences(table: object) -> Iterator[str]:
    if isinstance(table, dict):
        for key, value in table.items():
            if key == "sentence":
                yield str(value)
            else:
                yield from _sentences(value)


def _keys(table: str) -> list[str]:
    lines = (files("indexer.taxonomy") / table).read_text(encoding="utf-8").splitlines()
    keys = (line.partition("\t")[0] for line in lines if line and not line.startswith(("#", "-")))
    return list(dict.fromkeys(keys))


def main() -> int:
    """Writes all catalogues anew, and says what each still lacks."""
    lacking = updated(known(), FOLDER, DOMAIN)
    for language, texts in lacking.items():
        sys.stdout.write(f"{language}: {len(texts)} to translate\n")
        sys.stdout.writelines(f"  {text}\n" for text in texts)
    return int(any(lacking.values()))


if __name__ == "__main__":
    sys.exit(main())
