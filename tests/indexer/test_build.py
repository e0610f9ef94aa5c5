"""From feed files to a snapshot: counts, reuse, rejects, and the old snapshot's safety."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hashing_embedder import HashingEmbedder

from indexer.errors import FeedError, SnapshotError
from indexer.pipeline.assemble import ITEM_SKU_TAKEN
from indexer.pipeline.build import BuildOptions, FeedSource, build_snapshot
from indexer.pipeline.report import BuildReport, UncertainItem, render
from indexer.storage.snapshot import SnapshotStore

HEADER = "sku,group_id,title,category,color,size,price,currency,quantity"
GOOD = [
    "T1-S,T1,Linen shirt,Shirts,white,S,40,EUR,3",
    "T1-M,T1,Linen shirt,Shirts,white,M,40,EUR,0",
    "B1,B1,Pleated trousers,Trousers,black,38,60,EUR,2",
    "S1,S1,Leather sneakers,Sneakers,white,39,80,EUR,",
    "G1,G1,Gift card,Gift cards,,,25,EUR,",
]


@pytest.fixture
def store(tmp_path: Path) -> SnapshotStore:
    return SnapshotStore(tmp_path / "data")


def feed(folder: Path, rows: list[str], name: str = "feed.csv") -> FeedSource:
    path = folder / name
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return FeedSource(path)


def skus(store: SnapshotStore) -> list[str]:
    with store.current() as snapshot:
        return [item.sku for item in snapshot.catalogue.iter_items()]


class Progress:
    def __init__(self) -> None:
        self.done: dict[str, list[int | None]] = {}

    def start(self, stage: str, total: int | None) -> None:
        self.done[stage] = [total, 0]

    def advance(self, count: int) -> None:
        self.done[list(self.done)[-1]][1] += count  # type: ignore[operator]


def test_a_first_build(store: SnapshotStore, tmp_path: Path) -> None:
    embedder, progress = HashingEmbedder(), Progress()
    rows = [*GOOD, "X1,X1,No price,Shirts,,,,EUR,1", "T1-S,T1,Linen shirt,Shirts,white,S,40,EUR,3"]
    report = build_snapshot(store, [feed(tmp_path, rows)], embedder, progress=progress)
    assert skus(store) == ["T1-S", "B1", "S1", "G1"]
    assert (report.items, report.variants, report.embedded, report.reused) == (4, 5, 4, 0)
    assert report.by_slot == {"top": 1, "bottom": 1, "shoes": 1}
    assert sum(report.not_composed.values()) == 1
    (source,) = report.sources
    assert (source.file, source.format, source.rows, source.accepted) == ("feed.csv", "csv", 7, 5)
    assert sum(source.rejected.values()) == 2
    assert source.rejected["duplicate sku"] == 1
    assert progress.done["read"] == [None, 7]
    assert progress.done["normalise"] == [5, 5]
    assert progress.done["embed"] == [4, 4]
    with store.current() as snapshot:
        assert snapshot.version == report.version
        assert json.loads(snapshot.report.read_text())["items"] == 4
        assert snapshot.manifest.contents.sources[0].rows == 7
        texts = [item.text() for item in snapshot.catalogue.iter_items()]
        assert np.array_equal(snapshot.vectors.vectors(np.arange(4)), embedder.encode(texts))
        rejects = [json.loads(line) for line in Path(report.rejects_path or "").read_text().splitlines()]
        assert [(r["line"], r["sku"], r["file"]) for r in rejects] == [
            (7, "X1", rejects[0]["file"]),
            (8, "T1-S", rejects[0]["file"]),
        ]
        assert all(set(r) == {"file", "line", "field", "value", "reason", "sku", "row"} for r in rejects)
        assert all(r["row"] for r in rejects)


def test_nothing_changed_keeps_the_current_snapshot(store: SnapshotStore, tmp_path: Path) -> None:
    first = build_snapshot(store, [feed(tmp_path, GOOD)], HashingEmbedder())
    again = build_snapshot(store, [feed(tmp_path, GOOD)], HashingEmbedder())
    assert (again.unchanged, again.version) == (True, first.version)
    assert (again.embedded, again.reused) == (0, 4)
    assert store.versions() == [first.version]
    assert list(store.root.glob(".draft-*")) == []


def test_only_new_texts_are_embedded(store: SnapshotStore, tmp_path: Path) -> None:
    build_snapshot(store, [feed(tmp_path, GOOD)], HashingEmbedder())
    embedder = HashingEmbedder()
    changed = [
        "N1,N1,Silk scarf,Scarves,red,,30,EUR,1",
        GOOD[2].replace("60", "55"),
        *GOOD[:2],
        GOOD[3].replace("Leather", "Suede"),
    ]
    report = build_snapshot(store, [feed(tmp_path, changed)], embedder)
    assert not report.unchanged
    assert (report.embedded, report.reused) == (2, 2)
    with store.current() as snapshot:
        items = list(snapshot.catalogue.iter_items())
        assert [i.sku for i in items] == ["N1", "B1", "T1-S", "S1"]
        assert items[1].price == 55
        expected = HashingEmbedder().encode([i.text() for i in items])
        assert np.array_equal(snapshot.vectors.vectors(np.arange(4)), expected)


def test_equal_texts_are_embedded_once(store: SnapshotStore, tmp_path: Path) -> None:
    embedder = HashingEmbedder()
    rows = [f"T{n},T{n},Linen shirt,Shirts,white,S,40,EUR,3" for n in range(50)]
    report = build_snapshot(store, [feed(tmp_path, rows)], embedder)
    assert (report.items, report.embedded) == (50, 50)
    with store.current() as snapshot:
        text = next(snapshot.catalogue.iter_items()).text()
        assert embedder.encoded.count(text) == 1
        assert len(np.unique(snapshot.vectors.vectors(np.arange(50)), axis=0)) == 1


def test_another_encoder_embeds_everything_anew(store: SnapshotStore, tmp_path: Path) -> None:
    build_snapshot(store, [feed(tmp_path, GOOD)], HashingEmbedder())
    report = build_snapshot(store, [feed(tmp_path, GOOD)], HashingEmbedder(dim=8, digest="hash-2"))
    assert (report.unchanged, report.embedded, report.reused) == (False, 4, 0)
    with store.current() as snapshot:
        assert snapshot.vectors.dim == 8
        snapshot.require_embedder("hashing", "hash-2")


def test_a_damaged_current_snapshot_is_replaced(store: SnapshotStore, tmp_path: Path) -> None:
    first = build_snapshot(store, [feed(tmp_path, GOOD)], HashingEmbedder())
    (store.snapshots / first.version / "vectors.faiss").write_bytes(b"")
    report = build_snapshot(store, [feed(tmp_path, GOOD)], HashingEmbedder())
    assert report.embedded == 4
    assert "vectors.faiss is damaged" in report.notes[0]
    assert store.current_version() == report.version != first.version
    assert len(skus(store)) == 4


def test_several_feeds_share_one_catalogue(store: SnapshotStore, tmp_path: Path) -> None:
    one = feed(tmp_path, GOOD[:3], "one.csv")
    two = feed(tmp_path, [GOOD[2], "T1-L,T1,Linen shirt,Shirts,white,L,40,EUR,1", *GOOD[3:]], "two.csv")
    report = build_snapshot(store, [one, two], HashingEmbedder())
    assert skus(store) == ["T1-S", "B1", "S1", "G1"]
    assert [(s.file, s.accepted, dict(s.rejected)) for s in report.sources] == [
        ("one.csv", 3, {}),
        ("two.csv", 3, {"duplicate sku": 1}),
    ]
    with store.current() as snapshot:
        found = snapshot.catalogue.get("T1-L")
        assert found is not None
        assert [v.sku for v in found.item.variants] == ["T1-S", "T1-M", "T1-L"]


def test_an_item_sku_is_never_given_twice(store: SnapshotStore, tmp_path: Path) -> None:
    rows = [
        "A,A,Linen shirt,Shirts,red,M,40,EUR,3",
        "A,A,Linen shirt,Shirts,blue,M,40,EUR,3",  # becomes A-blue, as A is the red one
        "B,B,Pleated trousers,Trousers,black,38,60,EUR,2",
        "A-blue,C,Leather sneakers,Sneakers,white,39,80,EUR,1",
        "A-blue,C,Leather sneakers,Sneakers,white,40,80,EUR,1",
    ]
    report = build_snapshot(store, [feed(tmp_path, rows)], HashingEmbedder())
    assert skus(store) == ["A", "A-blue", "B"]
    (source,) = report.sources
    assert (source.rows, source.accepted, dict(source.rejected)) == (5, 3, {ITEM_SKU_TAKEN: 2})
    lines = Path(report.rejects_path or "").read_text().splitlines()
    assert [json.loads(line)["line"] for line in lines] == [5, 6]
    turned = [rows[3], *rows[:3]]
    report = build_snapshot(store, [feed(tmp_path, turned)], HashingEmbedder())
    assert skus(store) == ["A-blue", "A", "B"]
    rejected = json.loads(Path(report.rejects_path or "").read_text())
    assert (rejected["line"], rejected["sku"], rejected["row"]["color"]) == (4, "A", "blue")


def test_mostly_rejected_fails_and_keeps_everything(store: SnapshotStore, tmp_path: Path) -> None:
    first = build_snapshot(store, [feed(tmp_path, GOOD)], HashingEmbedder())
    bad = [f"X{n},X{n},Shirt,Shirts,,,free,EUR,1" for n in range(6)]
    with pytest.raises(FeedError, match="6 of 11 rows rejected") as caught:
        build_snapshot(store, [feed(tmp_path, [*bad, *GOOD])], HashingEmbedder())
    assert str(store.rejects_failed) in str(caught.value)
    lines = [json.loads(line)["line"] for line in store.rejects_failed.read_text().splitlines()]
    assert lines == [2, 3, 4, 5, 6, 7]
    assert store.current_version() == first.version
    assert list(store.root.glob(".draft-*")) == []
    half = build_snapshot(store, [feed(tmp_path, [*bad[:5], *GOOD])], HashingEmbedder())
    assert half.rejected == half.accepted == 5
    assert not store.rejects_failed.exists()
    allowed = BuildOptions(allow_rejects=True)
    report = build_snapshot(store, [feed(tmp_path, [*bad, *GOOD])], HashingEmbedder(), allowed)
    assert (report.items, report.rejected) == (4, 6)


def test_a_named_feed_is_called_so_and_its_folder_does_not_count(
    store: SnapshotStore, tmp_path: Path
) -> None:
    rows = [*GOOD, "X1,X1,Shirt,Shirts,,,free,EUR,1"]
    built = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        source = dataclasses.replace(feed(folder, rows), name="spring.csv")
        built.append(build_snapshot(store, [source], HashingEmbedder()))
    assert [report.unchanged for report in built] == [False, True]
    with store.current() as snapshot:
        (reject,) = [json.loads(line) for line in snapshot.rejects.read_text().splitlines()]
    assert (reject["file"], built[0].sources[0].file) == ("spring.csv", "spring.csv")
    empty = dataclasses.replace(feed(tmp_path, []), name="empty.csv")
    with pytest.raises(FeedError, match=r"^empty\.csv: "):
        build_snapshot(store, [empty], HashingEmbedder())


@pytest.mark.parametrize("rows", [[], GOOD[4:]])
def test_nothing_wearable_fails(store: SnapshotStore, tmp_path: Path, rows: list[str]) -> None:
    with pytest.raises(FeedError):
        build_snapshot(store, [feed(tmp_path, rows)], HashingEmbedder())
    assert store.versions() == []
    with pytest.raises(FeedError, match="no feed given"):
        build_snapshot(store, [], HashingEmbedder())


def test_a_failing_disk_is_one_clear_line(
    store: SnapshotStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SnapshotError, match=r"the current one stays: .*No space left"):
        build_snapshot(store, [feed(tmp_path, GOOD)], HashingEmbedder())
    assert store.versions() == []
    assert list(store.root.glob(".draft-*")) == []


def test_old_snapshots_are_pruned(store: SnapshotStore, tmp_path: Path) -> None:
    made = [
        build_snapshot(
            store,
            [feed(tmp_path, [*GOOD, f"E{n},E{n},Silk scarf,Scarves,red,,30,EUR,1"])],
            HashingEmbedder(),
            BuildOptions(keep=2),
        ).version
        for n in range(4)
    ]
    assert store.versions() == made[2:]


def test_a_kill_at_any_moment_leaves_a_whole_snapshot(store: SnapshotStore, tmp_path: Path) -> None:
    build_snapshot(store, [feed(tmp_path, GOOD)], HashingEmbedder())
    new = feed(tmp_path, [GOOD[0], "N1,N1,Silk scarf,Scarves,red,,30,EUR,1"], "new.csv")
    script = Path(__file__).with_name("crashing_builds.py")
    done = subprocess.run(
        [sys.executable, str(script), str(store.root.parent), str(new.path)],
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    points = [json.loads(line) for line in done.stdout.splitlines()]
    before, after = ["B1", "G1", "S1", "T1-S"], ["N1", "T1-S"]
    assert all(served in (before, after) for _, served in points)
    at_operations = [served for point, served in points if point.startswith("operation")]
    assert len(at_operations) > 40
    turn = at_operations.index(after)  # the pointer moves once: old up to there, new from there on
    assert at_operations == [before] * turn + [after] * (len(at_operations) - turn)
    assert ["alive", after] in points


def test_render_says_what_one_wants_to_know(store: SnapshotStore, tmp_path: Path) -> None:
    rows = [*GOOD, "X1,X1,Shirt,Shirts,,,free,EUR,1"]
    report = build_snapshot(store, [feed(tmp_path, rows)], HashingEmbedder())
    unsure = UncertainItem("Q1", "Thing", "unknown", None, 0.2)
    report = dataclasses.replace(report, low_confidence=1, low_confidence_examples=(unsure,))
    text = render(report)
    for part in (
        f"feed.csv: csv ({report.sources[0].why}), 6 rows: 5 accepted, 1 rejected, 0 skipped",
        "4 items in 5 sizes: 1 top, 1 bottom, 0 dress",
        "unsure of the slot of 1 item: Q1 'Thing'",
        "4 embedded, 0 reused",
        f"1 rejected row in full: {report.rejects_path}",
        f"now current: {report.version}",
    ):
        assert part in text
    assert "unchanged, stays" in render(dataclasses.replace(report, unchanged=True))


def test_the_report_is_json(store: SnapshotStore, tmp_path: Path) -> None:
    report = build_snapshot(store, [feed(tmp_path, GOOD)], HashingEmbedder())
    assert json.loads(json.dumps(report.as_dict()))["version"] == report.version
    assert {f.name for f in dataclasses.fields(BuildReport)} == set(report.as_dict())
