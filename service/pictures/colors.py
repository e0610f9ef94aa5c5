"""Colours as they look on the page: a colour's name onto sRGB, and lighter, darker and mixed ones. Knows no cloth."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

UNKNOWN = "#b9a893"
"""A calm neutral, for a piece whose colour nobody said."""
WHITE, SHADOW = "#ffffff", "#2a1d14"
MANY = ("#d9825b", "#3f7f86", "#e3b64f", "#b8506a", "#5b6ea6", "#7d9a5c")
"""What a piece of many colours shows."""
_HEX = re.compile(r"#[0-9a-f]{6}")
_WORD = re.compile(r"[a-z]+(?:[ -][a-z]+)*")


@cache
def tables() -> Mapping[str, Mapping[str, str]]:
    """The colours by table and name, as `colors.toml` has them. Raises ValueError naming a value that is none."""
    text = (files(__package__) / "colors.toml").read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = tomllib.loads(text)
    for table, rows in found.items():
        for name, value in rows.items():
            if not _HEX.fullmatch(value):
                raise ValueError(f"colors.toml: [{table}] {name!r}: {value!r} is not #rrggbb")
    return found


def shade(name: str, words: str = "", table: str = "") -> str | None:
    """How a colour's name looks; `words` may make it more exact. None for a name that says nothing known.

    `table` is one of the tables of materials, in which a name means something of its own.
    """
    name = name.lower().strip()
    known = tables()
    if exact := known["shades"].get(name):
        return exact
    base = known.get(table, {}).get(name) or known["names"].get(name)
    if base is None:
        return _nearest_name(name)
    finer = [known["shades"][w] for w in _shades_in(words) if _alike(base, known["shades"][w])]
    return finer[0] if finer else base


def mix(one: str, other: str, share: float) -> str:
    """`share` of the other colour in the one."""
    a, b = _channels(one), _channels(other)
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in zip(a, b, strict=True))


def lightness(color: str) -> float:
    """From 0 (black) to 1 (white), about as bright as it seems."""
    r, g, b = (c / 255 for c in _channels(color))
    luminance = 0.2126 * r**2.2 + 0.7152 * g**2.2 + 0.0722 * b**2.2
    return float(luminance ** (1 / 2.2))


def is_metal(name: str) -> bool:
    return name in {"gold", "silver", "rose gold", "bronze", "copper", "gunmetal", "pewter"}


def inks(base: str, others: Sequence[str]) -> tuple[str, str, str]:
    """Three colours to print on the base: those given first, then ones that go with it."""
    light = lightness(base) > 0.62
    own = (
        mix(base, "#23304d", 0.72) if light else mix(base, "#faf4e6", 0.8),
        mix(base, "#a4493d", 0.7) if light else mix(base, "#e8b9a6", 0.7),
        mix(base, "#4c6a4a", 0.65) if light else mix(base, "#9fb38e", 0.6),
    )
    three = [*others[:3], *own[len(others[:3]) :]]
    return three[0], three[1], three[2]


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _shades_in(words: str) -> list[str]:
    padded = f" {' '.join(re.findall(r'[a-z]+', words.lower()))} "
    found = [s for s in tables()["shades"] if f" {s} " in padded]
    return sorted(found, key=len, reverse=True)


def _alike(one: str, other: str) -> bool:
    return sum((x - y) ** 2 for x, y in zip(_channels(one), _channels(other), strict=True)) < 85**2


def _nearest_name(name: str) -> str | None:
    """The colour in an unknown shop word: "nordic blue" is blue."""
    known = tables()
    words = re.findall(r"[a-z]+", name)
    for size in (2, 1):
        for start in range(len(words) - size, -1, -1):
            part = " ".join(words[start : start + size])
            if found := known["shades"].get(part) or known["names"].get(part):
                return found
    return None
