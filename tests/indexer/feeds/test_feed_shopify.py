"""Shopify's product export, old and new headers."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

import pytest
from reading_feeds import Events, ReadFeed

from indexer.record import Reject, Row, Skipped

_COLUMNS = (
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,"
    "Option2 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,"
    "Image Src,Gift Card,Google Shopping / Gender,Google Shopping / Age Group,Variant Image,Status,"
    "Stoff (product.metafields.shopify.fabric)"
)
HEADER = _COLUMNS.split(",")


def export(*rows: Mapping[str, str], header: list[str] = HEADER) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, header)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def rows_of(events: Events) -> list[Row]:
    return [event for event in events if isinstance(event, Row)]


FIRST = {
    "Handle": "sophie-top", "Title": "Sophie Top", "Body (HTML)": "<p>Sporty&nbsp;top.<br>Lined.</p>", "Vendor": "B",
    "Product Category": "Apparel > Swimwear", "Type": "Swimwear", "Tags": "basic, tops", "Published": "true",
    "Option1 Name": "Größe", "Option1 Value": "S", "Option2 Name": "COLOR", "Option2 Value": "BLACK",
    "Variant SKU": "S1", "Variant Inventory Tracker": "shopify", "Variant Inventory Qty": "2",
    "Variant Inventory Policy": "deny", "Variant Price": "89.00", "Google Shopping / Gender": "female",
    "Google Shopping / Age Group": "adult", "Status": "active",
    "Stoff (product.metafields.shopify.fabric)": "lycra; samt",
}  # fmt: skip
LATER = {
    "Handle": "sophie-top", "Option1 Value": "M", "Option2 Value": "WHITE", "Variant Inventory Tracker": "shopify",
    "Variant Inventory Qty": "0", "Variant Inventory Policy": "deny", "Variant Price": "99.00",
    "Variant Image": "https://x.test/white.jpg",
}  # fmt: skip
IMAGE = {"Handle": "sophie-top", "Image Src": "https://x.test/1.jpg"}


def test_later_rows_inherit_the_product_and_its_image(read_feed: ReadFeed) -> None:
    events = read_feed(export(FIRST, LATER, IMAGE))
    first, later = rows_of(events)
    assert events[2] == Skipped(4, "image only", file=first.file)
    assert (first.sku, first.size, first.color, first.price, first.quantity) == ("S1", "S", "BLACK", 89.0, 2)
    assert first.description == "Sporty top.\nLined."
    assert (first.material, first.department, first.tags) == (
        "lycra, samt",
        "female adult",
        ("basic", "tops"),
    )
    assert first.image_url == "https://x.test/1.jpg"
    assert (later.title, later.brand, later.category) == ("Sophie Top", "B", "Apparel > Swimwear")
    assert (later.sku, later.sku_given, later.group_id) == ("sophie-top-white-m", False, "sophie-top")
    assert (later.size, later.color, later.price, later.quantity) == ("M", "WHITE", 99.0, 0)
    assert later.image_url == "https://x.test/white.jpg"


def test_default_title_is_no_size(read_feed: ReadFeed) -> None:
    (row,) = rows_of(read_feed(export(FIRST | {"Option1 Name": "Title", "Option1 Value": "Default Title"})))
    assert (row.size, row.color) == ("", "BLACK")


def test_unknown_options_keep_variants_apart(read_feed: ReadFeed) -> None:
    options = {"Option1 Name": "Size", "Option1 Value": "M", "Option2 Name": "Length", "Option2 Value": "32"}
    (row,) = rows_of(read_feed(export(FIRST | options)))
    assert row.size == "M / 32"


@pytest.mark.parametrize(
    ("cells", "quantity"),
    [
        ({"Variant Inventory Qty": "0"}, 0),
        ({"Variant Inventory Qty": "-3"}, 0),
        ({"Variant Inventory Qty": "-3", "Variant Inventory Policy": "continue"}, None),
        ({"Variant Inventory Qty": "0", "Variant Inventory Tracker": ""}, None),
        ({"Variant Inventory Qty": "4", "Variant Inventory Tracker": ""}, 4),
        ({"Variant Inventory Qty": ""}, None),
    ],
)
def test_stock_as_the_shop_sells_it(read_feed: ReadFeed, cells: dict[str, str], quantity: int | None) -> None:
    (row,) = rows_of(read_feed(export(FIRST | cells)))
    assert row.quantity == quantity


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"Published": "false"}, "not published"),
        ({"Status": "draft"}, "status draft"),
        ({"Status": "archived"}, None),
    ],
)
def test_what_is_not_on_sale_is_skipped_with_all_its_rows(
    read_feed: ReadFeed, cells: dict[str, str], reason: str | None
) -> None:
    events = read_feed(export(FIRST | cells, LATER, IMAGE))
    assert all(isinstance(event, Skipped) for event in events)
    assert [event.line for event in events] == [2, 3, 4]
    assert {event.reason for event in events if isinstance(event, Skipped)} == {reason or "status archived"}


def test_gift_cards_pass_with_their_type(read_feed: ReadFeed) -> None:
    (row,) = rows_of(read_feed(export(FIRST | {"Type": "", "Gift Card": "true"})))
    assert row.product_type == "Gift Card"


def test_inventory_columns_may_be_absent(read_feed: ReadFeed) -> None:
    header = [name for name in HEADER if "Inventory" not in name]
    (row,) = rows_of(read_feed(export({k: v for k, v in FIRST.items() if k in header}, header=header)))
    assert row.quantity is None


def test_a_row_without_handle_or_price_is_rejected(read_feed: ReadFeed) -> None:
    lost, unpriced = read_feed(export(FIRST | {"Handle": ""}, FIRST | {"Handle": "h", "Variant Price": ""}))
    assert isinstance(lost, Reject)
    assert (lost.line, lost.reason, lost.sku, lost.row["Title"]) == (2, "handle missing", "S1", "Sophie Top")
    assert isinstance(unpriced, Reject)
    assert (unpriced.line, unpriced.reason) == (3, "price missing")


def test_the_newer_header(read_feed: ReadFeed) -> None:
    header = (
        "Title,URL handle,Description,Vendor,Type,Published on online store,Status,SKU,Option1 name,Option1 value,"
        "Price,Inventory tracker,Inventory quantity,Continue selling when out of stock,Product image URL"
    )
    line = "Tee,tee,Soft,V,Shirts,TRUE,Active,T-1,Taille,38,12.50,shopify,0,TRUE,https://x.test/t.jpg"
    (row,) = rows_of(read_feed(f"{header}\n{line}\n"))
    assert (row.sku, row.group_id, row.size, row.price, row.quantity) == ("T-1", "tee", "38", 12.5, None)
