"""The route by which staff fetch events as JSON lines, the same that `stylist feedback export` writes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Security
from fastapi.responses import StreamingResponse

from service.api.auth import StaffRoute, bearer
from service.api.dependencies import services
from service.api.errors import documented
from service.schemas.fields import Instant

_LINES = "application/x-ndjson"
_CHUNK = 200
_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One JSON object per line",
        "content": {_LINES: {"schema": {"type": "string"}}},
    }
}

router = APIRouter(
    prefix="/v1/admin", tags=["feedback"], route_class=StaffRoute, dependencies=[Security(bearer)]
)


class JsonLines(StreamingResponse):
    media_type = _LINES


@router.get(
    "/feedback/export", response_class=JsonLines, responses=_ANSWER | documented(422), response_model=None
)
def export_feedback(
    request: Request,
    since: Annotated[Instant | None, Query()] = None,
    until: Annotated[Instant | None, Query()] = None,
) -> JsonLines:
    """The events received from `since` on and before `until`, in the order of arrival."""
    return JsonLines(_chunks(services(request).feedback.lines(since, until)))


def _chunks(lines: Iterator[str]) -> Iterator[str]:
    while chunk := list(islice(lines, _CHUNK)):
        yield "".join(f"{line}\n" for line in chunk)
