"""Prices that garments do not have stop a build with a question; single ones are told of; departments are counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hashing_embedder import HashingEmbedder

from indexer.errors import FeedError
from indexer.item import SLOTS
from indexer.pipeline.build import BuildOptions, FeedSource, build_snapshot
from indexer.pipeline.prices import PriceLevelError, _bounds
from indexer.pipeline.report import BuildReport, render
from indexer.storage.snapshot import SnapshotStore

HEADER = "sku,title,category,department,price\n"
GARMENTS = [
    ("Wool waistcoat", 65),
    ("Linen shirt", 45),
    ("Chelsea boots", 120),
    ("Wool coat", 200),
    ("T-shirt", 15),
]


def table(factor: float = 1, copies: int = 2, currency: str = "", department: str = "men") -> str:
    lines = [
        f"{title.replace(' ', '-')}-{n},{title},,{department},{price * factor:.2f} {currency}\n"
        for title, price in GARMENTS
        for n in range(copies)
    ]
    return HEADER + "".join(lines)


@pytest.fixture
def store(tmp_path: Path) -> SnapshotStore:
    return SnapshotStore(tmp_path / "data")


def written(store: SnapshotStore, name: str) -> Path:
    folder = store.snapshots.parent.parent.parent
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def build(store: SnapshotStore, content: str, **options: object) -> BuildReport:
    path = written(store, "feed.csv")
    path.write_text(content, encoding="utf-8")
    minor = bool(options.pop("minor_units", False))
    source = FeedSource(path, minor_units=minor)
    return build_snapshot(store, [source], HashingEmbedder(), BuildOptions(**options))  # type: ignore[arg-type]


def test_every_slot_has_a_bound_and_every_currency_a_rate() -> None:
    bounds = _bounds()
    assert set(bounds.slots) == set(SLOTS)
    assert all(value > 0 for part in (bounds.slots, bounds.kinds, bounds.rates) for value in part.values())


def test_a_feed_in_cents_stops_with_a_question(store: SnapshotStore) -> None:
    with pytest.raises(PriceLevelError) as caught:
        build(store, table(100))
    text = str(caught.value)
    assert text.startswith("feed.csv: are these prices right? the middle price of 2 x ")
    assert "2 x chelsea-boots is 12,000.00 EUR" in text
    assert "`--minor-units`" in text
    assert "`--confirm-prices`" in text
    assert store.current_version() is None
    assert [item.price for item in _items(store, table(100), minor_units=True)][:2] == [65.0, 65.0]


@pytest.mark.parametrize(
    ("factor", "currency"), [(1, ""), (4, "EUR"), (95, "INR"), (165, "JPY"), (18000, "IDR"), (1, "XOF")]
)
def test_honest_prices_pass_in_any_currency(store: SnapshotStore, factor: float, currency: str) -> None:
    assert build(store, table(factor, currency=currency)).items == 10


def test_paise_read_as_rupees_are_asked_about(store: SnapshotStore) -> None:
    with pytest.raises(FeedError, match="INR"):
        build(store, table(95 * 100, currency="INR"))


def test_one_row_is_enough_to_ask(store: SnapshotStore) -> None:
    with pytest.raises(PriceLevelError, match=r"1 x waistcoat is 6,500\.00 EUR"):
        build(store, HEADER + "1,Wool waistcoat,,men,6500\n")


def test_what_was_confirmed_is_not_asked_again_until_it_moves(store: SnapshotStore) -> None:
    assert build(store, table(40), confirm_prices=True).prices_confirmed
    report = build(store, table(41))
    assert report.prices_confirmed
    assert report.version == store.current_version()
    with pytest.raises(PriceLevelError):
        build(store, table(4000))
    assert build(store, table(1)).items == 10


def test_a_trial_only_says_what_it_would_ask(store: SnapshotStore) -> None:
    report = build(store, table(100), dry_run=True)
    assert any(note.startswith("would ask: feed.csv: are these prices right?") for note in report.notes)


def test_a_single_piece_far_above_its_kind_is_told_of(store: SnapshotStore) -> None:
    report = build(store, table() + "X,Linen shirt,,men,4500\n")
    (note,) = report.notes
    assert note == (
        "1 items cost many times what such pieces do, are these cents? X 'Linen shirt' 4,500.00 EUR"
    )


def test_a_damaged_report_of_the_current_index_counts_for_nothing(store: SnapshotStore) -> None:
    build(store, table(40), confirm_prices=True)
    with store.current() as snapshot:
        for text in ("", "[]", json.dumps({"prices_confirmed": True, "price_levels": [1]})):
            snapshot.report.write_text(text)
            with pytest.raises(PriceLevelError):
                build(store, table(42))


def test_unknown_words_for_departments_are_counted(store: SnapshotStore) -> None:
    rows = "".join(
        f"{n},Linen shirt {n},,{text},20\n"
        for n, text in enumerate(["Glorps", "Glorps", "Zzyx adult", "adult", "women", "Herren", ""])
    )
    report = build(store, HEADER + rows)
    assert report.unknown_departments == {"Glorps": 2, "Zzyx": 1}
    assert "unknown in gender or department columns, in rows: 2 'Glorps', 1 'Zzyx'" in render(report)


def _items(store: SnapshotStore, content: str, **options: object) -> list:
    build(store, content, **options)
    with store.current() as snapshot:
        return list(snapshot.catalogue.iter_items())


SHOPIFY = "Handle,Title,Type,Option1 Name,Option1 Value,Variant SKU,Variant Price\n"


def test_an_sku_used_twice_in_a_shopify_shop_loses_no_product(store: SnapshotStore) -> None:
    rows = [
        "linen-shirt,Linen shirt,Shirts,Size,S,001,20",
        "linen-shirt,,,,M,002,20",
        "wool-coat,Wool coat,Coats,Size,S,001,90",
        "wool-coat,,,,M,001,90",
        "felt-hat,Felt hat,Hats,Title,Default Title,001,15",
    ]
    path = written(store, "shop.csv")
    path.write_text(SHOPIFY + "\n".join(rows) + "\n")
    report = build_snapshot(store, [FeedSource(path)], HashingEmbedder())
    assert (report.items, report.rejected) == (3, 0)
    assert any("3 rows have an SKU that another product had first" in n for n in report.sources[0].notes)
    with store.current() as snapshot:
        items = {item.title: [v.sku for v in item.variants] for item in snapshot.catalogue.iter_items()}
    assert items == {
        "Linen shirt": ["001", "002"],
        "Wool coat": ["001-wool-coat", "001-wool-coat"],
        "Felt hat": ["001-felt-hat"],
    }


def test_in_other_formats_an_sku_is_one_piece(store: SnapshotStore) -> None:
    content = "sku,group_id,title,category,price\n1,a,Linen shirt,Shirts,20\n1,b,Wool coat,Coats,90\n"
    report = build(store, content)
    assert report.sources[0].rejected == {"duplicate sku in another product": 1}


def test_most_rows_rejected_says_what_would_help(store: SnapshotStore) -> None:
    rows = "".join(f"{n},Linen shirt,on request,20.{n}0\n" for n in range(4))
    with pytest.raises(FeedError, match=r"Price <- 'price' holds no amounts .* --map price=Netto"):
        build(store, "sku,title,price,Netto\n" + rows)
