"""Records -> rows: numbers, stock, made SKUs, hostile text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.feeds.validate import Defaults, to_row
from indexer.record import FIELDS, Record, Reject, Row

GOOD = {"sku": "A", "title": "Shirt", "price": "10"}


def row_of(**fields: str) -> Row:
    row = to_row(Record(7, GOOD | fields), Defaults("f.csv", "EUR"))
    assert isinstance(row, Row), row
    return row


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"title": " \x00 "}, "title", "title missing"),
        ({"sku": ""}, "sku", "sku missing"),
        ({"sku": "x" * 300}, "sku", "sku too long"),
        ({"price": ""}, "price", "price missing"),
        ({"price": "ask"}, "price", "price not a number"),
        ({"price": "0"}, "price", "price is zero"),
        ({"price": "-1"}, "price", "price negative"),
        ({"currency": "XYZ"}, "currency", "currency unknown"),
        ({"currency": "USD", "price": "10 CHF"}, "currency", "currency contradictory"),
        ({"quantity": "-1"}, "quantity", "quantity negative"),
        ({"quantity": "1.5"}, "quantity", "quantity fractional"),
        ({"quantity": "a few"}, "quantity", "quantity not a number"),
        ({"quantity": "9" * 30}, "quantity", "quantity too large"),
        ({"availability": "perhaps"}, "availability", "availability unknown"),
    ],
)
def test_rejects_name_field_line_and_value_and_keep_the_row(
    fields: dict[str, str], field: str, reason: str
) -> None:
    record = Record(7, GOOD | fields)
    reject = to_row(record, Defaults("f.csv", "EUR"))
    assert isinstance(reject, Reject)
    assert (reject.field, reject.reason, reject.line, reject.file) == (field, reason, 7, "f.csv")
    assert reject.row == record.fields


@pytest.mark.parametrize(
    ("sale", "price"),
    [("8", 8.0), ("12", 10.0), ("0", 10.0), ("soon", 10.0), ("8 USD", 10.0), ("8 EUR", 8.0)],
)
def test_a_valid_lower_sale_price_is_what_the_shopper_pays(sale: str, price: float) -> None:
    assert row_of(sale_price=sale).price == price


def test_a_sale_price_alone_is_a_price() -> None:
    assert row_of(price="", sale_price="8 USD").price == 8.0


@pytest.mark.parametrize(
    ("quantity", "availability", "expected"),
    [
        ("", "", None),
        ("3", "", 3),
        ("3.0", "", 3),
        ("1,200", "", 1200),
        ("10+", "", 10),
        ("", "in stock", None),
        ("5", "In_Stock", 5),
        ("0", "in stock", 0),
        ("5", "sold out", 0),
        ("5", "https://schema.org/OutOfStock", 0),
        ("", "preorder", 0),
        ("", "Auf Lager", None),
        ("", "épuisé", 0),
        ("", "7", 7),
        ("out of stock", "", 0),
        ("yes", "", None),
    ],
)
def test_stock_words_and_counts(quantity: str, availability: str, expected: int | None) -> None:
    assert row_of(quantity=quantity, availability=availability).quantity == expected


def test_a_made_sku_depends_on_group_colour_and_size_alone() -> None:
    row = row_of(sku="", group_id="ocean-shirt", color="Navy Blue", size="XS/S", title="One")
    assert (row.sku, row.sku_given, row.group_id) == ("ocean-shirt-navy-blue-xs-s", False, "ocean-shirt")
    again = row_of(sku="", group_id="ocean-shirt", color="Navy Blue", size="XS/S", title="Two", price="3")
    assert again.sku == row.sku
    assert row_of(sku="", group_id="g", color="赤").sku != row_of(sku="", group_id="g", color="青").sku


def test_an_unpriced_feed_has_rows_without_price() -> None:
    row = to_row(Record(1, {"sku": "A", "title": "t"}), Defaults(priced=False))
    assert isinstance(row, Row)
    assert row.price is None


def test_hostile_addresses_and_hidden_characters_go() -> None:
    row = row_of(url="javascript:alert(1)", image_url="//cdn.test/a.jpg", title="Sh\u202eirt\u200b \x1b[1m")
    assert (row.url, row.image_url, row.title) == ("", "https://cdn.test/a.jpg", "Shirt [1m")


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=30)))
def test_any_record_is_a_whole_row_or_a_reject(fields: dict[str, str]) -> None:
    result = to_row(Record(1, fields), Defaults("f", "EUR"))
    if isinstance(result, Reject):
        assert result.reason
        assert result.row == fields
    else:
        assert result.sku
        assert result.group_id
        assert result.title
        assert result.price is not None
        assert result.price > 0
        assert result.quantity is None or result.quantity >= 0
        result.title.encode("utf-8")
