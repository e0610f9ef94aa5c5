"""What is hurt is served around and said: a damaged or lost current snapshot, an index cut short, a missing default."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import inventory_samples
from indexer.errors import SnapshotError
from indexer.pipeline.read import FeedSource
from indexer.storage.snapshot import SnapshotStore
from indexer.storage.vectors import VectorIndex
from service.api.errors import without_paths
from service.indexing.build import build_index
from service.recommender.recommender import open_recommender
from service.schemas.outfits import OutfitRequest
from service.settings import Settings

WISH = OutfitRequest(vibe="jazz", count=1, seed=1)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Two snapshots of the sample store."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("store"), composer="retrieval")
    feed = Path(inventory_samples.__file__).parent / "store.jsonl"
    short = settings.data_dir / "short.jsonl"
    short.write_text("".join(feed.read_text().splitlines(keepends=True)[:-5]))
    build_index(settings, [FeedSource(short)])
    build_index(settings, [FeedSource(feed)])
    return settings


def test_a_damaged_current_snapshot_falls_back_to_the_newest_intact_one_and_says_so(built):
    store = SnapshotStore(built.data_dir)
    older, current = store.versions()
    file = store.snapshots / current / "vectors.faiss"
    whole = file.read_bytes()
    try:
        file.write_bytes(whole[: len(whole) // 2])
        with closing(open_recommender(built)) as hurt:
            condition = hurt.condition()
            assert condition.index_version == older
            assert current in condition.instead
            assert str(built.data_dir) not in condition.instead
            assert hurt.compose(WISH, "r").outfits
    finally:
        file.write_bytes(whole)
    with closing(open_recommender(built)) as well:
        assert (well.condition().index_version, well.condition().instead) == (current, None)


def test_a_lost_pointer_is_found_again(built):
    store = SnapshotStore(built.data_dir)
    pointer = store.root / "current"
    said = pointer.read_text()
    try:
        pointer.unlink()
        with store.current() as found:
            assert found.version == store.versions()[-1]
    finally:
        pointer.write_text(said)


def test_an_index_that_is_cut_short_while_it_is_served_is_an_error_and_no_crash(tmp_path):
    rows = np.random.default_rng(0).normal(size=(20_000, 32)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    path = tmp_path / "vectors.faiss"
    VectorIndex.build(rows).save(path)
    index = VectorIndex.load(path)
    assert index.search(rows[:1], 3)[1][0, 0] == 0
    os.truncate(path, 1000)
    for ask in (lambda: index.search(rows[:1], 3), lambda: index.vectors(np.arange(19_000, 20_000))):
        with pytest.raises(SnapshotError, match="cut short"):
            ask()


def test_an_index_that_is_deleted_while_it_is_served_goes_on(tmp_path):
    rows = np.eye(8, dtype=np.float32)
    path = tmp_path / "vectors.faiss"
    VectorIndex.build(rows).save(path)
    index = VectorIndex.load(path)
    path.unlink()
    assert index.search(rows[3:4], 1)[1][0, 0] == 3


def test_messages_hold_no_paths(tmp_path):
    settings = Settings(
        data_dir=tmp_path / "data", adapters_dir=tmp_path / "adapters", model_dir=tmp_path / "m"
    )
    said = without_paths(
        f"{tmp_path}/data/index/x is damaged, {tmp_path}/adapters too; GET /v1/styles", settings
    )
    assert said == "index/x is damaged, adapters too; GET /v1/styles"
