"""Routes by which staff author looks, approve composed outfits, and hold two of them against each other.

Knows neither the tables nor training's format.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response, Security
from pydantic import BaseModel, ConfigDict

from service.api.auth import StaffRoute, bearer
from service.api.dependencies import key_id, services
from service.api.errors import documented
from service.api.routes.events import ANSWER_IN_LINES, JsonLines, in_chunks
from service.schemas.fields import Instant
from service.schemas.grades import Grade, SentGrade
from service.schemas.looks import MAX_LOOKS_PAGE, Look, LookPage, LookStatus, SentLook

authoring = APIRouter(
    prefix="/v1/admin/looks",
    tags=["looks"],
    route_class=StaffRoute,
    dependencies=[Security(bearer)],
    responses=documented(422),
)


class Judgement(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: LookStatus


@authoring.post("", status_code=201, responses=documented(404))
def add(body: SentLook, request: Request, response: Response) -> Look:
    """Author a look, or approve a composed outfit. Every SKU must be a piece of its slot in the current index.

    Approved looks are what `stylist looks export` writes for training.
    """
    app = services(request)
    look = app.looks.add(body, app.serving.get().item, key_id(request))
    response.headers["Location"] = f"{authoring.prefix}/{look.id}"
    return look


@authoring.get("")
def looks(
    request: Request,
    status: LookStatus | None = None,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LOOKS_PAGE)] = 20,
) -> LookPage:
    """The looks, newest first; `next_cursor` of one page is the `cursor` of the next."""
    return services(request).looks.page(status, cursor, limit)


@authoring.get("/{look_id}", responses=documented(404))
def look(look_id: str, request: Request) -> Look:
    """One look."""
    return services(request).looks.get(look_id)


@authoring.put("/{look_id}", responses=documented(404))
def replace(look_id: str, body: SentLook, request: Request) -> Look:
    """Say all of a look anew; its status stays unless one is sent."""
    app = services(request)
    return app.looks.replace(look_id, body, app.serving.get().item)


@authoring.patch("/{look_id}", responses=documented(404))
def judge(look_id: str, body: Judgement, request: Request) -> Look:
    """Approve a look, reject it, or make it a draft again."""
    return services(request).looks.judge(look_id, body.status)


@authoring.delete("/{look_id}", status_code=204, responses=documented(404))
def delete(look_id: str, request: Request) -> None:
    """Delete a look for good."""
    services(request).looks.delete(look_id)


grading = APIRouter(
    prefix="/v1/admin/grades", tags=["looks"], route_class=StaffRoute, dependencies=[Security(bearer)]
)


@grading.post("", status_code=201, responses=documented(404, 422))
def grade(body: SentGrade, request: Request) -> Grade:
    """Which of two outfits for the same wish is better, how good it is, and what is wrong with which piece."""
    return services(request).grades.add(body, key_id(request))


@grading.get("", response_class=JsonLines, responses=ANSWER_IN_LINES | documented(422), response_model=None)
def export_grades(
    request: Request,
    since: Annotated[Instant | None, Query()] = None,
    until: Annotated[Instant | None, Query()] = None,
) -> JsonLines:
    """The grades given from `since` on and before `until`, oldest first, one JSON object per line."""
    return JsonLines(in_chunks(services(request).grades.lines(since, until)))


router = APIRouter()
for part in (authoring, grading):
    router.routes.extend(part.routes)
