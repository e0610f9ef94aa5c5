"""Looks that staff author: pieces looked up, laid out, said why, kept; approved, rejected, deleted."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from anyio import to_thread
from fastapi import APIRouter, Form, Query, Request, Response

from indexer.item import DEPARTMENTS, SEASONS, SLOTS, Slot
from service.pictures.laydown import laydown
from service.pictures.piece import Theme
from service.web.drawing import drawn, piece_of_item
from service.web.staff.desk import HOME, StaffPageRoute
from service.web.visit import Visit, visit

LOOKS = HOME + "/looks"
router = APIRouter(include_in_schema=False, prefix=LOOKS, route_class=StaffPageRoute)

_FOUND = 12
Words = Annotated[str, Query(max_length=200)]
Skus = Annotated[list[str], Query(max_length=len(SLOTS))]


@router.get("")
async def looks(request: Request, status: Words = "", cursor: Words = "") -> Response:
    """Looks that were authored, newest first."""
    here = visit(request)
    query = {"status": status, "cursor": cursor, "limit": 24}
    answer = await here.api.ask("GET", "/v1/admin/looks", query=query)
    page = answer.json if answer.ok else {"looks": [], "next_cursor": None}
    return here.page("staff/looks.html", page=page, status=status)


@router.get("/new")
async def author(request: Request, outfit: Words = "") -> Response:
    """The table on which a look is laid out; begun with the pieces of an outfit, where one is named."""
    here = visit(request)
    made = await here.api.ask("GET", f"/v1/outfits/{quote(outfit, safe='')}") if outfit else None
    pieces = made.json["items"] if made is not None and made.ok else []
    choices = {"departments": DEPARTMENTS, "seasons": SEASONS, "slots": SLOTS}
    return here.page("staff/look_author.html", pieces=pieces, **choices)


@router.get("/pieces")
async def pieces(request: Request, q: Words = "", slot: Words = "") -> Response:
    """Pieces to lay out."""
    here = visit(request)
    if not q.strip():
        return here.page("staff/look_pieces.html", items=[], asked="")
    query = {"q": q.strip(), "slot": slot, "in_stock": "true", "limit": _FOUND}
    answer = await here.api.ask("GET", "/v1/items", query=query)
    if not answer.ok:
        return here.refused(answer)
    items = [item for item in answer.json["items"] if item["slot"]]
    return here.page("staff/look_pieces.html", items=items, asked=q.strip())


@router.get("/laydown.svg")
async def table(request: Request, sku: Skus = [], theme: Theme = "light") -> Response:  # noqa: B006
    """The pieces as a laydown."""
    here = visit(request)
    found = [await _item(here, name) for name in sku]
    laid = [piece for item in found if item is not None and (piece := piece_of_item(item)) is not None]
    if not laid:
        return drawn(request, here.html("shop/placeholder.svg", dark=theme == "dark"), "no-store")
    svg = await to_thread.run_sync(laydown, laid, "A look", theme, "portrait")
    return drawn(request, svg, "no-store")


@router.post("")
async def keep(request: Request) -> Response:
    """Keeps the look."""
    here = visit(request)
    async with request.form() as form:
        said = {name: str(value).strip() for name, value in form.multi_items() if isinstance(value, str)}
        skus = [value for value in form.getlist("sku") if isinstance(value, str)]
    chosen: dict[Slot, str] = {}
    for sku in skus:
        item = await _item(here, sku)
        if item is not None and item["slot"] is not None:
            chosen[item["slot"]] = sku
    body: dict[str, Any] = {"vibe": said.get("vibe", ""), "pieces": chosen}
    body["phrasings"] = [line.strip() for line in said.get("phrasings", "").splitlines() if line.strip()]
    body |= {
        name: said[name] for name in ("department", "season", "occasion", "why", "status") if said.get(name)
    }
    if said.get("formality", "").isdecimal():
        body["formality"] = int(said["formality"])
    answer = await here.api.ask("POST", "/v1/admin/looks", body)
    if not answer.ok:
        return here.refused(answer)
    return Response(status_code=204, headers={"HX-Redirect": LOOKS})


@router.post("/{look_id}/judge")
async def judge(look_id: str, request: Request, status: Annotated[str, Form(max_length=20)]) -> Response:
    """Approves a look, rejects it, or makes it a draft again."""
    here = visit(request)
    answer = await here.api.ask("PATCH", f"/v1/admin/looks/{quote(look_id, safe='')}", {"status": status})
    return here.page("staff/look_row.html", look=answer.json) if answer.ok else here.refused(answer)


@router.post("/{look_id}/delete")
async def delete(look_id: str, request: Request) -> Response:
    """Deletes a look for good."""
    here = visit(request)
    answer = await here.api.ask("DELETE", f"/v1/admin/looks/{quote(look_id, safe='')}")
    return Response("", media_type="text/html") if answer.ok else here.refused(answer)


async def _item(here: Visit, sku: str) -> dict[str, Any] | None:
    answer = await here.api.ask("GET", f"/v1/items/{sku}")
    found: dict[str, Any] | None = answer.json if answer.ok else None
    return found
