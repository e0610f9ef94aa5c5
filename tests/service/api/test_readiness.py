"""Starting and stopping: the port answers first, the recommender is ready later, or says why not."""

from __future__ import annotations

import sys
import threading
import types

import pytest
from app_runner import until
from fake_recommender import FakeRecommender

from indexer.errors import ModelError
from service.errors import UnavailableError
from service.recommender.handle import RecommenderHandle

pytestmark = pytest.mark.anyio


async def test_it_is_unready_with_the_reason_while_the_recommender_opens(start, settings, fake, monkeypatch):
    may_open = threading.Event()

    def open_recommender(given, *_):
        assert given is settings
        may_open.wait(10)
        return fake

    module = types.SimpleNamespace(open_recommender=open_recommender)
    monkeypatch.setitem(sys.modules, "service.recommender.recommender", module)
    async with start(settings, None) as running:
        assert (await running.client.get("/healthz")).json() == {"status": "ok"}
        unready = await running.client.get("/readyz")
        assert unready.status_code == 503
        assert "starting" in unready.json()["detail"]
        compose = await running.client.post("/v1/outfits", json={"vibe": "x"})
        assert (compose.status_code, compose.headers["retry-after"]) == (503, "5")
        may_open.set()
        await until(lambda: running.services.serving.not_ready() is None)
        assert (await running.client.get("/readyz")).status_code == 200
    assert fake.closed


async def test_it_is_unready_for_the_recommenders_own_reason(running, fake):
    fake.reason = "no index yet: run `stylist index FEED`"
    response = await running.client.get("/readyz")
    assert (response.status_code, response.json()["detail"]) == (
        503,
        "no index yet: run `stylist index FEED`",
    )


async def test_it_becomes_ready_when_another_process_makes_the_first_index(running, fake):
    fake.reason = "no index yet: run `stylist index FEED`"
    assert (await running.client.get("/v1/items")).status_code == 503
    await until(lambda: fake.reason is None)  # it looked again, off the request's thread
    assert (await running.client.head("/readyz")).status_code == 200
    assert fake.reloads == 1


def opened(outcomes: list[object]) -> RecommenderHandle:
    def open_next():
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    serving = RecommenderHandle(open_next)
    serving.start()
    serving._thread.join(10)
    return serving


def test_a_recommender_that_cannot_be_opened_says_why_and_is_tried_again():
    fake = FakeRecommender()
    serving = opened([ModelError("the base model is not installed"), fake])
    with pytest.raises(UnavailableError, match="base model is not installed"):
        serving.get()
    serving.refresh()
    assert serving.get() is fake
    assert fake.reloads == 0
    serving.refresh()
    assert fake.reloads == 1
    serving.close()
    assert fake.closed
    assert serving.not_ready() == "stopping"


def test_an_unexpected_failure_to_open_is_logged_not_shown(caplog):
    serving = opened([RuntimeError("inside")])
    assert "inside" not in serving.not_ready()
    assert "inside" in caplog.text
    serving.close()
