"""Items as the catalogue shows them, and the filters of `GET /v1/items`. Pure data."""

from __future__ import annotations

from dataclasses import dataclass

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
