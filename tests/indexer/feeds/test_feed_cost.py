"""What the store paid: read from every format, in the currency of the price, else passed over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_feeds import ReadFeed

from indexer.feeds.columns.columns import match_columns
from indexer.feeds.validate import Defaults, to_row
from indexer.record import Record, Row

GOOGLE_XML = """<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel><item>
<g:id>A</g:id><title>Shirt</title><g:price>40.00 USD</g:price>
<g:cost_of_goods_sold>12.50 USD</g:cost_of_goods_sold></item></channel></rss>"""
GOOGLE_TSV = (
    "id\ttitle\tprice\tcost of goods sold\tavailability\timage link\tgoogle product category\n"
    "A\tShirt\t40.00 USD\t12.50 USD\tin stock\thttps://x.test/a.jpg\t212\n"
)
SHOPIFY = (
    "Handle,Title,Vendor,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price,Cost per item\n"
    "shirt,Shirt,B,Size,M,A,2,40.00,12.50\n"
)
WOO = (
    "ID,Type,SKU,Name,Published,In stock?,Regular price,Parent,Attribute 1 name,Attribute 1 value(s),{column}\n"
    '1,variable,shirt,Shirt,1,1,,,Size,"M, L",12.50\n'
    "2,variation,A,Shirt - M,1,1,40,shirt,Size,M,{own}\n"
)


def cost(text: str, **fields: str) -> float | None:
    row = to_row(
        Record(1, {"sku": "A", "title": "t", "price": "40", "cost_of_goods_sold": text} | fields), Defaults()
    )
    assert isinstance(row, Row)
    assert row.price is not None
    return row.cost


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (GOOGLE_XML, "feed.xml"),
        (GOOGLE_TSV, "feed.tsv"),
        (SHOPIFY, "feed.csv"),
        (WOO.format(column="Meta: _wc_cog_cost", own="12.50"), "feed.csv"),
        (
            WOO.format(column="Cost of goods", own=""),
            "feed.csv",
        ),  # of the product, where the variation has none
        ("sku,title,price,cost\nA,Shirt,40,12.50\n", "feed.csv"),
        ("sku;title;price;Einkaufspreis\nA;Shirt;40;12,50 €\n", "feed.csv"),
        ('{"sku": "A", "title": "Shirt", "price": 40, "cost_of_goods_sold": 12.5}', "feed.jsonl"),
        (
            '{"sku": "P", "title": "Shirt", "price": 40, "sizes": [{"size": "M", "sku": "A", "cost": 12.5}]}',
            "feed.jsonl",
        ),
    ],
)
def test_every_format_may_name_a_cost(read_feed: ReadFeed, content: str, name: str) -> None:
    (row,) = (event for event in read_feed(content, name) if isinstance(event, Row))
    assert (row.sku, row.price, row.cost) == ("A", 40.0, 12.5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", 12.0),
        ("12 EUR", 12.0),
        ("€ 1.250,00", 1250.0),  # above the price: sold at a loss
        ("", None),
        ("n/a", None),
        ("-3", None),
        ("0.00", None),  # what exports write where nobody entered a cost
        ("nan", None),
        ("12 USD", None),
        ("12 EUR USD", None),
    ],
)
def test_what_is_no_cost_is_passed_over_and_the_row_stays(text: str, expected: float | None) -> None:
    assert cost(text) == expected


def test_the_currency_of_a_cost_is_that_of_the_price() -> None:
    assert cost("$12", price="40 USD") == 12.0
    assert cost("12", price="40 USD") == 12.0
    assert cost("12 EUR", price="40 USD") is None


@given(st.text(max_size=20))
def test_no_text_for_a_cost_loses_a_row(text: str) -> None:
    found = cost(text)
    assert found is None or found > 0


@pytest.mark.parametrize(
    ("header", "given", "expected"),
    [
        ("cost", "12", "12"),
        ("Cost (EUR)", "12", "12 EUR"),
        ("cost_usd", "12,50", "12,50 USD"),
        ("cost_usd", "12 EUR", "12 EUR"),
        ("cost_usd", "unknown", "unknown"),
    ],
)
def test_a_header_may_name_the_currency_of_costs(header: str, given: str, expected: str) -> None:
    columns = match_columns(["sku", "title", "price", header])
    assert columns.currency == ""
    for one in (columns, columns.extended(["later"])):
        assert one.apply({header: given}) == {"cost_of_goods_sold": expected}


def test_a_cost_may_be_mapped(read_feed: ReadFeed) -> None:
    (row,) = read_feed("sku,title,price,x\nA,Shirt,40,12\n", mapping=["cost_of_goods_sold=x"])
    assert isinstance(row, Row)
    assert row.cost == 12.0
