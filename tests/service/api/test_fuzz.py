"""A small fuzz of the whole API: no route breaks, and the OpenAPI document is true about all of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
import uvicorn
from fake_recommender import FakeRecommender
from waiting import wait_until

from benchmarks.api_fuzz import fuzz
from service.api.app import create_app
from service.db.repositories.keys import KeyRepository
from service.db.session import State
from service.settings import Settings


@pytest.fixture
def url(settings: Settings) -> Iterator[str]:
    """A service on loopback, over the fake recommender."""
    app = create_app(settings.model_copy(update={"rate_per_minute": 0}), FakeRecommender())
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(20)


def test_no_request_breaks_the_service_or_its_promises(settings: Settings, url: str) -> None:
    with closing(State.of(settings)) as state:
        keys = {"shopper": KeyRepository(state).add("shopper"), "staff": KeyRepository(state).add("staff")}
    found = fuzz(url, keys, 220, seed=1)
    assert found.faults == {}
    assert {200, 401, 403, 404, 422} <= set(found.statuses)
    assert found.sent > 150
