"""Stock and prices by hand: a piece looked up, its sizes edited, and the change in force with the next request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response

from service.web.staff.desk import HOME, StaffPageRoute, refused
from service.web.visit import visit

router = APIRouter(include_in_schema=False, prefix=HOME + "/stock", route_class=StaffPageRoute)

_FOUND = 8
Texts = Annotated[list[str], Form()]
Words = Annotated[str, Query(max_length=200)]


@router.get("")
async def stock(request: Request, q: Words = "") -> Response:
    """Pieces by words or SKU, with what there is of each size."""
    here = visit(request)
    items: list[dict[str, Any]] = []
    if q.strip():
        exact = await here.api.ask("GET", f"/v1/items/{q.strip()}")
        near = await here.api.ask("GET", "/v1/items", query={"q": q.strip(), "limit": _FOUND})
        if not near.ok:
            return refused(here, near)
        items = [exact.json] if exact.ok else near.json["items"]
    part = "hx-request" in request.headers
    return here.page("staff/stock_found.html" if part else "staff/stock.html", items=items, asked=q.strip())


@router.post("")
async def change(
    request: Request,
    sku: Texts,
    size: Texts,
    quantity: Texts,
    price: Texts,
    was_quantity: Texts,
    was_price: Texts,
) -> Response:
    """What was edited of one piece."""
    here = visit(request)
    rows: list[dict[str, Any]] = []
    for n, name in enumerate(sku):
        row = {
            "quantity": _number(quantity, was_quantity, n, whole=True),
            "price": _number(price, was_price, n, whole=False),
        }
        row = {field: value for field, value in row.items() if value is not None}
        if row:
            rows.append({"sku": name, **({"size": size[n]} if n < len(size) and size[n] else {}), **row})
    if not rows:
        return here.page("staff/saved.html", text="Nothing was changed.")
    answer = await here.api.ask("PATCH", "/v1/admin/stock", rows)
    if not answer.ok:
        return refused(here, answer)
    applied, unknown = answer.json["applied"], answer.json["unknown"]
    text = f"{applied} {'size' if applied == 1 else 'sizes'} changed; shoppers see it from now on."
    return here.page("staff/saved.html", text=text, unknown=unknown)


def _number(now: Sequence[str], was: Sequence[str], place: int, *, whole: bool) -> int | float | str | None:
    """What a field holds, where it was edited; a text that is no number, for the API to refuse."""
    text = now[place].strip() if place < len(now) else ""
    if not text or (place < len(was) and text == was[place].strip()):
        return None
    try:
        return int(text) if whole else float(text.replace(",", "."))
    except ValueError:
        return text
