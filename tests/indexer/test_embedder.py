"""The embedded model: unit vectors, the same meaning in bulk as alone, and nothing printed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexer.embedder import SentenceTransformerEmbedder, load_embedder
from indexer.errors import ModelError

TEXTS = [
    f"{color} {kind}" for color in ("navy", "ivory", "rust") for kind in ("linen shirt", "wool coat", "bag")
]


def test_bulk_encoding_agrees_with_single_precision() -> None:
    exact = load_embedder()
    bulk = SentenceTransformerEmbedder(bulk=1)
    assert bulk.digest == exact.digest
    one, other = exact.encode(TEXTS), bulk.encode(TEXTS)
    assert one.shape == other.shape == (len(TEXTS), exact.dim)
    assert one.dtype == other.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(other, axis=1), 1, atol=1e-5)
    assert (one * other).sum(axis=1).min() > 0.999
    assert np.array_equal((one @ other.T).argmax(axis=1), np.arange(len(TEXTS)))  # rows keep their order


def test_progress_counts_texts() -> None:
    seen: list[int] = []
    load_embedder().encode(TEXTS, seen.append)
    assert seen[-1] == len(TEXTS)


def test_loading_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    SentenceTransformerEmbedder()
    assert capfd.readouterr() == ("", "")


def test_a_folder_that_is_not_there_is_said_in_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ModelError, match="there is no such folder"):
        SentenceTransformerEmbedder(str(tmp_path / "nowhere"))
    assert capfd.readouterr() == ("", "")


def test_a_model_that_is_not_there_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("empty")
    with pytest.raises(ModelError, match="cannot be loaded"):
        SentenceTransformerEmbedder(str(folder))
