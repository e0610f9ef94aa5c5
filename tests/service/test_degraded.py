"""What is hurt is served around and said: a damaged or lost current snapshot, an index cut short, a missing default."""

from __future__ import annotations

import os

import numpy as np
import pytest
from quick_builds import QuickEmbedder, quick_build, rows

from indexer.errors import SnapshotError
from indexer.pipeline.read import FeedSource
from indexer.pipeline.run import Silent
from indexer.storage.snapshot import SnapshotStore
from indexer.storage.vectors import VectorIndex
from service.api.errors import without_paths
from service.catalog.live import LiveCatalog
from service.indexing.order import BuildOrder
from service.settings import Settings


@pytest.fixture
def built(settings):
    """A store of two snapshots."""
    build = quick_build(settings.data_dir)
    feed = settings.data_dir / "feed.csv"
    settings.data_dir.mkdir(parents=True)
    for count in (3, 4):
        feed.write_text(rows(count))
        build(BuildOrder((FeedSource(feed),)), Silent())
    return SnapshotStore(settings.data_dir)


def test_a_damaged_current_snapshot_gives_way_to_the_newest_intact_one_and_that_is_said(
    built, settings, caplog
):
    older, current = built.versions()
    file = built.snapshots / current / "vectors.faiss"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    live = LiveCatalog(built, QuickEmbedder())
    assert live.ready
    assert live.served()[0] == older
    assert current in live.instead
    assert str(settings.data_dir) not in live.instead
    assert "served instead" in caplog.text
    with live.lease() as catalog:
        assert len(catalog.snapshot.catalogue) == 3
    live.close()
    file.write_bytes(whole)
    well = LiveCatalog(built, QuickEmbedder())
    assert (well.served()[0], well.instead) == (current, None)
    well.close()


def test_a_lost_pointer_is_found_again(built):
    (built.root / "current").unlink()
    with built.current() as found:
        assert found.version == built.versions()[-1]


def test_an_index_that_is_cut_short_while_it_is_served_is_an_error_and_no_crash(tmp_path):
    vectors = np.random.default_rng(0).normal(size=(20_000, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    path = tmp_path / "vectors.faiss"
    VectorIndex.build(vectors).save(path)
    index = VectorIndex.load(path)
    assert index.search(vectors[:1], 3)[1][0, 0] == 0
    os.truncate(path, 1000)
    for ask in (lambda: index.search(vectors[:1], 3), lambda: index.vectors(np.arange(19_000, 20_000))):
        with pytest.raises(SnapshotError, match="cut short"):
            ask()


def test_an_index_that_is_deleted_while_it_is_served_goes_on(tmp_path):
    vectors = np.eye(8, dtype=np.float32)
    path = tmp_path / "vectors.faiss"
    VectorIndex.build(vectors).save(path)
    index = VectorIndex.load(path)
    path.unlink()
    assert index.search(vectors[3:4], 1)[1][0, 0] == 3


def test_messages_hold_no_paths(tmp_path):
    settings = Settings(
        data_dir=tmp_path / "data", adapters_dir=tmp_path / "adapters", model_dir=tmp_path / "m"
    )
    said = without_paths(
        f"{tmp_path}/data/index/x is damaged, {tmp_path}/adapters too; GET /v1/styles", settings
    )
    assert said == "index/x is damaged, adapters too; GET /v1/styles"
