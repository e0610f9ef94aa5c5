"""API keys: shown once, stored as hashes, good until revoked."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from service.keys import KeyRing
from service.problems import NotFoundError
from service.state import STATE_FILE, State
from service.tables import KeyRow


@pytest.fixture
def state(tmp_path):
    state = State(tmp_path)
    yield state
    state.close()


@pytest.fixture
def ring(state):
    return KeyRing(state)


def test_a_key_verifies_to_its_scope_and_others_to_nothing(ring):
    staff, shopper = ring.add("staff"), ring.add("shopper")
    assert re.fullmatch(r"vs_[A-Za-z0-9_-]{32}", staff)
    assert (ring.verify(staff), ring.verify(shopper)) == ("staff", "shopper")
    for wrong in ("", "vs_", staff[:-1], staff + "x", staff.lower(), "vs_ü", "\ud800"):
        assert ring.verify(wrong) is None


def test_the_key_itself_is_nowhere_on_disk(ring, state, tmp_path):
    key = ring.add("staff")
    ring.verify(key)
    state.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.glob(f"{STATE_FILE}*"))
    assert key[:8].encode() in stored
    assert key[9:].encode() not in stored


def test_the_list_shows_what_tells_keys_apart(ring):
    keys = [ring.add("staff"), ring.add("shopper")]
    shown = ring.list()
    assert [(k.scope, k.prefix) for k in shown] == [("staff", keys[0][:8]), ("shopper", keys[1][:8])]
    assert len({k.id for k in shown}) == 2
    assert all(k.last_used is None for k in shown)


def test_the_last_use_is_noted_to_the_minute(ring, state):
    key = ring.add("staff")
    ring.verify(key)
    first = ring.list()[0].last_used
    assert first is not None
    ring.verify(key)
    assert ring.list()[0].last_used == first
    with state.session() as session:
        session.execute(update(KeyRow).values(last_used="2020-01-01T00:00:00.000000Z"))
    ring.verify(key)
    assert ring.list()[0].last_used >= first


@pytest.mark.parametrize("by_id", [True, False])
def test_a_revoked_key_is_over_but_the_service_stays_closed(ring, by_id):
    assert not ring.configured()
    key, other = ring.add("shopper"), ring.add("staff")
    key_id = ring.list()[0].id
    assert ring.revoke(key_id if by_id else key).id == key_id
    assert (ring.verify(key), ring.verify(other)) == (None, "staff")
    assert [k.scope for k in ring.list()] == ["staff"]
    with pytest.raises(NotFoundError):
        ring.revoke(key_id)
    ring.revoke(other)
    assert ring.list() == []
    assert ring.configured()
