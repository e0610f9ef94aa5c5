"""Fixtures that the tests of the service share."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_recommender import FakeRecommender

from service.settings import Settings


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing that is set on this machine may change a test."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"STYLIST_{name.upper()}", raising=False)


@pytest.fixture
def fake() -> FakeRecommender:
    return FakeRecommender()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", model_dir=tmp_path / "models")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
