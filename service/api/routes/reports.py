"""The route by which staff look back: what was asked, answered and accepted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Security
from pydantic import AwareDatetime

from service.api.auth import StaffRoute, bearer
from service.api.dependencies import services
from service.api.errors import documented
from service.db.repositories.reports import Summary, summarise
from service.db.session import to_text
from service.errors import InvalidError

router = APIRouter(
    prefix="/v1/admin",
    tags=["admin"],
    route_class=StaffRoute,
    dependencies=[Security(bearer)],
)

_DAYS = 30

Moment = Annotated[
    AwareDatetime | None, Query(description="ISO 8601 with a zone, such as 2026-11-01T00:00:00Z.")
]


@router.get("/metrics/summary", responses=documented(422))
def summary(request: Request, since: Moment = None, until: Moment = None) -> Summary:
    """What happened from `since` on (30 days before `until` when absent) and before `until` (now when absent)."""
    end = _utc("until", until) if until is not None else datetime.now(UTC)
    try:
        start = _utc("since", since) if since is not None else end - timedelta(days=_DAYS)
    except OverflowError as error:
        raise InvalidError.at("until", "is out of range") from error
    if start > end:
        raise InvalidError.at("since", "is later than until")
    app = services(request)
    app.requests.settle()
    return summarise(app.state, to_text(start), to_text(end), keep_vibes=bool(app.settings.keep_vibes))


def _utc(field: str, moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise InvalidError.at(field, "is out of range") from error
