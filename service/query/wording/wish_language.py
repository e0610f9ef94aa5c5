"""The language that a wish is written in, among those that are read: a kept library's naive Bayes over letters, and
everyday words beside it, since letters say little of "no heels" or "a suit". Knows no other tables.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from service.query.wording.words import is_ideographic

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "zh", "ja", "ar")
_SURE = 0.85
"""Of the training wishes in English, none is taken for another language from here on; of the others, one in twenty is
left open."""
_OWN_SCRIPTS = ("zh", "ja", "ar")
_OWN_SCRIPT_SURE = 0.5
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_EVERYDAY = 8.0
"""What one everyday word of a language is worth, in the log-odds of the letters."""
_ENGLISH = 4.0
"""English beforehand: names of fabrics, cities and brands look French or Italian in the middle of it."""


@lru_cache(maxsize=4096)
def language_of(text: str) -> str:
    """ISO 639-1 code of one of `LANGUAGES`; English for a text without words."""
    if not any(c.isalpha() for c in text):
        return "en"
    lower = text.lower()
    scores = {str(language): float(score) for language, score in _identifier(shares=False).rank(lower)}
    scores["en"] += _ENGLISH
    for word in _WORD.findall(lower):
        for language in _everyday().get(word.replace("’", "'"), ()):
            scores[language] += _EVERYDAY
    found = max(LANGUAGES, key=lambda language: scores[language])
    if found in ("zh", "ja") and not is_ideographic(text):
        return "en"
    return found


@lru_cache(maxsize=4096)
def surely_in(text: str) -> str | None:
    """The language of a text that leaves no doubt of it; None for a few words that may be of several."""
    if not any(c.isalpha() for c in text):
        return None
    language, share = _identifier(shares=True).classify(text.lower())
    if language in _OWN_SCRIPTS and not text.isascii():
        return str(language) if share >= _OWN_SCRIPT_SURE else None
    return str(language) if share >= _SURE and language_of(text) == language else None


@lru_cache(maxsize=1)
def _everyday() -> dict[str, tuple[str, ...]]:
    """Languages of each everyday word."""
    text = (files("service.query.wording") / "wish_language.tsv").read_text(encoding="utf-8")
    found: dict[str, list[str]] = defaultdict(list)
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            language, _, words = line.partition("\t")
            for word in words.split(","):
                found[word.strip()].append(language)
    return {word: tuple(languages) for word, languages in found.items()}


@lru_cache(maxsize=2)
def _identifier(*, shares: bool) -> LanguageIdentifier:
    """What tells languages by their letters: as shares that sum to 1, or as log-odds."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=shares)
    identifier.set_languages(list(LANGUAGES))
    return identifier
