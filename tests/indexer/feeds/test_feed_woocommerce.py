"""WooCommerce's product export: parents, variations, stock, sales."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

import pytest
from reading_feeds import ReadFeed

from indexer.record import Reject, Row, Skipped

HEADER = [
    "ID",
    "Type",
    "SKU",
    "Name",
    "Published",
    "Visibility in catalog",
    "Short description",
    "Description",
    "Date sale price starts",
    "Date sale price ends",
    "In stock?",
    "Stock",
    "Backorders allowed?",
    "Sale price",
    "Regular price",
    "Categories",
    "Tags",
    "Images",
    "Parent",
    "Attribute 1 name",
    "Attribute 1 value(s)",
    "Attribute 2 name",
    "Attribute 2 value(s)",
]

PARENT = {
    "ID": "44", "Type": "variable", "SKU": "tee", "Name": "V-Neck Tee", "Published": "1", "Description": "<b>Soft</b>",
    "In stock?": "1", "Stock": "6", "Categories": "Clothing > Tshirts, Sale", "Tags": "cotton",
    "Images": "https://x.test/a,b.jpg, https://x.test/2.jpg", "Attribute 1 name": "Color",
    "Attribute 1 value(s)": "Blue, Red", "Attribute 2 name": "Taille", "Attribute 2 value(s)": "L, M",
}  # fmt: skip
RED = {
    "ID": "76", "Type": "variation", "SKU": "tee-red", "Name": "V-Neck Tee - Red", "Published": "1", "In stock?": "1",
    "Regular price": "20", "Parent": "tee", "Attribute 1 name": "Color", "Attribute 1 value(s)": "Red",
    "Attribute 2 name": "Taille", "Attribute 2 value(s)": "M",
}  # fmt: skip
SIMPLE = {
    "ID": "47", "Type": "simple, virtual", "SKU": "cap", "Name": "Cap", "Published": "1", "In stock?": "1",
    "Stock": "3", "Sale price": "8", "Regular price": "10", "Categories": "Hats",
}  # fmt: skip


def export(*rows: Mapping[str, str]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADER)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@pytest.mark.parametrize("parent", ["tee", "id:44", "TEE"])
@pytest.mark.parametrize("parent_first", [True, False])
def test_variations_take_from_their_parent(read_feed: ReadFeed, parent: str, parent_first: bool) -> None:
    variation = RED | {"Parent": parent}
    rows = [PARENT, SIMPLE, variation] if parent_first else [variation, SIMPLE, PARENT]
    events = read_feed(export(*rows))
    red, skipped = (events[2], events[0]) if parent_first else (events[0], events[2])
    assert isinstance(skipped, Skipped)
    assert skipped.reason == "parent of variations"
    assert isinstance(red, Row)
    assert (red.sku, red.group_id, red.title, red.color, red.size) == (
        "tee-red",
        "tee",
        "V-Neck Tee",
        "Red",
        "M",
    )
    assert (red.category, red.tags, red.description) == ("Clothing > Tshirts | Sale", ("cotton",), "Soft")
    assert (red.price, red.quantity, red.image_url) == (20.0, None, "https://x.test/a,b.jpg")


def test_a_variation_of_any_size_can_be_had_in_each(read_feed: ReadFeed) -> None:
    events = read_feed(export(PARENT, RED | {"Attribute 2 value(s)": "", "Stock": "parent"}))
    assert [(r.sku, r.size, r.quantity, r.line) for r in events if isinstance(r, Row)] == [
        ("tee-red", "L", 6, 3),
        ("tee-red", "M", 6, 3),
    ]


def test_a_lone_variable_product_is_sold_as_it_is(read_feed: ReadFeed) -> None:
    rows = read_feed(export(PARENT | {"Regular price": "5"}))
    assert [(r.sku, r.size) for r in rows if isinstance(r, Row)] == [("tee", "L"), ("tee", "M")]


@pytest.mark.parametrize(
    ("cells", "quantity"),
    [
        ({}, 3),
        ({"In stock?": "0"}, 0),
        ({"In stock?": "0", "Backorders allowed?": "1"}, 0),
        ({"Stock": "0"}, 0),
        ({"Stock": "-2", "Backorders allowed?": "notify"}, None),
        ({"Stock": "", "In stock?": "backorder"}, None),
        ({"Stock": ""}, None),
    ],
)
def test_stock(read_feed: ReadFeed, cells: dict[str, str], quantity: int | None) -> None:
    (row,) = read_feed(export(SIMPLE | cells))
    assert isinstance(row, Row)
    assert (row.sku, row.quantity) == ("cap", quantity)


@pytest.mark.parametrize(("ends", "price"), [("", 8.0), ("2026-05-10", 8.0), ("2026-05-09", 10.0)])
def test_a_sale_ends_with_its_last_day(read_feed: ReadFeed, ends: str, price: float) -> None:
    (row,) = read_feed(export(SIMPLE | {"Date sale price ends": ends}))
    assert isinstance(row, Row)
    assert row.price == price


def test_what_is_not_on_sale_is_skipped(read_feed: ReadFeed) -> None:
    events = read_feed(
        export(
            SIMPLE | {"Published": "0"},
            SIMPLE | {"Published": "-1"},
            SIMPLE | {"Visibility in catalog": "hidden"},
            SIMPLE | {"Type": "grouped"},
            PARENT | {"Published": "-1"},
            RED,
        )
    )
    assert [e.reason for e in events if isinstance(e, Skipped)] == [
        "not published",
        "not published",
        "hidden from the catalogue",
        "grouped product",
        "not published",
        "parent not published",
    ]


def test_a_variation_without_parent_is_rejected(read_feed: ReadFeed) -> None:
    (row,) = read_feed(export(RED | {"Parent": "id:99"}))
    assert isinstance(row, Reject)
    assert (row.line, row.value, row.reason, row.sku) == (2, "id:99", "parent not found", "tee-red")


def test_a_german_export(read_feed: ReadFeed) -> None:
    header = (
        "ID,Typ,Artikelnummer,Name,Veröffentlicht,Vorrätig?,Lager,Regulärer Preis,Kategorien,Attribut 1 Name"
    )
    header += ",Attribut 1 Wert(e)"
    (row,) = read_feed(f'{header}\n1,simple,A1,Kleid,1,1,2,"59,90",Damen > Kleider,Farbe,Rot\n')
    assert isinstance(row, Row)
    assert (row.sku, row.price, row.quantity, row.color) == ("A1", 59.9, 2, "Rot")
