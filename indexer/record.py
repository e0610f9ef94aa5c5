"""The one shape that every feed reader yields: a record of canonical fields, still text, with its line."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

FIELDS: tuple[str, ...] = (
    "sku",  # the variant's own id; may be empty, see `group_id`
    "group_id",  # what the variants of one product share (handle, item_group_id, parent)
    "title",
    "description",  # plain text: readers strip HTML
    "brand",
    "category",  # taxonomy path, " > " between levels; several paths joined by " | "
    "product_type",  # the shop's own type, when there is one beside the category
    "slot",  # the feed's own slot, when it uses our names
    "department",  # gender and/or age words, as given ("female", "Herren", "kids girls")
    "color",
    "size",
    "material",
    "pattern",
    "season",
    "formality",  # usage or occasion words ("Casual", "Formal"), or a number from 1 to 5
    "tags",  # comma separated
    "price",  # "59", "59.00", "59,00 EUR", "€59.00"
    "sale_price",
    "cost_of_goods_sold",  # what the store paid, written like a price and in its currency; never shown
    "currency",
    "quantity",  # a count; empty when the feed does not count
    "availability",  # availability words ("in stock", "out_of_stock", "preorder"), when given
    "image_url",
    "url",
)

COST = "cost_of_goods_sold"

MAX_UNPACKED = 4 * 1024**3
"""Bytes that a packed feed may unpack to, unless the caller says otherwise."""

MAX_ROWS = 10_000_000
MAX_COLUMNS = 5_000
"""Far above what an honest product feed has: more is a file that means to fill a memory, or no feed."""


@dataclass(frozen=True, slots=True)
class Record:
    """One sellable variant as the feed states it. `line` is 1-based, in the file (row number for Parquet and Excel).

    `remarks` say what the reader made of it that a person should know: short phrases that the report counts.
    """

    line: int
    fields: dict[str, str]
    remarks: tuple[str, ...] = ()

    def get(self, name: str) -> str:
        return self.fields.get(name, "")


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that cannot be used, and why. Written to the rejects file; never lost."""

    line: int
    field: str
    value: str
    reason: str  # a short, countable phrase: "price missing", "price not a number", "title missing"
    sku: str = ""
    file: str = ""
    row: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row left out on purpose, which is no error: a draft, an image-only row, a parent of variations."""

    line: int
    reason: str  # a short, countable phrase: "image only", "not published"
    file: str = ""


Event = Record | Reject | Skipped


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a look at the head of a feed says about all of it."""

    priced: bool  # whether any record can be expected to name a price
    notes: tuple[str, ...] = ()  # for the person who runs the indexer: matched and ignored columns
    minor: frozenset[str] = frozenset()  # the fields whose amounts are minor units (cents)
    hints: tuple[str, ...] = ()  # of the notes, those that say what would help if the rows cannot be used


class FeedReader(Protocol):
    """A streaming reader of one format: it never holds the whole file where the format allows."""

    def inspect(self, path: Path) -> Inspection:
        """Look at the head of the file. Raises FeedError when the feed as a whole cannot be used."""
        ...

    def read(self, path: Path) -> Iterator[Event]:
        """Every row of the file, in its order. Raises FeedError when the file breaks off."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """A validated record: numbers are numbers, text is trimmed. Attributes are still the feed's own words.

    `price` is what the shopper pays now (a valid sale price wins), in units of `currency` (ISO 4217, upper
    case); None only when the whole feed carries no price field.
    `quantity` is None when the feed does not count and does not say that the variant is out. `cost` is what the store
    paid, in the same currency; None when the feed gives none that can be used.
    `sku` and `group_id` are never empty. `sku_given` is False where the SKU was made from the group.
    """

    file: str
    line: int
    sku: str
    sku_given: bool
    group_id: str
    title: str
    price: float | None
    currency: str
    quantity: int | None
    description: str = ""
    brand: str = ""
    category: str = ""
    product_type: str = ""
    slot: str = ""
    department: str = ""
    color: str = ""
    size: str = ""
    material: str = ""
    pattern: str = ""
    season: str = ""
    formality: str = ""
    tags: tuple[str, ...] = ()
    image_url: str = ""
    url: str = ""
    cost: float | None = None
