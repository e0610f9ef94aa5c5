"""What a wish was read to ask for: mentions with their evidence, and demands that could not be read.

Pure data; knows no text, no model and no items.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Source = Literal["words", "guess"]

FACETS = ("kinds", "colors", "materials", "brands", "patterns")
FIELDS: frozenset[str] = frozenset(
    {
        *(f"{wish}.{facet}" for wish in ("include", "exclude") for facet in FACETS),
        *("attributes", "exclude.attributes", "own", "slots"),
        *("department", "age", "season", "weather.temperature_c", "weather.rain", "weather.snow"),
        *("budget.max", "budget.min", "budget.currency"),
        *(
            "sizes",
            *(f"sizes.{slot}" for slot in ("top", "bottom", "dress", "outerwear", "shoes", "accessory")),
        ),
    }
)
"""Where a mention belongs: the request's own fields, dotted. `sizes` alone is a size said of no garment."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One thing that a wish says: the words `text` at characters `start` up to `end` mean `value` in `field`.

    `value` is canonical: a kind of `kinds.toml` or a slot's name, a colour, material, pattern or attribute of the
    taxonomy, a number, an ISO currency, a department or "girls"/"boys", True for rain and snow. Brands come as the
    catalogue spells them. `of` is the index, among the mentions of the reading, of the kind (or own piece) that
    a colour, material, pattern, attribute, brand or size is said of; None where it is said of the whole outfit.
    """

    text: str
    start: int
    end: int
    field: str
    value: str | float | bool
    of: int | None = None
    source: Source = "words"


@dataclass(frozen=True, slots=True)
class WishReading:
    """Mentions in the order of the text, phrases that ask for something unknown or unclear, and the language.

    `unread` holds the wish's own words: a demand about clothes that resolves to nothing known, or that cannot be
    told to be wanted or unwanted. `language` is an ISO 639-1 code.
    """

    mentions: tuple[Mention, ...] = ()
    unread: tuple[str, ...] = ()
    language: str = "en"

    def of_field(self, field: str) -> tuple[Mention, ...]:
        """The mentions of one field, or of all fields below it: "sizes" gives those of "sizes.top" too."""
        return tuple(m for m in self.mentions if m.field == field or m.field.startswith(field + "."))
