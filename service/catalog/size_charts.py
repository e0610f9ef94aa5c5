"""What sizes mean: charts by which "M", "US 8" and "EU 38" are one size. Reads labels as `sizes.normalise` writes them.

A label means a set of European sizes: "M" those it spans, "38" itself. One label will do for another when what one
means lies within what the other means: 38 for M, but no S/M for M/L. What charts disagree about has no meaning here,
and is only ever compared as written: rather a piece less than one that does not fit.

Sources: men's letters, and children's heights, after EN 13402-3 (letters by chest girth, 48 being 96 cm; heights in
steps of 6 cm). Women's numbers by the offsets that trade charts share, US 8 = UK 12 = DE 38 = FR 40 = IT 44, and
letters two sizes each, M being US 8 to 10, with 34 both an XS and an S, as charts have it either way. Men's trousers:
waist in inches = European size - 16. Shoes: whole sizes of British and European retailers' charts (a UK size is a
third of an inch, a European one two thirds of a centimetre: ISO/TS 19407).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from service.catalog.child_sizes import heights

Scale = str
"""`women`, `men`, `women bottoms`, `men bottoms`, `kids`, `women shoes`, `men shoes`, `kids shoes` or ""."""
Meaning = frozenset[str]
_NOTHING: Meaning = frozenset()

_WOMEN = {
    "xxs": (28, 30),
    "xs": (32, 34),
    "s": (34, 36),
    "m": (38, 40),
    "l": (42, 44),
    "xl": (46, 48),
    "xxl": (50, 52),
    "xxxl": (54, 56),
}
_MEN = {
    "xs": (40, 42),
    "s": (44, 46),
    "m": (48, 50),
    "l": (52, 54),
    "xl": (56, 58),
    "xxl": (60, 62),
    "xxxl": (64, 66),
}
_WOMENS_OFFSETS = {"us": 30, "uk": 26, "fr": -2, "es": -2, "it": -6}
_MENS_OFFSETS = {"us": 10, "uk": 10, "it": 0, "fr": 0, "es": 0}
_MENS_TROUSERS = {"us": 16, "uk": 16, "fr": 8, "it": 0}
_SHOES: Mapping[str, dict[str, float]] = {
    "women": {"uk": 33, "us": 31, "fr": 0},
    "men": {"uk": 34, "us": 33, "fr": 0},
}
_CHILDS_UK_SHOES = {7: 24, 8: 25, 9: 27, 10: 28, 11: 29, 13: 32}
_LENGTHS = range(26, 40)
_WAISTS = range(22, 56)

_COUNTRY = re.compile(r"(us|uk|fr|it|es) (\d{1,2}(?:\.5)?)")
_SPAN = re.compile(r"(\d\d)[/-](\d\d)")
_INCHES = re.compile(r"w(\d\d)(?: l(\d\d))?")
_PAIR = re.compile(r"(\d\d)[/x](\d\d)")


def covers(one: str, other: str, scale: Scale) -> bool:
    """Whether one of two normalised sizes means no more than the other does. Says nothing of sizes without meaning."""
    a, b = meaning(one, scale), meaning(other, scale)
    return bool(a and b) and (a <= b or b <= a)


@lru_cache(maxsize=20_000)
def meaning(size: str, scale: Scale) -> Meaning:
    """The sizes that a normalised label stands for on a scale; empty where charts do not agree on one."""
    department, _, part = scale.partition(" ")
    if not scale:
        return _NOTHING
    if scale == "kids":
        return frozenset(str(height) for height in heights(size))
    if part == "shoes":
        return _shoe(size, department)
    if part == "bottoms" and (found := _inches(size, department)):
        return found
    sizes = _clothes(size, department, part == "bottoms")
    if scale == "men bottoms":
        waists = range(min(sizes) - 16, max(sizes) - 15) if sizes else ()
        return frozenset().union(*(_any_length(waist) for waist in waists))
    return frozenset(str(n) for n in sizes)


def _clothes(size: str, department: str, bottoms: bool) -> frozenset[int]:
    letters = _WOMEN if department == "women" else _MEN
    if size in letters:
        return frozenset(letters[size])
    first, slash, last = size.partition("/")
    if slash and first in letters and last in letters:
        names = list(letters)
        span = names[names.index(first) : names.index(last) + 1]
        return frozenset(n for name in span for n in letters[name]) if len(span) == 2 else frozenset()
    numbers = _numbers(size, department, bottoms)
    plausible = range(28, 58) if department == "women" else range(40, 68)
    return numbers if all(n in plausible and n % 2 == 0 for n in numbers) else frozenset()


def _numbers(size: str, department: str, bottoms: bool) -> frozenset[int]:
    if match := _COUNTRY.fullmatch(size):
        mens = _MENS_TROUSERS if bottoms else _MENS_OFFSETS
        offset = (_WOMENS_OFFSETS if department == "women" else mens).get(match[1])
        number = float(match[2])
        unlike = offset is None or number % 1 or match[2] == "00"  # a US 00 is a size below 0
        return frozenset() if unlike else frozenset({int(number) + (offset or 0)})
    if match := _SPAN.fullmatch(size):
        low, high = int(match[1]), int(match[2])
        bare = _european(low, department, bottoms) and _european(high, department, bottoms)
        return frozenset({low, high}) if bare and high == low + 2 else frozenset()
    if re.fullmatch(r"\d\d", size) and _european(int(size), department, bottoms):
        return frozenset({int(size)})
    return frozenset()


def _european(number: int, department: str, bottoms: bool) -> bool:
    """Whether a number without a country can only be a European size: not inches, nor the width of a collar."""
    if department == "women":
        return number >= (36 if bottoms else 32)
    return number >= 44 and not (bottoms and number % 2)


def _inches(size: str, department: str) -> Meaning:
    """Waist and length. Women's 32 and 34 may be European sizes or inches: no meaning."""
    if match := _INCHES.fullmatch(size):
        waist, length = int(match[1]), match[2]
        return _with_length(waist, int(length)) if length else _any_length(waist)
    if match := _PAIR.fullmatch(size):
        waist, length = int(match[1]), int(match[2])
        may_be_span = department == "women" and waist >= 32 and length == waist + 2
        return _NOTHING if may_be_span or waist > 42 else _with_length(waist, length)
    bare = range(26, 39) if department == "men" else (*range(23, 32), 33)
    return _any_length(int(size)) if re.fullmatch(r"\d\d", size) and int(size) in bare else _NOTHING


def _with_length(waist: int, length: int) -> Meaning:
    return frozenset({f"w{waist} l{length}"}) if waist in _WAISTS and length in _LENGTHS else _NOTHING


def _any_length(waist: int) -> Meaning:
    return frozenset(f"w{waist} l{length}" for length in _LENGTHS) if waist in _WAISTS else _NOTHING


def _shoe(size: str, department: str) -> Meaning:
    if re.fullmatch(r"\d\d(?:\.5)?", size):
        european = range(16, 40) if department == "kids" else range(34, 52)
        return frozenset({f"{float(size):g}"}) if int(float(size)) in european else _NOTHING
    match = _COUNTRY.fullmatch(size)
    if match is None:
        return _NOTHING
    country, number = match[1], float(match[2])
    if department == "kids":
        british = number - (country == "us")
        found = _CHILDS_UK_SHOES.get(int(british)) if country in ("uk", "us") and not british % 1 else None
        return _NOTHING if found is None else frozenset({str(found)})
    offset = _SHOES[department].get(country)
    if offset is None:
        return _NOTHING
    european_size = number + offset
    agreed = (35, 40) if department == "women" else (41, 46)
    return (
        frozenset({f"{european_size:g}"})
        if agreed[0] <= european_size <= agreed[1] or not offset
        else _NOTHING
    )
