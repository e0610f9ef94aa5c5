"""The console's first page: whether all is well, what is indexed, the way back, and why a piece is not shown."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response

from service.web.staff.desk import HOME, StaffPageRoute
from service.web.visit import Visit, visit

router = APIRouter(include_in_schema=False, prefix=HOME, route_class=StaffPageRoute)

CORRECT = "/v1/admin/items"


@router.get("")
async def overview(request: Request, verify: bool = False) -> Response:
    """What is served, and in which condition."""
    here = visit(request)
    index = await here.api.ask("GET", "/v1/admin/index", query={"verify": "true"} if verify else None)
    ready = await here.api.ask("GET", "/readyz")
    jobs = await here.api.ask("GET", "/v1/admin/jobs")
    report = await _latest_report(here, jobs.json["jobs"] if jobs.ok else [])
    return here.page(
        "staff/overview.html",
        index=index.json if index.ok else None,
        checks=ready.json.get("checks", {}),
        ready=ready.ok,
        reason="" if ready.ok else ready.json["detail"],
        report=report,
        verified=verify,
        corrects=await here.api.has("PATCH", f"{CORRECT}/any"),
    )


@router.post("/index/rollback")
async def rollback(request: Request, version: Annotated[str, Form(max_length=100)]) -> Response:
    """Serves an index that was kept."""
    here = visit(request)
    answer = await here.api.ask("POST", "/v1/admin/index/rollback", {"version": version})
    if not answer.ok:
        return here.refused(answer)
    return Response(status_code=204, headers={"HX-Redirect": HOME})


@router.get("/why")
async def why(
    request: Request,
    sku: Annotated[str, Query(max_length=200)] = "",
    vibe: Annotated[str, Query(max_length=500)] = "",
    department: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Why a piece is not in the looks for a wish."""
    here = visit(request)
    query = {"vibe": vibe or "everyday", "department": department}
    answer = await here.api.ask("GET", f"/v1/admin/items/{sku.strip()}/why", query=query)
    return here.page("staff/why.html", why=answer.json) if answer.ok else here.refused(answer)


@router.post("/correct")
async def correct(
    request: Request,
    sku: Annotated[str, Form(max_length=200)],
    kind: Annotated[str, Form(max_length=80)] = "",
    slot: Annotated[str, Form(max_length=20)] = "",
    department: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Says what a piece is, where it was read wrongly; with nothing said, that it was read rightly."""
    here = visit(request)
    given = {"kind": kind.strip(), "slot": slot, "department": department}
    body = {name: value for name, value in given.items() if value}
    answer = await here.api.ask("PATCH", f"{CORRECT}/{sku}", body)
    return here.page("staff/corrected.html", sku=sku) if answer.ok else here.refused(answer)


async def _latest_report(here: Visit, jobs: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The report of the latest build that went through, where a build was asked for over HTTP at all."""
    done = next((job for job in jobs if job["status"] == "done" and not job["dry_run"]), None)
    if done is None:
        return None
    answer = await here.api.ask("GET", f"/v1/admin/jobs/{done['id']}")
    found: dict[str, Any] | None = answer.json["report"] if answer.ok else None
    return found
