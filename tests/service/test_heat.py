"""How hot it is where a wish is worn: degrees, places and words, and words that only look like weather."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.query.lexicon import says
from service.query.weather import degrees_said, heat_said
from service.schemas.outfits import OutfitRequest


def heat(vibe: str, **body: Any) -> float | None:
    return heat_said(OutfitRequest.model_validate({"vibe": vibe, **body}), vibe.lower())


@pytest.mark.parametrize(
    ("words", "degrees"),
    [
        ("its october and 24 degrees", 24),
        ("office at 31°c", 31),
        ("walk, -5 °", -5),
        ("minus 15, need warmth", -15),
        ("ice palace, minus twenty", -20),
        ("bei 12 grad am see", 12),
        ("35-40 degrees all week", 40),
        ("50°f and grey", 10),
        ("95 degrees in the shade", 35),
        ("6 degrees of separation party", None),
        ("class of 24 grad party", None),
        ("top in 34c", None),
        ("360 turn at 30", None),
        ("size 42 dress", None),
    ],
)
def test_degrees(words: str, degrees: float | None) -> None:
    assert degrees_said(words) == (None if degrees is None else pytest.approx(degrees))


@given(st.integers(-40, 45))
def test_any_celsius_is_read_as_it_is(degrees: int) -> None:
    assert degrees_said(f"a walk at {degrees} °c") == degrees


@given(st.text(alphabet="minus °cf-0123456789 degrees", max_size=30))
def test_degrees_of_any_text_are_some_that_it_holds(text: str) -> None:
    found = degrees_said(text)
    assert found is None or re.search(r"\d", text)


@pytest.mark.parametrize(
    ("vibe", "expected"),
    [
        ("24 degrees in october", 1.2),
        ("southern hemisphere christmas lunch, 35 degrees", 2.0),
        ("three days in Singapore, freezing AC", 1.6),
        ("accra december outfit", 1.6),
        ("hot + windy harbour", 2.0),
        ("midsummer party", 1.2),
        ("first white flakes", -2.0),
        ("#aurorachasing", -1.4),
        ("cold dog walk", -1.4),
    ],
)
def test_weather_in_words(vibe: str, expected: float) -> None:
    assert heat(vibe) == expected


@pytest.mark.parametrize(
    "vibe",
    [
        "a cold drink with friends",
        "icy stare over the desk",
        "winter white suit",
        "crisp white shirt and jeans",
        "suit, but no estate agent",
        "summer of love, swirling colours",
        "hot pink everything",
        "relaxed but hot",
        "reveillon in rio style",
        "south beach art deco",
        "beach house and books",
    ],
)
def test_words_that_only_look_like_weather(vibe: str) -> None:
    assert heat(vibe) is None


def test_the_requests_own_weather_beats_degrees_in_words() -> None:
    assert heat("35 degrees", weather={"temperature_c": 2}) == -2.0


def test_a_rainbow_is_no_rain() -> None:
    assert not says("rainbow outfit for pride", "rain")
    assert says("puddles and slushy streets", "rain")
