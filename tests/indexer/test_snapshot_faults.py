"""A fault at every step of writing a snapshot: the old one is served, or the new one, and never a half."""

from __future__ import annotations

from pathlib import Path

import pytest
from failing_disk import CODES, failing
from test_snapshot import commit, skus_of_current

from indexer.errors import SnapshotError
from indexer.storage.snapshot import SnapshotStore


@pytest.mark.parametrize("code", CODES)
def test_a_snapshot_is_the_old_or_the_new_one_whichever_step_fails(tmp_path: Path, code: int) -> None:
    store = SnapshotStore(tmp_path / "data")
    commit(store, "old")
    steps = 0
    while True:
        with failing(steps, code) as hit:
            try:
                commit(store, "new")
            except (OSError, SnapshotError):
                assert hit()
        assert skus_of_current(store) in (["old"], ["new"])
        if not hit():
            break
        steps += 1
        commit(store, "old")  # and the next build is not in its way
    assert steps >= 8
    assert skus_of_current(store) == ["new"]


@pytest.mark.parametrize("code", CODES)
def test_a_rollback_is_done_or_not_whichever_step_fails(tmp_path: Path, code: int) -> None:
    store = SnapshotStore(tmp_path / "data")
    old = commit(store, "old")
    new = commit(store, "new")
    for step in range(4):
        with failing(step, code) as hit:
            try:
                store.rollback(old)
            except OSError:
                assert hit()
        assert skus_of_current(store) in (["old"], ["new"])
        store.rollback(new)
