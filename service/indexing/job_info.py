"""A job as staff see it, made of its row and of how it stands. Runs nothing, asks no database."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, cast

from service.db.tables import JobRow
from service.indexing.job_progress import Stand
from service.indexing.order import read_order

Status = Literal["queued", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class JobInfo:
    """A job as staff see it. Times are ISO 8601 in UTC; `attempts` is how often it was begun."""

    id: str
    status: Status
    dry_run: bool
    attempts: int
    stand: Stand
    created: str
    started: str | None
    finished: str | None
    report: dict[str, Any] | None
    error: str | None


def columns(stand: Stand) -> dict[str, str]:
    """How a job stands, as columns of its row."""
    return {"stage": stand.stage, "counts": json.dumps(stand.counts)}


def info(row: JobRow, live: Stand | None = None) -> JobInfo:
    """What staff see; `live` is how the job stands, where it runs in this process."""
    stored = read_order(row.order)
    if live is None or row.finished is not None:
        live = Stand(row.stage, json.loads(row.counts))
    return JobInfo(
        id=row.id,
        status=cast(Status, row.status),
        dry_run=row.dry_run,
        attempts=stored.attempts if stored else 1,
        stand=live,
        created=row.created,
        started=row.started,
        finished=row.finished,
        report=json.loads(row.report) if row.report else None,
        error=row.error,
    )
