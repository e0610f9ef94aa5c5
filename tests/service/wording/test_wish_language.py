"""The language of short wishes, with names of other countries in the middle of them."""

from __future__ import annotations

import pytest

from service.query.wording.wish_language import language_of


@pytest.mark.parametrize(
    "text",
    [
        "no heels",
        "a suit",
        "under 200",
        "garden party, under 200, zibeline",
        "fiesta in Sevilla, red",
        "no tie, no jacket",
        "heels kill me",
        "max $250",
    ],
)
def test_short_english_is_english(text: str) -> None:
    assert language_of(text) == "en"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("keine Absätze", "de"),
        ("pas de talons", "fr"),
        ("sin tacones", "es"),
        ("niente tacchi", "it"),
        ("sem saltos", "pt"),
        ("geen hakken", "nl"),
        ("bez obcasów", "pl"),
        ("不要高跟鞋", "zh"),
        ("ヒールなしで", "ja"),
        ("بدون كعب", "ar"),
        ("total look en noir, moins de 200 euros", "fr"),
    ],
)
def test_other_languages_keep_theirs(text: str, language: str) -> None:
    assert language_of(text) == language
