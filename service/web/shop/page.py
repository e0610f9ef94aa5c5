"""The shopper page, an outfit's own page, and the pictures on them. Knows no composing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from service.errors import NotFoundError, UnavailableError
from service.pictures.laydown import laydown
from service.pictures.piece import Theme
from service.web.drawing import drawn, piece_of_item
from service.web.shop.look import Look
from service.web.shop.wish import COUNTS, SIZED, Wish
from service.web.visit import LANGUAGE_COOKIE, PageRoute, PartRoute, Visit, visit

CRITIQUE = "/v1/outfits/critique"
_UNTUNED = "base"  # no style: what styles are measured against
_A_YEAR = 365 * 24 * 3600
_PICTURE_SECONDS = 3600

pages = APIRouter(route_class=PageRoute, include_in_schema=False)
parts = APIRouter(route_class=PartRoute, include_in_schema=False)


@pages.get("/")
async def shop(request: Request) -> Response:
    """The page, with the wish that its address names, if it names one."""
    here = visit(request)
    wish = Wish.of(request.query_params.multi_items())
    anchors = [await _piece(here, sku) for sku in wish.anchors]
    styles = await here.api.ask("GET", "/v1/styles")
    shown = await here.api.ask("GET", "/v1/items", query={"limit": 1})
    items = shown.json["items"] if shown.ok else []
    response = here.page(
        "shop/index.html",
        wish=wish,
        anchors=anchors,
        styles=[style for style in styles.json if style["name"] != _UNTUNED] if styles.ok else [],
        currency=items[0]["currency"] if items else here.app.settings.currency,
        ready=styles.ok,
        month=datetime.now(UTC).month,
        sized=SIZED,
        counts=COUNTS,
        **await offers(here),
    )
    return _with_language(response, request)


@pages.get("/looks/{outfit_id}")
async def shared(outfit_id: str, request: Request) -> Response:
    """An outfit as it was composed, for whoever has its address; and whether it would be composed again."""
    here = visit(request)
    answer = await here.api.ask("GET", f"/v1/outfits/{outfit_id}")
    if answer.status == NotFoundError.status:
        raise NotFoundError("there is no look under this address, or no longer")
    if not answer.ok:
        raise UnavailableError(answer.json["detail"], retry_after=5)
    look = Look(answer.json, basket=here.app.settings.basket_url)
    same = answer.headers.get("stylist-replay") == "exact"
    response = here.page("shop/shared.html", look=look, same=same, alone=True, **await offers(here))
    return _with_language(response, request)


@parts.get("/ui/looks/{outfit_id}/picture.svg")
async def picture(outfit_id: str, request: Request, theme: Theme = "light") -> Response:
    """The outfit as a laydown; a calm placeholder where there is no picture of it."""
    here = visit(request)
    query = {"format": "svg", "shape": "portrait", "theme": theme}
    answer = await here.api.ask("GET", f"/v1/outfits/{outfit_id}/image", query=query)
    if not answer.ok:
        return drawn(request, here.html("shop/placeholder.svg", dark=theme == "dark"), "no-store")
    return drawn(request, answer.body.decode(), f"private, max-age={_PICTURE_SECONDS}")


@parts.get("/ui/pieces/{sku:path}/picture.svg")
async def piece_picture(sku: str, request: Request, theme: Theme = "light") -> Response:
    """One piece, drawn by itself."""
    here = visit(request)
    answer = await here.api.ask("GET", f"/v1/items/{sku}")
    piece = piece_of_item(answer.json) if answer.ok else None
    if piece is None:
        return drawn(request, here.html("shop/placeholder.svg", dark=theme == "dark"), "no-store")
    svg = await to_thread.run_sync(laydown, [piece], piece.title, theme, "portrait")
    return drawn(request, svg, f"private, max-age={_PICTURE_SECONDS}")


async def offers(here: Visit) -> dict[str, bool]:
    """What this service can do beside composing."""
    refines = await here.api.has("POST", "/v1/outfits/any/refine")
    return {"refines": refines, "criticises": await here.api.has("POST", CRITIQUE)}


async def _piece(here: Visit, sku: str) -> dict[str, Any]:
    found = await here.api.ask("GET", f"/v1/items/{sku}")
    return {"sku": sku, "title": found.json["title"] if found.ok else sku}


def _with_language(response: Response, request: Request) -> Response:
    if "lang" in request.query_params:
        language = visit(request).language
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=_A_YEAR, samesite="lax", httponly=True)
    return response
