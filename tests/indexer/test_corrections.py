"""What staff say of a piece goes before what was read, in every build that is told so."""

from __future__ import annotations

from pathlib import Path

import pytest
from hashing_embedder import HashingEmbedder

from indexer.errors import FeedError
from indexer.item import Item
from indexer.pipeline.build import FeedSource, build_snapshot
from indexer.pipeline.corrections import Correction
from indexer.pipeline.report import BuildReport
from indexer.storage.snapshot import SnapshotStore

FEED = """sku,group_id,title,category,color,size,price,currency,quantity
T1,T,Linen shirt,Shirts,white,M,40,EUR,3
T2,T,Linen shirt,Shirts,white,L,40,EUR,3
B1,B,Pleated skirt,Skirts,black,38,60,EUR,2
C1,C,Wool overshirt,Jackets,grey,M,60,EUR,2
"""


def build(folder: Path, corrections: dict[str, Correction]) -> tuple[BuildReport, dict[str, Item]]:
    path = folder / "feed.csv"
    path.write_text(FEED, encoding="utf-8")
    store = SnapshotStore(folder / "data")
    report = build_snapshot(store, [FeedSource(path)], HashingEmbedder(), corrections=corrections)
    snapshot = store.current()
    items = {item.sku: item for item in snapshot.catalogue.iter_items()}
    snapshot.close()
    return report, items


def test_kind_slot_and_department_are_as_staff_said(tmp_path: Path) -> None:
    told = {
        "T2": Correction(kind="overshirt", department="men"),  # by the SKU of a size
        "B": Correction(slot="none"),  # by the group
        "C1": Correction(slot="top"),
    }
    _, items = build(tmp_path, told)
    shirt, skirt, over = items["T1"], items["B1"], items["C1"]
    assert (shirt.kind, shirt.slot, shirt.department) == ("overshirt", "outerwear", "men")
    assert shirt.slot_source == "staff"
    assert not {"slot", "department"} & set(shirt.derived)
    assert (skirt.kind, skirt.slot) == ("skirt", None)
    assert (over.kind, over.slot) == ("top", "top")
    again, same = build(tmp_path, told)
    assert again.unchanged
    assert same == items


def test_a_correction_of_no_item_is_said(tmp_path: Path) -> None:
    report, items = build(tmp_path, {"Z9": Correction(slot="top"), "T1": Correction()})
    assert "1 corrections name no item of these feeds: Z9" in report.notes
    assert (items["T1"].kind, items["T1"].slot_source) == ("shirt", "staff")


def test_the_sku_goes_before_the_group(tmp_path: Path) -> None:
    _, items = build(tmp_path, {"T": Correction(kind="blouse"), "T1": Correction(kind="tunic")})
    assert items["T1"].kind == "tunic"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "spaceship"}, "kind 'spaceship' is not in the table"),
        ({"kind": "unknown"}, "kind 'unknown'"),
        ({"slot": "hat"}, "slot 'hat' is not one of top"),
        ({"department": "dogs"}, "department 'dogs' is not one of women"),
    ],
)
def test_what_is_no_kind_slot_or_department_is_refused(values: dict[str, str], message: str) -> None:
    with pytest.raises(FeedError, match=message):
        Correction(**values)  # type: ignore[arg-type]
