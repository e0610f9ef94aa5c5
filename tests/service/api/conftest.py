"""A running app over the fake recommender, and clients that speak to it in-process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import pytest
from app_runner import Running, until
from fake_recommender import FakeRecommender

from service.api.app import create_app
from service.indexing.order import Build
from service.recommender.protocol import Recommender
from service.settings import Settings

Start = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
def start() -> Start:
    @asynccontextmanager
    async def run(
        settings: Settings, recommender: Recommender | None, build: Build | None = None
    ) -> AsyncIterator[Running]:
        app = create_app(settings, recommender, build)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://test") as client,
        ):
            running = Running(app, client)
            if recommender is not None:
                await until(lambda: running.services.serving.not_ready() is None)
            yield running

    return run


@pytest.fixture
async def running(start: Start, settings: Settings, fake: FakeRecommender) -> AsyncIterator[Running]:
    async with start(settings, fake) as running:
        yield running
