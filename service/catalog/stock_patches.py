"""A change of stock: its body, its answer, and which sizes of a catalogue it means. Knows no database and no HTTP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from indexer.feeds.values.money import MAX_AMOUNT
from indexer.item import Item
from service.catalog.stock_overlay import sizes_meant
from service.schemas.outfits import Name

MAX_PATCHES = 10_000
_MAX_QUANTITY = 1_000_000_000  # what every database's integer holds
_SIZES_NAMED = 10


def _says_something(schema: dict[str, Any]) -> None:
    kinds = (("quantity", "integer"), ("price", "number"))
    schema["anyOf"] = [{"required": [name], "properties": {name: {"type": kind}}} for name, kind in kinds]


class StockPatch(BaseModel):
    """What is to be known of one size from now on; without `size`, of every size that bears the SKU."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, json_schema_extra=_says_something)

    sku: Name
    """Of a size, or the item's own."""
    size: Name | None = None
    quantity: Annotated[int, Field(ge=0, le=_MAX_QUANTITY, strict=True)] | None = None
    """In stock now; unchanged when absent."""
    price: Annotated[float, Field(ge=0.01, le=MAX_AMOUNT, strict=True)] | None = None
    """In the item's currency; unchanged when absent."""

    @model_validator(mode="after")
    def _says_something(self) -> StockPatch:
        if self.quantity is None and self.price is None:
            raise ValueError("changes nothing: give a quantity, a price or both")
        return self


class UnknownStock(BaseModel):
    """A row that no size of the index answers to. `index` is its place in the request, from 0."""

    index: int
    sku: str
    size: str | None
    reason: str


class StockResult(BaseModel):
    """`applied` rows are kept; `unknown` ones are not. `items` is how many items changed by it."""

    applied: int
    unknown: list[UnknownStock]
    items: int


@dataclass(frozen=True, slots=True)
class Said:
    """One row, for sizes as the catalogue writes them; `size` "" is every size of the SKU."""

    sku: str
    size: str
    quantity: int | None
    price: float | None


@dataclass(slots=True)
class Resolved:
    """What of a change can be kept, in the order of its rows, and what cannot."""

    said: list[Said] = field(default_factory=list)
    applied: int = 0
    unknown: list[UnknownStock] = field(default_factory=list)


def resolve(patches: Sequence[StockPatch], find: Callable[[str], Sequence[Item]]) -> Resolved:
    """Which sizes the rows mean. `find` gives the items that have an SKU, as their own or as a size's."""
    resolved = Resolved()
    for index, patch in enumerate(patches):
        items = find(patch.sku)
        keys = {key: None for item in items for key in _keys(item, patch)}
        if keys:
            resolved.applied += 1
            resolved.said += [Said(sku, size, patch.quantity, patch.price) for sku, size in keys]
        else:
            reason = _why_not(items)
            resolved.unknown.append(UnknownStock(index=index, sku=patch.sku, size=patch.size, reason=reason))
    return resolved


def _keys(item: Item, patch: StockPatch) -> list[tuple[str, str]]:
    """(SKU, size) of the sizes that are meant. A size that bears the SKU and was not named keeps the row's breadth:
    it then also holds for sizes that only a later index has.
    """
    meant = [item.variants[n] for n in sizes_meant(item, patch.sku, patch.size)]
    if patch.size is None and any(variant.sku == patch.sku for variant in meant):
        return [(patch.sku, "")]
    return [(variant.sku, variant.size or patch.size or "") for variant in meant]


def _why_not(items: Sequence[Item]) -> str:
    if not items:
        return "no item of the index has this SKU"
    sizes = list(dict.fromkeys(v.size or "one size" for item in items for v in item.variants))
    more = ", ..." if len(sizes) > _SIZES_NAMED else ""
    return f"it comes in {', '.join(sizes[:_SIZES_NAMED])}{more}"
