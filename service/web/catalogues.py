"""Brings the catalogues of the pages' texts up to date with the templates.

A development tool: `python -m service.web.catalogues` reads every text that is marked, and writes one catalogue per
language, with what was translated before in its place, and what is new empty. Serving needs none of it.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from service.web.texts import DOMAIN, FOLDER, LANGUAGES

_PAGES = Path(__file__).parent
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
_OPTIONS = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}
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
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}


def template() -> Catalog:
    """Every text of the pages, not translated."""
    found = Catalog(project="vibe-stylist", charset="utf-8", header_comment="# Texts of the pages.")
    for name, line, message, comments, context in extract_from_dir(
        _PAGES, _METHODS, _OPTIONS, keywords=_KEYWORDS, comment_tags=("NOTE:",)
    ):
        if not name.startswith("templates/staff/"):
            found.add(message, None, [(name, line)], auto_comments=comments, context=context)
    return found


def path_of(language: str) -> Path:
    """Where the catalogue of a language lies."""
    return FOLDER / language / f"{DOMAIN}.po"


def main() -> None:
    """Writes all catalogues anew, and says how many texts each still lacks."""
    known = template()
    for language in LANGUAGES:
        if language == "en":
            continue
        path = path_of(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        catalogue = Catalog(locale=language, domain=DOMAIN, charset="utf-8", fuzzy=False)
        if path.is_file():
            with path.open("rb") as file:
                catalogue = read_po(file, locale=language, domain=DOMAIN)
        catalogue.update(known, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        path.write_bytes(_written(catalogue))
        lacking = sum(_is_lacking(message.string) for message in catalogue if message.id)
        sys.stdout.write(f"{language}: {len(catalogue)} texts, {lacking} to translate\n")


def _written(catalogue: Catalog) -> bytes:
    """As a file, without what would change from run to run, and what nobody filled in."""
    out = io.BytesIO()
    catalogue.header_comment = "# Texts of the pages."
    write_po(out, catalogue, width=110, no_location=True, sort_output=True)
    lines = out.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(_IDLE))


def _is_lacking(text: object) -> bool:
    return not all(text) if isinstance(text, list | tuple) else not text


if __name__ == "__main__":
    main()
