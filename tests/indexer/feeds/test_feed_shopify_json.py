"""Shopify's products as JSON: products.json in both shapes, what themes print, and bulk exports in any order."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_feeds import ReadFeed, WriteFeed

from indexer.errors import FeedError
from indexer.feeds.open import open_feed
from indexer.feeds.readers.commerce.nodes import picture
from indexer.feeds.readers.commerce.shopify_json import is_shopify
from indexer.feeds.readers.commerce.shopify_product import shop_product, variant_record
from indexer.record import Reject, Row, Skipped

PRODUCT: dict[str, Any] = {
    "id": 1,
    "title": "Linen <b>Shirt</b> &amp; Tie",
    "handle": "linen-shirt",
    "body_html": "<p>Cool.</p>",
    "published_at": "2026-01-01T00:00:00Z",
    "vendor": "Moss",
    "product_type": "Shirts",
    "tags": ["summer", "gender:women"],
    "variants": [
        {"id": 11, "title": "Red / S", "option1": "Red", "option2": "S", "sku": "A", "available": True},
        {"id": 12, "title": "Red / M", "option1": "Red", "option2": "M", "sku": "B", "available": False},
    ],
    "images": [{"src": "https://x.test/all.jpg"}, {"src": "https://x.test/m.jpg", "variant_ids": [12]}],
    "options": [{"name": "Color", "position": 1}, {"name": "Size", "position": 2}],
}  # fmt: skip
for variant in PRODUCT["variants"]:
    variant["price"] = "65.00"

ROOT = "gid://shopify"
BULK: list[dict[str, Any]] = [
    {"id": f"{ROOT}/Product/1", "title": "Shirt", "handle": "shirt", "vendor": "Moss", "status": "ACTIVE"},
    {
        "id": f"{ROOT}/ProductVariant/11",
        "title": "Red / S",
        "sku": "A",
        "price": "19.50",
        "inventoryQuantity": 3,
        "selectedOptions": [{"name": "Farbe", "value": "Rot"}, {"name": "Größe", "value": "S"}],
        "__parentId": f"{ROOT}/Product/1",
    },
    {
        "id": f"{ROOT}/ProductVariant/12",
        "sku": "B",
        "price": "19.50",
        "inventoryQuantity": 0,
        "inventoryPolicy": "CONTINUE",
        "selectedOptions": [{"name": "Farbe", "value": "Rot"}, {"name": "Größe", "value": "M"}],
        "__parentId": f"{ROOT}/Product/1",
    },
    {
        "id": f"{ROOT}/Metafield/1",
        "namespace": "shopify",
        "key": "fabric",
        "value": '["Linen"]',
        "__parentId": f"{ROOT}/Product/1",
    },
    {
        "id": f"{ROOT}/MediaImage/1",
        "image": {"url": "https://x.test/1.jpg"},
        "__parentId": f"{ROOT}/Product/1",
    },
    {"id": f"{ROOT}/Product/2", "title": "Hat", "handle": "hat", "status": "DRAFT"},
    {"id": f"{ROOT}/ProductVariant/21", "sku": "C", "price": "5.00", "__parentId": f"{ROOT}/Product/2"},
]


def rows(events: list[Any]) -> list[Row]:
    return [event for event in events if isinstance(event, Row)]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"products": [PRODUCT]}),
        json.dumps({"products": [PRODUCT]}, indent=2),
        json.dumps([PRODUCT], indent=2),
        json.dumps(PRODUCT) + "\n",
        json.dumps({"page": {"next": "x]}"}, "products": [PRODUCT]}, indent="\t"),
    ],
)
def test_products_json_in_every_shape(read_feed: ReadFeed, feed_file: WriteFeed, content: str) -> None:
    assert open_feed(feed_file(content)).detection.format == "shopify-json"
    small, medium = rows(read_feed(content))
    assert (small.title, small.description, small.brand) == ("Linen Shirt & Tie", "Cool.", "Moss")
    assert (small.sku, small.group_id, small.color, small.size) == ("A", "linen-shirt", "Red", "S")
    assert (small.price, small.quantity, small.tags) == (65.0, None, ("summer", "gender:women"))
    assert small.department == "women"
    assert (small.image_url, medium.image_url) == ("https://x.test/all.jpg", "https://x.test/m.jpg")
    assert medium.quantity == 0


def test_what_themes_print_is_in_cents_and_the_report_says_so(feed_file: WriteFeed) -> None:
    variants = [{**v, "price": 6500} for v in PRODUCT["variants"]]
    told = {
        **PRODUCT,
        "price_min": 6500,
        "price_varies": False,
        "options": ["Color", "Size"],
        "variants": variants,
    }
    feed = open_feed(feed_file(json.dumps([told])))
    assert any("minor units" in note for note in feed.notes)
    assert [row.price for row in rows(list(feed.rows()))] == [65.0, 65.0]


def test_a_second_price_that_is_a_hundredth_tells_of_cents(feed_file: WriteFeed) -> None:
    second = [{"price": {"amount": "65.00", "currency_code": "USD"}}]
    variants = [
        {**PRODUCT["variants"][0], "price": 6500, "sku": str(n), "presentment_prices": second}
        for n in range(3)
    ]
    feed = open_feed(feed_file(json.dumps([{**PRODUCT, "variants": variants}])))
    assert any("a hundredth of them" in note for note in feed.notes)
    assert {(row.price, row.currency) for row in rows(list(feed.rows()))} == {(65.0, "USD")}


@pytest.mark.parametrize(
    ("options", "values"),
    [
        ([{"name": "Title"}], ["Red / S", "Red / M"]),
        ([{"name": "Variant"}], ["S / Red", "M / Red"]),
        ([], ["Red / S", "Red / M"]),
        (None, [None, None]),
    ],
)
def test_sizes_hidden_in_variant_titles_are_found_and_said(
    feed_file: WriteFeed, options: Any, values: list[Any]
) -> None:
    variants = [
        {**v, "option1": value, "option2": None} for v, value in zip(PRODUCT["variants"], values, strict=True)
    ]
    feed = open_feed(
        feed_file(json.dumps([{**PRODUCT, "options": options, "variants": variants}])), "shopify-json"
    )
    remarks: Counter[str] = Counter()
    found = rows(list(feed.rows(remarks)))
    assert [(row.size, row.color, row.title) for row in found] == [
        ("S", "Red", "Linen Shirt & Tie"),
        ("M", "Red", "Linen Shirt & Tie"),
    ]
    assert remarks == {"the size was read out of a title": 2}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "draft"}, "status draft"),
        ({"status": "ARCHIVED"}, "status archived"),
        ({"published_at": None}, "not published"),
    ],
)
def test_what_is_not_for_sale_is_skipped(read_feed: ReadFeed, change: dict[str, Any], reason: str) -> None:
    (event,) = read_feed(json.dumps([{**PRODUCT, **change}]))
    assert isinstance(event, Skipped)
    assert event.reason == reason


@pytest.mark.parametrize("seed", range(5))
def test_a_bulk_export_is_read_in_any_order(read_feed: ReadFeed, seed: int) -> None:
    lines = BULK.copy()
    random.Random(seed).shuffle(lines)
    events = read_feed("\n".join(map(json.dumps, lines)))
    assert len(events) == len(BULK)
    small, medium = sorted(rows(events), key=lambda row: row.sku)
    assert (small.title, small.group_id, small.color, small.size) == ("Shirt", "shirt", "Rot", "S")
    assert (small.price, small.quantity, small.material) == (19.5, 3, "Linen")
    assert small.image_url == "https://x.test/1.jpg"
    assert (medium.size, medium.quantity) == ("M", None)  # may be oversold
    assert sorted(e.reason for e in events if isinstance(e, Skipped)) == [
        "no product or variant",
        "no product or variant",
        "parent of variations",
        "status draft",
        "status draft",
    ]


def test_a_variant_without_its_product_is_rejected_with_its_line(read_feed: ReadFeed) -> None:
    lines = [*BULK, {"id": f"{ROOT}/ProductVariant/9", "sku": "Z", "__parentId": f"{ROOT}/Product/404"}]
    (reject,) = (e for e in read_feed("\n".join(map(json.dumps, lines))) if isinstance(e, Reject))
    assert (reject.line, reject.reason, reject.sku) == (len(lines), "parent not found", "Z")


def test_products_with_their_variants_inside_need_no_lines_for_them(read_feed: ReadFeed) -> None:
    variant = {k: v for k, v in BULK[1].items() if k != "__parentId"}
    nested = {**BULK[0], "variants": {"edges": [{"node": variant}]}}
    (row,) = rows(read_feed(json.dumps([nested])))
    assert (row.sku, row.size) == ("A", "S")


def test_a_product_without_variants_stands_for_itself(read_feed: ReadFeed) -> None:
    lowest = {"minVariantPrice": {"amount": "12.0", "currencyCode": "GBP"}}
    (row,) = rows(read_feed(json.dumps({**BULK[0], "priceRangeV2": lowest})))
    assert (row.title, row.price, row.currency, row.sku) == ("Shirt", 12.0, "GBP", "shirt")


def test_what_is_not_shopifys_says_what_its_keys_are(feed_file: WriteFeed) -> None:
    with pytest.raises(
        FeedError, match=r"no Shopify products: .* the keys are sku, name\. .* --format jsonl"
    ):
        open_feed(feed_file('{"sku": 1, "name": "x"}'), "shopify-json")


KEYS = (
    "id title handle variants edges node options name value price amount tags images src sku option1 image key"
    " namespace selectedOptions inventoryItem tracked priceRangeV2 minVariantPrice metafields __parentId"
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS.split()), inner, max_size=5)
    ),
    max_leaves=25,
)


@given(JSON)
def test_no_json_makes_a_reader_stumble(value: Any) -> None:
    product = value if isinstance(value, dict) else {"variants": value, "images": value}
    is_shopify(product)
    shared = shop_product(product)
    record = variant_record(1, product, shared)
    assert all(isinstance(text, str) and text for text in record.fields.values())
    assert isinstance(picture(value), str)
