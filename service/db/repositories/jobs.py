"""The rows of index builds. Runs nothing, and knows not what an order says."""

from __future__ import annotations

from sqlalchemy import delete, func, or_, select, update

from service.db.session import State, insert_new, utc_now
from service.db.tables import JobRow
from service.errors import NotFoundError

LATEST = 50
KEPT = 1_000
"""Jobs that have ended and stay, the newest; older ones only where a client's name stands for them."""


class JobRepository:
    """The jobs' rows. Raises UnavailableError when the database fails."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, job_id: str, order: str, *, dry_run: bool, idempotency_key: str | None = None) -> bool:
        """A new queued job, its order as text; False when the client's name for it is taken."""
        row = {
            "id": job_id,
            "status": "queued",
            "stage": "",
            "counts": "{}",
            "created": utc_now(),
            "order": order,
            "dry_run": dry_run,
            "idempotency_key": idempotency_key,
        }
        with self._state.session() as session:
            return insert_new(session, JobRow, row)

    def change(self, job_id: str, **values: object) -> None:
        """Give columns new values."""
        with self._state.session() as session:
            session.execute(update(JobRow).where(JobRow.id == job_id).values(**values))

    def end(self, job_id: str, status: str, error: str | None, **values: object) -> None:
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

    def unfinished(self) -> list[JobRow]:
        """Jobs that are not at their end, oldest first."""
        query = select(JobRow).where(JobRow.status.in_(("queued", "running"))).order_by(JobRow.created)
        with self._state.session() as session:
            return list(session.scalars(query))

    def count(self) -> dict[str, int]:
        """How many there are, by status."""
        counted = select(JobRow.status, func.count()).group_by(JobRow.status)
        with self._state.session() as session:
            return {str(status): number for status, number in session.execute(counted)}

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
