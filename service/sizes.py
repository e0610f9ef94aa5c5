"""When two sizes are the same size. Compares how shops write sizes; does not convert between systems."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection

_WORDS = {
    "extra extra small": "xxs",
    "extra small": "xs",
    "x-small": "xs",
    "xsmall": "xs",
    "small": "s",
    "medium": "m",
    "med": "m",
    "large": "l",
    "extra large": "xl",
    "x-large": "xl",
    "xlarge": "xl",
    "extra extra large": "xxl",
    "xx-large": "xxl",
}
_ONE_SIZE = {
    "one size",
    "onesize",
    "one size fits all",
    "os",
    "free size",
    "einheitsgröße",
    "taille unique",
    "unica",
    "única",
}
_SYSTEM = re.compile(r"^(?:eu|eur|size|gr\.?|größe|taille)[\s.:]*(?=\d|x*[sml]\b)")  # UK and US differ: kept


def normalise(size: str) -> str:
    """A comparable form: "Medium", "M " and "m" agree; so do "2XL" and "XXL", "EU 38" and "38", "9,5" and "9.5"."""
    text = " ".join(size.casefold().replace(",", ".").split())
    text = _WORDS.get(text, text)
    bare = _SYSTEM.sub("", text)
    text = bare if bare else text
    if match := re.fullmatch(r"(\d)x([sl])", text):
        return "x" * int(match[1]) + match[2]
    return re.sub(r"\.0$", "", re.sub(r"\s*/\s*", "/", text))


def is_one_size(size: str | None) -> bool:
    """Whether the item comes in one size for all, or the feed names none."""
    return size is None or " ".join(size.casefold().split()) in _ONE_SIZE


def fits(size: str | None, wanted: Collection[str]) -> bool:
    """Whether a piece of this size will do: nothing is wanted, it is one of the wanted, or one size for all."""
    return not wanted or is_one_size(size) or normalise(size or "") in {normalise(w) for w in wanted}


_HEIGHTS = (62, 80, 92, 98, 104, 110, 116, 122, 128, 134, 140, 146, 152, 158, 164)
"""Centimetres by which European shops label clothes for the age of 0, 1, 2, ... years (EN 13402)."""


def for_age(years: float) -> list[str]:
    """Sizes in which shops label clothes for a child of this age, as `normalise` writes them."""
    n = int(years)
    heights = _HEIGHTS[max(0, n - 1) : n + 2]
    spans = [f"{a}-{b}" for a in range(max(0, n - 1), n + 1) for b in (a + 1, a + 2) if a <= years <= b]
    words = [
        form
        for span in [str(n), *spans]
        for form in (f"{span}y", f"{span} y", f"{span} years", f"{span} yrs")
    ]
    pairs = [f"{a}/{b}" for a, b in itertools.pairwise(heights)]
    months = ["0-3m", "3-6m", "6-9m", "6-12m", "9-12m", "12-18m"] if years < 1 else []
    return [*(str(h) for h in heights), *pairs, *words, *months]
