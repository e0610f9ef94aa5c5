"""Routes by which staff author looks and approve composed outfits. Knows neither the table nor training's format."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response, Security
from pydantic import BaseModel, ConfigDict

from service.api.auth import StaffRoute, bearer
from service.api.dependencies import key_id, services
from service.api.errors import documented
from service.schemas.looks import MAX_LOOKS_PAGE, Look, LookPage, LookStatus, SentLook

router = APIRouter(
    prefix="/v1/admin/looks",
    tags=["looks"],
    route_class=StaffRoute,
    dependencies=[Security(bearer)],
    responses=documented(422),
)


class Judgement(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: LookStatus


@router.post("", status_code=201, responses=documented(404))
def add(body: SentLook, request: Request, response: Response) -> Look:
    """Author a look, or approve a composed outfit. Every SKU must be a piece of its slot in the current index.

    Approved looks are what `stylist looks export` writes for training.
    """
    app = services(request)
    look = app.looks.add(body, app.serving.get().item, key_id(request))
    response.headers["Location"] = f"{router.prefix}/{look.id}"
    return look


@router.get("")
def looks(
    request: Request,
    status: LookStatus | None = None,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LOOKS_PAGE)] = 20,
) -> LookPage:
    """The looks, newest first; `next_cursor` of one page is the `cursor` of the next."""
    return services(request).looks.page(status, cursor, limit)


@router.get("/{look_id}", responses=documented(404))
def look(look_id: str, request: Request) -> Look:
    """One look."""
    return services(request).looks.get(look_id)


@router.put("/{look_id}", responses=documented(404))
def replace(look_id: str, body: SentLook, request: Request) -> Look:
    """Say all of a look anew; its status stays unless one is sent."""
    app = services(request)
    return app.looks.replace(look_id, body, app.serving.get().item)


@router.patch("/{look_id}", responses=documented(404))
def judge(look_id: str, body: Judgement, request: Request) -> Look:
    """Approve a look, reject it, or make it a draft again."""
    return services(request).looks.judge(look_id, body.status)


@router.delete("/{look_id}", status_code=204, responses=documented(404))
def delete(look_id: str, request: Request) -> None:
    """Delete a look for good."""
    services(request).looks.delete(look_id)
