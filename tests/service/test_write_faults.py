"""A fault at every step of noting that keys exist: no key is given out that a lost state would make forgotten."""

from __future__ import annotations

import pytest
from failing_disk import CODES, failing

from service.db.repositories.keys import KeyRepository
from service.db.session import State
from service.errors import UnavailableError


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
