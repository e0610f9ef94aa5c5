"""Stylists' wording -> shop wording. A lookbook says "taupe pleated wool-flannel wide trouser", a feed's label
"taupe wide trousers": training on both keeps an adapter from learning the lookbooks' way of writing. Knows text alone.
"""

from __future__ import annotations

import random

_KEPT = 0.55
"""Chance of each word between colour and noun to stay."""
_PLURAL = frozenset(
    {"jean", "trouser", "pant", "short", "legging", "jogger", "culotte", "chino"}
    | {
        "shoe",
        "loafer",
        "sneaker",
        "trainer",
        "runner",
        "boot",
        "bootie",
        "pump",
        "mule",
        "sandal",
        "slipper",
        "brogue",
    }
    | {"oxford", "flat", "heel", "clog", "slide", "plimsoll", "moccasin", "espadrille", "slingback"}
    | {"earring", "hoop", "stud"}
)


def shop_words(text: str, rng: random.Random) -> str:
    """The piece as a shop's label might have it: first word (the colour) and last (what it is) stay, words between
    them may go, and what is sold in pairs stands in the plural. Never empty when `text` is not.
    """
    words = text.split()
    if len(words) > 2:
        words = [words[0], *(w for w in words[1:-1] if rng.random() < _KEPT), words[-1]]
    if words and words[-1] in _PLURAL:
        words[-1] += "s"
    return " ".join(words)
