"""What sizes mean: charts by which "M", "US 8" and "EU 38" are one size. Reads labels as `sizes.normalise` writes them.

A label means a set of European sizes: "M" those it spans, "38" itself. One label will do for another when what one
means lies within what the other means: 38 for M, but no S/M for M/L. What charts disagree about has no meaning here,
and is only ever compared as written: rather a piece less than one that does not fit.

Sources: men's letters, and children's heights, after EN 13402-3 (letters by chest girth, 48 being 96 cm; heights in
steps of 6 cm). Women's numbers by the offsets that trade charts share, US 8 = UK 12 = DE 38 = FR 40 = IT 44, and
letters two sizes each, M being US 8 to 10, with 34 both an XS and an S, as charts have it either way. Men's trousers:
waist in inches = European size - 16. Shoes: whole sizes of British and European retailers' charts (a UK size is a
third of an inch, a European one two thirds of a centimetre: ISO/TS 19407). The charts are rows of
`service/policy/size_charts.toml`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from service.catalog.child_sizes import heights
from service.policy.size_table import SizeTable

Scale = str
"""`women`, `men`, `women bottoms`, `men bottoms`, `kids`, `women shoes`, `men shoes`, `kids shoes` or ""."""
Meaning = frozenset[str]
_NOTHING: Meaning = frozenset()

_TROUSERS = 16
"""Men's trousers: European size less waist in inches."""
_WIDEST_PAIR = 42
"""Beyond it a pair of numbers is no waist and length."""

_COUNTRY = re.compile(r"(us|uk|fr|it|es) (\d{1,2}(?:\.5)?)")
_SPAN = re.compile(r"(\d\d)[/-](\d\d)")
_INCHES = re.compile(r"w(\d\d)(?: l(\d\d))?")
_PAIR = re.compile(r"(\d\d)[/x](\d\d)")


def covers(one: str, other: str, scale: Scale, charts: SizeTable) -> bool:
    """Whether one of two normalised sizes means no more than the other does. Says nothing of sizes without meaning."""
    a, b = meaning(one, scale, charts), meaning(other, scale, charts)
    return bool(a and b) and (a <= b or b <= a)


@lru_cache(maxsize=20_000)
def meaning(size: str, scale: Scale, charts: SizeTable) -> Meaning:
    """The sizes that a normalised label stands for on a scale; empty where charts do not agree on one."""
    department, _, part = scale.partition(" ")
    if not scale:
        return _NOTHING
    if scale == "kids":
        return frozenset(str(height) for height in heights(size, charts))
    if part == "shoes":
        return _shoe(size, department, charts)
    if part == "bottoms" and (found := _inches(size, department, charts)):
        return found
    sizes = _clothes(size, department, part == "bottoms", charts)
    if scale == "men bottoms":
        waists = range(min(sizes) - _TROUSERS, max(sizes) - _TROUSERS + 1) if sizes else ()
        return frozenset().union(*(_any_length(waist, charts) for waist in waists))
    return frozenset(str(n) for n in sizes)


def _clothes(size: str, department: str, bottoms: bool, charts: SizeTable) -> frozenset[int]:
    letters = charts.women if department == "women" else charts.men
    if size in letters:
        return frozenset(letters[size])
    first, slash, last = size.partition("/")
    if slash and first in letters and last in letters:
        names = list(letters)
        span = names[names.index(first) : names.index(last) + 1]
        return frozenset(n for name in span for n in letters[name]) if len(span) == 2 else frozenset()
    numbers = _numbers(size, department, bottoms, charts)
    return numbers if all(charts.within(department, n) and n % 2 == 0 for n in numbers) else frozenset()


def _numbers(size: str, department: str, bottoms: bool, charts: SizeTable) -> frozenset[int]:
    if match := _COUNTRY.fullmatch(size):
        chart = "women" if department == "women" else "men-bottoms" if bottoms else "men"
        offset = charts.offset[chart].get(match[1])
        number = float(match[2])
        unlike = offset is None or number % 1 or match[2] == "00"  # a US 00 is a size below 0
        return frozenset() if unlike else frozenset({int(number) + int(offset or 0)})
    if match := _SPAN.fullmatch(size):
        low, high = int(match[1]), int(match[2])
        bare = all(_european(number, department, bottoms, charts) for number in (low, high))
        return frozenset({low, high}) if bare and high == low + 2 else frozenset()
    if re.fullmatch(r"\d\d", size) and _european(int(size), department, bottoms, charts):
        return frozenset({int(size)})
    return frozenset()


def _european(number: int, department: str, bottoms: bool, charts: SizeTable) -> bool:
    """Whether a number without a country can only be a European size: not inches, nor the width of a collar."""
    row = charts.european[f"{department}-bottoms" if bottoms else department]
    return number >= row and not (bottoms and department == "men" and number % 2)


def _inches(size: str, department: str, charts: SizeTable) -> Meaning:
    """Waist and length. Women's 32 and 34 may be European sizes or inches: no meaning."""
    if match := _INCHES.fullmatch(size):
        waist, length = int(match[1]), match[2]
        return _with_length(waist, int(length), charts) if length else _any_length(waist, charts)
    if match := _PAIR.fullmatch(size):
        waist, length = int(match[1]), int(match[2])
        may_be_span = department == "women" and waist >= charts.european["women"] and length == waist + 2
        unlike = may_be_span or waist > _WIDEST_PAIR
        return _NOTHING if unlike else _with_length(waist, length, charts)
    bare = re.fullmatch(r"\d\d", size) and int(size) in charts.inches[department]
    return _any_length(int(size), charts) if bare else _NOTHING


def _with_length(waist: int, length: int, charts: SizeTable) -> Meaning:
    known = charts.within("waist", waist) and charts.within("length", length)
    return frozenset({f"w{waist} l{length}"}) if known else _NOTHING


def _any_length(waist: int, charts: SizeTable) -> Meaning:
    if not charts.within("waist", waist):
        return _NOTHING
    first, last = charts.range["length"]
    return frozenset(f"w{waist} l{length}" for length in range(first, last + 1))


def _shoe(size: str, department: str, charts: SizeTable) -> Meaning:
    chart = f"{department}-shoes"
    if re.fullmatch(r"\d\d(?:\.5)?", size):
        known = charts.within(chart, int(float(size)))
        return frozenset({f"{float(size):g}"}) if known else _NOTHING
    match = _COUNTRY.fullmatch(size)
    if match is None:
        return _NOTHING
    country, number = match[1], float(match[2])
    if department == "kids":
        british = number - (country == "us")
        row = str(int(british)) if country in ("uk", "us") and not british % 1 else ""
        found = charts.child_shoe.get(row)
        return _NOTHING if found is None else frozenset({str(found)})
    offset = charts.offset[chart].get(country)
    if offset is None:
        return _NOTHING
    european_size = number + offset
    agreed = charts.within(f"{chart}-agreed", european_size) or not offset
    return frozenset({f"{european_size:g}"}) if agreed else _NOTHING
