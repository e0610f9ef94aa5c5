"""The words of the pages in the visitor's language: the catalogues under `locale/`. Knows no page."""

from __future__ import annotations

from pathlib import Path

from babel.support import NullTranslations

from service.localization import catalogues

FOLDER = Path(__file__).parent / "locale"
DOMAIN = "pages"


def catalogue(language: str) -> NullTranslations:
    """The texts of the pages in one of the languages."""
    return catalogues.catalogue(FOLDER, DOMAIN, language)


def page_language(tag: str) -> str:
    """The language of the pages for a BCP 47 tag, such as "de" for "de-AT"; English for others."""
    return catalogues.spoken(tag) or catalogues.ENGLISH
