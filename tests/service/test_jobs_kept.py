"""Which jobs stay: the newest that have ended, all that have not, and those that a client's name stands for."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from service.db.repositories import jobs as jobs_module
from service.db.repositories.jobs import JobRepository
from service.db.repositories.requests import RequestRepository
from service.db.session import State, to_text
from service.db.tables import JobRow

BEFORE = "2026-11-10T00:00:00.000000Z"
NOW = datetime.now(UTC)


def day(n: int) -> str:
    return f"2026-11-{n:02}T00:00:00.000000Z"


def keep(
    state: State, job_id: str, finished: str | None, key: str | None = None, status: str = "done"
) -> None:
    with state.session() as session:
        row = {"stage": "", "counts": "{}", "created": day(1), "finished": finished, "idempotency_key": key}
        session.add(JobRow(id=job_id, status=status, **row))


def left(state: State) -> set[str]:
    with state.session() as session:
        return set(session.scalars(select(JobRow.id)))


def test_the_newest_stay_with_the_unfinished_and_the_named(
    any_state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "KEPT", 2)
    for name, status in (("queued", "queued"), ("running", "running")):
        keep(any_state, name, None, status=status)
    for n in (3, 4, 14, 15):
        keep(any_state, f"plain{n}", day(n), status="failed" if n == 15 else "done")
    keep(any_state, "named5", day(5), "old name", status="cancelled")
    keep(any_state, "named12", day(12), "promised")
    jobs = JobRepository(any_state)
    assert (jobs.prune(BEFORE), jobs.prune(BEFORE)) == (3, 0)
    assert left(any_state) == {"queued", "running", "plain14", "plain15", "named12"}
    assert jobs.named("promised") is not None


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> State:
    return State(tmp_path_factory.mktemp("jobs"))


rows = st.lists(st.tuples(st.none() | st.integers(1, 20), st.booleans()), max_size=8)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows, st.integers(0, 4))
def test_only_old_ended_jobs_go(
    shared: State, monkeypatch: pytest.MonkeyPatch, rows: list[tuple[int | None, bool]], kept: int
) -> None:
    monkeypatch.setattr(jobs_module, "KEPT", kept)
    with shared.session() as session:
        session.execute(delete(JobRow))
    for n, (ended, is_named) in enumerate(rows):
        keep(shared, str(n), day(ended) if ended else None, str(n) if is_named else None)
    ends = sorted((-ended, str(n)) for n, (ended, _) in enumerate(rows) if ended)
    older = {name for _, name in ends[kept:]}
    doomed = {n for n in older if not rows[int(n)][1] or day(rows[int(n)][0] or 0) < BEFORE}
    assert JobRepository(shared).prune(BEFORE) == len(doomed)
    assert left(shared) == {str(n) for n in range(len(rows))} - doomed


def test_jobs_go_with_the_other_old_rows(any_state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "KEPT", 1)
    for n, days in enumerate((1, 20, 100, 200)):
        keep(any_state, f"j{n}", to_text(NOW - timedelta(days=days)), f"k{n}" if n in (1, 2) else None)
    with closing(RequestRepository(any_state, 90, also=[JobRepository(any_state).prune])) as log:
        log.prune()
    assert left(any_state) == {"j0", "j1"}
