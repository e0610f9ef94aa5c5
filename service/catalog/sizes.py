"""When a piece's size will do for a wanted one: how shops write sizes, and which sizes of two systems are one.

Knows departments and slots, no catalogue. What a label means is `service.catalog.size_charts`' business.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache

from indexer.item import Department, Slot
from service.catalog.size_charts import Scale, covers
from service.policy.policy import policy
from service.policy.size_table import SizeTable

_MARKS = str.maketrans(
    {
        "½": " 1/2",
        "¼": " 1/4",
        "¾": " 3/4",
        "⁄": "/",
        "×": "x",
        "\u2010": "-",
        "\u2011": "-",
        "\u2013": "-",
        "\u2014": "-",
        ",": ".",
        "″": '"',
        "”": '"',
    }
)
_QUARTERS = {"1/2": ".5", "1/4": ".25", "3/4": ".75"}
_FRACTION = re.compile(r"(?<![\d.])(\d{1,3}) (1/2|1/4|3/4)(?![\d/])")
# Sizes without a country are read as European ones, so that these words add nothing. UK, US, FR, IT do: kept.
_PLAIN = re.compile(r"^(?:eur?|de|size|gr\.?|größe|grösse|taille|int\.?)[\s.:]*(?=\d|x*[sml]\b)")
_COUNTRY = re.compile(r"^(us|usa|u\.s\.|uk|gb|u\.k\.|fr|f|it|i|es)[\s.:]*(\d{1,3}(?:\.\d{1,2})?)$")
_COUNTRIES = {"usa": "us", "u.s.": "us", "gb": "uk", "u.k.": "uk", "f": "fr", "i": "it"}
_COUNTRY_LAST = re.compile(r"^(\d{1,3}(?:\.\d{1,2})?) ?\(?(us|usa|uk|gb|fr|it|es|eur?|de)\)?$")
_WAIST = re.compile(
    r"(?:waist |w ?)(\d\d)\"?(?:(?:[ /x-]{1,3}(?:length |leg |l ?)?|l ?)(\d\d)\"?)?"  # W32 L34
    r"|(\d\d) ?w(?:[ /x-]{1,3}(\d\d) ?l)?"  # 32W x 34L
)


def normalise(size: str) -> str:
    """A comparable form: "Medium", "M " and "m" agree; so do "2XL" and "XXL", "EU 38" and "38", "7 ½" and "7.5",
    "US8" and "us 8", "W32 L34" and "32W x 34L". Normalising again changes nothing.
    """
    return _normalised(size, policy().sizes)


@lru_cache(maxsize=20_000)
def _normalised(size: str, charts: SizeTable) -> str:
    text = size
    while (simpler := _simplified(text, charts)) != text:
        text = simpler
    return text


def _simplified(size: str, charts: SizeTable) -> str:
    text = " ".join(size.casefold().translate(_MARKS).split())
    text = _FRACTION.sub(lambda m: m[1] + _QUARTERS[m[2]], text)
    text = re.sub(r"\s*([/-])\s*", r"\1", text)
    if match := _WAIST.fullmatch(text):
        waist, length = match[1] or match[3], match[2] or match[4]
        return f"w{waist} l{length}" if length else f"w{waist}"
    if match := _COUNTRY_LAST.fullmatch(text):
        text = f"{match[2]} {match[1]}"
    text = _letters(_PLAIN.sub("", text) or text, charts)
    if match := _COUNTRY.fullmatch(text):
        return f"{_COUNTRIES.get(match[1], match[1])} {_number(match[2])}"
    return _number(text)


def _letters(text: str, charts: SizeTable) -> str:
    """Sizes of letters in one spelling, each part of "2XL/3XL" too."""
    if len(parts := re.split(r"([/-])", text)) == 3 and all(_letter(part, charts) for part in parts[::2]):
        return f"{_letter(parts[0], charts)}/{_letter(parts[2], charts)}"
    return _letter(text, charts) or text


def _letter(text: str, charts: SizeTable) -> str:
    """`xs` of "X-Small"; empty for what is no size of letters."""
    text = charts.word.get(text, text)
    if match := re.fullmatch(r"([2-9])x-?([sl])", text):
        return "x" * int(match[1]) + match[2]
    return text if re.fullmatch(r"x{0,9}[sl]|m", text) else ""


def _number(text: str) -> str:
    return re.sub(r"^(\d{1,3})\.0{1,2}$|^(\d{1,3}\.5)0$", r"\1\2", text)


def is_one_size(size: str | None) -> bool:
    """Whether the item comes in one size for all, or the feed names none."""
    return size is None or " ".join(size.casefold().split()) in policy().sizes.one_size_labels


def scale(department: Department, slot: Slot | None) -> Scale:
    """Which charts say what the sizes of such pieces mean; "" where sizes are only ever compared as written."""
    chart = policy().slots[slot].chart if slot else None
    if chart is None or department == "unisex":
        return ""
    if chart == "shoes":
        return f"{department} shoes"
    if department == "kids":
        return "kids"
    return f"{department} bottoms" if chart == "bottoms" else department


def size_key(department: Department, slot: Slot | None, size: str | None) -> str:
    """What an index of sizes has a piece under: its scale and its size; "" for one size for all."""
    return "" if size is None or is_one_size(size) else f"{scale(department, slot)}|{normalise(size)}"


def fitting(keys: Iterable[str], wanted: Collection[str]) -> list[str]:
    """Of an index's keys, those of pieces that `fits` allows."""
    forms = [normalise(w) for w in wanted]
    parts = ((key, *key.partition("|")[::2]) for key in keys)
    return [key for key, on, size in parts if not key or any(_fits(size, form, on) for form in forms)]


def fits(size: str | None, wanted: Collection[str], on: Scale = "") -> bool:
    """Whether a piece of this size will do: nothing is wanted, it is one of the wanted, or one size for all.

    `on` is the piece's `scale`: sizes of other systems that mean the same there will do as well.
    """
    if not wanted or size is None or is_one_size(size):
        return True
    return any(_fits(normalise(size), normalise(w), on) for w in wanted)


def _fits(size: str, wanted: str, on: Scale) -> bool:
    return _fit(size, wanted, on, policy().sizes)


@lru_cache(maxsize=100_000)
def _fit(size: str, wanted: str, on: Scale, charts: SizeTable) -> bool:
    return size == wanted or covers(size, wanted, on, charts)
