"""Cents: known by the format, by a column's name, by a second price, or because somebody says so. And lakhs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_feeds import WriteFeed

from indexer.feeds.columns.columns import match_columns
from indexer.feeds.open import open_feed
from indexer.feeds.values.minor_units import exponent, is_whole, named_in_minor_units
from indexer.feeds.values.money import MoneyError, parse_money
from indexer.record import Reject, Row


def prices(path, **options) -> list[float | None]:
    return [row.price for row in open_feed(path, **options).rows() if isinstance(row, Row)]


@pytest.mark.parametrize(
    ("header", "rest"),
    [
        ("price_in_cents", "price"),
        ("Price (cents)", "price"),
        ("Preis in Cent", "preis"),
        ("prix_centimes", "prix"),
        ("unit_amount", "price"),
        ("price_minor_units", "price"),
        ("price", None),
        ("cents", None),
        ("recent", "re"),  # which is no price
    ],
)
def test_a_name_may_say_cents(header: str, rest: str | None) -> None:
    assert named_in_minor_units(header) == rest


@pytest.mark.parametrize(
    ("content", "expected", "note"),
    [
        (
            "sku,title,price_cents\n1,Vest,6500\n2,Tee,999\n",
            [65.0, 9.99],
            "price <- 'price_cents': minor units",
        ),
        ("sku,title,Price (cents)\n1,Vest,6500\n", [65.0], "minor units (cents), by its name"),
        (
            "sku,title,price,price_display\n1,Vest,6500,65.00\n2,Tee,999,9.99\n3,Hat,1250,12.50\n",
            [65.0, 9.99, 12.5],
            "price <- 'price': minor units (cents), for 'price_display' says a hundredth of it",
        ),
        (
            "sku;titel;preis;Preis formatiert\n1;Weste;6500;65,00 €\n2;Hut;1250;12,50 €\n3;Rock;2000;20,00 €\n",
            [65.0, 12.5, 20.0],
            "minor units",
        ),
        (
            "sku,title,price,price_cents\n1,Vest,6500,6500\n2,Tee,999,999\n3,Hat,5,5\n",
            [65.0, 9.99, 0.05],
            "minor",
        ),
        ('{"sku": 1, "title": "Vest", "price": 6500, "price_decimal": 65.0}\n' * 3, [65.0], "a hundredth"),
    ],
)
def test_cents_are_recognised_and_said(
    feed_file: WriteFeed, content: str, expected: list[float], note: str
) -> None:
    path = feed_file(content)
    assert any(note in said for said in open_feed(path).notes)
    assert prices(path)[: len(expected)] == expected


@pytest.mark.parametrize(
    "content",
    [
        "sku,title,price,price_cents\n1,Vest,65.00,6500\n",  # the whole amount is there: it is taken
        "sku,title,price,msrp\n1,Vest,65,80\n2,Tee,65,65\n",
        "sku,title,price,price_per_kg\n1,Vest,65,1\n2,Tee,65,7\n3,Hat,65,0.65\n",  # 1 of 3 is chance
        "sku,title,price,price_old\n1,Vest,65.00,0.65\n2,Tee,65.50,0.655\n3,Hat,65.10,0.651\n",  # no whole numbers
    ],
)
def test_prices_stay_what_they_are_without_a_reason(feed_file: WriteFeed, content: str) -> None:
    path = feed_file(content)
    assert not any("minor units" in note for note in open_feed(path).notes)
    assert prices(path)[0] == 65.0


def test_a_reduced_price_and_a_cost_go_with_the_price(feed_file: WriteFeed) -> None:
    lines = "".join(f"{n},Vest,6500,4900,2000,65.00\n" for n in range(3))
    path = feed_file("sku,title,price,sale_price,cost,price_eur_text\n" + lines)
    row = next(open_feed(path).rows())
    assert isinstance(row, Row)
    assert (row.price, row.cost) == (49.0, 20.0)


def test_somebody_may_say_that_all_prices_are_cents(feed_file: WriteFeed) -> None:
    path = feed_file("sku,title,price,currency\n1,Vest,6500,EUR\n2,Tee,999,JPY\n3,Hat,12.50,EUR\n")
    vest, tee, hat = open_feed(path, minor_units=True).rows()
    assert (vest.price, tee.price) == (65.0, 999.0)
    assert isinstance(hat, Reject)
    assert hat.reason == "price not in minor units"


@pytest.mark.parametrize(("code", "digits"), [("EUR", 2), ("jpy", 0), ("KWD", 3), ("CLF", 4), ("", 2)])
def test_decimals_of_currencies(code: str, digits: int) -> None:
    assert exponent(code) == digits


@given(st.integers(5, 10**8), st.sampled_from(["EUR", "JPY", "KWD", "INR"]))
def test_minor_units_are_exact(minor: int, currency: str) -> None:
    text = f"{minor}"
    assert is_whole(text)
    amount, _ = parse_money(text, currency, in_minor_units=True)
    assert round(amount * 10 ** exponent(currency)) == minor


def grouped(amount: int) -> str:
    """As India writes it: three digits, then two and two."""
    text = str(amount)
    head, tail = text[:-3], text[-3:]
    parts = []
    while head:
        parts.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*parts, tail])


@given(st.integers(1, 10**7), st.sampled_from(["{}", "₹{}", "Rs. {}", "INR {}", "{}/-", "₹ {}.00", "{}.50"]))
def test_indian_grouping_says_the_same_number(amount: int, pattern: str) -> None:
    text = pattern.format(grouped(amount))
    found, _ = parse_money(text, "INR")
    assert found == amount + (0.5 if pattern.endswith(".50") else 0)


@pytest.mark.parametrize("text", ["1,2,345", "1,000,00", "10,0,000", "1,00,00"])
def test_what_groups_in_no_way_is_no_price(text: str) -> None:
    try:
        amount, _ = parse_money(text)
    except MoneyError:
        return
    assert text in ("1,000,00", "1,00,00")
    assert amount < 1001


def test_headers_with_cents_lose_against_whole_amounts() -> None:
    columns = match_columns(["sku", "title", "price_cents", "price", "sale_price_cents"])
    assert columns.sources["price"] == ("price",)
    assert columns.sources["sale_price"] == ("sale_price_cents",)
    assert columns.minor == {"sale_price"}
