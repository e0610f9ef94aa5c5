"""API keys, over SQLite and over PostgreSQL: shown once, stored as hashes, good until revoked or expired."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from service.db.repositories.keys import KeyRepository, Principal, expiry
from service.db.session import STATE_FILE, State
from service.db.tables import KeyRow
from service.errors import InvalidError, NotFoundError, UnauthorizedError

NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ring(any_state, clock):
    return KeyRepository(any_state, clock)


def test_a_key_verifies_to_whose_it_is_and_others_to_nothing(ring):
    staff, shopper = ring.add("staff"), ring.add("shopper")
    assert re.fullmatch(r"vs_[A-Za-z0-9_-]{32}", staff)
    ids = [info.id for info in sorted(ring.list(), key=lambda info: info.scope, reverse=True)]
    assert [ring.verify(staff), ring.verify(shopper)] == [
        Principal(ids[0], "staff"),
        Principal(ids[1], "shopper"),
    ]
    for wrong in ("", "vs_", staff[:-1], staff + "x", staff.lower(), "vs_ü", "\ud800", "vs_\0"):
        assert ring.verify(wrong) is None


def test_the_key_itself_is_nowhere_on_disk(tmp_path):
    state = State(tmp_path)
    ring = KeyRepository(state)
    key = ring.add("staff")
    ring.verify(key)
    state.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.glob(f"{STATE_FILE}*"))
    assert key[:8].encode() in stored
    assert key[9:].encode() not in stored


def test_the_list_shows_what_tells_keys_apart(ring, clock):
    first = ring.add("staff", " till 3 ", NOON + timedelta(days=30))
    clock.time += timedelta(seconds=1)
    second = ring.add("shopper")
    staff, shopper = ring.list()
    assert (staff.scope, staff.prefix, staff.name) == ("staff", first[:8], "till 3")
    assert (shopper.scope, shopper.prefix, shopper.name) == ("shopper", second[:8], None)
    assert (staff.created, staff.expires) == ("2031-05-04T12:00:00.000000Z", "2031-06-03T12:00:00.000000Z")
    assert (shopper.created, shopper.expires) == ("2031-05-04T12:00:01.000000Z", None)
    assert staff.id != shopper.id
    assert {staff.last_used, shopper.last_used} == {None}


@pytest.mark.parametrize("name", ["", "  ", "x" * 121, "a\nb", "\x1b[2J", "a\0"])
def test_a_name_that_cannot_stand_in_a_line_is_refused(ring, name):
    with pytest.raises(InvalidError) as refused:
        ring.add("staff", name)
    assert refused.value.errors[0].field == "name"
    assert not ring.configured()


def test_the_last_use_is_noted_to_the_minute(ring, clock):
    key = ring.add("staff")

    def used_at(after: timedelta) -> str | None:
        clock.time = NOON + after
        ring.verify(key)
        return ring.list()[0].last_used

    assert used_at(timedelta(0)) == "2031-05-04T12:00:00.000000Z"
    assert used_at(timedelta(seconds=59)) == "2031-05-04T12:00:00.000000Z"
    assert used_at(timedelta(seconds=61)) == "2031-05-04T12:01:01.000000Z"


def test_a_use_in_the_future_is_set_right(ring, any_state):
    key = ring.add("staff")
    with any_state.session() as session:
        session.execute(update(KeyRow).values(last_used="2099-01-01T00:00:00.000000Z"))
    assert ring.verify(key) is not None
    assert ring.list()[0].last_used == "2031-05-04T12:00:00.000000Z"


def test_an_expired_key_is_told_so_and_strangers_are_not(ring, clock):
    key = ring.add("shopper", expires=NOON + timedelta(hours=1))
    clock.time += timedelta(minutes=59, seconds=59)
    assert ring.verify(key) is not None
    clock.time += timedelta(seconds=1)
    with pytest.raises(UnauthorizedError, match="expired at 2031-05-04T13:00:00"):
        ring.verify(key)
    assert ring.verify(key + "x") is None
    assert [info.expired for info in ring.list()] == [True]
    assert ring.configured()
    assert ring.revoke(key).expired
    assert ring.verify(key) is None


def test_a_key_cannot_begin_expired(ring):
    for expires in (NOON, NOON - timedelta(days=1)):
        with pytest.raises(InvalidError, match="expires: is over already"):
            ring.add("staff", expires=expires)


def test_a_clock_that_steps_back_revives_no_key(ring, clock):
    key = ring.add("staff", expires=NOON + timedelta(minutes=10))
    clock.time += timedelta(minutes=10)
    with pytest.raises(UnauthorizedError):
        ring.verify(key)
    clock.time -= timedelta(minutes=30)
    with pytest.raises(UnauthorizedError):
        ring.verify(key)


def test_a_clock_that_was_far_ahead_ends_no_key_for_good(ring, clock):
    key = ring.add("staff", expires=NOON + timedelta(days=10))
    clock.time += timedelta(days=400)
    with pytest.raises(UnauthorizedError):
        ring.verify(key)
    clock.time = NOON + timedelta(days=1)
    assert ring.verify(key) is not None
    assert ring.list()[0].last_used == "2031-05-05T12:00:00.000000Z"


@pytest.mark.parametrize("by_id", [True, False])
def test_a_revoked_key_is_over_but_the_service_stays_closed(ring, clock, by_id):
    assert not ring.configured()
    key = ring.add("shopper")
    clock.time += timedelta(seconds=1)
    other = ring.add("staff")
    key_id, other_id = (info.id for info in ring.list())
    assert ring.revoke(key_id if by_id else key).id == key_id
    assert (ring.verify(key), ring.verify(other)) == (None, Principal(other_id, "staff"))
    assert [info.id for info in ring.list()] == [other_id]
    with pytest.raises(NotFoundError):
        ring.revoke(key_id)
    ring.revoke(other)
    assert ring.list() == []
    assert ring.configured()


@given(st.integers(1, 36_500))
def test_an_expiry_in_days_is_so_many_days_from_now(days):
    assert expiry(str(days), NOON) == NOON + timedelta(days=days)


@given(st.dates(max_value=datetime(9999, 12, 30).date()))
def test_an_expiry_by_date_lets_that_day_end(day):
    ends = expiry(day.isoformat(), NOON)
    assert (ends - timedelta(microseconds=1)).date() == day
    assert (ends.time().isoformat(), ends.tzinfo) == ("00:00:00", UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "-1",
        "36501",
        "9" * 5000,
        "1.5",
        "soon",
        "9999-12-31",
        "2031-02-30",
        "2031-05-04T12:00",
        "04.05.2031",
    ],
)
def test_any_other_expiry_is_refused_by_name(text):
    with pytest.raises(InvalidError, match=r"^expires: "):
        expiry(text, NOON)


@given(st.text())
def test_no_text_breaks_the_reading_of_an_expiry(text):
    with suppress(InvalidError):
        assert expiry(text, NOON).tzinfo is UTC
