"""A new feed: handed over, tried, looked at, made current or dropped; and how builds go on. Knows no feed format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from indexer.feeds.detect import FORMATS
from service.web.staff.desk import HOME, StaffPageRoute, refused
from service.web.visit import visit

FEED = HOME + "/feed"
router = APIRouter(include_in_schema=False, prefix=HOME, route_class=StaffPageRoute)


@router.get("/feed")
async def feed(request: Request) -> Response:
    """The form for a feed, and the latest builds."""
    here = visit(request)
    jobs = await here.api.ask("GET", "/v1/admin/jobs")
    known = request.app.state.services.settings
    return here.page(
        "staff/feed.html",
        jobs=jobs.json["jobs"] if jobs.ok else [],
        formats=("auto", *FORMATS),
        configured=bool(known.feed_dir),
    )


@router.post("/feed")
async def hand_over(request: Request) -> Response:
    """Passes the form on as it comes in: a feed may be larger than memory."""
    here = visit(request)
    names = ("content-type", "content-length", "transfer-encoding")
    headers = {name: request.headers[name] for name in names if name in request.headers}
    answer = await here.api.pass_on("POST", "/v1/admin/reindex", headers)
    if not answer.ok:
        return refused(here, answer)
    job = await here.api.ask("GET", f"/v1/admin/jobs/{answer.json['id']}")
    return here.page("staff/job.html", **_shown(job.json))


@router.post("/feed/again")
async def again(request: Request) -> Response:
    """Builds from the feeds that are configured."""
    here = visit(request)
    answer = await here.api.ask("POST", "/v1/admin/reindex", {"source": "configured"})
    if not answer.ok:
        return refused(here, answer)
    job = await here.api.ask("GET", f"/v1/admin/jobs/{answer.json['id']}")
    return here.page("staff/job.html", **_shown(job.json))


@router.get("/jobs/{job_id}")
async def job(job_id: str, request: Request, alone: bool = False) -> Response:
    """How a build goes on, or what came of it; asks again by itself while it runs."""
    here = visit(request)
    answer = await here.api.ask("GET", f"/v1/admin/jobs/{job_id}")
    if not answer.ok:
        return refused(here, answer)
    whole = "hx-request" not in request.headers
    shown = _shown(answer.json, alone=alone or whole)
    return here.page("staff/job_page.html" if whole else "staff/job.html", **shown)


@router.post("/jobs/{job_id}/cancel")
async def cancel(job_id: str, request: Request) -> Response:
    """Ends a build at its next step."""
    here = visit(request)
    answer = await here.api.ask("POST", f"/v1/admin/jobs/{job_id}/cancel")
    return here.page("staff/job.html", **_shown(answer.json)) if answer.ok else refused(here, answer)


def _shown(job: Mapping[str, Any], *, alone: bool = False) -> dict[str, Any]:
    stage = job["stage"]
    done, total = job["counts"].get(stage, 0), job["totals"].get(stage)
    removes = (job["report"] or {}).get("diff", {}).get("removed", {}).get("count", 0)
    return {
        "job": job,
        "report": job["report"],
        "alone": alone,
        "running": job["finished"] is None,
        "share": round(100 * done / total) if total else None,
        "removes": removes if job["status"] == "failed" else 0,
    }
