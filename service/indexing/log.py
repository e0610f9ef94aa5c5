"""Jobs as the state remembers them: rows in, what staff see out. Runs nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, cast

from sqlalchemy import delete, or_, select, update

from service.db.session import State, insert_new, utc_now
from service.db.tables import JobRow
from service.errors import NotFoundError
from service.indexing.job_progress import Stand
from service.indexing.order import Idempotency, StoredOrder, read_order

Status = Literal["queued", "running", "done", "failed", "cancelled"]
LATEST = 50
KEPT = 1_000
"""Jobs that have ended and stay, the newest; older ones only where a client's name stands for them."""


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


class JobLog:
    """The jobs' rows."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, job_id: str, stored: StoredOrder, named: Idempotency | None) -> bool:
        """A new queued job; False when the client's name for it is taken."""
        row = {
            "id": job_id,
            "status": "queued",
            "stage": "",
            "counts": "{}",
            "created": utc_now(),
            "order": stored.to_json(),
            "dry_run": stored.order.dry_run,
            "idempotency_key": named.key if named else None,
        }
        with self._state.session() as session:
            return insert_new(session, JobRow, row)

    def change(self, job_id: str, **values: object) -> None:
        """Give columns new values."""
        with self._state.session() as session:
            session.execute(update(JobRow).where(JobRow.id == job_id).values(**values))

    def end(self, job_id: str, status: Status, error: str | None, **values: object) -> None:
        """The job has ended so."""
        self.change(job_id, status=status, error=error, finished=utc_now(), **values)

    def get(self, job_id: str) -> JobRow:
        """Raises NotFoundError when there is no such job."""
        with self._state.session() as session:
            row = session.get(JobRow, job_id)
        if row is None:
            raise NotFoundError(f"no job {job_id!r}")
        return row

    def named(self, key: str) -> JobRow | None:
        """The job that a client's name stands for."""
        with self._state.session() as session:
            return session.scalar(select(JobRow).where(JobRow.idempotency_key == key))

    def latest(self) -> list[JobRow]:
        """The latest jobs, newest first, without more than `LATEST`."""
        with self._state.session() as session:
            found = session.scalars(select(JobRow).order_by(JobRow.created.desc(), JobRow.id).limit(LATEST))
            return list(found)

    def prune(self, before: str) -> int:
        """Delete ended jobs but the newest `KEPT`, and those with a name of the client's that ended since the moment
        `before`; how many that was.
        """
        ended = select(JobRow.id).where(JobRow.finished.is_not(None))
        older = ended.order_by(JobRow.finished.desc(), JobRow.id).offset(KEPT)
        is_free = or_(JobRow.idempotency_key.is_(None), JobRow.finished < before)
        with self._state.session() as session:
            doomed = delete(JobRow).where(JobRow.id.in_(older), is_free).returning(JobRow.id)
            return len(session.scalars(doomed).all())

    def unfinished(self, home: str) -> list[tuple[JobRow, StoredOrder | None]]:
        """Jobs of this data folder that are not at their end, oldest first; an unreadable order is anybody's."""
        query = select(JobRow).where(JobRow.status.in_(("queued", "running"))).order_by(JobRow.created)
        with self._state.session() as session:
            rows = [(row, read_order(row.order)) for row in session.scalars(query)]
        return [(row, order) for row, order in rows if order is None or order.home == home]


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
