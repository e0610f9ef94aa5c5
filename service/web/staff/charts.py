"""How the shop and the stylist get on: requests, acceptance, what was lacking, experiments; and reports on disk.

Reads the summary that the API gives of a period, once for all of it and once for each part. Counts nothing itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from service.errors import NotFoundError
from service.web.api_client import Answer
from service.web.staff.desk import HOME, StaffPageRoute, refused
from service.web.visit import Visit, visit

router = APIRouter(include_in_schema=False, prefix=HOME, route_class=StaffPageRoute)

PERIODS = {7: 7, 14: 14, 28: 14, 84: 12}
"""Days that may be looked at, and in how many parts."""
DOCS = Path(__file__).parents[3] / "docs"
"""Beside the code, where the service runs from a checkout; an installed one has no such folder."""
WRITTEN = "reports"
"""In the data folder: what `stylist report` writes unless it is told otherwise."""
_REPORT_POLICY = "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; sandbox"


@router.get("/charts")
async def charts(request: Request, days: Annotated[int, Query()] = 14) -> Response:
    """A period, and its parts."""
    here = visit(request)
    days = days if days in PERIODS else 14
    until = datetime.now(UTC)
    step = timedelta(days=days / PERIODS[days])
    edges = [until - step * n for n in range(PERIODS[days], -1, -1)]
    whole, *parts = await asyncio.gather(
        _summary(here, edges[0], until),
        *(_summary(here, begin, end) for begin, end in pairwise(edges)),
    )
    if not whole.ok:
        return refused(here, whole)
    told = [part.json for part in parts if part.ok]
    return here.page(
        "staff/charts.html",
        whole=whole.json,
        days=days,
        periods=PERIODS,
        requests=drawn_requests(told),
        acceptance=drawn_acceptance(told),
    )


@router.get("/reports")
async def reports(request: Request) -> Response:
    """What there is to read of evaluations and decisions."""
    here = visit(request)
    present = await to_thread.run_sync(_present, here.app.settings.data_dir)
    return here.page("staff/reports.html", reports=list(present))


@router.get("/reports/{name}")
async def report(name: str, request: Request) -> Response:
    """One of the reports, as it is."""
    here = visit(request)
    present = await to_thread.run_sync(_present, here.app.settings.data_dir)
    if name not in present:
        raise NotFoundError(f"no report {name!r}")
    text = await to_thread.run_sync(present[name].read_text, "utf-8")
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": _REPORT_POLICY}
    return (
        HTMLResponse(text, headers=headers)
        if name.endswith(".html")
        else PlainTextResponse(text, headers=headers)
    )


def drawn_requests(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Requests and empty answers, as the script draws them: moments in seconds, then lines of values."""
    return {
        "x": [_seconds(part["since"]) for part in parts],
        "lines": [
            {"name": "Requests", "values": [part["requests"] for part in parts]},
            {"name": "Without a look", "values": [part["empty"] for part in parts]},
        ],
    }


def drawn_acceptance(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """The share of looks that were liked, put into the basket or bought, of those that were shown; null of nothing."""
    shares = []
    for part in parts:
        shown = sum(style["shown"] for style in part["styles"])
        accepted = sum(style["accepted"] for style in part["styles"])
        shares.append(round(100 * accepted / shown, 2) if shown else None)
    return {
        "x": [_seconds(part["since"]) for part in parts],
        "lines": [{"name": "Accepted, %", "values": shares}],
    }


async def _summary(here: Visit, since: datetime, until: datetime) -> Answer:
    query = {"since": since.isoformat(), "until": until.isoformat()}
    return await here.api.ask("GET", "/v1/admin/metrics/summary", query=query)


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def _present(data_dir: Path) -> dict[str, Path]:
    """The reports by name; one in the data folder goes before one of the same name beside the code."""
    return {path.name: path for path in (*_reports_in(DOCS), *_reports_in(data_dir / WRITTEN))}


def _reports_in(folder: Path) -> Iterator[Path]:
    return (
        path for path in sorted(folder.glob("*report*")) if path.suffix in (".html", ".md") and path.is_file()
    )
