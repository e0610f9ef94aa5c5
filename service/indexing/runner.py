"""Index builds asked for over HTTP: one at a time per data folder, in a thread, remembered in the state. Knows no HTTP.

A job survives its process. Who runs one holds a lock that the kernel drops with the process; whoever finds an
unfinished job and the lock free takes the job up from its stored order. How an index is built is the business of the
function that the runner is given; `service.indexing.build` has the real one.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from service.db.repositories.jobs import JobRepository
from service.db.repositories.stock import StockRepository
from service.db.session import State, utc_now
from service.db.tables import JobRow
from service.errors import ConflictError, InvalidError, ProblemError
from service.indexing.attempt import CANCELLED, Cancelled, End, Stopped, attempt
from service.indexing.job_info import JobInfo, columns, info
from service.indexing.job_progress import Progress, Stand
from service.indexing.lock import JobHome
from service.indexing.order import Build, BuildOrder, Idempotency, StoredOrder, read_order

MAX_ATTEMPTS = 3

_log = logging.getLogger("stylist.error")
_CLOSE_SECONDS = 10.0


@dataclass(slots=True)
class _Live:
    """The job that runs in this process."""

    id: str
    stored: StoredOrder
    progress: Progress
    recorded: bool = False
    """Whether its end is in the state."""


class JobRunner:
    """Runs builds. `build` returns its report; `after` makes the new index the one that is served."""

    def __init__(self, state: State, build: Build, after: Callable[[], None], data_dir: Path) -> None:
        self._jobs = JobRepository(state)
        self._book = StockRepository(state)
        self._home = JobHome(data_dir)
        self._build = build
        self._after = after
        self._mutex = threading.RLock()
        self._live: _Live | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def start(self) -> None:
        """Take up what a process that died has left, and delete uploads that nobody waits for."""
        self.resume()
        orders = [stored.order for _, stored in self._unfinished() if stored]
        self._home.sweep({order.scratch for order in orders if order.scratch is not None})

    def resume(self) -> None:
        """Take up an unfinished job that no process runs, if there is one."""
        if not self._stopping.is_set():
            with suppress(ConflictError):
                self.ensure_idle()

    def ensure_idle(self) -> None:
        """Raises ConflictError while a job is under way, in this process or another."""
        with self._mutex:
            os.close(self._acquire())

    def known(self, key: str) -> bool:
        """Whether a request of this name was accepted before."""
        return self._jobs.named(key) is not None

    def submit(self, order: BuildOrder, named: Idempotency | None = None) -> JobInfo:
        """Start a build; returns at once. A request of the same name and digest as before gets the job of then.

        Raises ConflictError while another job is under way, InvalidError when the name was used for something else.
        The order is discarded unless a job of its own begins.
        """
        try:
            with self._mutex:
                found = self._same(named)
                if found is None:
                    return self._begin(order, named)
        except BaseException:
            order.discard()
            raise
        order.discard()
        return found

    def get(self, job_id: str) -> JobInfo:
        """Raises NotFoundError when there is no such job. One whose process died is taken up here."""
        row = self._jobs.get(job_id)
        if row.finished is None and self._stand(job_id) is None:
            self.resume()
            row = self._jobs.get(job_id)
        return info(row, self._stand(job_id))

    def latest(self) -> list[JobInfo]:
        """The latest jobs, newest first."""
        return [info(row, self._stand(row.id)) for row in self._jobs.latest()]

    def cancel(self, job_id: str) -> JobInfo:
        """End the job at its next step, whichever process runs it; what is current then stays so.

        A job past its last step ends as if not asked. Raises NotFoundError, and ConflictError when it has ended.
        """
        found = self.get(job_id)
        if found.status == "cancelled":
            return found
        if found.finished is not None:
            raise ConflictError(f"job {job_id} has ended already: {found.status}")
        stored = read_order(self._jobs.get(job_id).order)
        if stored is not None and stored.home != self._home.id:
            raise ConflictError(
                f"job {job_id} belongs to a service with another data folder; cancel it there"
            )
        self._home.ask_to_cancel(job_id)
        return self.get(job_id)

    def close(self) -> None:
        """Stop the job under way at its next step, and wait for that a little. It goes on at the next start."""
        self._stopping.set()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join(_CLOSE_SECONDS)

    def _stand(self, job_id: str) -> Stand | None:
        live = self._live
        return live.progress.look() if live is not None and live.id == job_id else None

    def _same(self, named: Idempotency | None) -> JobInfo | None:
        row = self._jobs.named(named.key) if named else None
        if row is None or named is None:
            return None
        stored = read_order(row.order)
        if stored is not None and stored.digest != named.digest:
            raise InvalidError.at("idempotency-key", f"was used for another request, job {row.id}")
        return info(row, self._stand(row.id))

    def _begin(self, order: BuildOrder, named: Idempotency | None) -> JobInfo:
        held = self._acquire()
        try:
            order = replace(order, started=self._book.mark())
            stored = StoredOrder(order, self._home.id, named.digest if named else "")
            job_id = secrets.token_hex(8)
            key = named.key if named else None
            if not self._jobs.add(job_id, stored.to_json(), dry_run=order.dry_run, idempotency_key=key):
                raise ConflictError(
                    "a request of the same Idempotency-Key is just being accepted; send it again"
                )
            queued = info(self._jobs.get(job_id))  # taken before the thread starts: the answer says "queued"
            self._launch(job_id, stored, held)
        except BaseException:
            os.close(held)
            raise
        return queued

    def _acquire(self) -> int:
        """The lock under which a job runs. Raises ConflictError while one does, or one that was left is taken up."""
        live = self._live
        if live is not None and live.recorded and self._thread is not None:
            self._thread.join(_CLOSE_SECONDS)  # its end is told already: it only tidies up
            live = self._live
        if live is not None:
            raise _busy(live.id)
        held = self._home.lock()
        if held is None:
            raise _busy(*(row.id for row, _ in self._unfinished()))
        try:
            taken_up = self._take_up(held)
        except BaseException:
            os.close(held)
            raise
        if taken_up is not None:
            raise _busy(taken_up)
        return held

    def _unfinished(self) -> list[tuple[JobRow, StoredOrder | None]]:
        """Jobs of this data folder that are not at their end, oldest first; an unreadable order is anybody's."""
        found = [(row, read_order(row.order)) for row in self._jobs.unfinished()]
        return [(row, stored) for row, stored in found if stored is None or stored.home == self._home.id]

    def _take_up(self, held: int) -> str | None:
        """Run the first unfinished job that can be run, and say which; end those that cannot."""
        for row, stored in self._unfinished():
            end = self._hopeless(row, stored)
            if end is None and stored is not None:
                self._launch(row.id, stored, held)
                return row.id
            if end is not None:
                self._jobs.end(row.id, end.status, end.error)
                self._tidy(row.id, stored)
        return None

    def _hopeless(self, row: JobRow, stored: StoredOrder | None) -> End | None:
        if stored is None:
            return End("failed", "the service stopped, and did not keep what was asked for")
        if self._home.is_cancelled(row.id):
            return End("cancelled", CANCELLED)
        if stored.attempts >= MAX_ATTEMPTS:
            return End("failed", f"given up: the service stopped in each of {stored.attempts} attempts")
        missing = stored.order.missing()
        if missing:
            return End("failed", f"the service stopped, and these feeds are gone since: {', '.join(missing)}")
        return None

    def _launch(self, job_id: str, stored: StoredOrder, held: int) -> None:
        def check() -> None:
            if self._stopping.is_set():
                raise Stopped
            if self._home.is_cancelled(job_id):
                raise Cancelled

        def begun(stand: Stand) -> None:
            with suppress(ProblemError):  # for other processes to see; the job can do without
                self._jobs.change(job_id, **columns(stand))

        live = _Live(job_id, stored.tried(1), Progress(check, begun))
        self._thread = threading.Thread(target=self._run, args=(live, held), name="build", daemon=True)
        self._live = live
        try:
            self._thread.start()
        except BaseException:
            self._live = None
            raise

    def _run(self, live: _Live, held: int) -> None:
        try:
            self._jobs.change(live.id, status="running", started=utc_now(), order=live.stored.to_json())
            end = attempt(self._build, self._after, live.stored.order, live.progress)
            stand = columns(live.progress.look())
            if end is None:  # a stop that was asked for is no failed attempt
                self._jobs.change(live.id, **stand, status="queued", order=live.stored.tried(-1).to_json())
                return
            report = None if end.report is None else json.dumps(end.report)
            self._jobs.end(live.id, end.status, end.error, report=report, **stand)
            live.recorded = True
            self._tidy(live.id, live.stored)
        except Exception:  # the state itself failed: the job is taken up again
            _log.exception("job %s cannot be recorded", live.id)
        finally:
            self._live = None
            os.close(held)

    def _tidy(self, job_id: str, stored: StoredOrder | None) -> None:
        if stored is not None:
            stored.order.discard()
        self._home.forget(job_id)


def _busy(*job_ids: str) -> ConflictError:
    which = f"job {job_ids[0]}" if job_ids else "a job of another process"
    return ConflictError(f"{which} is still running; wait for it to end, or cancel it")
