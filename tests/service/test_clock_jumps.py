"""A clock that jumps deletes nothing: not ahead, not back, not over a restart."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from service.db.moments import doubt
from service.db.repositories.requests import RequestRepository
from service.db.tables import OutfitRow
from service.schemas.outfits import OutfitRequest

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock():
    return Clock()


def count(state) -> int:
    with state.session() as session:
        return session.query(OutfitRow).count()


def test_a_start_far_ahead_deletes_nothing_and_says_so(any_state, fake, clock):
    request = OutfitRequest(vibe="jazz", seed=1, count=1)
    with closing(RequestRepository(any_state, 90, clock=clock)) as log:
        log.settle()
        any_state.save_response(request, fake.compose(request, "r"))
        assert (log.prune(), log.doubt) == (0, None)
    clock.time += 100 * DAY
    with closing(RequestRepository(any_state, 90, clock=clock)) as log:
        log.settle()
        assert log.prune() == 0
        assert "the clock was found" in log.doubt
        assert count(any_state) == 1
    clock.time -= 100 * DAY
    with closing(RequestRepository(any_state, 90, clock=clock)) as log:
        log.settle()
        assert (log.prune(), log.doubt, count(any_state)) == (0, None, 1)


def test_what_is_old_by_an_even_clock_is_deleted(any_state, fake, clock):
    request = OutfitRequest(vibe="jazz", seed=1, count=1)
    with closing(RequestRepository(any_state, 3, clock=clock)) as log:
        log.settle()
        any_state.save_response(request, fake.compose(request, "r"))
        for _ in range(4):
            clock.time += DAY
            log.prune()
        assert (log.doubt, count(any_state)) == (None, 0)


def test_a_doubted_clock_is_believed_once_it_has_gone_on_evenly(any_state):
    assert doubt(any_state, NOW) is None
    after = NOW + 30 * DAY  # as after a month in a drawer
    assert "30 days ahead" in doubt(any_state, after)
    for days in range(1, 7):
        assert doubt(any_state, after + days * DAY) is not None
    assert doubt(any_state, after + 7 * DAY) is None
    assert doubt(any_state, after + 8 * DAY) is None


def test_a_second_jump_begins_the_doubt_anew(any_state):
    doubt(any_state, NOW)
    doubt(any_state, NOW + 10 * DAY)
    doubt(any_state, NOW + 30 * DAY)
    for days in range(1, 7):
        assert doubt(any_state, NOW + (30 + days) * DAY) is not None
    assert doubt(any_state, NOW + 37 * DAY) is None
