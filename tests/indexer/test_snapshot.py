"""Snapshots on disk: what is committed opens, what is damaged is named, one pointer moves."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from indexer.errors import SnapshotError
from indexer.item import SLOTS, Item, Variant
from indexer.storage.catalogue import Catalogue, sqlite_url
from indexer.storage.draft import Draft
from indexer.storage.manifest import Contents, Embedding
from indexer.storage.snapshot import SnapshotStore
from indexer.storage.vectors import VectorIndex

FILES = ["catalogue.sqlite", "manifest.json", "rejects.jsonl", "report.json", "vectors.faiss"]


def fill(draft: Draft, skus: list[str]) -> None:
    catalogue = Catalogue.create(sqlite_url(draft.catalogue))
    items = [
        Item(s, s, s, (Variant(s, None, 1, 5.0),), "EUR", "bag", "tote", "unisex") for s in skus
    ]  # fmt: skip
    catalogue.write_items(items, ["h"] * len(items), 0)
    catalogue.close()
    VectorIndex.build(np.eye(len(skus), 4, dtype=np.float32)).save(draft.vectors)
    draft.rejects.write_text('{"line": 1}\n')


def commit(store: SnapshotStore, *skus: str) -> str:
    with store.begin() as draft:
        fill(draft, list(skus))
        slots = dict.fromkeys(SLOTS, 0) | {"bag": len(skus)}
        embedding = Embedding(name="fake", digest="d1", dim=4)
        contents = Contents(
            items=len(skus), variants=len(skus), by_slot=slots, embedding=embedding, sources=()
        )
        version = draft.seal(contents)
        draft.report.write_text(json.dumps({"version": version}))
        assert draft.commit() == version
    return version


@pytest.fixture
def store(tmp_path: Path) -> SnapshotStore:
    return SnapshotStore(tmp_path / "data")


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if not p.name.endswith(".lock"))


def skus_of_current(store: SnapshotStore) -> list[str]:
    with store.current() as snapshot:
        return [item.sku for item in snapshot.catalogue.iter_items()]


def test_layout_and_contents(store: SnapshotStore) -> None:
    version = commit(store, "a", "b")
    assert names(store.root) == ["current", "snapshots"]
    assert names(store.root / "snapshots" / version) == FILES
    assert (store.root / "current").read_text() == version + "\n"
    with store.current() as snapshot:
        assert snapshot.version == snapshot.manifest.version == version
        assert len(snapshot.catalogue) == len(snapshot.vectors) == snapshot.manifest.contents.items == 2
        assert json.loads(snapshot.report.read_text()) == {"version": version}


def test_no_index_yet(store: SnapshotStore) -> None:
    for ask in (store.current, store.rollback):
        with pytest.raises(SnapshotError, match="no index yet: run `stylist index FEED`"):
            ask()
    assert store.versions() == []


def test_versions_sort_by_time_also_when_the_clock_steps_back(store: SnapshotStore) -> None:
    first = commit(store, "a")
    future = store.snapshots / ("29990101T000000000000Z-" + first.split("-")[1])
    (store.snapshots / first).rename(future)
    second = commit(store, "b")
    assert store.versions() == [future.name, second]


def test_an_abandoned_draft_changes_nothing(store: SnapshotStore) -> None:
    version = commit(store, "a")

    def interrupted() -> None:
        with store.begin() as draft:
            fill(draft, ["b"])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert names(store.root) == ["current", "snapshots"]
    assert store.versions() == [version]


def test_one_build_at_a_time(store: SnapshotStore) -> None:
    with store.begin(), pytest.raises(SnapshotError, match="another build is running"):
        store.begin()
    store.begin().discard()


def test_a_draft_of_a_killed_build_is_swept(store: SnapshotStore) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from indexer.storage.snapshot import SnapshotStore\n"
        "draft = SnapshotStore(Path(sys.argv[1])).begin(); draft.rejects.write_text('x')\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(store.root.parent)], check=False)
    assert done.returncode < 0
    assert len(list(store.root.glob(".draft-*"))) == 1
    commit(store, "a")
    assert names(store.root) == ["current", "snapshots"]


def test_unsealed_drafts_are_not_committed(store: SnapshotStore) -> None:
    with store.begin() as draft, pytest.raises(RuntimeError, match="seal"):
        draft.commit()


@pytest.mark.parametrize("damage", ["truncate", "flip", "delete"])
@pytest.mark.parametrize("name", FILES)
def test_damage_to_any_file_is_named_with_a_way_back(store: SnapshotStore, name: str, damage: str) -> None:
    old = commit(store, "a")
    new = commit(store, "b")
    path = store.snapshots / new / name
    data = path.read_bytes()
    if damage == "delete":
        path.unlink()
    elif damage == "truncate":
        path.write_bytes(data[:-1])
    else:
        middle = len(data) // 2
        path.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
    with pytest.raises(SnapshotError) as caught:
        store.current()
    for part in (new, name, f"roll back to {old}"):
        assert part in str(caught.value)
    assert store.rollback() == old
    assert skus_of_current(store) == ["a"]


def test_every_byte_of_the_manifest_counts(store: SnapshotStore) -> None:
    version = commit(store, "a")
    path = store.snapshots / version / "manifest.json"
    data = path.read_bytes()
    for n in range(len(data)):
        path.write_bytes(data[:n] + bytes([data[n] ^ 1]) + data[n + 1 :])
        with pytest.raises(SnapshotError):
            store.verify(version)
    path.write_bytes(data)
    assert store.verify(version).contents.items == 1


def test_a_snapshot_cannot_pass_for_another(store: SnapshotStore) -> None:
    first, second = commit(store, "a"), commit(store, "b")
    shutil.rmtree(store.snapshots / second)
    shutil.copytree(store.snapshots / first, store.snapshots / second)
    with pytest.raises(SnapshotError, match="another snapshot"):
        store.open(second)


def test_a_later_layout_is_refused_by_number(store: SnapshotStore) -> None:
    version = commit(store, "a")
    path = store.snapshots / version / "manifest.json"
    path.write_text(path.read_text().replace('"layout": 1', '"layout": 2'))
    with pytest.raises(SnapshotError, match="layout 2"):
        store.open(version)


@pytest.mark.parametrize("pointer", ["", "../../etc", "20260101T000000000000Z-0123456789ab", "\0", "x" * 300])
def test_a_pointer_to_nothing_is_explained(store: SnapshotStore, pointer: str) -> None:
    version = commit(store, "a")
    (store.root / "current").write_text(pointer)
    with pytest.raises(SnapshotError, match=f"does not exist; roll back to {version}"):
        store.current()


def test_rollback_goes_back_step_by_step_over_damage(store: SnapshotStore) -> None:
    a, b, c, d = (commit(store, sku) for sku in "abcd")
    (store.snapshots / b / "vectors.faiss").write_bytes(b"")
    assert store.rollback() == c
    assert store.rollback() == a
    with pytest.raises(SnapshotError, match="no earlier intact snapshot"):
        store.rollback()
    with pytest.raises(SnapshotError, match=r"vectors\.faiss is damaged"):
        store.rollback(b)
    assert store.rollback(d) == d
    assert skus_of_current(store) == ["d"]
    with pytest.raises(SnapshotError, match="does not exist"):
        store.rollback("nonsense")


def test_prune_keeps_the_newest_and_the_current(store: SnapshotStore) -> None:
    a, b, c, d = (commit(store, sku) for sku in "abcd")
    store.rollback(a)
    assert store.prune(keep=2) == [b]
    assert store.versions() == [a, c, d]
    assert skus_of_current(store) == ["a"]
    with pytest.raises(ValueError, match="keep"):
        store.prune(keep=0)


def test_a_snapshot_refuses_another_encoder(store: SnapshotStore) -> None:
    commit(store, "a")
    with store.current() as snapshot:
        snapshot.require_embedder("fake", "d1")
        with pytest.raises(SnapshotError, match=r"fake \(d1\), not with other \(d2\)"):
            snapshot.require_embedder("other", "d2")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_data_directory_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(SnapshotError, match="cannot be written"):
        SnapshotStore(tmp_path / "data").begin()


def test_a_file_in_place_of_the_data_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(SnapshotError, match="cannot be written"):
        SnapshotStore(tmp_path / "data").begin()
