"""Manifests: a mismatch is refused at load, and names both values."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from tiny_models import save_tiny_model, train_tiny_adapter

from indexer.errors import ModelError
from indexer.storage.durable import sha256_file
from service.artifacts import CONFIG, WEIGHTS
from service.lm.score_head import HEAD, save_head
from service.registry.adapter import MANIFEST, load_adapter


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("adapter")
    return train_tiny_adapter(save_tiny_model(root / "model"), root / "adapters" / "silk", "top: silk\n", 2)


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "adapters" / "silk" / "1"))


def base_digest(folder: Path) -> str:
    return str(json.loads((folder / MANIFEST).read_text())["base_digest"])


def edit(folder: Path, **values: object) -> None:
    path = folder / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_a_valid_adapter_loads(folder: Path) -> None:
    adapter = load_adapter(folder, base_digest(folder))
    assert (adapter.manifest.name, adapter.manifest.version) == ("silk", "1")


@pytest.mark.parametrize("version", ["../2", "", ".hidden", "a/b", "candidate", "champion", "1@2"])
def test_a_version_that_is_no_folder_name_is_refused(folder: Path, version: str) -> None:
    edit(folder, version=version)
    with pytest.raises(ModelError, match=r"manifest\.json: version: "):
        load_adapter(folder, base_digest(folder))


@pytest.mark.parametrize("name", [WEIGHTS, CONFIG])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelError, match=f"no {name}"):
        load_adapter(folder, base_digest(folder))


@pytest.mark.parametrize("field", ["prompt_version", "base_digest", "weights_sha256", "name", "version"])
def test_a_mismatch_names_both_values(folder: Path, field: str) -> None:
    digest = base_digest(folder)
    expected = json.loads((folder / MANIFEST).read_text())[field]
    edit(folder, **{field: "other"})
    with pytest.raises(ModelError, match=rf"{field} is 'other', but '{expected}' is needed"):
        load_adapter(folder, digest)


def test_a_flipped_byte_is_noticed(folder: Path) -> None:
    weights = folder / WEIGHTS
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(ModelError, match="weights_sha256"):
        load_adapter(folder, base_digest(folder))


def test_a_score_head_is_part_of_what_is_checked(folder: Path) -> None:
    before = load_adapter(folder, base_digest(folder)).digest
    save_head(torch.ones(32), folder)
    with pytest.raises(ModelError, match="readout is 'likelihood', but 'head' is needed"):
        load_adapter(folder, base_digest(folder))
    edit(folder, readout="head", head_sha256=sha256_file(folder / HEAD))
    assert load_adapter(folder, base_digest(folder)).digest != before
    save_head(torch.zeros(32), folder)
    with pytest.raises(ModelError, match="head_sha256"):
        load_adapter(folder, base_digest(folder))
    (folder / HEAD).unlink()
    with pytest.raises(ModelError, match="readout is 'head', but 'likelihood' is needed"):
        load_adapter(folder, base_digest(folder))


def test_an_unknown_field_is_named(folder: Path) -> None:
    edit(folder, licence="x")
    with pytest.raises(ModelError, match=r"manifest\.json: licence: Extra inputs"):
        load_adapter(folder, "x")


def test_the_digest_follows_what_decides_an_outfit(folder: Path) -> None:
    before = load_adapter(folder, base_digest(folder)).digest
    edit(folder, description="said otherwise")
    assert load_adapter(folder, base_digest(folder)).digest == before
    edit(folder, score_weights={"text": 0.2})
    changed = load_adapter(folder, base_digest(folder))
    assert changed.digest != before
    assert changed.weights.text == 0.2
