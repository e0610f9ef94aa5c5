"""Routes for staff about builds and indexes: how a build goes on, what is indexed, and the way back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Request, Security
from pydantic import BaseModel, ConfigDict, Field

from indexer.item import Slot
from indexer.storage.manifest import Embedding
from indexer.storage.snapshot import SnapshotStore
from service.api.auth import StaffRoute, bearer
from service.api.dependencies import Services, services
from service.api.errors import documented
from service.errors import NotFoundError
from service.indexing.history import NO_INDEX, describe, roll_back, versions
from service.indexing.job_info import JobInfo, Status

router = APIRouter(
    prefix="/v1/admin",
    tags=["admin"],
    route_class=StaffRoute,
    dependencies=[Security(bearer)],
)


class JobSummary(BaseModel):
    """`counts` holds the rows or items done per stage; `attempts` is how often the job was begun.

    While it runs, `totals` says how many units there are, where that is known, `rate` is units per second in the
    stage under way, and `eta_seconds` the time to the end of that stage; null while unknown.
    """

    id: str
    status: Status
    dry_run: bool
    attempts: int
    stage: str
    counts: dict[str, int]
    totals: dict[str, int]
    rate: float | None
    eta_seconds: float | None
    created: str
    started: str | None
    finished: str | None
    error: str | None


class JobView(JobSummary):
    """`report` is there once the build went through, was only a trial, or would have removed too much."""

    report: dict[str, Any] | None


class Jobs(BaseModel):
    """The latest jobs, newest first."""

    jobs: list[JobSummary]


class VersionView(BaseModel):
    """One index that is kept. `intact` is null unless its files were compared with their checksums.

    Of one whose description is damaged, `damage` says how, and nothing else is known.
    """

    version: str
    current: bool
    intact: bool | None
    damage: str | None
    created: str | None
    age_seconds: float | None
    items: int | None
    variants: int | None
    counts: dict[Slot, int] | None
    model: Embedding | None


class IndexView(BaseModel):
    """The index that is current. `counts` holds the items per slot; `versions` is every one kept, oldest first."""

    version: str
    created: str
    age_seconds: float
    items: int
    variants: int
    counts: dict[Slot, int]
    model: Embedding
    versions: list[VersionView]


class Rollback(BaseModel):
    """`version` is one of `GET /v1/admin/index`; the newest intact one before the current when absent."""

    model_config = ConfigDict(extra="forbid")

    version: Annotated[str, Field(min_length=1, max_length=100)] | None = None


@router.get("/jobs")
def jobs(request: Request) -> Jobs:
    """The latest 50 jobs, without their reports."""
    return Jobs(jobs=[JobSummary(**_job(info)) for info in services(request).jobs.latest()])


@router.get("/jobs/{job_id}", responses=documented(404, 422))
def job(job_id: str, request: Request) -> JobView:
    """How a build goes on, or how it ended."""
    info = services(request).jobs.get(job_id)
    return JobView(**_job(info), report=info.report)


@router.post("/jobs/{job_id}/cancel", status_code=202, responses=documented(404, 409, 422))
def cancel(job_id: str, request: Request) -> JobView:
    """End a build at its next step; the current index stays. Asked again, it answers the same."""
    info = services(request).jobs.cancel(job_id)
    return JobView(**_job(info), report=info.report)


@router.get("/index", responses=documented(404, 422))
def index(request: Request, verify: bool = False) -> IndexView:
    """What is indexed, and what one can go back to. With `verify`, every file of every index is read and checked."""
    return _index(services(request), verify=verify)


@router.post("/index/rollback", responses=documented(404, 409, 422))
def rollback(request: Request, body: Rollback | None = None) -> IndexView:
    """Make an older index current and serve it at once. Not while a build runs, which would undo it: cancel that."""
    app = services(request)
    app.jobs.ensure_idle()
    store = SnapshotStore(app.settings.data_dir)
    roll_back(store, body.version if body else None, app.serving.refresh)
    return _index(app, verify=False)


def _job(info: JobInfo) -> dict[str, Any]:
    values = asdict(info)
    del values["report"]
    return {**values, **values.pop("stand")}


def _index(app: Services, *, verify: bool) -> IndexView:
    store = SnapshotStore(app.settings.data_dir)
    version = store.current_version()
    if version is None:
        raise NotFoundError(NO_INDEX)
    current = asdict(describe(store.manifest(version), current=True))
    kept = [VersionView(**asdict(v)) for v in versions(store, verify=verify)]
    return IndexView(**{**current, "versions": kept})
