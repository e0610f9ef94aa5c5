"""The shopping protocols of agents: prices in minor units, titles of products and never of variants."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_feeds import ReadFeed, WriteFeed

from indexer.errors import FeedError
from indexer.feeds.open import open_feed
from indexer.feeds.readers.commerce.protocol import protocol_of
from indexer.record import Reject, Row


def acp(**changes: Any) -> dict[str, Any]:
    variant = {
        "id": "tee-red-s",
        "title": "Classic Tee - Red / Small",
        "price": {"amount": 1999, "currency": "USD"},
        "availability": {"available": True, "status": "in_stock"},
        "variant_options": [{"name": "Color", "value": "Red"}, {"name": "Size", "value": "Small"}],
        "categories": [
            {"value": "Apparel > Shirts", "taxonomy": "google_product_category"},
            {"value": "Tees", "taxonomy": "merchant"},
        ],
        "media": [{"type": "video", "url": "https://x.test/v.mp4"}, {"type": "image", "url": "https://x.test/i.jpg"}],
        "seller": {"name": "Moss"},
    } | changes  # fmt: skip
    return {"id": "tee", "title": "Classic Tee", "description": {"plain": "Soft."}, "variants": [variant]}


def ucp(**changes: Any) -> dict[str, Any]:
    variant = {
        "id": "gid://moss/v/1",
        "sku": "TEE-S",
        "title": "Red / Small",
        "description": {"plain": "x"},
        "price": {"amount": 1999, "currency": "USD"},
        "availability": {"available": True},
        "options": [{"name": "Color", "label": "Red"}, {"name": "Size", "label": "Small"}],
    } | changes
    return {
        "id": "gid://moss/p/1",
        "title": "Classic <i>Tee</i>",
        "description": {"html": "<p>Soft.</p>"},
        "price_range": {"min": variant["price"], "max": variant["price"]},
        "tags": ["basic"],
        "metadata": {"brand": "Moss", "gender": "Women", "material": "Cotton"},
        "variants": [variant],
    }


def only(events: list[Any]) -> Row:
    (row,) = events
    assert isinstance(row, Row), row
    return row


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(acp()),
        json.dumps({"products": [acp()]}, indent=2),
        json.dumps([acp()]),
        json.dumps({"products": [acp()]}) + "\n",
    ],
)
def test_an_acp_feed(read_feed: ReadFeed, feed_file: WriteFeed, content: str) -> None:
    feed = open_feed(feed_file(content))
    assert feed.detection.format == "acp"
    assert any("minor units" in note for note in feed.notes)
    row = only(read_feed(content))
    assert (row.title, row.color, row.size) == ("Classic Tee", "Red", "Small")
    assert (row.price, row.currency, row.quantity) == (19.99, "USD", None)
    assert (row.sku, row.group_id, row.brand) == ("tee-red-s", "tee", "Moss")
    assert (row.category, row.product_type) == ("Apparel > Shirts", "Tees")
    assert row.image_url == "https://x.test/i.jpg"


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"ucp": {"version": "2026-08", "capabilities": [{}]}, "products": [ucp()]}, indent=1),
        json.dumps({"ucp": {}, "products": [ucp()]}) + "\n",
        json.dumps([ucp()]),
    ],
)
def test_a_ucp_catalogue(read_feed: ReadFeed, feed_file: WriteFeed, content: str) -> None:
    assert open_feed(feed_file(content)).detection.format == "ucp"
    row = only(read_feed(content))
    assert (row.title, row.color, row.size, row.sku) == ("Classic Tee", "Red", "Small", "TEE-S")
    assert (row.price, row.brand, row.department, row.material) == (19.99, "Moss", "Women", "Cotton")
    assert (row.description, row.tags) == ("Soft.", ("basic",))


def test_pages_of_a_catalogue_one_after_another(read_feed: ReadFeed) -> None:
    pages = [{"ucp": {}, "products": [ucp(sku=f"S{n}", title=f"Red / {n}")]} for n in range(3)]
    events = read_feed("\n".join(map(json.dumps, pages)))
    assert [(e.sku, e.line) for e in events if isinstance(e, Row)] == [("S0", 1), ("S1", 2), ("S2", 3)]


@pytest.mark.parametrize(
    ("amount", "currency", "price"),
    [
        (1999, "EUR", 19.99),
        (1999, "JPY", 1999.0),
        (1999, "KWD", 1.999),
        (350000, "VND", 350000.0),
        (5, "USD", 0.05),
    ],
)
def test_minor_units_are_those_of_the_currency(
    read_feed: ReadFeed, amount: int, currency: str, price: float
) -> None:
    for product in (acp, ucp):
        row = only(read_feed(json.dumps(product(price={"amount": amount, "currency": currency}))))
        assert (row.price, row.currency) == (pytest.approx(price), currency)


def test_a_price_with_decimals_is_no_count_of_cents(feed_file: WriteFeed) -> None:
    feed = open_feed(feed_file(json.dumps(acp(price={"amount": 19.99, "currency": "USD"}))))
    assert feed.hints == ("prices with decimals are no minor units: read the file with --format jsonl",)
    (reject,) = feed.rows()
    assert isinstance(reject, Reject)
    assert (reject.reason, reject.value) == ("price not in minor units", "19.99")


def test_without_options_the_title_tells_the_size(read_feed: ReadFeed) -> None:
    row = only(read_feed(json.dumps(acp(variant_options=None))))
    assert (row.title, row.color, row.size) == ("Classic Tee", "Red", "Small")


def test_a_product_without_a_title_has_its_variants_without_their_options(read_feed: ReadFeed) -> None:
    product = {k: v for k, v in acp().items() if k != "title"}
    assert only(read_feed(json.dumps(product))).title == "Classic Tee"
    nameless = {k: v for k, v in acp(title="Red / Small").items() if k != "title"}
    (reject,) = read_feed(json.dumps(nameless))
    assert isinstance(reject, Reject)
    assert reject.reason == "title missing"


@pytest.mark.parametrize(
    ("told", "quantity"),
    [
        ({"available": False}, 0),
        ({"status": "out_of_stock"}, 0),
        ({"available": True, "status": "discontinued"}, 0),
        ({"status": "limited_stock"}, None),
        ({"status": "preorder"}, 0),
        ({}, None),
    ],
)
def test_availability(read_feed: ReadFeed, told: dict[str, Any], quantity: int | None) -> None:
    assert only(read_feed(json.dumps(acp(availability=told)))).quantity == quantity


@pytest.mark.parametrize(
    "product",
    [
        {"id": 1, "title": "Tee", "variants": [{"size": "S", "sku": "a", "price": 5}]},
        {"id": 1, "title": "Tee", "variants": [{"id": 1, "title": "S", "price": 5}]},
        {"id": 1, "title": "Tee", "price": 5},
        {"id": 1, "title": "Tee", "vendor": "x", "variants": [{"id": 1, "title": "S", "sku": "a"}]},
    ],
)
def test_what_is_no_protocols_stays_json(feed_file: WriteFeed, product: dict[str, Any]) -> None:
    assert open_feed(feed_file(json.dumps(product))).detection.format == "jsonl"


def test_a_feed_of_another_shape_says_what_its_keys_are(feed_file: WriteFeed) -> None:
    path = feed_file('{"sku": 1, "name": "x"}')
    for name in ("acp", "ucp"):
        with pytest.raises(
            FeedError, match=r"none of the first objects has variants; the keys are sku, name"
        ):
            open_feed(path, name)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**6) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(acp()["variants"][0])), VALUES, max_size=4))
def test_no_value_makes_the_reader_stumble(changes: dict[str, Any]) -> None:
    from indexer.feeds.readers.commerce.protocol import _events

    for product in (acp(**changes), ucp(**changes)):
        protocol_of(product)
        (event,) = _events(1, product)
        assert all(isinstance(text, str) and text for text in event.fields.values())
