"""Gettext catalogues as the service reads them: one `.po` file per language, with English as the key.

A text that a catalogue does not have stays English. Knows no text.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

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
"""The languages that shoppers are spoken to in, each by its own name."""
ENGLISH = "en"


def path_of(folder: Path, domain: str, language: str) -> Path:
    """Where the catalogue of a language lies."""
    return folder / language / f"{domain}.po"


@cache
def catalogue(folder: Path, domain: str, language: str) -> NullTranslations:
    """The texts of a domain in one of the languages."""
    path = path_of(folder, domain, language)
    if not path.is_file():
        return NullTranslations()
    with path.open("rb") as file:
        read = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return Translations(compiled, domain=domain)


def spoken(tag: str) -> str | None:
    """The one of the languages that a BCP 47 tag means, such as "de" for "de-AT"; None for another language."""
    short = tag.partition("-")[0].lower()
    return short if short in LANGUAGES else None


def is_right_to_left(language: str) -> bool:
    """Which way a text in this language runs."""
    return Locale.parse(language).text_direction == "rtl"
