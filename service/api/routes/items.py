"""Routes of the catalogue."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Security

from indexer.item import Department, Slot
from service.api.auth import ShopperRoute, bearer
from service.api.dependencies import Language, services
from service.api.errors import documented
from service.errors import InvalidError, NotFoundError
from service.recommender.localization import localised_item, localised_page
from service.schemas.catalog import DEFAULT_PAGE, MAX_PAGE, ItemPage, ItemQuery, ItemView

router = APIRouter(
    prefix="/v1",
    tags=["items"],
    route_class=ShopperRoute,
    dependencies=[Security(bearer)],
    responses=documented(401, 422, 500, 503),
)

Text = Annotated[str | None, Query(max_length=200)]
Price = Annotated[float | None, Query(ge=0, le=1_000_000_000, allow_inf_nan=False)]


@router.get("/items")
def items(
    request: Request,
    language: Language,
    q: Text = None,
    slot: Slot | None = None,
    department: Department | None = None,
    brand: Text = None,
    color: Text = None,
    min_price: Price = None,
    max_price: Price = None,
    in_stock: bool | None = None,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = DEFAULT_PAGE,
) -> ItemPage:
    """The catalogue, filtered; `next_cursor` of one page is the `cursor` of the next."""
    if min_price is not None and max_price is not None and min_price > max_price:
        raise InvalidError.at("min_price", f"{min_price:g} is more than max_price, {max_price:g}")
    query = ItemQuery(
        q, slot, department, brand, color, min_price, max_price, in_stock, cursor=cursor, limit=limit
    )
    return localised_page(services(request).serving.get().items(query), language)


@router.get("/items/{sku:path}", responses=documented(404))
def item(sku: str, request: Request, language: Language) -> ItemView:
    """One item, by its own SKU or by that of one of its sizes. A SKU may contain slashes."""
    found = services(request).serving.get().item(sku)
    if found is None:
        raise NotFoundError(f"no item with SKU {sku!r}")
    return localised_item(found, language)
