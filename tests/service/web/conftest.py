"""Pages in a real browser over a really running service, and the same app in-process for what needs no browser."""

from __future__ import annotations

import csv
import os
import shutil
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, closing, contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from browsing import Browsing, Served
from fake_recommender import FakeRecommender
from fastapi import FastAPI
from playwright.sync_api import Browser, expect, sync_playwright
from store_site import store_site
from visitor import Visitor
from waiting import wait_until

from indexer.pipeline.read import FeedSource
from service.api.app import create_app
from service.db.repositories.keys import KeyRepository
from service.db.session import State
from service.indexing.build import build_index
from service.settings import Settings

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium. Of one module: a running browser keeps an event loop in this thread."""
    found = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if found is None:
        missing = "no Chromium to look at pages with: `apt-get install chromium`"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


Serve = Callable[..., Served]


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Starts services over copies of a data folder, each on a port of its own."""
    with ExitStack() as running:

        def start(data_dir: Path, *, staff: bool = False, **changed: object) -> Served:
            root = tmp_path_factory.mktemp("served")
            shutil.copytree(data_dir, root / "data")
            settings = Settings(
                data_dir=root / "data", adapters_dir=root / "adapters", composer="retrieval", memory=False
            )
            listener = socket.create_server(("127.0.0.1", 0))
            port = listener.getsockname()[1]
            site = running.enter_context(store_site())
            given = {"rate_per_minute": 0, "drain_seconds": 1.0, "cors_origins": (site.origin,)}
            settings = settings.model_copy(update={**given, **changed})
            keys = ("", "")
            if staff:
                with closing(State.of(settings)) as state:
                    keys = KeyRepository(state).add("staff"), KeyRepository(state).add("shopper")
            running.enter_context(_serving(create_app(settings), listener))
            return Served(f"http://127.0.0.1:{port}", keys[0], root, keys[1], site)

        yield start


@contextmanager
def _serving(app: FastAPI, listener: socket.socket) -> Iterator[None]:
    """A real server in a thread: models are loaded once for the whole run."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        wait_until(lambda: not thread.is_alive() or _is_ready(app, server), seconds=180)
        assert thread.is_alive()
        yield
    finally:
        server.should_exit = True
        thread.join(30)


def _is_ready(app: FastAPI, server: uvicorn.Server) -> bool:
    return server.started and app.state.services.serving.not_ready() is None


@pytest.fixture(scope="session")
def shop(sample_store: Settings, serve: Serve) -> Served:
    """The sample store as shoppers find it."""
    return serve(sample_store.data_dir, staff=True, basket_url="https://shop.example/cart/{skus}")


@pytest.fixture(scope="session")
def keyed(sample_store: Settings, serve: Serve) -> Served:
    """The sample store with a staff key."""
    return serve(sample_store.data_dir, staff=True)


HOSTILE = {
    "script": "<script>window.harm = 1</script>",
    "image": '<img src="https://evil.example/x" onerror="window.harm = 1">',
    "partial": '"><hx-partial hx-target="body" hx-swap="outerHTML">gone</hx-partial>',
    "word": "Unbreakable" * 30,
    "long": "A very long title that goes on and on " * 12,
    "override": "Dress \u202edesrever\u202c and on",
}


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory, serve: Serve) -> Served:
    """A store whose feed means harm, or knows no end."""
    root = tmp_path_factory.mktemp("hostile")
    with (root / "feed.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["sku", "title", "brand", "category", "gender", "color", "price", "quantity", "url"])
        for name, text in HOSTILE.items():
            for number, category in enumerate(("Dresses", "Heels", "Bags")):
                url = "javascript:window.harm=1"
                rows.writerow([f"{name}-{number}", text, text, category, "women", text, 50 + number, 3, url])
    settings = Settings(data_dir=root / "data", composer="retrieval")
    build_index(settings, [FeedSource(root / "feed.csv", "auto", {}, "EUR", "feed.csv")], allow_rejects=True)
    return serve(settings.data_dir)


@pytest.fixture
def browsing(browser: Browser) -> Iterator[Browsing]:
    """Opens pages, and sees to it in the end that none broke a rule that holds for all."""
    opened = Browsing(browser)
    yield opened
    opened.close()


Visit = Callable[..., AbstractAsyncContextManager[Visitor]]


@pytest.fixture
def visits(settings: Settings) -> Visit:
    """The app over the fake recommender, with a client that keeps cookies like a browser."""

    @asynccontextmanager
    async def run(fake: FakeRecommender | None = None, **changed: object) -> AsyncIterator[Visitor]:
        app = create_app(settings.model_copy(update=changed), fake or FakeRecommender())
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
        ):
            visitor = Visitor(app, client)
            await visitor.until_ready()
            yield visitor

    return run
