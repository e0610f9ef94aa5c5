"""Jobs across restarts, and what is deleted when one is refused."""

from __future__ import annotations

import threading

import pytest

from service.jobs import BuildOrder, JobRunner
from service.problems import ConflictError, NotFoundError
from service.state import State
from service.tables import JobRow


@pytest.fixture
def state(tmp_path):
    state = State(tmp_path)
    yield state
    state.close()


def unused(*_):
    raise AssertionError("no build was asked for")


@pytest.mark.parametrize("status", ["queued", "running"])
def test_a_job_that_a_dead_process_left_is_marked_failed(state, status):
    with state.session() as session:
        for job_id, was in (("dead", status), ("past", "done")):
            session.add(JobRow(id=job_id, status=was, stage="embed", counts='{"read": 3}', created="2020"))
    runner = JobRunner(state, unused, unused)
    dead = runner.get("dead")
    assert (dead.status, dead.error, dead.stage, dead.counts) == (
        "failed",
        "the service stopped",
        "embed",
        {"read": 3},
    )
    assert dead.finished is not None
    assert runner.get("past").status == "done"
    runner.ensure_idle()
    with pytest.raises(NotFoundError):
        runner.get("other")


def test_an_order_that_conflicts_leaves_no_scratch(state, tmp_path):
    go_on = threading.Event()

    def build(order, progress):
        go_on.wait(10)
        raise RuntimeError("enough")

    scratches = [tmp_path / name for name in ("first", "second")]
    for folder in scratches:
        folder.mkdir()
    runner = JobRunner(state, build, unused)
    first = runner.submit(BuildOrder((), scratch=scratches[0]))
    with pytest.raises(ConflictError, match=first.id):
        runner.submit(BuildOrder((), scratch=scratches[1]))
    assert [folder.exists() for folder in scratches] == [True, False]
    go_on.set()
    runner.close()
    assert not scratches[0].exists()
    assert runner.get(first.id).status == "failed"
