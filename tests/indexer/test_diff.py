"""What a build would change: exact counts, capped lists, a dry run, and the guard against removal."""

from __future__ import annotations

from pathlib import Path

import pytest
from hashing_embedder import HashingEmbedder
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.item import Item, Variant
from indexer.pipeline.build import BuildOptions, FeedSource, build_snapshot
from indexer.pipeline.report import BuildReport, RemovalError, render
from indexer.storage.catalogue import Catalogue, sqlite_url
from indexer.storage.diff import LISTED, Rejected, SlotChange, compare
from indexer.storage.snapshot import SnapshotStore

HEADER = "sku,title,category,color,size,price,currency,quantity"
SHIRT, SKIRT = "T1,Linen shirt,Shirts,white,M,40,EUR,3", "B1,Pleated skirt,Skirts,black,38,60,EUR,2"


def build(folder: Path, rows: list[str], **options: object) -> BuildReport:
    path = folder / "feed.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    store = SnapshotStore(folder / "data")
    return build_snapshot(store, [FeedSource(path)], HashingEmbedder(), BuildOptions(**options))  # type: ignore[arg-type]


def test_each_kind_of_change_is_counted_and_named(tmp_path: Path) -> None:
    first = build(tmp_path, [SHIRT, SKIRT, "S1,Sneakers,Sneakers,white,39,80,EUR,1"])
    assert (first.diff.before, first.diff.added.count, first.diff.added.listed) == (0, 3, ("B1", "S1", "T1"))
    second = build(
        tmp_path,
        [
            SHIRT.replace("40", "35").replace(",3", ",0"),
            "B1,Tote bag,Bags,black,38,60,EUR,2",
            "N1,Silk scarf,Scarves,red,,30,EUR,1",
            "X1,Free,Shirts,,,free,EUR,1",
        ],
    )
    diff = second.diff
    assert (diff.before, diff.after) == (3, 3)
    assert (diff.added.listed, diff.removed.listed, diff.changed.listed) == (("N1",), ("S1",), ("B1", "T1"))
    assert diff.changed.count == 2
    assert diff.changed.complete
    assert {"price": 1, "quantity": 1, "title": 1, "slot": 1}.items() <= diff.fields.items()
    assert "sizes" not in diff.fields
    assert diff.slots.listed == (SlotChange("B1", "bottom", "bag"),)
    assert diff.rejected.count == 1
    (reject,) = diff.rejected.listed
    assert (reject["sku"], reject["line"], reject["reason"]) == ("X1", 5, "price not a number")
    assert "against the former index: 1 added, 2 changed, 1 removed" in render(second)


def test_nothing_changed_is_no_difference(tmp_path: Path) -> None:
    build(tmp_path, [SHIRT, SKIRT])
    again = build(tmp_path, [SHIRT, SKIRT])
    assert again.unchanged
    assert (again.diff.before, again.diff.added.count, again.diff.changed.count) == (2, 0, 0)
    turned = build(tmp_path, [SKIRT, SHIRT])  # other positions, the same items
    assert not turned.unchanged
    assert (turned.diff.added.count, turned.diff.removed.count, turned.diff.changed.count) == (0, 0, 0)


def test_a_dry_run_tells_the_difference_and_changes_nothing(tmp_path: Path) -> None:
    nothing = build(tmp_path, [SHIRT], dry_run=True)
    store = SnapshotStore(tmp_path / "data")
    assert (nothing.version, nothing.dry_run, nothing.diff.added.count) == (None, True, 1)
    assert store.versions() == []
    first = build(tmp_path, [SHIRT, SKIRT])
    trial = build(tmp_path, [SHIRT, "X1,Free,Shirts,,,free,EUR,1"], dry_run=True, max_removed=0.0)
    assert (trial.version, trial.diff.removed.listed) == (first.version, ("B1",))
    assert (trial.rejects_path, trial.diff.rejected.reasons) == (None, {"price not a number": 1})
    assert store.versions() == [first.version]
    assert list(store.root.glob(".draft-*")) == []


def test_too_much_removed_changes_nothing_unless_it_may(tmp_path: Path) -> None:
    shirts = [SHIRT.replace("T1", f"T{n}") for n in range(10)]
    first = build(tmp_path, shirts)
    store = SnapshotStore(tmp_path / "data")
    with pytest.raises(RemovalError, match=r"remove 4 of 10 items \(40%\), more than the 30%") as caught:
        build(tmp_path, shirts[4:], max_removed=0.3)
    assert caught.value.report.diff.removed.listed == ("T0", "T1", "T2", "T3")
    assert store.current_version() == caught.value.report.version == first.version
    assert store.versions() == [first.version]
    assert build(tmp_path, shirts[3:], max_removed=0.3).diff.removed.count == 3
    assert build(tmp_path, shirts[9:]).diff.removed.count == 6


def test_lists_are_capped_and_say_so(tmp_path: Path) -> None:
    many = [SHIRT.replace("T1", f"T{n:03}") for n in range(LISTED + 1)]
    diff = build(tmp_path, many).diff
    assert (diff.added.count, len(diff.added.listed), diff.added.complete) == (LISTED + 1, LISTED, False)


SIZES = st.lists(st.sampled_from(["S", "M", None]), unique=True, max_size=3)
STORES = st.dictionaries(
    st.sampled_from("abcde"), st.tuples(SIZES, st.sampled_from([1.0, 2.0, None])), max_size=5
)


def catalogue(path: Path, store: dict[str, tuple[list[str | None], float | None]]) -> None:
    items = [
        Item(
            sku, sku, "Shirt", tuple(Variant(sku, s, 1, price) for s in sizes), "EUR", "top", "shirt", "women"
        )
        for sku, (sizes, price) in store.items()
    ]
    made = Catalogue.create(sqlite_url(path))
    made.write_items(items, ["h"] * len(items), 0)
    made.close()


@settings(max_examples=25, deadline=None)
@given(old=STORES, new=STORES)
def test_the_difference_is_that_of_the_two_sets(tmp_path_factory, old, new) -> None:
    folder = tmp_path_factory.mktemp("diff")
    for name, store in (("old", old), ("new", new)):
        catalogue(folder / name, store)
    diff = compare(folder / "old", folder / "new", folder / "scratch", Rejected())
    assert set(diff.added.listed) == new.keys() - old.keys()
    assert set(diff.removed.listed) == old.keys() - new.keys()

    def differs(sku: str) -> bool:
        (before, cost), (after, price) = old[sku], new[sku]
        return set(before) != set(after) or (bool(before) and cost != price)

    assert set(diff.changed.listed) == {sku for sku in old.keys() & new.keys() if differs(sku)}
