"""The words of the pages in the visitor's language: gettext catalogues under `locale/`, one per language.

The English of a template is the key. A text that a catalogue does not have stays English. Knows no page.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

FOLDER = Path(__file__).parent / "locale"
DOMAIN = "pages"
LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "it": "Italiano",
    "pt": "Português",
    "nl": "Nederlands",
    "pl": "Polski",
    "zh": "中文",
    "ja": "日本語",
    "ar": "العربية",
}
"""The languages of the pages, each by its own name."""


@cache
def catalogue(language: str) -> NullTranslations:
    """The texts of one of the languages."""
    path = FOLDER / language / f"{DOMAIN}.po"
    if not path.is_file():
        return NullTranslations()
    with path.open("rb") as file:
        read = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return Translations(compiled, domain=DOMAIN)


def is_right_to_left(language: str) -> bool:
    """Which way a page in this language runs."""
    return Locale.parse(language).text_direction == "rtl"


def page_language(tag: str) -> str:
    """The language of the pages for a BCP 47 tag, such as "de" for "de-AT"; English for others."""
    short = tag.partition("-")[0].lower()
    return short if short in LANGUAGES else "en"
