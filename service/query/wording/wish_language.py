"""The language that a wish is written in, among those that are read. A kept library's naive Bayes; knows no tables."""

from __future__ import annotations

from functools import lru_cache
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


@lru_cache(maxsize=4096)
def language_of(text: str) -> str:
    """ISO 639-1 code of one of `LANGUAGES`; English for a text without words."""
    if not any(c.isalpha() for c in text):
        return "en"
    found = str(_identifier().classify(text.lower())[0])
    if found in ("zh", "ja") and not is_ideographic(text):
        return "en"
    return found


@lru_cache(maxsize=4096)
def surely_in(text: str) -> str | None:
    """The language of a text that leaves no doubt of it; None for a few words that may be of several."""
    if not any(c.isalpha() for c in text):
        return None
    language, share = _identifier().classify(text.lower())
    if language in _OWN_SCRIPTS and not text.isascii():
        return str(language) if share >= _OWN_SCRIPT_SURE else None
    return str(language) if share >= _SURE else None


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    return identifier
