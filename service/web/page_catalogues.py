"""Brings the catalogues of the pages' texts up to date with the templates.

A development tool: `python -m service.web.page_catalogues` reads every text that is marked, and writes one catalogue
per language, with what was translated before in its place, and what is new empty. Serving needs none of it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir

from service.localization.po_files import updated
from service.web.texts import DOMAIN, FOLDER

_PAGES = Path(__file__).parent
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
_OPTIONS = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}
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


def main() -> None:
    """Writes all catalogues anew, and says how many texts each still lacks."""
    for language, texts in updated(template(), FOLDER, DOMAIN).items():
        sys.stdout.write(f"{language}: {len(texts)} to translate\n")


if __name__ == "__main__":
    main()
