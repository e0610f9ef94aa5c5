"""The vector index against brute force: flat and inverted lists, filtered and not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import indexer.storage.vectors
from indexer.errors import SnapshotError
from indexer.storage.vectors import VectorIndex


def unit(count: int, dim: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def brute(vectors: np.ndarray, queries: np.ndarray, k: int, allowed: np.ndarray) -> np.ndarray:
    """Scores of the k best allowed rows, padded with -inf."""
    out = np.full((len(queries), k), -np.inf, dtype=np.float32)
    scores = -np.sort(-(queries @ vectors[allowed].T), axis=1)[:, :k]
    out[:, : scores.shape[1]] = scores
    return out


def check(
    index: VectorIndex, vectors: np.ndarray, queries: np.ndarray, k: int, allowed: np.ndarray | None
) -> None:
    everything = np.arange(len(vectors))
    scores, positions = index.search(queries, k, allowed)
    assert scores.shape == positions.shape == (len(queries), k)
    assert (scores.dtype, positions.dtype) == (np.float32, np.int64)
    expected = brute(vectors, queries, k, everything if allowed is None else np.unique(allowed))
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    assert np.array_equal(positions == -1, np.isneginf(scores))
    for query, found, given_scores in zip(queries, positions, scores, strict=True):
        kept = found[found >= 0]
        assert len(set(kept)) == len(kept)
        assert allowed is None or set(kept) <= set(allowed)
        np.testing.assert_allclose(vectors[kept] @ query, given_scores[: len(kept)], atol=1e-5)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), count=st.integers(1, 80), k=st.integers(1, 90), seed=st.integers(0, 9))
def test_flat_equals_brute_force(data: st.DataObject, count: int, k: int, seed: int) -> None:
    vectors, queries = unit(count, 8, seed), unit(3, 8, seed + 100)
    chosen = data.draw(st.none() | st.lists(st.integers(0, count - 1), max_size=count))
    allowed = None if chosen is None else np.array(chosen, dtype=np.int64)
    check(VectorIndex.build(vectors), vectors, queries, k, allowed)


@pytest.mark.parametrize("size", [0, 1, 2, 500])
def test_inverted_lists_are_exact_under_a_filter(size: int) -> None:
    vectors = unit(2000, 16)
    index = VectorIndex.build(vectors, flat_limit=100)
    assert not index.exact
    allowed = np.random.default_rng(1).choice(2000, size, replace=False)
    check(index, vectors, unit(4, 16, 5), 10, allowed)


@pytest.mark.parametrize("flat_limit", [100, 10_000])
def test_filter_too_wide_to_gather(flat_limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexer.storage.vectors, "GATHER_LIMIT", 50)
    vectors = unit(2000, 16)
    index = VectorIndex.build(vectors, flat_limit)
    allowed = np.arange(0, 2000, 3)
    scores, positions = index.search(unit(4, 16, 5), 600, allowed)
    assert np.isin(positions, allowed).all()
    if index.exact:
        check(index, vectors, unit(4, 16, 5), 20, allowed)
    # More is asked for than the probed lists hold: still every row that can be found is found.
    np.testing.assert_allclose(scores, brute(vectors, unit(4, 16, 5), 600, allowed), atol=1e-5)


def test_inverted_lists_find_nearly_all_neighbours_unfiltered() -> None:
    centres = unit(40, 16)[np.random.default_rng(2).integers(0, 40, 4000)]
    vectors = centres + 0.1 * unit(4000, 16, 3)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = VectorIndex.build(vectors, flat_limit=100)
    _, positions = index.search(vectors[:50], 10)
    _, truth = VectorIndex.build(vectors).search(vectors[:50], 10)
    shared = [len(set(a) & set(b)) for a, b in zip(positions, truth, strict=True)]
    assert np.mean(shared) > 9


def test_equal_scores_come_in_order_of_position() -> None:
    index = VectorIndex.build(np.tile(unit(1, 8), (50, 1)))
    _, positions = index.search(unit(1, 8), 5, np.array([40, 7, 30, 9, 8, 41, 6]))
    assert positions.tolist() == [[6, 7, 8, 9, 30]]


@pytest.mark.parametrize("flat_limit", [100, 10_000])
def test_vectors_and_searches_survive_the_disk(flat_limit: int, tmp_path: Path) -> None:
    vectors = unit(1000, 16)
    index = VectorIndex.build(vectors, flat_limit)
    index.save(tmp_path / "v.faiss")
    loaded = VectorIndex.load(tmp_path / "v.faiss")
    assert (len(loaded), loaded.dim, loaded.exact) == (1000, 16, index.exact)
    some = np.array([999, 0, 5, 5])
    assert np.array_equal(loaded.vectors(some), vectors[some])
    before, after = index.search(vectors[:3], 5), loaded.search(vectors[:3], 5)
    assert np.array_equal(before[1], after[1])


def test_empty_index_finds_nothing() -> None:
    scores, positions = VectorIndex.build(np.empty((0, 8), dtype=np.float32)).search(unit(2, 8), 3)
    assert positions.tolist() == [[-1] * 3] * 2
    assert np.isneginf(scores).all()


@pytest.mark.parametrize("bad", [[-1], [10], [3, 10]])
def test_positions_out_of_range_are_refused(bad: list[int]) -> None:
    index = VectorIndex.build(unit(10, 8))
    with pytest.raises(ValueError, match=r"0\.\.9"):
        index.search(unit(1, 8), 3, np.array(bad))
    with pytest.raises(ValueError, match=r"0\.\.9"):
        index.vectors(np.array(bad))


def test_queries_of_another_model_are_refused() -> None:
    with pytest.raises(ValueError, match="8 dimensions"):
        VectorIndex.build(unit(10, 8)).search(unit(1, 9), 3)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="cannot be written"):
        VectorIndex.build(unit(3, 8)).save(tmp_path / "none" / "v.faiss")


def test_a_file_that_is_no_index_is_refused(tmp_path: Path) -> None:
    (tmp_path / "v.faiss").write_bytes(b"not an index at all")
    with pytest.raises(SnapshotError, match="cannot be read"):
        VectorIndex.load(tmp_path / "v.faiss")
