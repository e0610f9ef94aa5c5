"""When two sizes are the same size. Compares how shops write sizes; does not convert between systems."""

from __future__ import annotations

import re

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
