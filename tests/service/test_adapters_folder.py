"""Where adapters are taken from: a folder that merely lies where the command is run is never one of the places."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from service import settings as module
from service.settings import BESIDE_THE_CODE, Settings, adapters_source
from training.commands.registry import where


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with an `adapters` in it that nobody chose."""
    (tmp_path / "adapters").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_folder_beside_the_code_wins_over_the_one_here(here: Path) -> None:
    assert BESIDE_THE_CODE.is_dir()
    settings = Settings()
    assert (settings.adapters_dir, adapters_source(settings)) == (BESIDE_THE_CODE, "beside the code")


def test_without_one_beside_the_code_it_is_in_the_data_folder(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BESIDE_THE_CODE", here / "nowhere")
    settings = Settings(data_dir=here / "data")
    assert settings.adapters_dir == here / "data" / "adapters"
    assert adapters_source(settings) == "in the data folder"


@pytest.mark.parametrize("chosen", ["adapters", "other"])
def test_what_was_chosen_wins(here: Path, monkeypatch: pytest.MonkeyPatch, chosen: str) -> None:
    monkeypatch.setenv("STYLIST_ADAPTERS_DIR", chosen)
    settings = Settings()
    assert settings.adapters_dir == Path(chosen)
    assert adapters_source(settings) == "as STYLIST_ADAPTERS_DIR or --adapters-dir says"
    assert where(settings) == [f"adapters of {here / chosen}: {adapters_source(settings)}"]


def test_the_one_here_that_is_not_used_is_told(here: Path) -> None:
    assert where(Settings()) == [
        f"adapters of {BESIDE_THE_CODE}: beside the code",
        f"{here / 'adapters'} is not used; STYLIST_ADAPTERS_DIR=adapters would",
    ]


def test_a_data_folder_that_is_wrong_is_the_only_thing_complained_of() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"data_dir": 7})
    assert caught.value.errors()[0]["loc"] == ("data_dir",)
