"""Items as the catalogue shows them, and the filters of `GET /v1/items`. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from indexer.item import Department, Season, Slot

MAX_PAGE = 100
DEFAULT_PAGE = 20


@dataclass(frozen=True, slots=True)
class ItemQuery:
    """Filters of `GET /v1/items`; None filters nothing. Prices are in the index's currency.

    `q` is free text, `cursor` the `next_cursor` of the page before, `limit` at most `MAX_PAGE`.
    """

    q: str | None = None
    slot: Slot | None = None
    department: Department | None = None
    brand: str | None = None
    color: str | None = None
    min_price: float | None = None
    max_price: float | None = None
    in_stock: bool | None = None
    cursor: str | None = None
    limit: int = DEFAULT_PAGE


class VariantView(BaseModel):
    sku: str
    size: str | None
    quantity: int | None
    price: float | None
    price_text: str | None = None
    in_stock: bool


class ItemView(BaseModel):
    """One colourway. `sku` is the one asked for, in lists that of a size in stock; `variants` has every size's."""

    sku: str
    group_id: str
    title: str
    brand: str
    description: str
    slot: Slot | None
    kind: str
    department: Department
    colors: list[str]
    material: str
    pattern: str
    seasons: list[Season]
    formality: int
    price: float | None
    price_text: str | None = None
    currency: str
    in_stock: bool
    image_url: str
    url: str
    variants: list[VariantView]
    derived: list[str]


class ItemPage(BaseModel):
    items: list[ItemView]
    total: int
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class ReadingQuery:
    """Filters of `GET /v1/admin/items`; None filters nothing. `cursor` is the `next_cursor` of the page before."""

    doubtful: bool | None = None
    corrected: bool | None = None
    cursor: str | None = None
    limit: int = DEFAULT_PAGE


class CorrectionView(BaseModel):
    """What staff said of a piece; null: as it is read. A slot of `none`: it is not composed."""

    kind: str | None = None
    slot: Slot | Literal["none"] | None = None
    department: Department | None = None


class Reading(BaseModel):
    """What a piece is taken for. `sku` is the item's own, `skus` has those of all its sizes.

    A `doubtful` piece is in no outfit until staff say what it is; `nearest` are the kinds that it is most like.
    `source` says where kind and slot come from. `correction` is null where nobody has corrected it.
    """

    sku: str
    skus: list[str]
    group_id: str
    title: str
    category: str
    tags: list[str]
    description: str
    image_url: str
    kind: str
    slot: Slot | None
    department: Department
    confidence: float
    source: Literal["feed", "table", "trained", "staff"]
    doubtful: bool
    nearest: list[str]
    correction: CorrectionView | None = None


class Readings(BaseModel):
    items: list[Reading]
    total: int
    next_cursor: str | None = None
