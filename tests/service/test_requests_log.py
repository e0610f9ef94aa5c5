"""The log of requests and its summary: what is counted, over what, and what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from fake_recommender import FakeRecommender
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from service.db.repositories.reports import Summary, summarise, wilson
from service.db.repositories.requests import RequestRepository
from service.db.session import State
from service.db.tables import EventRow, OutfitRow, RequestRow
from service.schemas.outfits import OutfitRequest, OutfitResponse, Unmet

ALWAYS = ("0000", "9999")


@pytest.fixture
def state(any_state: State) -> State:
    """Over either database."""
    return any_state


@pytest.fixture
def log(state: State) -> Iterator[RequestRepository]:
    with closing(RequestRepository(state, 90, keep_vibes=True)) as log:
        yield log


def ask(vibe: str = "Rooftop  Jazz", **fields: object) -> OutfitRequest:
    return OutfitRequest.model_validate({"vibe": vibe, **fields})


def answer(request: OutfitRequest, request_id: str, **changes: object) -> OutfitResponse:
    return FakeRecommender().compose(request, request_id).model_copy(update=changes)


def summary(state: State, log: RequestRepository, *, keep_vibes: bool = True) -> Summary:
    log.settle()
    return summarise(state, *ALWAYS, keep_vibes=keep_vibes)


def event(state: State, kind: str, outfit: str, style: str = "house", experiment: str | None = None) -> None:
    with state.session() as session:
        number = session.query(EventRow).count()
        row = {"event_id": f"e{number}", "type": kind, "outfit_id": outfit, "style": style, "body": "{}"}
        when = "2026-11-22T10:00:00.000000Z"
        session.add(EventRow(**row, experiment=experiment, at=when, received=when))


def test_requests_are_counted_with_what_they_lacked(state: State, log: RequestRepository) -> None:
    unmet = [Unmet(constraint=c, reason="", hint="") for c in ("budget", "budget", "sizes.top")]
    for n, vibe in enumerate(["Gala", " gala ", "GALA", "picnic"]):
        log.note(ask(vibe), answer(ask(vibe), f"r{n}", outfits=[], unmet=unmet), 10.0 * n)
    for n in range(16):
        log.note(ask(count=2), answer(ask(count=2), f"s{n}", composer="lora"), 100.0 + n)
    found = summary(state, log)
    assert (found.requests, found.outfits, found.empty) == (20, 32, 4)
    assert found.unmet == {"budget": 4, "sizes.top": 4}
    assert found.composers == {"lora": 16, "retrieval": 4}
    assert found.latency_ms is not None
    assert (found.latency_ms.p50, found.latency_ms.p95) == (
        105.0,
        114.0,
    )  # nearest ranks: 10th and 19th of 20
    assert [(v.vibe, v.count) for v in found.empty_vibes] == [("gala", 3), ("picnic", 1)]
    assert found.note is None


def test_a_period_is_half_open_and_nothing_is_nothing(state: State, log: RequestRepository) -> None:
    log.note(ask(), answer(ask(), "r"), 1.0)
    log.settle()
    with state.session() as session:
        session.execute(update(RequestRow).values(created="2026-11-22T10:00:00.000000Z"))
    inside = summarise(state, "2026-11-22T10:00:00.000000Z", "2026-11-22T10:00:00.000001Z", keep_vibes=False)
    outside = summarise(state, "2026-11-22T09:00:00.000000Z", "2026-11-22T10:00:00.000000Z", keep_vibes=False)
    assert (inside.requests, outside.requests) == (1, 0)
    assert outside.latency_ms is None
    assert outside.styles == []
    assert outside.note is not None
    assert outside.note.startswith("vibes are not kept")


def test_vibes_are_not_kept_unless_told_to(state: State) -> None:
    with closing(RequestRepository(state, 90)) as log:
        log.note(ask("my secret date"), answer(ask(), "r", outfits=[]), 1.0)
        assert summary(state, log).empty_vibes == []
        with state.session() as session:
            assert session.get_one(RequestRow, "r").vibe is None


def test_acceptance_is_of_outfits_not_of_events(state: State, log: RequestRepository) -> None:
    request = ask(count=5, experiment="b")
    log.note(request, answer(request, "r"), 1.0)
    for outfit in ("1", "2", "3", "3"):
        event(state, "impression", outfit, experiment="b")
    for kind, outfit in [
        ("like", "1"),
        ("purchase", "1"),
        ("add_to_basket", "4"),
        ("dislike", "2"),
        ("swap", "3"),
    ]:
        event(state, kind, outfit, experiment="b")
    event(state, "like", "9", style="chanel")
    found = summary(state, log)
    house, chanel = found.styles
    assert (house.name, house.outfits, house.impressions, house.basis) == ("house", 5, 4, "impressions")
    assert (house.shown, house.accepted, house.dislikes, house.swaps) == (
        4,
        2,
        1,
        1,
    )  # 4 was not said to be shown
    assert house.rate is not None
    assert (house.rate.value, house.rate.low, house.rate.high) == (0.5, 0.15, 0.85)  # by hand
    assert (chanel.basis, chanel.shown, chanel.accepted) == ("answers", 1, 1)
    assert [(e.name, e.outfits, e.accepted) for e in found.experiments] == [("b", 5, 2)]


@given(st.integers(0, 2_000), st.integers(0, 2_000))
def test_an_interval_holds_its_share_and_narrows(part: int, more: int) -> None:
    whole = part + more
    rate = wilson(part, whole)
    if whole == 0:
        assert rate is None
        return
    assert rate is not None
    assert 0 <= rate.low <= rate.value <= rate.high <= 1
    larger = wilson(10 * part, 10 * whole)
    assert larger is not None
    assert larger.high - larger.low <= rate.high - rate.low


def test_one_request_id_sent_twice_counts_twice(state: State, log: RequestRepository) -> None:
    for _ in range(3):
        log.note(ask(), answer(ask(), "same"), 1.0)
    assert summary(state, log).requests == 3


def test_a_database_that_fails_costs_rows_and_no_request(
    state: State, log: RequestRepository, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(State, "session", lambda _: (_ for _ in ()).throw(OSError("my secret date")))
    log.note(ask("my secret date"), answer(ask(), "r"), 1.0)
    log.settle()
    monkeypatch.undo()
    assert "1 rows of the log of requests are lost: OSError" in caplog.text
    assert "secret" not in caplog.text
    log.note(ask(), answer(ask(), "s"), 1.0)
    assert summary(state, log).requests == 1


def test_what_is_noted_is_written_before_it_closes(state: State) -> None:
    log = RequestRepository(state, 90)
    for n in range(500):
        log.note(ask(), answer(ask(), f"r{n}"), 1.0)
    log.close()
    assert summarise(state, *ALWAYS, keep_vibes=False).requests == 500


def test_old_rows_and_old_outfits_go(state: State, log: RequestRepository) -> None:
    for name in ("old", "new"):
        request = ask(seed=len(name) + (name == "old"))
        response = answer(request, name)
        state.save_response(request, response)
        log.note(request, response, 1.0)
    log.settle()
    with state.session() as session:
        for table in (OutfitRow, RequestRow):
            session.execute(
                update(table).where(table.request_id == "old").values(created="2020-01-01T00:00:00Z")
            )
    assert log.prune() == 1 + 3
    with state.session() as session:
        assert session.query(OutfitRow.request_id).distinct().all() == [("new",)]
    assert summary(state, log).requests == 1
    assert log.prune() == 0
