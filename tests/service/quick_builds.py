"""Real builds without a model: what a reindex does, over vectors that cost nothing."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from indexer.embedder import Progress, Vectors
from indexer.pipeline.build import BuildOptions, ProgressSink, build_snapshot
from indexer.pipeline.report import BuildReport
from indexer.storage.snapshot import SnapshotStore
from service.indexing.order import Build, BuildOrder

HEADER = "sku,title,category,gender,color,price,currency,quantity"


class QuickEmbedder:
    """A unit vector per text, drawn by its checksum."""

    name, digest, dim = "quick", "quick-1", 8

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        drawn = [np.random.default_rng(zlib.crc32(text.encode())).normal(size=self.dim) for text in texts]
        rows = np.asarray(drawn, dtype=np.float32).reshape(len(texts), self.dim)
        if progress is not None:
            progress(len(texts))
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def quick_build(data_dir: Path) -> Build:
    """What carries out the orders of a job runner."""

    def build(order: BuildOrder, progress: ProgressSink) -> BuildReport:
        options = BuildOptions(order.allow_rejects, dry_run=order.dry_run, max_removed=order.max_removed)
        return build_snapshot(SnapshotStore(data_dir), order.feeds, QuickEmbedder(), options, progress)

    return build


def rows(count: int, first: int = 0) -> str:
    """A feed of `count` tops, numbered from `first`."""
    lines = [f"T{n},Linen shirt {n},Shirts,women,white,{40 + n},EUR,3" for n in range(first, first + count)]
    return "\n".join([HEADER, *lines]) + "\n"
