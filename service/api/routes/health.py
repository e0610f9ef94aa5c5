"""Open routes for those who look after the process: whether it lives, whether it can serve, and what it counts."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from service.api.auth import authorize
from service.api.dependencies import Services, services
from service.api.errors import MEDIA_TYPE, Problem, documented, problem_of, without_paths
from service.errors import NotFoundError, ProblemError, UnavailableError

OK = "ok"
_RETRY_SECONDS = 5
_LITTLE = 100 * 1024**2

router = APIRouter(tags=["health"], responses=documented(500))


class Health(BaseModel):
    status: str = "ok"


class Readiness(Health):
    """`checks` says of each part that it is ok, or what is wrong with it."""

    checks: dict[str, str]


class NotReady(Problem):
    """A problem body with the checks of `Readiness`; `detail` is the reason."""

    checks: dict[str, str]


class Metrics(PlainTextResponse):
    """The Prometheus text format."""

    media_type = CONTENT_TYPE_LATEST


_NOT_READY: dict[int | str, dict[str, Any]] = {
    503: {
        "description": "Service unavailable",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/NotReady"}}},
    }
}


@router.get("/healthz")
@router.head("/healthz", include_in_schema=False)  # as some load balancers ask
async def healthz() -> Health:
    """The process answers."""
    return Health()


@router.get("/readyz", response_model=Readiness, responses=_NOT_READY)
@router.head("/readyz", include_in_schema=False)
async def readyz(request: Request) -> Response:
    """Outfits can be composed; 503 until then, with what is missing."""
    app = services(request)
    not_ready = app.serving.not_ready()
    found = await to_thread.run_sync(_checks, app, not_ready)
    checks = {name: without_paths(said, app.settings) for name, said in found.items()}
    reason = not_ready or checks["database"]
    if reason == OK:
        return JSONResponse(Readiness(status="ready", checks=checks).model_dump())
    problem = problem_of(request.scope, UnavailableError(without_paths(reason, app.settings)))
    body = NotReady(**problem.model_dump(), checks=checks).model_dump()
    headers = {"Retry-After": str(_RETRY_SECONDS)}
    return JSONResponse(body, UnavailableError.status, headers, media_type=MEDIA_TYPE)


@router.get("/metrics", response_class=Metrics, responses=documented(401, 403, 404, 503))
def metrics(request: Request) -> Metrics:
    """Counts and times since the process started, for Prometheus; for whom a setting says."""
    who = services(request).settings.metrics
    if who == "off":
        raise NotFoundError(f"no such path: {request.url.path}")
    if who == "staff":
        authorize(services(request).keys, request.headers.get("authorization", ""), "staff")
    return Metrics(services(request).metrics.render())


def _checks(app: Services, not_ready: str | None) -> dict[str, str]:
    condition = app.serving.condition()
    checks = {"database": _database(app), "disk": _disk(app), "clock": app.requests.doubt or OK}
    checks["index"] = not_ready or (condition.instead if condition and condition.instead else OK)
    if condition is None:
        return checks
    if condition.index_created is not None:
        checks["index_age"] = _age(condition.index_created)
    checks["model"] = f"composing by retrieval alone: {condition.no_model}" if condition.no_model else OK
    broken = [f"{name}: {reason}" for name, reason in sorted(condition.broken_styles.items())]
    checks["styles"] = "; ".join(broken) or OK
    return checks


def _disk(app: Services) -> str:
    """Whether the data folder's disk has room left, for the state and for another index."""
    try:
        free = shutil.disk_usage(app.settings.data_dir).free
    except OSError as error:
        return f"the data folder cannot be looked at: {error.strerror}"
    return OK if free >= _LITTLE else f"only {free // 1024**2} MiB are free: outfits may not be saved"


def _age(created: str) -> str:
    """How old the index is, in words; a clock that went back makes it no younger than new."""
    hours = max(0, int((datetime.now(UTC) - datetime.fromisoformat(created)).total_seconds() // 3600))
    return f"{hours // 24} days {hours % 24} hours"


def _database(app: Services) -> str:
    try:
        app.state.ping()
    except ProblemError as error:
        return str(error)
    return OK
