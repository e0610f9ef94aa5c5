"""Indexing speed: items per second, memory, and what an unchanged or slightly changed feed costs against a full one.

    python benchmarks/index_speed.py [--items 5000] [--cheap-vectors]

All figures are of one run on this machine; the ratios are what to compare. `--cheap-vectors` replaces the model by
random vectors, to see the cost of everything else at a million items.
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import sys
import tempfile
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from indexer.embedder import Embedder, Progress, SentenceTransformerEmbedder, Vectors, load_embedder
from indexer.pipeline.build import FeedSource, build_snapshot
from indexer.pipeline.report import BuildReport
from indexer.storage.snapshot import SnapshotStore

SIZES = ("S", "M", "L")
COLORS = ["black", "white", "navy", "olive", "rust", "sand", "cream", "burgundy", "teal", "lilac"]
FABRICS = ["linen", "cotton", "wool", "silk", "denim", "viscose", "leather", "cashmere"]
KINDS = [
    "Shirt|Shirts",
    "Trousers|Trousers",
    "Dress|Dresses",
    "Sneakers|Sneakers",
    "Coat|Coats",
    "Tote|Bags",
    "Scarf|Scarves",
]
WORDS = [
    "relaxed",
    "cropped",
    "pleated",
    "soft",
    "tailored",
    "garden",
    "evening",
    "coastal",
    "weekend",
    "ribbed",
    "brushed",
    "fine",
    "airy",
    "bold",
]


class CheapEmbedder:
    """Random unit vectors, seeded by the text: the cost of an index without the cost of a model."""

    name, digest, dim = "cheap", "cheap-1", 384

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        out = np.stack(
            [
                np.random.default_rng(zlib.crc32(t.encode())).standard_normal(self.dim, np.float32)
                for t in texts
            ]
        )
        if progress is not None:
            progress(len(texts))
        return np.asarray(out / np.linalg.norm(out, axis=1, keepdims=True), dtype=np.float32)


def write_feed(path: Path, items: int, changed_every: int = 0) -> None:
    """A CSV of `items` products in three sizes; every `changed_every`-th has another title."""
    rng = random.Random(7)
    with path.open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(
            [
                "sku",
                "group_id",
                "title",
                "description",
                "category",
                "color",
                "size",
                "material",
                "price",
                "quantity",
            ]
        )
        for n in range(items):
            noun, category = rng.choice(KINDS).split("|")
            color, fabric, words = rng.choice(COLORS), rng.choice(FABRICS), rng.choices(WORDS, k=12)
            edition = "Revised" if changed_every and n % changed_every == 0 else "Model"
            title = f"{words[0]} {fabric} {noun} {edition} {n}"
            common = [" ".join(words), category, color]
            for size in SIZES:
                out.writerow([f"P{n}-{size}", f"P{n}", title, *common, size, fabric, 20 + n % 90, n % 5])


def timed_build(store: SnapshotStore, feed: Path, embedder: Embedder, label: str) -> float:
    started = time.perf_counter()
    report = build_snapshot(store, [FeedSource(feed)], embedder)
    seconds = time.perf_counter() - started
    print(f"{label:>20}: {seconds:8.2f} s  {report.items / seconds:8,.0f} items/s  {account(report)}")
    return seconds


def account(report: BuildReport) -> str:
    stages = ", ".join(f"{name} {spent:.2f}" for name, spent in report.seconds.items())
    return f"{report.embedded:,} embedded, {report.reused:,} reused ({stages})"


def peak_mib() -> float:
    """The largest resident size of this process so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def compare_precisions(count: int = 1024) -> None:
    rng = random.Random(3)
    texts = [" ".join(rng.choices(WORDS + COLORS + FABRICS, k=rng.randint(6, 50))) for _ in range(count)]
    seconds, vectors = [], []
    for bulk in (None, 1):
        embedder = SentenceTransformerEmbedder(bulk=bulk)
        embedder.encode(texts[:64])
        started = time.perf_counter()
        vectors.append(embedder.encode(texts))
        seconds.append(time.perf_counter() - started)
    cosine = (vectors[0] * vectors[1]).sum(axis=1)
    print(f"encoding, texts/s: float32 {count / seconds[0]:,.0f}, bulk {count / seconds[1]:,.0f}", end="")
    print(f" = {seconds[0] / seconds[1]:.2f} x; cosine between them at least {cosine.min():.5f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--items", type=int, default=5000)
    parser.add_argument("--cheap-vectors", action="store_true", help="random vectors instead of the model's")
    arguments = parser.parse_args()
    embedder: Embedder = CheapEmbedder() if arguments.cheap_vectors else load_embedder()
    with tempfile.TemporaryDirectory() as folder:
        feed, changed = Path(folder) / "feed.csv", Path(folder) / "changed.csv"
        write_feed(feed, arguments.items)
        write_feed(changed, arguments.items, changed_every=100)
        store = SnapshotStore(Path(folder) / "data")
        embedder.encode(["warm up"])
        before = peak_mib()
        full = timed_build(store, feed, embedder, "full")
        peak = peak_mib()
        unchanged = timed_build(store, feed, embedder, "unchanged")
        little = timed_build(store, changed, embedder, "1% changed")
    print(f"full : unchanged : 1% changed = 1 : {unchanged / full:.3f} : {little / full:.3f}")
    print(f"peak memory {peak:,.0f} MiB, of which {before:,.0f} before the first build")
    if not arguments.cheap_vectors:
        compare_precisions()


if __name__ == "__main__":
    main()
