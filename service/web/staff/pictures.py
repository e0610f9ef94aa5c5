"""Pictures of the console: a piece, some pieces laid out together, and outfits that were composed. Knows no page."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response

from indexer.item import SLOTS
from service.pictures.laydown import laydown
from service.pictures.piece import Theme
from service.web.drawing import drawn, piece_of_item
from service.web.staff.desk import HOME, StaffPageRoute
from service.web.visit import Visit, visit

router = APIRouter(include_in_schema=False, prefix=HOME + "/pictures", route_class=StaffPageRoute)

_CACHING = "private, max-age=300"
Skus = Annotated[list[str], Query(max_length=len(SLOTS))]


@router.get("/laydown.svg")
async def together(request: Request, sku: Skus = [], theme: Theme = "light") -> Response:  # noqa: B006
    """The pieces of these SKUs as one laydown; a single one by itself."""
    here = visit(request)
    found = [item for name in sku if (item := await item_of(here, name)) is not None]
    laid = [piece for item in found if (piece := piece_of_item(item)) is not None]
    if not laid:
        return drawn(request, here.html("shop/placeholder.svg", dark=theme == "dark"), "no-store")
    title = "; ".join(piece.title for piece in laid)
    svg = await to_thread.run_sync(laydown, laid, title, theme, "portrait")
    return drawn(request, svg, _CACHING)


@router.get("/outfit.svg")
async def outfit(
    request: Request, id: Annotated[str, Query(max_length=128)], theme: Theme = "light"
) -> Response:
    """An outfit as shoppers see it."""
    here = visit(request)
    query = {"format": "svg", "shape": "portrait", "theme": theme}
    answer = await here.api.ask("GET", f"/v1/outfits/{quote(id, safe='')}/image", query=query)
    if not answer.ok:
        return drawn(request, here.html("shop/placeholder.svg", dark=theme == "dark"), "no-store")
    return drawn(request, answer.body.decode(), _CACHING)


async def item_of(here: Visit, sku: str) -> dict[str, Any] | None:
    """The item of this SKU, as the API shows it; None where there is none."""
    answer = await here.api.ask("GET", f"/v1/items/{sku}")
    found: dict[str, Any] | None = answer.json if answer.ok else None
    return found
