"""How hot or cold it is where a wish is worn: by its fields, its words, its season. Knows no examples, no items.

Heat runs from -2 (deep winter) over 0 (mild) to 2 (hot); how hot what is said is, `service/policy/weather.toml` says.
"""

from __future__ import annotations

import re

from service.policy.policy import policy
from service.query.lexicon import says
from service.schemas.outfits import OutfitRequest

_DEGREES = re.compile(
    r"(?P<minus>minus |(?<![\d\w])[-−])?\b(?P<number>\d{1,3}) ?"
    r"(?:°(?: ?(?P<letter>[cf])\b)?"
    r"|(?:degrees?(?! of\b)|degrés|grados|gradi|graden"
    r"|grad(?! (?:party|ceremony|fit|photo|school|student|outfit|dress)))\b"
    r"(?: (?P<scale>c|f|celsius|fahrenheit)\b)?"
    r"|(?P<alone>celsius|fahrenheit)\b)"
)
_BELOW = re.compile(r"\bminus (\d{1,2}|ten|fifteen|twenty|thirty)\b")
_NUMBERS = {"ten": 10.0, "fifteen": 15.0, "twenty": 20.0, "thirty": 30.0}


def temperature_word(degrees: float) -> str:
    """The word for a temperature in °C."""
    return policy().weather.at(degrees)[0]


def degrees_said(words: str) -> float | None:
    """The temperature in °C that lower-case `words` name first; None where they name none."""
    if (found := _DEGREES.search(words)) is None:
        below = _BELOW.search(words)
        return None if below is None else -_NUMBERS.get(below[1], 0.0) or -float(below[1])
    degrees = float(found["number"]) * (-1 if found["minus"] else 1)
    scale = (found["letter"] or found["scale"] or found["alone"] or "")[:1]
    if scale == "f" or (not scale and degrees >= policy().weather.degrees.fahrenheit_from):
        return (degrees - 32) / 1.8
    return degrees


def heat_said(request: OutfitRequest, words: str) -> float | None:
    """What the request's weather, its lower-case `words` or its season say; None where none of them speaks.

    A place where it is always hot counts more than the month.
    """
    if (degrees := _degrees(request, words)) is not None:
        return policy().weather.at(degrees)[1]
    for sense, row in policy().weather.said.items():
        if says(words, sense):
            dry = row.dry is not None and not for_swimming(request, words)
            return row.dry if dry else row.heat
    return None if request.season is None else policy().weather.season[request.season]


def for_swimming(request: OutfitRequest, words: str) -> bool:
    """Whether a beach is one to swim at: on a windy one in March people walk."""
    degrees = _degrees(request, words)
    if degrees is not None or request.season is not None:
        warm = degrees is None or degrees >= policy().weather.degrees.swim_from
        return warm and request.season not in ("autumn", "winter")
    return not any(says(words, sense) for sense in ("cool", "cold", "snow", "rain"))


def _degrees(request: OutfitRequest, words: str) -> float | None:
    if request.weather is not None and request.weather.temperature_c is not None:
        return request.weather.temperature_c
    return degrees_said(words)
