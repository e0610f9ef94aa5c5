"""Looking a piece up, judging looks, and what brings several together: search, opinions, saved looks, baskets."""

from __future__ import annotations

import secrets
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request, Response

from service.web.shop.look import Look
from service.web.shop.page import CRITIQUE
from service.web.visit import PartRoute, visit

router = APIRouter(route_class=PartRoute, include_in_schema=False, prefix="/ui")

_FOUND = 12
_MOST_SAVED = 40
Words = Annotated[str, Query(max_length=200)]


@router.get("/pieces")
async def search(
    request: Request, q: Words = "", purpose: Literal["anchor", "basket"] = "anchor"
) -> Response:
    """Pieces in stock that some words name, nearest first."""
    here = visit(request)
    if not q.strip():
        return here.page("shop/found.html", items=[], asked="", purpose=purpose)
    answer = await here.api.ask(
        "GET", "/v1/items", query={"q": q.strip(), "in_stock": "true", "limit": _FOUND}
    )
    if not answer.ok:
        return here.refused(answer)
    items = [item for item in answer.json["items"] if item["slot"]]
    return here.page("shop/found.html", items=items, asked=q.strip(), purpose=purpose)


@router.post("/looks/{outfit_id}/opinion")
async def opinion(
    outfit_id: str,
    request: Request,
    type: Annotated[Literal["like", "dislike", "add_to_basket", "click"], Form()],
    place: Annotated[int, Form(ge=0, le=1000)] = 0,
    sku: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """What a shopper makes of a look, as feedback."""
    here = visit(request)
    event = {"event_id": secrets.token_hex(16), "type": type, "outfit_id": outfit_id, "position": place}
    answer = await here.api.ask("POST", "/v1/feedback", {**event, **({"sku": sku} if sku else {})})
    if not answer.ok:
        return here.refused(answer)
    look = Look({"id": outfit_id, "items": []}, place, opinion=type)
    return here.page("shop/opinions.html", look=look)


@router.get("/saved")
async def saved(request: Request, id: Annotated[list[str], Query(max_length=_MOST_SAVED)] = []) -> Response:  # noqa: B006
    """The looks of these ids that are still there, as a list."""
    here = visit(request)
    answers = [await here.api.ask("GET", f"/v1/outfits/{quote(name)}") for name in dict.fromkeys(id)]
    found = [answer.json for answer in answers if answer.ok]
    return here.page("shop/saved.html", outfits=found, gone=len(answers) - len(found))


@router.post("/critique")
async def critique(
    request: Request,
    sku: Annotated[list[str], Form()] = [],  # noqa: B006
    own: Annotated[str, Form(max_length=1000)] = "",
    vibe: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """What a stylist says of some pieces together."""
    here = visit(request)
    body = {
        "skus": sku,
        "own": [part.strip() for part in own.split(",") if part.strip()],
        "vibe": vibe.strip() or None,
    }
    answer = await here.api.ask("POST", CRITIQUE, body)
    if not answer.ok:
        return here.refused(answer)
    return here.page("shop/critique.html", critique=answer.json)
