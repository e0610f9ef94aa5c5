"""The authored stores as catalogues to compose from: JSON lines in the wording of shops, indexed into a folder.

A line has title `t`, description `d`, brand `b`, the shop's own type `pt`, who wears it `g`, colour `c`, sizes `s`,
material `m`, price `p` and quantity `q`.
"""

from __future__ import annotations

import csv
import hashlib
import json
from importlib.resources import files
from pathlib import Path

from indexer.embedder import Embedder
from indexer.pipeline.build import FeedSource, build_snapshot
from indexer.storage.snapshot import SnapshotStore
from service.catalog.view import CatalogView
from training.data.lookbook import read_lookbook

SAMPLE = "sample"
LOOKBOOKS = "lookbooks"
"""A store of pieces that the house's lookbooks name, a share of them: unlike shops, hardly any is there twice."""
_SHARE = 4
STORES = Path(str(files("training"))) / "stores"
_COLUMNS = "sku,item_group_id,title,description,brand,product_type,gender,color,size,material,price,currency,quantity"


def write_feed(lines: str, target: Path, currency: str = "EUR") -> None:
    """The store as a CSV feed, a row per size. Raises ValueError that names the line which is wrong."""
    groups: dict[tuple[str, str], str] = {}
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS.split(","))
        for number, line in enumerate(lines.splitlines(), start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                group = groups.setdefault((row["t"], row["b"]), f"G{len(groups) + 1:04d}")
                colour = f"-{hashlib.sha256(row['c'].encode()).hexdigest()[:3]}" if row["c"] else ""
                facts = [row[key] for key in ("t", "d", "b", "pt", "g", "c")]
                for place, size in enumerate(row["s"] or [""]):
                    sku = f"{group}{colour}-{place}"
                    writer.writerow([sku, group, *facts, size, row["m"], row["p"], currency, row["q"]])
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"line {number}: {error!r}") from error


def open_store(name: str, embedder: Embedder, folder: Path) -> CatalogView:
    """The store of this name, indexed in a folder of its own below `folder` unless it lies there already."""
    snapshots = SnapshotStore(folder / name)
    if snapshots.current_version() is None:
        folder.mkdir(parents=True, exist_ok=True)
        if name == SAMPLE:
            feed = Path(str(files("inventory_samples"))) / "store.csv"
        else:
            feed = folder / f"{name}.csv"
            if name == LOOKBOOKS:
                _write_lookbooks(feed)
            else:
                write_feed((STORES / f"{name}.jsonl").read_text(encoding="utf-8"), feed)
        build_snapshot(snapshots, [FeedSource(feed)], embedder)
    return CatalogView(snapshots.current())


def _write_lookbooks(target: Path) -> None:
    """A SKU follows from a piece's text, so that it stays when the books grow."""
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["sku", "title", "gender", "price"])
        seen = set()
        for vibe in read_lookbook(sorted((STORES.parent / "lookbooks" / "house").glob("*.jsonl"))):
            for look in vibe.looks:
                for text in [*look.pieces.values(), *(miss.piece for miss in look.near_misses)]:
                    key = hashlib.sha256(f"{text}|{look.department}".encode()).hexdigest()
                    if int(key, 16) % _SHARE == 0 and key not in seen:
                        seen.add(key)
                        writer.writerow([f"L{key[:10]}", text, look.department, 50])
