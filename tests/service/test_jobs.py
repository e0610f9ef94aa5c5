"""Jobs that outlive their process: taken up again, given up with a reason, never two at once, cancelled."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from quick_builds import quick_build, rows
from waiting import wait_until

from indexer.pipeline.read import FeedSource
from indexer.storage.durable import try_lock
from indexer.storage.snapshot import SnapshotStore
from service.db.repositories.jobs import JobRepository
from service.db.session import State
from service.db.tables import JobRow
from service.errors import ConflictError, InvalidError, NotFoundError
from service.indexing.job_progress import Progress
from service.indexing.lock import UPLOADS_FOLDER, JobHome
from service.indexing.order import BuildOrder, Idempotency, StoredOrder
from service.indexing.runner import MAX_ATTEMPTS, JobRunner


@pytest.fixture
def state(any_state: State) -> State:
    return any_state


class Held:
    """A build that waits until it is let go, a step at a time."""

    def __init__(self, data_dir: Path) -> None:
        self.go_on = threading.Event()
        self.begun = threading.Event()
        self._build = quick_build(data_dir)

    def __call__(self, order, progress):
        progress.start("read", 3)
        self.begun.set()
        while not self.go_on.wait(0.002):
            progress.advance(0)
        return self._build(order, progress)


def order(folder: Path, name: str = "feed.csv", scratch: Path | None = None, **options: object) -> BuildOrder:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(rows(3))
    return BuildOrder((FeedSource(path, name=name),), scratch=scratch, **options)  # type: ignore[arg-type]


def runner(state: State, data_dir: Path, build=None, after=lambda: None) -> JobRunner:
    return JobRunner(state, build or quick_build(data_dir), after, data_dir)


def ended(jobs: JobRunner, job_id: str):
    wait_until(lambda: jobs.get(job_id).finished)
    return jobs.get(job_id)


def left(state: State, data_dir: Path, stored: StoredOrder | None, status: str = "running") -> None:
    """A job "left" as a process that died would leave it."""
    text = stored.to_json() if stored else None
    with state.session() as session:
        row = JobRow(id="left", status=status, stage="embed", counts="{}", created="2020", order=text)
        session.add(row)


@pytest.mark.parametrize("status", ["queued", "running"])
def test_a_job_that_a_dead_process_left_is_done_after_all(state, tmp_path, status):
    scratch = tmp_path / UPLOADS_FOLDER / "u1"
    left(
        state,
        tmp_path,
        StoredOrder(order(scratch, scratch=scratch), JobHome(tmp_path).id, attempts=1),
        status,
    )
    (tmp_path / UPLOADS_FOLDER / "u2").mkdir()
    reloads: list[int] = []
    jobs = runner(state, tmp_path, after=lambda: reloads.append(1))
    jobs.start()
    done = ended(jobs, "left")
    assert (done.status, done.attempts, done.report["items"], reloads) == ("done", 2, 3, [1])
    assert SnapshotStore(tmp_path).current_version() == done.report["version"]
    wait_until(lambda: list((tmp_path / UPLOADS_FOLDER).iterdir()) == [])
    jobs.ensure_idle()


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        ("gone", "failed", "these feeds are gone since: feed.csv"),
        ("tries", "failed", f"stopped in each of {MAX_ATTEMPTS} attempts"),
        ("order", "failed", "did not keep what was asked for"),
        ("cancel", "cancelled", "cancelled on request"),
    ],
)
def test_what_cannot_be_taken_up_ends_with_a_reason(state, tmp_path, change, status, reason):
    home = JobHome(tmp_path)
    asked = order(tmp_path)
    if change == "gone":
        (tmp_path / "feed.csv").unlink()
    if change == "cancel":
        home.ask_to_cancel("left")
    attempts = MAX_ATTEMPTS if change == "tries" else 1
    left(state, tmp_path, None if change == "order" else StoredOrder(asked, home.id, attempts=attempts))
    jobs = runner(state, tmp_path)
    jobs.start()
    found = jobs.get("left")
    assert (found.status, found.finished is not None) == (status, True)
    assert reason in (found.error or "")
    jobs.ensure_idle()
    assert SnapshotStore(tmp_path).versions() == []
    assert not home.is_cancelled("left")


def test_a_job_of_a_living_process_is_not_stolen(state, tmp_path):
    build = Held(tmp_path / "one")
    first = runner(state, tmp_path / "one", build)
    job = first.submit(order(tmp_path))
    assert build.begun.wait(10)
    second = runner(state, tmp_path / "one")
    second.start()
    with pytest.raises(ConflictError, match=job.id):
        second.submit(order(tmp_path, "other.csv"))
    assert second.get(job.id).status == "running"
    assert second.get(job.id).attempts == 1
    elsewhere = runner(state, tmp_path / "two")  # another data folder, the same database
    elsewhere.start()
    assert ended(elsewhere, elsewhere.submit(order(tmp_path, "third.csv")).id).status == "done"
    with pytest.raises(ConflictError, match="another data folder"):
        elsewhere.cancel(job.id)
    build.go_on.set()
    assert ended(second, job.id).status == "done"


def test_who_is_alive_takes_up_what_another_left(state, tmp_path):
    jobs = runner(state, tmp_path)
    jobs.start()
    left(state, tmp_path, StoredOrder(order(tmp_path), jobs._home.id))
    assert ended(jobs, "left").status == "done"


def test_a_stop_puts_the_job_back_and_counts_no_attempt(state, tmp_path):
    build = Held(tmp_path)
    jobs = runner(state, tmp_path, build)
    scratch = tmp_path / UPLOADS_FOLDER / "u"
    job = jobs.submit(order(scratch, scratch=scratch))
    assert build.begun.wait(10)
    jobs.close()
    stopped = jobs.get(job.id)
    assert (stopped.status, stopped.attempts, scratch.exists()) == ("queued", 0, True)
    again = runner(state, tmp_path)
    again.start()
    done = ended(again, job.id)
    assert (done.status, done.attempts) == ("done", 1)


def test_a_cancelled_job_changes_nothing_and_stays_cancelled(state, tmp_path):
    build = Held(tmp_path)
    jobs = runner(state, tmp_path, build)
    job = jobs.submit(order(tmp_path))
    assert build.begun.wait(10)
    other = runner(state, tmp_path)  # asked of another process
    assert other.cancel(job.id).status in ("running", "cancelled")
    cancelled = ended(jobs, job.id)
    assert (cancelled.status, cancelled.error) == ("cancelled", "cancelled on request")
    assert jobs.cancel(job.id).status == "cancelled"
    assert SnapshotStore(tmp_path).versions() == []
    done = ended(jobs, runner(state, tmp_path).submit(order(tmp_path)).id)
    with pytest.raises(ConflictError, match="has ended already: done"):
        jobs.cancel(done.id)
    with pytest.raises(NotFoundError):
        jobs.cancel("other")


def test_the_same_name_is_the_same_job(state, tmp_path):
    build = Held(tmp_path)
    jobs = runner(state, tmp_path, build)
    named = Idempotency("k1", "d1")
    job = jobs.submit(order(tmp_path), named)
    scratch = tmp_path / UPLOADS_FOLDER / "twice"
    assert jobs.submit(order(scratch, scratch=scratch), named).id == job.id  # while it runs
    assert not scratch.exists()
    build.go_on.set()
    assert ended(jobs, job.id).status == "done"
    assert jobs.submit(order(tmp_path), named).id == job.id
    with pytest.raises(InvalidError, match=f"another request, job {job.id}"):
        jobs.submit(order(tmp_path), Idempotency("k1", "d2"))
    assert [j.id for j in jobs.latest()] == [job.id]


def test_an_order_that_conflicts_leaves_no_scratch(state, tmp_path):
    build = Held(tmp_path)
    scratches = [tmp_path / UPLOADS_FOLDER / name for name in ("first", "second")]
    jobs = runner(state, tmp_path, build)
    first = jobs.submit(order(scratches[0], scratch=scratches[0]))
    with pytest.raises(ConflictError, match=first.id):
        jobs.submit(order(scratches[1], scratch=scratches[1]))
    assert [folder.exists() for folder in scratches] == [True, False]
    build.go_on.set()
    assert ended(jobs, first.id).status == "done"
    wait_until(lambda: not scratches[0].exists())


def test_as_soon_as_a_job_is_told_to_be_done_the_next_one_may_come(state, tmp_path):
    jobs = runner(state, tmp_path)
    for _ in range(5):
        assert ended(jobs, jobs.submit(order(tmp_path)).id).status == "done"


def test_uploads_that_are_just_arriving_are_not_swept(tmp_path):
    home = JobHome(tmp_path)
    kept, arriving, leftover = (tmp_path / UPLOADS_FOLDER / name for name in ("kept", "arriving", "leftover"))
    for folder in (kept, arriving, leftover):
        folder.mkdir(parents=True)
    held = try_lock(arriving / ".lock")
    assert held is not None
    home.sweep({kept})
    assert [folder.exists() for folder in (kept, arriving, leftover)] == [True, True, False]
    os.close(held)


def test_progress_tells_rate_and_time_left(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("service.indexing.job_progress.time.monotonic", lambda: now[0])
    stages = []
    progress = Progress(lambda: None, stages.append)
    progress.start("read", None)
    now[0] += 2
    progress.advance(50)
    reading = progress.look()
    assert (reading.counts, reading.totals, reading.rate, reading.eta_seconds) == (
        {"read": 50},
        {},
        25.0,
        None,
    )
    progress.start("embed", 100)
    assert (progress.look().rate, progress.look().eta_seconds) == (None, None)
    now[0] += 4
    progress.advance(20)
    embedding = progress.look()
    assert (embedding.counts, embedding.totals) == ({"read": 50, "embed": 20}, {"embed": 100})
    assert (embedding.rate, embedding.eta_seconds) == (5.0, 16.0)
    progress.enter("reload")
    assert (progress.look().stage, progress.look().counts) == ("reload", embedding.counts)
    assert [stand.stage for stand in stages] == ["read", "embed", "reload"]


def test_the_latest_jobs_come_first(state):
    jobs = JobRepository(state)
    for n in range(60):
        assert jobs.add(f"j{n:02}", StoredOrder(BuildOrder(()), "home").to_json(), dry_run=False)
    latest = [row.id for row in jobs.latest()]
    assert (len(latest), latest[0], latest[-1]) == (50, "j59", "j10")
