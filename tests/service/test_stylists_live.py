"""Styles that change while the service runs: promoted, rolled back, broken, unloaded. On a tiny model."""

from __future__ import annotations

import gc
import json
import shutil
from pathlib import Path

import pytest
from tiny_models import save_tiny_model, train_tiny_adapter

from service.artifacts import WEIGHTS
from service.registry import loader as wardrobe
from service.registry import styles as module
from service.registry.adapter import MANIFEST
from service.registry.store import Aliases, ArtifactFolder
from service.registry.style import Style
from service.registry.styles import Styles
from service.schemas.outfits import OutfitRequest
from service.settings import Settings


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("live")
    model = save_tiny_model(root / "model")
    for version, text in (("1", "top: silk\n"), ("2", "top: wool\n"), ("10", "top: linen\n")):
        train_tiny_adapter(model, root / "made" / "silk", text, 2, version)
    return root


@pytest.fixture
def silk(tiny: Path, tmp_path: Path) -> ArtifactFolder:
    """The style on the shelf, with version 1 alone."""
    folder = ArtifactFolder(tmp_path / "adapters" / "silk")
    add(folder, tiny, "1")
    return folder


@pytest.fixture
def stylists(tiny: Path, silk: ArtifactFolder, monkeypatch: pytest.MonkeyPatch) -> Styles:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.0)
    return Styles(Settings(base_model=str(tiny / "model"), adapters_dir=silk.path.parent))


def add(folder: ArtifactFolder, tiny: Path, version: str, **edits: object) -> None:
    target = folder.path / version
    shutil.copytree(tiny / "made" / "silk" / version, target)
    manifest = json.loads((target / MANIFEST).read_text())
    (target / MANIFEST).write_text(json.dumps(manifest | edits))


def version_of(style: Style | None) -> str | None:
    return style.ref.version if style else None


def loaded(stylists: Styles) -> int:
    gc.collect()
    stylists.views()  # looks, and sweeps
    assert stylists._wardrobe is not None
    return len(stylists._wardrobe._model.adapters)


def test_a_promotion_is_picked_up_and_the_old_version_unloaded(
    stylists: Styles, silk: ArtifactFolder, tiny: Path
) -> None:
    silk.write(Aliases(champion="1"))
    assert version_of(stylists.get("silk")) == "1"
    add(silk, tiny, "2")
    silk.write(Aliases(champion="1", candidate="2"))
    assert [version_of(stylists.get(key)) for key in ("silk", "silk@candidate")] == ["1", "2"]
    assert loaded(stylists) == 2
    silk.write(Aliases(champion="2", history=["1"]))
    assert version_of(stylists.get("silk")) == "2"
    assert stylists.get("silk@candidate") is None
    assert [(v.name, v.version) for v in stylists.views()][1:] == [("silk", "2")]
    assert loaded(stylists) == 1


def test_a_request_keeps_the_style_that_it_began_with(
    stylists: Styles, silk: ArtifactFolder, tiny: Path
) -> None:
    from service.lm.prompt import Context
    from service.lm.scorer import Question

    question = [Question(0, "top", ("silk top", "wool coat"))]
    under_way = stylists.get("silk")
    assert under_way is not None
    expected = under_way.scorer.open([Context("x")]).score(question)[0].tolist()
    add(silk, tiny, "2")
    silk.write(Aliases(champion="2", history=["1"]))
    new = stylists.get("silk")
    assert new is not None
    assert new.scorer.open([Context("x")]).score(question)[0].tolist() != expected
    assert loaded(stylists) == 2
    assert under_way.scorer.open([Context("x")]).score(question)[0].tolist() == expected
    del under_way
    assert loaded(stylists) == 1


def test_without_aliases_the_newest_is_champion(stylists: Styles, silk: ArtifactFolder, tiny: Path) -> None:
    add(silk, tiny, "2")
    assert version_of(stylists.get("silk")) == "2"
    add(silk, tiny, "10")
    assert version_of(stylists.get("silk")) == "10"


def test_a_broken_version_leaves_the_old_champion_serving_and_is_reported(
    stylists: Styles, silk: ArtifactFolder, tiny: Path, caplog: pytest.LogCaptureFixture
) -> None:
    add(silk, tiny, "2", prompt_version="0")
    silk.write(Aliases(champion="2", history=["1"]))
    assert version_of(stylists.get("silk")) == "1"
    assert stylists.broken("silk") is None
    assert "prompt_version is '0', but '1' is needed" in (stylists.broken("silk@2") or "")
    assert "silk@1 goes on serving" in caplog.text
    shutil.rmtree(silk.path / "2")
    add(silk, tiny, "2")
    assert version_of(stylists.get("silk")) == "2"
    assert stylists.broken("silk@2") is None


def test_aliases_that_cannot_be_read_change_nothing(stylists: Styles, silk: ArtifactFolder) -> None:
    before = stylists.get("silk")
    (silk.path / "aliases.json").write_text('{"champion": 2}')
    assert stylists.get("silk") == before


def test_from_the_start_a_broken_champion_says_why(tiny: Path, silk: ArtifactFolder) -> None:
    (silk.path / "1" / WEIGHTS).write_bytes(b"cut off")
    stylists = Styles(Settings(base_model=str(tiny / "model"), adapters_dir=silk.path.parent))
    assert stylists.get("silk") is None
    assert "weights_sha256" in (stylists.broken("silk") or "")


def test_any_version_may_be_named_and_few_of_them_stay(
    stylists: Styles, silk: ArtifactFolder, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silk.write(Aliases(champion="1"))
    monkeypatch.setattr(wardrobe, "_GUESTS", 1)
    for version in ("2", "10"):
        add(silk, tiny, version)
    for version in ("2", "10", "2"):
        assert version_of(stylists.get(f"silk@{version}")) == version
        assert loaded(stylists) == 2  # the champion and one guest


def test_two_versions_of_the_same_weights_share_them(
    stylists: Styles, silk: ArtifactFolder, tiny: Path
) -> None:
    shutil.copytree(tiny / "made" / "silk" / "1", silk.path / "1b")
    path = silk.path / "1b" / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": "1b"}))
    silk.write(Aliases(champion="1b", candidate="1"))
    champion, candidate = stylists.get("silk"), stylists.get("silk@candidate")
    assert champion is not None
    assert candidate is not None
    assert champion.scorer is candidate.scorer
    silk.write(Aliases(champion="1b"))
    del candidate
    assert loaded(stylists) == 1
    assert version_of(stylists.get("silk")) == "1b"


@pytest.mark.parametrize("key", ["silk@9", "silk@", "silk@../silk/1", "@1", "wool", "silk@1@1", "base@1"])
def test_what_is_not_there_is_none(stylists: Styles, key: str) -> None:
    assert stylists.get(key) is None
    assert stylists.broken(key) is None


def test_a_folder_without_a_manifest_is_no_style(stylists: Styles, silk: ArtifactFolder) -> None:
    (silk.path.parent / "retriever" / "1").mkdir(parents=True)
    assert [v.name for v in stylists.views()] == ["base", "silk"]


def test_a_style_that_is_taken_away_is_gone(stylists: Styles, silk: ArtifactFolder) -> None:
    assert stylists.get("silk") is not None
    shutil.rmtree(silk.path)
    assert stylists.get("silk") is None
    assert loaded(stylists) == 0


def test_a_request_may_name_the_longest_key() -> None:
    key = f"{'a' * 64}@{'1' * 64}"
    assert OutfitRequest.model_validate({"vibe": "x", "style": key}).style == key
