"""Pages in a real browser over a really running service, and the same app in-process for what needs no browser."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx
import pytest
from browsing import Browsing, Served
from fake_recommender import FakeRecommender
from playwright.sync_api import Browser, expect, sync_playwright
from visitor import Visitor
from waiting import wait_until

from indexer.pipeline.read import FeedSource
from service.api.app import create_app
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
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


Serve = Callable[..., Served]


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Starts services over copies of a data folder, by the command that users start them with."""
    running: list[subprocess.Popen[str]] = []
    command = [sys.executable, "-c", "from training.cli import main; main()"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("STYLIST_")}

    def start(data_dir: Path, *, staff: bool = False, **settings: str) -> Served:
        root = tmp_path_factory.mktemp("served")
        shutil.copytree(data_dir, root / "data")
        given = {
            "composer": "retrieval",
            "rate_per_minute": "0",
            "drain_seconds": "1",
            "adapters_dir": str(root / "adapters"),
            **settings,
        }
        env = clean | {f"STYLIST_{name.upper()}": value for name, value in given.items()}
        place = ["--data-dir", str(root / "data")]
        key = ""
        if staff:
            add = [*command, "keys", "add", "--scope", "staff", *place]
            key = subprocess.run(add, env=env, stdout=subprocess.PIPE, text=True, check=True).stdout.split()[
                -1
            ]
        with (root / "log").open("w") as log:
            process = subprocess.Popen(
                [*command, "serve", "--port", "0", *place],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=env,
            )
        running.append(process)
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url), (root / "log").read_text()
        wait_until(lambda: httpx.get(f"{url}/readyz").status_code == 200, seconds=120)
        return Served(url, key, root)

    yield start
    for process in running:
        process.terminate()
    for process in running:
        try:
            process.communicate(timeout=30)
        finally:
            process.kill()


@pytest.fixture(scope="session")
def shop(sample_store: Settings, serve: Serve) -> Served:
    """The sample store, open to everybody."""
    return serve(sample_store.data_dir, basket_url="https://shop.example/cart/{skus}")


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
