"""Fixtures that the tests of the service share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import postgres_server
import pytest
from fake_recommender import FakeRecommender

import inventory_samples
from indexer.pipeline.read import FeedSource
from service.db.session import State
from service.indexing.build import build_index
from service.recommender.recommender import StoreRecommender, open_recommender
from service.settings import Settings


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing that is set on this machine may change a test."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"STYLIST_{name.upper()}", raising=False)
    monkeypatch.setenv(
        "STYLIST_MEMORY", "false"
    )  # of models made for a test, thousands of looks would be encoded


@pytest.fixture
def fake() -> FakeRecommender:
    return FakeRecommender()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", model_dir=tmp_path / "models")


@pytest.fixture(scope="session")
def sample_store(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a service over the sample store, composing by retrieval."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("store"), composer="retrieval")
    build_index(settings, [FeedSource(Path(inventory_samples.__file__).parent / "store.jsonl")])
    return settings


@pytest.fixture(scope="session")
def sample_recommender(sample_store: Settings) -> Iterator[StoreRecommender]:
    with closing(open_recommender(sample_store)) as opened:
        yield opened


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgres_server.PostgresServer]:
    """A real server, started for the first test that asks; tests are skipped where none can run."""
    try:
        with postgres_server.running() as server:
            yield server
    except postgres_server.CannotStartError as error:
        pytest.skip(f"no PostgreSQL: {error}")


@pytest.fixture(params=["sqlite", "postgresql"])
def any_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of a new, empty state: a file, or a database of its own on a real PostgreSQL."""
    data_dir = tmp_path / "data"
    if request.param == "sqlite":
        return Settings(data_dir=data_dir)
    return Settings(data_dir=data_dir, database_url=request.getfixturevalue("postgres").new_database())


@pytest.fixture
def any_state(any_settings: Settings) -> Iterator[State]:
    """A new state over either database."""
    state = State.of(any_settings)
    yield state
    state.close()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
