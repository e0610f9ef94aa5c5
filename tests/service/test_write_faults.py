"""A fault at every step of what the service writes beside its database: always the old or the new, never a half."""

from __future__ import annotations

import pytest
from failing_disk import CODES, failing
from shelves import put_run

from indexer.errors import StylistError
from service.db.repositories.keys import KeyRepository
from service.db.session import State
from service.errors import UnavailableError
from service.registry.lifecycle import publish
from service.registry.store import ArtifactFolder


@pytest.mark.parametrize("code", CODES)
def test_a_key_that_is_given_out_is_noted_whichever_step_fails(tmp_path, code):
    for step in range(4):
        state = State(tmp_path / str(step))
        ring = KeyRepository(state)
        key = None
        with failing(step, code) as hit:
            try:
                key = ring.add("staff")
            except UnavailableError:
                assert hit()
        if key is not None:
            assert state.key_marker.found()
            assert ring.verify(key) is not None
        else:
            assert ring.list() == []
        state.close()


@pytest.mark.parametrize("code", CODES)
def test_an_adapter_is_published_or_not_whichever_step_fails(tmp_path, code):
    run, shelf = put_run(tmp_path / "run", "house", "2"), tmp_path / "adapters"
    publish(put_run(tmp_path / "first", "house", "1"), shelf)
    step = 0
    while True:
        with failing(step, code) as hit:
            try:
                publish(run, shelf)
            except (OSError, StylistError):
                assert hit()
        folder = ArtifactFolder(shelf / "house")
        aliases = folder.aliases()
        assert aliases.champion is None
        assert aliases.candidate in ("1", "2")
        for version in folder.versions():
            folder.read(version)  # whole
        if not hit():
            break
        step += 1
        if "2" in folder.versions():  # it came as far as that: published, and told only in part
            break
    assert step >= 3
