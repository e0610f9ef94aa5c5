"""Writes catalogues: what can be said, with its translations so far. A development tool; serving needs it not."""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from service.localization.catalogues import ENGLISH, LANGUAGES, path_of

_IDLE = tuple(
    f'"{name}: '.encode()
    for name in (
        "Project-Id-Version",
        "Report-Msgid-Bugs-To",
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Last-Translator",
        "Language-Team",
        "Generated-By",
    )
)
"""Heads of a catalogue that say nothing here."""


def updated(known: Catalog, folder: Path, domain: str) -> dict[str, list[str]]:
    """Writes the catalogue of every language anew; by language, the texts that are still to be translated."""
    lacking: dict[str, list[str]] = {}
    for language in LANGUAGES:
        if language == ENGLISH:
            continue
        path = path_of(folder, domain, language)
        path.parent.mkdir(parents=True, exist_ok=True)
        catalogue = Catalog(locale=language, domain=domain, charset="utf-8", fuzzy=False)
        if path.is_file():
            with path.open("rb") as file:
                catalogue = read_po(file, locale=language, domain=domain)
        catalogue.update(known, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        path.write_bytes(_written(catalogue, known.header_comment))
        lacking[language] = [str(m.id) for m in catalogue if m.id and _is_lacking(m.string)]
    return lacking


def _written(catalogue: Catalog, comment: str) -> bytes:
    """As a file, without what would change from run to run, and what nobody filled in."""
    out = io.BytesIO()
    catalogue.header_comment = comment
    write_po(out, catalogue, width=110, no_location=True, sort_output=True)
    lines = out.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(_IDLE))


def _is_lacking(text: object) -> bool:
    return not all(text) if isinstance(text, list | tuple) else not text
