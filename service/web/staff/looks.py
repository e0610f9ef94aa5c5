"""Looks that staff author: pieces looked up, laid out, said why, kept; approved, rejected, deleted. No composing."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request, Response

from indexer.item import DEPARTMENTS, SEASONS, SLOTS, Slot
from service.web.staff.desk import HOME, StaffPageRoute, gone_to, refused
from service.web.staff.pictures import item_of
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
    return here.page("staff/look_author.html", pieces=pieces, items=[], asked="", **choices)


@router.get("/pieces")
async def pieces(request: Request, q: Words = "", slot: Words = "") -> Response:
    """Pieces to lay out."""
    here = visit(request)
    asked = q.strip()
    if not asked:
        return here.page("staff/look_pieces.html", items=[], asked="")
    exact = await item_of(here, asked)
    query = {"q": asked, "slot": slot, "in_stock": "true", "limit": _FOUND}
    answer = await here.api.ask("GET", "/v1/items", query=query)
    if not answer.ok:
        return refused(here, answer)
    items = [item for item in ([exact] if exact else answer.json["items"]) if item["slot"]]
    return here.page("staff/look_pieces.html", items=items, asked=asked)


@router.get("/table")
async def table(request: Request, sku: Skus = [], add: Words = "", remove: Words = "") -> Response:  # noqa: B006
    """The pieces that lie on the table, one more or one fewer; of two in one slot the new one stays."""
    here = visit(request)
    laid = await _laid(here, [*(name for name in sku if name != remove), *([add] if add else [])])
    return here.page("staff/look_table.html", pieces=list(laid.values()))


@router.post("")
async def keep(request: Request) -> Response:
    """Keeps the look."""
    here = visit(request)
    async with request.form() as form:
        said = {name: str(value).strip() for name, value in form.multi_items() if isinstance(value, str)}
        skus = [value for value in form.getlist("sku") if isinstance(value, str)]
    laid = await _laid(here, skus[: len(SLOTS)])
    body: dict[str, Any] = {
        "vibe": said.get("vibe", ""),
        "pieces": {slot: p["sku"] for slot, p in laid.items()},
    }
    body["phrasings"] = [line.strip() for line in said.get("phrasings", "").splitlines() if line.strip()]
    body |= {
        name: said[name] for name in ("department", "season", "occasion", "why", "status") if said.get(name)
    }
    if said.get("formality", "").isdecimal():
        body["formality"] = int(said["formality"])
    answer = await here.api.ask("POST", "/v1/admin/looks", body)
    if not answer.ok:
        return refused(here, answer)
    return gone_to(LOOKS)


@router.post("/{look_id}/judge")
async def judge(look_id: str, request: Request, status: Annotated[str, Form(max_length=20)]) -> Response:
    """Approves a look, rejects it, or makes it a draft again."""
    here = visit(request)
    answer = await here.api.ask("PATCH", f"/v1/admin/looks/{quote(look_id, safe='')}", {"status": status})
    return here.page("staff/look_row.html", look=answer.json) if answer.ok else refused(here, answer)


@router.post("/{look_id}/delete")
async def delete(look_id: str, request: Request) -> Response:
    """Deletes a look for good."""
    here = visit(request)
    answer = await here.api.ask("DELETE", f"/v1/admin/looks/{quote(look_id, safe='')}")
    return gone_to(LOOKS) if answer.ok else refused(here, answer)


async def _laid(here: Visit, skus: list[str]) -> dict[Slot, dict[str, Any]]:
    """The pieces of these SKUs by slot, in the order in which one dresses."""
    found = [item for name in dict.fromkeys(skus) if (item := await item_of(here, name)) is not None]
    by_slot = {item["slot"]: item for item in found if item["slot"] is not None}
    return {slot: by_slot[slot] for slot in SLOTS if slot in by_slot}
