"""The words that templates look up by what they mean: names of slots and constraints, examples, how a look reads aloud.

English is the key; `N_` marks what a catalogue translates. Knows no template.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

Translate = Callable[[str], str]


class Worn(Protocol):
    """What is read aloud: an outfit as the API answers it, and its pieces."""

    @property
    def outfit(self) -> Mapping[str, Any]: ...

    @property
    def items(self) -> Sequence[Mapping[str, Any]]: ...


def N_(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


NAMES = {
    "top": N_("Top"),
    "bottom": N_("Trousers or skirt"),
    "dress": N_("Dress"),
    "outerwear": N_("Coat or jacket"),
    "shoes": N_("Shoes"),
    "bag": N_("Bag"),
    "jewelry": N_("Jewellery"),
    "accessory": N_("Accessory"),
    "women": N_("Women"),
    "men": N_("Men"),
    "kids": N_("Kids"),
    "unisex": N_("Unisex"),
    "spring": N_("Spring"),
    "summer": N_("Summer"),
    "autumn": N_("Autumn"),
    "winter": N_("Winter"),
    "budget": N_("Budget"),
    "sizes": N_("Sizes"),
    "department": N_("For whom"),
    "season": N_("Season"),
    "weather": N_("Weather"),
    "occasion": N_("Occasion"),
    "style": N_("Style"),
    "stock": N_("Stock"),
    "count": N_("Number of looks"),
    "anchors": N_("Pieces to build around"),
    "exclude": N_("Left out"),
    "include": N_("Wanted"),
    "merchandising": N_("Held back by the shop"),
    "own": N_("Your own piece"),
    "attributes": N_("Cut and fit"),
    "the middle of the range": N_("the middle of the range"),
}
"""What a slot, a department, a season or a constraint is called on a page."""

_EXAMPLES = (
    (
        {12, 1, 2},
        (
            N_("first snow walk, then a long lunch"),
            N_("black tie, but I freeze easily"),
            N_("new job, first Monday"),
        ),
    ),
    (
        {3, 4, 5},
        (N_("a weekend in Lisbon with one bag"), N_("garden party, no heels"), N_("meeting the parents")),
    ),
    (
        {6, 7, 8},
        (N_("beach wedding, under 250"), N_("36 degrees and a dress code"), N_("open-air cinema with her")),
    ),
    (
        {9, 10, 11},
        (
            N_("gallery opening on a rainy Thursday"),
            N_("back to the office"),
            N_("vineyard wedding in October"),
        ),
    ),
)

_CONTROLS = {
    "budget": "budget",
    "department": "department",
    "occasion": "occasion",
    "season": "season",
    "style": "style",
    "count": "count",
    "anchors": "anchor",
    "weather": "temperature",
    "own": "own",
}


def named(key: str, translate: Translate) -> str:
    """The word for a slot, a department, a season or a constraint; what is not known stays as it is."""
    return translate(NAMES[key]) if key in NAMES else key


def constraint_name(constraint: str, translate: Translate) -> str:
    """A constraint of an answer, such as "sizes.top", in words."""
    head, _, rest = constraint.partition(".")
    return ": ".join(named(part, translate) for part in (head, rest) if part)


def control_of(constraint: str) -> str:
    """The input of the form that asks for it; empty where there is none."""
    head, _, rest = constraint.partition(".")
    return f"size_{rest}" if head == "sizes" and rest else _CONTROLS.get(head, "")


def examples(month: int, translate: Translate) -> list[str]:
    """Wishes that suit the time of the year."""
    seasonal = next(texts for months, texts in _EXAMPLES if month in months)
    return [translate(text) for text in seasonal]


def alt(look: Worn, translate: Translate) -> str:
    """The look read aloud: its title, then every piece."""
    pieces = "; ".join(f"{named(item['slot'], translate)}: {item['title']}" for item in look.items)
    return f"{look.outfit['title']}. {pieces}."


def joined(parts: Sequence[str | None]) -> str:
    """What there is of some facts, on one line."""
    return " · ".join(part for part in parts if part)


def is_web(address: str) -> bool:
    """Whether an address of a feed leads to a web page, and to nothing else."""
    return address.startswith(("https://", "http://"))
