"""Routes for staff that read: how a build goes on, and what is indexed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Security
from pydantic import BaseModel

from indexer.item import SLOTS, Slot
from indexer.manifest import Embedding
from indexer.snapshot import SnapshotStore
from service.api.guard import StaffRoute, bearer
from service.api.problem import documented
from service.api.services import services
from service.jobs import Status
from service.problems import NotFoundError

router = APIRouter(
    prefix="/v1/admin",
    tags=["admin"],
    route_class=StaffRoute,
    dependencies=[Security(bearer)],
    responses=documented(401, 403, 500),
)


class JobView(BaseModel):
    """`counts` holds the rows or items done per stage; `report` is there once the build went through."""

    id: str
    status: Status
    stage: str
    counts: dict[str, int]
    created: str
    started: str | None
    finished: str | None
    report: dict[str, Any] | None
    error: str | None


class IndexView(BaseModel):
    """The index that is current. `counts` holds the items per slot; `versions` is every one kept, oldest first."""

    version: str
    created: str
    items: int
    variants: int
    counts: dict[Slot, int]
    model: Embedding
    versions: list[str]


@router.get("/jobs/{job_id}", responses=documented(404, 422))
def job(job_id: str, request: Request) -> JobView:
    """How a build goes on, or how it ended."""
    return JobView(**asdict(services(request).jobs.get(job_id)))


@router.get("/index", responses=documented(404, 503))
def index(request: Request) -> IndexView:
    """What is indexed. Reads every file of the index to check that it is sound."""
    store = SnapshotStore(services(request).settings.data_dir)
    version = store.current_version()
    if version is None:
        raise NotFoundError("no index yet: run `stylist index FEED`, or POST /v1/admin/reindex")
    manifest = store.verify(version)
    contents = manifest.contents
    return IndexView(
        version=version,
        created=manifest.created,
        items=contents.items,
        variants=contents.variants,
        counts={slot: contents.by_slot.get(slot, 0) for slot in SLOTS},
        model=contents.embedding,
        versions=store.versions(),
    )
