"""Index builds asked for over HTTP: one at a time, in a thread, remembered in the state. Knows no HTTP.

How an index is built is the business of the function that the runner is given; `service.indexing` has the real one.
"""

from __future__ import annotations

import json
import logging
import secrets
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from sqlalchemy import update

from indexer.errors import StylistError
from service.problems import ConflictError, NotFoundError
from service.state import State, utc_now
from service.tables import JobRow

if TYPE_CHECKING:
    from indexer.build import FeedSource, ProgressSink
    from indexer.report import BuildReport

Status = Literal["queued", "running", "done", "failed"]

_log = logging.getLogger("stylist.error")
_CLOSE_SECONDS = 10.0
STOPPED = "the service stopped"


@dataclass(frozen=True, slots=True)
class BuildOrder:
    """What to index. `scratch` is a folder that the runner deletes in the end."""

    feeds: tuple[FeedSource, ...]
    allow_rejects: bool = False
    scratch: Path | None = None


@dataclass(frozen=True, slots=True)
class JobInfo:
    """A job as staff see it. `counts` holds the units done per stage; times are ISO 8601 in UTC."""

    id: str
    status: Status
    stage: str
    counts: dict[str, int]
    created: str
    started: str | None
    finished: str | None
    report: dict[str, Any] | None
    error: str | None


Build = Callable[[BuildOrder, "ProgressSink"], "BuildReport"]


class _Stopped(Exception):
    """Raised inside a build to end it."""


class _Live:
    """The job under way, told by the build how it goes on. Its counts change too often for the database."""

    def __init__(self, job_id: str, stopping: threading.Event) -> None:
        self.id = job_id
        self.stage = ""
        self.counts: dict[str, int] = {}
        self._stopping = stopping

    def start(self, stage: str, total: int | None) -> None:  # noqa: ARG002 - the sink's signature
        if self._stopping.is_set():
            raise _Stopped
        self.counts = {**self.counts, stage: 0}  # replaced, never changed: other threads read it
        self.stage = stage

    def advance(self, count: int) -> None:
        if self._stopping.is_set():
            raise _Stopped
        self.counts = {**self.counts, self.stage: self.counts[self.stage] + count}


class JobRunner:
    """Runs builds. `build` returns its report; `after` makes the new index the one that is served.

    A job that a former process left unfinished is marked failed here.
    """

    def __init__(self, state: State, build: Build, after: Callable[[], None]) -> None:
        self._state = state
        self._build = build
        self._after = after
        self._lock = threading.Lock()
        self._live: _Live | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        with state.session() as session:
            left = update(JobRow).where(JobRow.status.in_(("queued", "running")))
            session.execute(left.values(status="failed", error=STOPPED, finished=utc_now()))

    def ensure_idle(self) -> None:
        """Raises ConflictError while a job is under way."""
        live = self._live
        if live is not None:
            raise ConflictError(f"job {live.id} is still running; wait for it to end")

    def submit(self, order: BuildOrder) -> JobInfo:
        """Start a build; returns at once. Raises ConflictError while another is under way."""
        with self._lock:
            try:
                self.ensure_idle()
            except ConflictError:
                _discard(order)
                raise
            live = _Live(secrets.token_hex(8), self._stopping)
            with self._state.session() as session:
                row = JobRow(id=live.id, status="queued", stage="", counts="{}", created=utc_now())
                session.add(row)
            self._live = live
            self._thread = threading.Thread(target=self._run, args=(live, order), name="build", daemon=True)
        queued = _info(row, None)  # taken before the thread starts: the answer says "queued"
        self._thread.start()
        return queued

    def get(self, job_id: str) -> JobInfo:
        """Raises NotFoundError when there is no such job."""
        live = self._live
        with self._state.session() as session:
            row = session.get(JobRow, job_id)
        if row is None:
            raise NotFoundError(f"no job {job_id!r}")
        return _info(row, live)

    def close(self) -> None:
        """Stop the job under way at its next step, and wait for that a little."""
        self._stopping.set()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join(_CLOSE_SECONDS)

    def _run(self, live: _Live, order: BuildOrder) -> None:
        try:
            self._update(live, status="running", started=utc_now())
            error, report = self._attempt(live, order)
            self._update(
                live,
                status="failed" if error else "done",
                stage=live.stage,
                counts=json.dumps(live.counts),
                report=None if report is None else json.dumps(report),
                error=error,
                finished=utc_now(),
            )
        except Exception:  # the state itself failed: the next start will mark the job
            _log.exception("job %s cannot be recorded", live.id)
        finally:
            _discard(order)
            self._live = None

    def _attempt(self, live: _Live, order: BuildOrder) -> tuple[str | None, dict[str, Any] | None]:
        report: dict[str, Any] | None = None
        try:
            report = self._build(order, live).as_dict()
            live.stage = "reload"
            self._after()
        except _Stopped:
            return STOPPED, report
        except StylistError as error:
            return str(error), report
        except Exception:
            _log.exception("job %s failed", live.id)
            return "the build failed unexpectedly; the log says why", report
        return None, report

    def _update(self, live: _Live, **values: object) -> None:
        with self._state.session() as session:
            session.execute(update(JobRow).where(JobRow.id == live.id).values(**values))


def _discard(order: BuildOrder) -> None:
    if order.scratch is not None:
        shutil.rmtree(order.scratch, ignore_errors=True)


def _info(row: JobRow, live: _Live | None) -> JobInfo:
    is_live = live is not None and live.id == row.id and row.finished is None
    return JobInfo(
        id=row.id,
        status=cast(Status, row.status),
        stage=live.stage if live is not None and is_live else row.stage,
        counts=live.counts if live is not None and is_live else json.loads(row.counts),
        created=row.created,
        started=row.started,
        finished=row.finished,
        report=json.loads(row.report) if row.report else None,
        error=row.error,
    )
