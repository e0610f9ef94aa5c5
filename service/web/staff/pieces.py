"""Pieces: looked up, put right where they were read wrongly, and why one is not shown. Knows no rule of that."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request, Response

from indexer.item import DEPARTMENTS, SLOTS
from service.web.staff.desk import HOME, StaffPageRoute, has_route, refused
from service.web.staff.overview import latest_report
from service.web.visit import visit

PIECES = HOME + "/pieces"
router = APIRouter(include_in_schema=False, prefix=PIECES, route_class=StaffPageRoute)

_FOUND = 12
_ADMIN = "/v1/admin/items"
Words = Annotated[str, Query(max_length=200)]
Told = Annotated[str, Form(max_length=200)]


@router.get("")
async def pieces(
    request: Request, q: Words = "", slot: Words = "", list: Words = "", cursor: Words = ""
) -> Response:
    """Pieces by words or SKU, or those that are doubtful."""
    here = visit(request)
    doubtful: dict[str, Any] | None = None
    items, following = [], None
    asked = q.strip()
    if list == "doubtful":
        report = await latest_report(here)
        doubtful = {"count": report["doubtful"], "items": report["doubtful_items"]} if report else None
    elif asked or slot:
        exact = await here.api.ask("GET", f"/v1/items/{asked}") if asked else None
        query = {"q": asked, "slot": slot, "limit": _FOUND, "cursor": cursor}
        near = await here.api.ask("GET", "/v1/items", query=query)
        if not near.ok:
            return refused(here, near)
        items, following = near.json["items"], near.json["next_cursor"]
        if exact is not None and exact.ok:
            items, following = [exact.json], None
    part = "hx-request" in request.headers
    return here.page(
        "staff/pieces_found.html" if part else "staff/pieces.html",
        items=items,
        following=following,
        asked=asked,
        slot=slot,
        list=list,
        doubtful=doubtful,
        slots=SLOTS,
        departments=DEPARTMENTS,
        corrects=has_route(request, "PATCH", f"{_ADMIN}/any"),
    )


@router.get("/why")
async def why(
    request: Request,
    sku: Words = "",
    vibe: Annotated[str, Query(max_length=500)] = "",
    department: Words = "",
) -> Response:
    """Why a piece is not in the looks for a wish."""
    here = visit(request)
    query = {"vibe": vibe.strip() or "everyday", "department": department}
    answer = await here.api.ask("GET", f"{_ADMIN}/{sku.strip()}/why", query=query)
    return here.page("staff/why.html", why=answer.json) if answer.ok else refused(here, answer)


@router.post("/correct")
async def correct(
    request: Request, sku: Told, kind: Told = "", slot: Told = "", department: Told = ""
) -> Response:
    """Says what a piece is, where it was read wrongly."""
    here = visit(request)
    given = {"kind": kind.strip(), "slot": slot, "department": department}
    body = {name: value for name, value in given.items() if value}
    if not body:
        return here.page("staff/saved.html", text="Nothing was said.")
    answer = await here.api.ask("PATCH", f"{_ADMIN}/{quote(sku)}", body)
    if not answer.ok:
        return refused(here, answer)
    return here.page("staff/saved.html", text="Put right; it stays so when the feed is read again.")
