"""The console's first page: whether all is well, what is indexed, and the way back. Knows no piece."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from service.web.staff.desk import HOME, StaffPageRoute, gone_to, refused
from service.web.visit import Visit, visit

router = APIRouter(include_in_schema=False, prefix=HOME, route_class=StaffPageRoute)


@router.get("")
async def overview(request: Request, verify: bool = False) -> Response:
    """What is served, and in which condition."""
    here = visit(request)
    index = await here.api.ask("GET", "/v1/admin/index", query={"verify": "true"} if verify else None)
    ready = await here.api.ask("GET", "/readyz")
    report = await latest_report(here)
    return here.page(
        "staff/overview.html",
        index=index.json if index.ok else None,
        checks=ready.json.get("checks", {}),
        ready=ready.ok,
        reason="" if ready.ok else ready.json["detail"],
        report=report,
        verified=verify,
    )


@router.post("/index/rollback")
async def rollback(request: Request, version: Annotated[str, Form(max_length=100)]) -> Response:
    """Serves an index that was kept."""
    here = visit(request)
    answer = await here.api.ask("POST", "/v1/admin/index/rollback", {"version": version})
    if not answer.ok:
        return refused(here, answer)
    return gone_to(HOME)


async def latest_report(here: Visit) -> dict[str, Any] | None:
    """The report of the latest build that went through, where a build was asked for over HTTP at all."""
    listed = await here.api.ask("GET", "/v1/admin/jobs")
    jobs = listed.json["jobs"] if listed.ok else []
    done = next((job for job in jobs if job["status"] == "done" and not job["dry_run"]), None)
    if done is None:
        return None
    answer = await here.api.ask("GET", f"/v1/admin/jobs/{done['id']}")
    found: dict[str, Any] | None = answer.json["report"] if answer.ok else None
    return found
