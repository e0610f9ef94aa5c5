"""Routes of the catalogue: items for shoppers; for staff what they are taken for, and why one is not shown."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Security
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from indexer.item import Department, Slot
from service.api.auth import ShopperRoute, StaffRoute, bearer
from service.api.dependencies import Language, Services, key_id, services
from service.api.errors import documented
from service.catalog.corrections import correction
from service.db.repositories.corrections import CorrectedPiece
from service.errors import InvalidError, NotFoundError
from service.localization.text import phrase
from service.recommender.localization import localised_item, localised_page
from service.schemas.catalog import (
    DEFAULT_PAGE,
    MAX_PAGE,
    ItemPage,
    ItemQuery,
    ItemView,
    Reading,
    ReadingQuery,
    Readings,
)
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


staff = APIRouter(
    prefix="/v1/admin/items", tags=["admin"], route_class=StaffRoute, dependencies=[Security(bearer)]
)
staff.add_api_route("/{sku:path}/why", why, methods=["GET"], responses=documented(404, 422))

Word = Annotated[str, Field(min_length=1, max_length=60)]
_WORDS = ("kind", "slot", "department")
_PATH = "/{sku:path}"


class CorrectionBody(BaseModel):
    """What a piece is. A field that is absent stays as it was said before; null goes back to what was read.

    A kind without a slot brings its own; a slot of `none` keeps the piece out of outfits. No field at all confirms what
    was read: the piece is no longer doubtful.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    kind: Word | None = None
    slot: Word | None = None
    department: Word | None = None


@staff.get("", responses=documented(422))
def readings(
    request: Request,
    doubtful: bool | None = None,
    corrected: bool | None = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = DEFAULT_PAGE,
) -> Readings:
    """What pieces are taken for; with `doubtful`, those that wait for a word of staff, with the nearest kinds."""
    query = ReadingQuery(doubtful, corrected, cursor, limit)
    return services(request).serving.get().readings(query)


@staff.patch(_PATH, responses=documented(404, 409, 422))
def correct(sku: str, body: CorrectionBody, request: Request) -> Reading:
    """Say what a piece is, by its SKU or that of one of its sizes. The next request sees it, every build keeps it."""
    app = services(request)
    found = _reading_of(app, sku)
    said = {name: getattr(body, name) for name in body.model_fields_set}
    former = app.corrections.get(found.sku)
    words = {name: said.get(name, None if former is None else getattr(former, name)) for name in _WORDS}
    if said and not any(words.values()):
        if former is not None:
            app.corrections.delete(found.sku)
    else:
        piece = CorrectedPiece(found.sku, correction(**words), found.skus, _was(found), _text(found))
        app.corrections.put(piece, key_id(request))
    return _reading_of(app, sku)


@staff.delete(_PATH, status_code=204, responses=documented(404, 422))
def undo(sku: str, request: Request) -> None:
    """Take back what was said of a piece. What an index was built with holds until the next build."""
    app = services(request)
    found = app.serving.get().reading(sku)
    app.corrections.delete(sku if found is None else found.sku)  # also of a piece that is sold no more


def _reading_of(app: Services, sku: str) -> Reading:
    found = app.serving.get().reading(sku)
    if found is None:
        raise NotFoundError(f"no item with SKU {sku!r}")
    return found


def _was(found: Reading) -> dict[str, object]:
    """How the indexer read it."""
    return {"kind": found.kind, "slot": found.slot, "department": found.department, "nearest": found.nearest}


def _text(found: Reading) -> dict[str, object]:
    """The words that it was read from."""
    return {
        "title": found.title,
        "category": found.category,
        "tags": found.tags,
        "description": found.description,
    }


router.routes.extend(staff.routes)  # each keeps the class by which it asks for a key
