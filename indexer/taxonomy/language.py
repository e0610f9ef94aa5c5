"""Which language a row of a feed is written in, by counting telling words. Decides between the tables' languages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from indexer.taxonomy.phrases import fold, read_table, words

LANGUAGES: tuple[str, ...] = ("en", "de", "fr", "es", "it", "nl", "pt", "pl", "zh", "ja", "ar")
HEAD_FIRST: frozenset[str] = frozenset(
    {"fr", "es", "it", "pt", "pl", "ar"}
)  # "robe en soie", not "silk dress"
_SCRIPTS = (("ja", re.compile("[ぁ-ヺ]")), ("zh", re.compile("[㐀-鿿]")), ("ar", re.compile("[ؠ-ي]")))

_PRODUCT_WORD = 0.75  # a garment's name tells less than "mit" or "femme": names are borrowed
_ENGLISH_PRODUCT_WORD = 0.25  # and the English ones are borrowed everywhere
_AMBIGUOUS_WORD = 0.2
_MAJORITY = 0.6  # of the rows that show a language
_PRESENCE = 0.25  # of all rows


@lru_cache(maxsize=1)
def _telling() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for _, language, telling in read_table("languages.tsv"):
        for phrase in telling:
            for word in words(fold(phrase)):
                found.setdefault(word, set()).add(language)
    return {word: frozenset(of) for word, of in found.items()}


def detect(
    text: Sequence[str], product_words: Mapping[str, frozenset[str]], ambiguous: frozenset[str] = frozenset()
) -> str | None:
    """The language that most words of `text` (folded, singular) point to; None when none clearly does.

    `product_words` are names of garments with their languages, `ambiguous` those that hardly tell ("collar" is
    a Spanish necklace). A word of several languages counts for each, but less. English wins ties. A script of its own
    tells before any word: kana, else Han, else Arabic letters.
    """
    for language, script in _SCRIPTS:
        if any(script.search(word) for word in text if not word.isascii()):
            return language
    scores: Counter[str] = Counter()
    told = False
    telling = _telling()
    for word in text:
        if of := telling.get(word):
            _add(scores, of, 1.0)
            told = True
        elif of := product_words.get(word):
            languages, weight = _product_evidence(word, of, ambiguous)
            _add(scores, languages, weight)
            told = told or weight == _PRODUCT_WORD
    if not told:
        return None
    return max(LANGUAGES, key=lambda language: (scores[language], -LANGUAGES.index(language)))


def _product_evidence(
    word: str, languages: frozenset[str], ambiguous: frozenset[str]
) -> tuple[frozenset[str], float]:
    if "en" in languages:
        return frozenset({"en"}), _ENGLISH_PRODUCT_WORD
    return languages, _AMBIGUOUS_WORD if word in ambiguous else _PRODUCT_WORD


def _add(scores: Counter[str], languages: frozenset[str], weight: float) -> None:
    for language in languages:
        scores[language] += weight / len(languages)  # type: ignore[assignment]  # Counter is typed for ints


def fill_unknown(detected: Iterable[str | None]) -> list[str]:
    """Rows without a sign of their language get the one that most of the feed is in, else English."""
    known = list(detected)
    counts = Counter(language for language in known if language is not None)
    usual = "en"
    if counts:
        language, count = counts.most_common(1)[0]
        if count >= _MAJORITY * counts.total() and count >= _PRESENCE * len(known):
            usual = language
    return [language or usual for language in known]
