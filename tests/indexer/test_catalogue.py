"""Items in and out of SQL: nothing changes on the way, and every SKU leads to its item."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from indexer.errors import SnapshotError
from indexer.item import DEPARTMENTS, SEASONS, SLOTS, Item, Variant
from indexer.storage.catalogue import Catalogue, sqlite_url
from indexer.storage.schema import METADATA

text = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
variants = st.builds(
    Variant,
    sku=text,
    size=st.none() | text,
    quantity=st.none() | st.integers(0, 2**31 - 1),
    price=st.none() | st.floats(0, 1e9),
)
items = st.builds(
    Item,
    sku=text,
    group_id=text,
    title=text,
    variants=st.lists(variants, min_size=1, max_size=3).map(tuple),
    currency=st.just("EUR"),
    slot=st.none() | st.sampled_from(SLOTS),
    kind=text,
    department=st.sampled_from(DEPARTMENTS),
    brand=text,
    kids_line=st.sampled_from(["girls", "boys", ""]),
    colors=st.lists(text, max_size=3).map(tuple),
    seasons=st.lists(st.sampled_from(SEASONS), unique=True).map(tuple),
    tags=st.lists(text, max_size=3).map(tuple),
    formality=st.integers(1, 5),
    slot_confidence=st.floats(0, 1),
    slot_source=st.sampled_from(["feed", "table", "trained", "staff"]),
    derived=st.lists(text, max_size=2).map(tuple),
    materials=st.lists(text, max_size=2).map(tuple),
    attributes=st.lists(text, max_size=2).map(tuple),
    covers=st.lists(st.sampled_from(SLOTS), unique=True).map(tuple),
    doubtful=st.booleans(),
    nearest=st.lists(text, max_size=2).map(tuple),
)


def item(sku: str, *sizes: Variant, slot: str | None = "top") -> Item:
    sizes = sizes or (Variant(sku, None, 1, 5.0),)
    return Item(sku, "g", f"Shirt {sku}", sizes, "EUR", slot, "shirt", "women")  # type: ignore[arg-type]


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    catalogue = Catalogue.create(sqlite_url(tmp_path / "c.sqlite"))
    yield catalogue
    catalogue.close()


def write(catalogue: Catalogue, *items: Item) -> None:
    catalogue.write_items(items, [f"hash of {i.title}" for i in items], len(catalogue))


@settings(max_examples=50, deadline=None)
@given(st.lists(items, max_size=6, unique_by=lambda i: i.sku), st.integers(0, 6))
def test_items_come_back_as_they_were(written: list[Item], split: int) -> None:
    catalogue = Catalogue.create("sqlite://")
    write(catalogue, *written[:split])
    write(catalogue, *written[split:])
    assert list(catalogue.iter_items()) == written
    assert catalogue.at(range(len(written))) == written
    for position, one in enumerate(written):
        found = catalogue.get(one.sku)
        assert found is not None
        assert (found.position, found.item) == (position, one)
    catalogue.close()


def test_more_items_than_one_block_keep_their_order(catalogue: Catalogue) -> None:
    written = [item(f"s{n}") for n in range(1234)]
    write(catalogue, *written)
    assert [i.sku for i in catalogue.iter_items()] == [i.sku for i in written]
    assert [i.sku for i in catalogue.at([1200, 3, 3, 700])] == ["s1200", "s3", "s3", "s700"]
    asked = [f"hash of Shirt s{n}" for n in range(-2, 1000)]
    assert catalogue.positions_by_text(asked) == {f"hash of Shirt s{n}": n for n in range(1000)}
    assert catalogue.known_skus(f"s{n}" for n in range(1230, 1240)) == {f"s{n}" for n in range(1230, 1234)}


def test_get_by_item_and_by_variant(catalogue: Catalogue) -> None:
    small, large = Variant("B-S", "S", 0, 9.0), Variant("B-L", "L", None, 8.0)
    shared = item("C", Variant("C", "S", 1, 1.0), Variant("C", "L", 1, 1.0))
    write(catalogue, item("A"), item("B", small, large), shared)
    for sku, position, variant in [("B", 1, None), ("B-S", 1, small), ("B-L", 1, large), ("C", 2, None)]:
        found = catalogue.get(sku)
        assert found is not None
        assert (found.position, found.variant) == (position, variant)
    only = catalogue.get("A")
    assert only is not None
    assert only.variant == only.item.variants[0]
    assert catalogue.get("B-M") is None


def test_a_sku_twice_is_refused_and_nothing_is_half_written(catalogue: Catalogue) -> None:
    write(catalogue, item("A"))
    with pytest.raises(SnapshotError, match="cannot be written"):
        write(catalogue, item("B"), item("A"))
    assert [i.sku for i in catalogue.iter_items()] == ["A"]


def test_immutable_reads_from_awkward_paths_and_never_writes(tmp_path: Path) -> None:
    path = tmp_path / "a b?c#d%20.sqlite"
    catalogue = Catalogue.create(sqlite_url(path))
    write(catalogue, item("A"))
    catalogue.close()
    reader = Catalogue.open(sqlite_url(path, immutable=True))
    assert [i.sku for i in reader.iter_items()] == ["A"]
    with pytest.raises(SnapshotError, match="readonly"):
        write(reader, item("B"))
    reader.close()
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_catalogue_of_before_materials_and_covers_were_kept_is_read(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    dress = dataclasses.replace(item("A", slot="dress"), material="silk")
    made = Catalogue.create(sqlite_url(path))
    write(made, dress, item("B"))
    made.close()
    with closing(sqlite3.connect(path)) as db:
        for column in ("materials", "attributes", "covers", "doubtful", "nearest"):
            db.execute(f"ALTER TABLE items DROP COLUMN {column}")
        db.commit()
    with closing(Catalogue.open(sqlite_url(path, immutable=True))) as older:
        assert list(older.iter_items()) == [
            dataclasses.replace(dress, materials=("silk",), covers=("top", "bottom")),
            item("B"),
        ]


def test_an_unknown_position_is_an_error(catalogue: Catalogue) -> None:
    with pytest.raises(KeyError):
        catalogue.at([0])


def test_the_schema_compiles_for_postgresql() -> None:
    for table in METADATA.sorted_tables:
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=postgresql.dialect()))
