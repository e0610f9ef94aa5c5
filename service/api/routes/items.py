"""Routes of the catalogue: items for shoppers, and for staff why one of them is not shown."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Security
from pydantic import ValidationError

from indexer.item import Department, Slot
from service.api.auth import ShopperRoute, StaffRoute, bearer
from service.api.dependencies import Language, services
from service.api.errors import documented
from service.errors import InvalidError, NotFoundError
from service.localization.text import phrase
from service.recommender.localization import localised_item, localised_page
from service.schemas.catalog import DEFAULT_PAGE, MAX_PAGE, ItemPage, ItemQuery, ItemView
from service.schemas.outfits import AskedSeason, OutfitRequest
from service.schemas.trace import Why

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
        raise NotFoundError(phrase("no item with SKU {sku!r}", sku=sku))
    return localised_item(found, language)


def why(
    sku: str,
    request: Request,
    vibe: Annotated[str, Query(max_length=500)],
    department: Department | None = None,
    occasion: Text = None,
    season: AskedSeason | None = None,
    temperature_c: Annotated[float | None, Query(ge=-60, le=60)] = None,
    rain: bool = False,
    snow: bool = False,
    budget: Annotated[float | None, Query(gt=0, le=10_000_000)] = None,
    size: Annotated[list[str] | None, Query(max_length=20)] = None,
    shopper: Text = None,
) -> Why:
    """Why the item is not in outfits for such a request: all that keeps it out, else where it stands.

    `budget` is the most that one outfit may cost, `size` a size of the item's own slot. The other parameters are those
    fields of `POST /v1/outfits`.
    """
    request.state.shopper_text = vibe
    recommender = services(request).serving.get()
    found = recommender.item(sku)
    if found is None:
        raise NotFoundError(phrase("no item with SKU {sku!r}", sku=sku))
    weather = {"temperature_c": temperature_c, "rain": rain, "snow": snow}
    body: dict[str, Any] = {
        "vibe": vibe,
        "department": department,
        "occasion": occasion,
        "season": season,
        "weather": weather if temperature_c is not None or rain or snow else None,
        "budget": None if budget is None else {"max": budget},
        "sizes": {found.slot: size} if found.slot and size else {},
        "shopper": shopper,
    }
    try:
        wish = OutfitRequest.model_validate(body)
    except ValidationError as error:
        raise InvalidError.from_validation(error) from error
    answer = recommender.why(sku, wish)
    if answer is None:  # it left the index just now
        raise NotFoundError(phrase("no item with SKU {sku!r}", sku=sku))
    return answer


router.add_api_route(
    "/admin/items/{sku:path}/why",
    why,
    methods=["GET"],
    responses=documented(404),
    route_class_override=StaffRoute,
)
