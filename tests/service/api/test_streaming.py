"""Answers as events: the same outfits, each as soon as it is whole, and no work for a client that is gone."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest
import uvicorn
from app_runner import until
from fake_recommender import FakeRecommender
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from waiting import wait_until

from indexer.pipeline.read import FeedSource
from service.api import sse as stream
from service.api.app import create_app
from service.api.sse import wants_stream
from service.errors import NotFoundError
from service.indexing.build import build_index
from service.lm.prompt import Context
from service.lm.scorer import Question, RetrievalScorer, Scores, Session
from service.recommender.recommender import open_recommender
from service.settings import Settings

WISH = {"vibe": "rooftop jazz", "count": 2, "seed": 7, "explain": True}
EVENTS = {"Accept": "text/event-stream"}


def events(text: str) -> list[tuple[str, Any]]:
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            assert list(lines) == ["event", "data"]
            found.append((lines["event"], json.loads(lines["data"])))
    return found


@pytest.mark.anyio
async def test_events_tell_what_the_plain_answer_says(running):
    plain = (await running.client.post("/v1/outfits", json=WISH)).json()
    response = await running.client.post("/v1/outfits", json=WISH, headers=EVENTS)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert (response.headers["cache-control"], response.headers["content-language"]) == ("no-store", "en")
    told = events(response.text)
    names = [name for name, _ in told if name != "piece"]
    assert names == ["outfit", "explanation", "explanation", "outfit", "explanation", "explanation", "done"]
    outfits = [data for name, data in told if name == "outfit"]
    for outfit in outfits:
        texts = [d["text"] for n, d in told if n == "explanation" and d["outfit_id"] == outfit["id"]]
        outfit["explanation"] = "".join(texts)
        chosen = [d["item"]["sku"] for n, d in told if n == "piece" and d["outfit_id"] == outfit["id"]]
        assert sorted(chosen) == sorted(item["sku"] for item in outfit["items"])
    assert outfits == plain["outfits"]
    done = told[-1][1]
    assert done.pop("order") == [outfit["id"] for outfit in outfits]
    assert done.pop("request_id") == response.headers["x-request-id"]
    assert done == {name: plain[name] for name in plain if name not in ("outfits", "request_id")}


@pytest.mark.anyio
async def test_what_is_unmet_has_an_event(running):
    body = WISH | {"budget": {"max": 10}}
    told = events((await running.client.post("/v1/outfits", json=body, headers=EVENTS)).text)
    assert [name for name, _ in told] == ["unmet", "done"]
    assert [u["constraint"] for u in told[0][1]] == ["budget"]
    assert told[1][1]["unmet"] == told[0][1]


@pytest.mark.anyio
async def test_a_swap_streams_too(running):
    old = (await running.client.post("/v1/outfits", json=WISH)).json()["outfits"][0]
    response = await running.client.post(
        f"/v1/outfits/{old['id']}/swap", json={"slot": "top"}, headers=EVENTS
    )
    assert [name for name, _ in events(response.text)] == ["done"]  # there is no other top


@pytest.mark.anyio
async def test_what_is_wrong_from_the_start_has_its_status(running, fake):
    assert (await running.client.post("/v1/outfits", json={}, headers=EVENTS)).status_code == 422
    fake.error = NotFoundError("no such style")
    response = await running.client.post("/v1/outfits", json=WISH, headers=EVENTS)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert running.services.gate.taken == 0


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (NotFoundError("it is gone"), 404, "it is gone"),
        (RuntimeError("secret"), 500, "something went wrong here; the log has it under request abc"),
    ],
)
async def test_what_goes_wrong_midway_is_the_last_event(running, fake, error, status, detail):
    fake.error, fake.error_after = error, 1
    headers = EVENTS | {"X-Request-ID": "abc"}
    response = await running.client.post("/v1/outfits", json=WISH, headers=headers)
    assert response.status_code == 200
    told = events(response.text)
    assert [name for name, _ in told if name in ("outfit", "problem", "done")] == ["outfit", "problem"]
    problem = told[-1][1]
    assert (problem["status"], problem["detail"], problem["request_id"]) == (status, detail, "abc")
    assert (await running.client.get(f"/v1/outfits/{told[-4][1]['id']}")).status_code == 200


class Slow(FakeRecommender):
    """Makes the second outfit only when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()

    def _outfit(self, request, number, *rest):
        assert number == 0 or self.go_on.wait(10)
        return super()._outfit(request, number, *rest)


def test_an_outfit_comes_before_the_next_and_silence_is_broken(settings, monkeypatch):
    monkeypatch.setattr(stream, "PING_SECONDS", 0.02)
    slow = Slow()
    with serving(create_app(settings, slow)) as port, streamed(port) as lines:
        found = [next(lines) for _ in range(20)]
        assert "event: outfit" in found
        while next(lines) != ": ping":
            pass
        slow.go_on.set()
        rest = list(lines)
    assert [line for line in rest if line.startswith("event: ") and "piece" not in line] == [
        "event: outfit",
        "event: explanation",
        "event: explanation",
        "event: done",
    ]


class Waiting(RetrievalScorer):
    """Scores a round only when there is a permit for it."""

    def __init__(self) -> None:
        self.permits = threading.Semaphore(0)
        self.rounds = 0

    def open(self, contexts: Sequence[Context]) -> Session:
        return _WaitingSession(self)


class _WaitingSession:
    def __init__(self, scorer: Waiting) -> None:
        self.scorer = scorer

    def score(self, questions: Sequence[Question]) -> list[Scores]:
        self.scorer.rounds += 1
        assert self.scorer.permits.acquire(timeout=20)
        return [np.zeros(len(q.labels)) for q in questions]

    def choose(self, question: Question, choice: int) -> None:
        pass


@pytest.fixture
def waiting(monkeypatch) -> Waiting:
    scorer = Waiting()
    monkeypatch.setattr("service.registry.styles.RetrievalScorer", lambda: scorer)
    return scorer


@pytest.fixture
def app(tmp_path: Path, waiting: Waiting) -> FastAPI:
    """A service with the real recommender over a store of seven pieces."""
    rows = ["sku,title,category,gender,color,price,currency,quantity"]
    rows += [f"T{n},Silk top {n},Tops,women,black,40,EUR,3" for n in range(3)]
    rows += [f"B{n},Wide trousers {n},Trousers,women,white,60,EUR,5" for n in range(3)]
    rows += ["S1,Strappy sandals,Sandals,women,black,50,EUR,4"]
    (tmp_path / "feed.csv").write_text("\n".join(rows))
    folders = {"data_dir": tmp_path / "data", "adapters_dir": tmp_path / "none"}
    settings = Settings(
        **folders, composer="retrieval", critic=False
    )  # which tells of pieces once it has chosen
    build_index(settings, [FeedSource(tmp_path / "feed.csv")])
    return create_app(settings, open_recommender(settings))


def in_flight(app: FastAPI) -> float | None:
    """Requests that the server has not seen the end of."""
    return app.state.services.metrics.registry.get_sample_value("stylist_requests_in_flight")


def test_a_client_that_goes_away_stops_the_work(app, waiting):
    with serving(app) as port:
        gate = app.state.services.gate
        connection = asked(port)
        wait_until(lambda: waiting.rounds == 1)
        assert gate.taken == 1
        connection.close()  # before the first event
        wait_until(lambda: in_flight(app) == 0)
        waiting.permits.release()  # the round that is under way ends, and no other begins
        wait_until(lambda: gate.taken == 0)
        assert waiting.rounds == 1
        with streamed(port) as lines:  # midway
            waiting.permits.release()
            assert next(lines) == "event: piece"
            wait_until(lambda: waiting.rounds == 3)
            assert gate.taken == 1
        wait_until(lambda: in_flight(app) == 0)
        waiting.permits.release()
        wait_until(lambda: gate.taken == 0)
    assert waiting.rounds == 3


@pytest.mark.anyio
async def test_streams_have_the_same_bounded_queue(settings, fake, start):
    fake.hold = threading.Event()
    async with start(settings.model_copy(update={"queue_size": 1}), fake) as running:
        gate = running.services.gate
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: running.client.post("/v1/outfits", json=WISH, headers=EVENTS))
            await until(lambda: gate.taken == 1)
            response = await running.client.post("/v1/outfits", json=WISH, headers=EVENTS)
            assert response.status_code == 503
            assert int(response.headers["retry-after"]) > 0
            fake.hold.set()
        assert gate.taken == 0


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("text/event-stream", True),
        ("Text/Event-Stream; charset=utf-8", True),
        ("text/event-stream, */*;q=0.1", True),
        ("application/json, text/event-stream", False),
        ("application/json;q=0.5, text/event-stream", True),
        ("text/event-stream;q=0.4, application/json;q=0.5", False),
        ("text/event-stream;q=0", False),
        ("text/event-stream;q=much", False),
        ("text/event-stream; charset=utf-8; q=0.4, application/json;q=0.3", True),
    ],
)
def test_who_wants_events(accept, wanted):
    assert wants_stream(accept) is wanted


@settings(deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from([*"q=;,.01 ", "text/event-stream"])).map("".join))
def test_no_accept_header_breaks_it(accept):
    assert not wants_stream(accept) or "text/event-stream" in accept.lower()


@contextmanager
def serving(app: FastAPI) -> Iterator[int]:
    """A real server on a free port."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        wait_until(lambda: server.started and app.state.services.serving.not_ready() is None)
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
    assert not thread.is_alive()


def asked(port: int) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    body = json.dumps(WISH)
    connection.request("POST", "/v1/outfits", body, EVENTS | {"Content-Type": "application/json"})
    return connection


@contextmanager
def streamed(port: int) -> Iterator[Iterator[str]]:
    """The lines of the answer; the connection is closed at the end of the block, whether it is over or not."""
    connection = asked(port)
    box: list[Callable[[], None]] = []

    def lines() -> Iterator[str]:
        response = connection.getresponse()
        box.append(response.close)
        while line := response.readline():
            yield line.decode().rstrip("\n")

    try:
        yield lines()
    finally:
        for close in box:
            close()
        connection.close()
