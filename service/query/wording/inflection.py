"""Stems: what the forms of a word in one language have in common. Crude, and the same for table and text.

No dictionary: endings are taken off, and a few changes of the stem before them undone, so that a table need not list
every case. Words that only look alike may meet; whether a word is meant is decided elsewhere.
"""

from __future__ import annotations

import re
from functools import lru_cache

from indexer.taxonomy.phrases import singular

_MIN_STEM = 3

_ENDINGS: dict[str, tuple[str, ...]] = {
    "de": ("ern", "en", "er", "es", "em", "e", "n", "s"),
    "fr": ("aux", "ees", "es", "ee", "e", "s", "x"),
    "es": ("itos", "itas", "ito", "ita", "os", "as", "es", "o", "a", "e", "s"),
    "it": ("ini", "ine", "ino", "ina", "hi", "he", "o", "a", "i", "e"),
    "pt": ("inhos", "inhas", "inho", "inha", "oes", "aes", "os", "as", "es", "ao", "o", "a", "e", "s"),
    "nl": ("tjes", "tje", "jes", "je", "en", "es", "e", "s", "n"),
    "pl": (
        *(
            "iego",
            "iemu",
            "iach",
            "iami",
            "owie",
            "ego",
            "emu",
            "ach",
            "ami",
            "ych",
            "ich",
            "ymi",
            "imi",
            "owi",
        ),
        *(
            "iej",
            "iem",
            "ej",
            "em",
            "ym",
            "im",
            "om",
            "ow",
            "ia",
            "ie",
            "iu",
            "io",
            "a",
            "e",
            "i",
            "y",
            "o",
            "u",
        ),
    ),
}
"""Longest first. Words are folded, so accents are gone."""

_ARABIC_PREFIX = re.compile("^(?:و|ف)?(?:بال|وال|كال|فال|ال|لل|ب|ل|ك)(?=.{2})|^و(?=.{3})")
_ARABIC_SUFFIX = re.compile("(?<=..)(?:يات|ات|ين|ون|يه|ها|هم|ي|ه|ا|ك)$")
_DOUBLED = re.compile(r"([bcdfgklmnprst])\1$")
_FLEETING_E = re.compile(r"(?<=[bcdfghjklmnprstwz])i?e(?=[bcdfghjklmnprstwz]$)")


@lru_cache(maxsize=65536)
def stem(word: str, language: str) -> str:
    """The stem of a folded word; the word itself where the language's endings are not known."""
    if language == "en" or language not in {*_ENDINGS, "ar"}:
        return singular(word)
    if language == "ar":
        return _ARABIC_SUFFIX.sub("", word)
    for ending in _ENDINGS[language]:
        if word.endswith(ending) and len(word) - len(ending) >= _MIN_STEM:
            return _mended(word[: -len(ending)], language)
    return _mended(word, language)


def _mended(bare: str, language: str) -> str:
    """A stem as it is before endings: Dutch "rokk(en)" is "rok", Polish "sukienc(e)" "sukienk", "sweter" "swetr"."""
    if language == "nl":
        return _DOUBLED.sub(r"\1", bare)
    if language == "it":
        return bare.removesuffix("h")
    if language == "pl":
        bare = _FLEETING_E.sub("", bare) if len(bare) > 4 else bare
        return bare[:-1] + "k" if bare.endswith("c") and not bare.endswith("sc") else bare
    return bare


@lru_cache(maxsize=65536)
def without_prefix(word: str) -> str:
    """An Arabic word without article, "and" or preposition written on to it."""
    return _ARABIC_PREFIX.sub("", word, count=1)
