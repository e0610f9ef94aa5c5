"""Costs from the feed to the catalogue, and catalogues and snapshots of before there were any."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hashing_embedder import HashingEmbedder

from indexer.item import Item, Variant
from indexer.pipeline.build import BuildOptions, FeedSource, build_snapshot
from indexer.pipeline.report import BuildReport
from indexer.storage.catalogue import Catalogue, sqlite_url
from indexer.storage.draft import CATALOGUE, MANIFEST
from indexer.storage.durable import sha256_file
from indexer.storage.manifest import Stored
from indexer.storage.snapshot import SnapshotStore

COSTED = """sku,title,category,size,price,currency,quantity,group_id,cost
A-M,Linen shirt,Shirts,M,40,EUR,3,A,{}
A-L,Linen shirt,Shirts,L,45,EUR,3,A,{}
"""
GROUPED = COSTED.replace(",cost", "").replace(",{}", "")


def build(folder: Path, feed: str, **options: object) -> BuildReport:
    path = folder / "feed.csv"
    path.write_text(feed, encoding="utf-8")
    store = SnapshotStore(folder / "data")
    return build_snapshot(store, [FeedSource(path)], HashingEmbedder(), BuildOptions(**options))  # type: ignore[arg-type]


def without_costs(store: SnapshotStore) -> None:
    """Makes the current snapshot one of before costs were kept."""
    manifest = store.verify(store.current_version() or "")
    folder = store.snapshots / manifest.version
    with closing(sqlite3.connect(folder / CATALOGUE)) as db:
        db.execute("ALTER TABLE variants DROP COLUMN cost")
        db.commit()
    path = folder / CATALOGUE
    stored = Stored(sha256=sha256_file(path), size=path.stat().st_size)
    older = manifest.model_copy(update={"files": {**manifest.files, CATALOGUE: stored}})
    (folder / MANIFEST).write_text(older.render(), encoding="utf-8")


def costs(folder: Path) -> list[tuple[float | None, ...]]:
    with SnapshotStore(folder / "data").current() as snapshot:
        return [tuple(v.cost for v in item.variants) for item in snapshot.catalogue.iter_items()]


def test_each_size_keeps_its_cost(tmp_path: Path) -> None:
    report = build(tmp_path, COSTED.format("12.50", ""))
    assert costs(tmp_path) == [(12.5, None)]
    assert not any("not used" in note for note in report.sources[0].notes)


def test_costs_that_cannot_be_used_are_counted(tmp_path: Path) -> None:
    report = build(tmp_path, COSTED.format("12 USD", "free"))
    assert report.accepted == 2
    assert (
        report.sources[0].notes[-1] == "2 costs not used: no amount above zero in the currency of the price"
    )


def test_a_catalogue_without_costs_is_read(tmp_path: Path) -> None:
    piece = Item("A", "A", "Shirt", (Variant("A", "M", 1, 40.0, 12.0),), "EUR", "top", "shirt", "women")
    with closing(Catalogue.create(sqlite_url(tmp_path / "c.sqlite"))) as made:
        made.write_items([piece], ["h"], 0)
        assert list(made.iter_items()) == [piece]
    with closing(sqlite3.connect(tmp_path / "c.sqlite")) as db:
        db.execute("ALTER TABLE variants DROP COLUMN cost")
        db.commit()
    with closing(Catalogue.open(sqlite_url(tmp_path / "c.sqlite", immutable=True))) as older:
        (found,) = older.iter_items()
        assert (found.variants, found.cost) == ((Variant("A", "M", 1, 40.0),), None)
        assert older.get("A") is not None


def test_a_snapshot_without_costs_is_served_built_upon_and_rolled_back_to(tmp_path: Path) -> None:
    first = build(tmp_path, GROUPED)
    store = SnapshotStore(tmp_path / "data")
    without_costs(store)
    assert costs(tmp_path) == [(None, None)]
    same = build(tmp_path, GROUPED, dry_run=True)
    assert (same.diff.changed.count, dict(same.diff.fields)) == (0, {})
    second = build(tmp_path, COSTED.format("12", "13"))
    assert (second.diff.changed.listed, dict(second.diff.fields)) == (("A-M",), {"cost": 1})
    assert (second.embedded, second.reused) == (0, 1)  # a cost is in no text
    assert costs(tmp_path) == [(12.0, 13.0)]
    assert store.rollback() == first.version
    assert costs(tmp_path) == [(None, None)]


def test_another_cost_is_a_change_of_its_own(tmp_path: Path) -> None:
    build(tmp_path, COSTED.format("12", "13"))
    again = build(tmp_path, COSTED.format("12", "14"))
    assert (dict(again.diff.fields), again.embedded) == ({"cost": 1}, 0)
    assert build(tmp_path, COSTED.format("12", "14")).unchanged


def of(*sizes: tuple[int, float | None, float | None]) -> float | None:
    variants = tuple(Variant(f"A-{n}", str(n), *size) for n, size in enumerate(sizes))
    return Item("A", "A", "Shirt", variants, "EUR", "top", "shirt", "women").cost


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([(1, 40.0, 12.0)], 12.0),
        ([(1, 40.0, None)], None),
        ([(1, 40.0, 12.0), (1, 30.0, 20.0)], 20.0),  # of the price that is shown
        ([(1, 40.0, 12.0), (0, 30.0, 20.0)], 12.0),  # which is of a size in stock
        ([(0, 40.0, 12.0), (0, 30.0, 20.0)], 20.0),
        ([(1, 40.0, 12.0), (1, 40.0, 15.0), (1, 40.0, None)], 15.0),
        ([(1, 40.0, 12.0), (1, 30.0, None)], None),
        ([(1, None, 12.0)], None),
    ],
)
def test_an_items_cost_is_that_of_the_price_shown(
    sizes: list[tuple[int, float | None, float | None]], expected: float | None
) -> None:
    assert of(*sizes) == expected


def test_a_cost_is_in_no_text_of_an_item() -> None:
    piece = Item("A", "A", "Shirt", (Variant("A", "M", 1, 40.0, 13.37),), "EUR", "top", "shirt", "women")
    assert not any("13.37" in text for text in (repr(piece), piece.text(), piece.label()))
