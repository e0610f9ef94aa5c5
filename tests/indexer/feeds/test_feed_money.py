"""Price texts as shops write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.feeds.values.money import MAX_AMOUNT, MoneyError, parse_money


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("59", 59.0, None),
        ("59.00", 59.0, None),
        ("59,00 EUR", 59.0, "EUR"),
        ("€59.00", 59.0, "EUR"),
        ("1.299,00 €", 1299.0, "EUR"),
        ("1,299.00", 1299.0, None),
        ("1.299", 1299.0, None),
        ("1,299", 1299.0, None),
        ("12,5", 12.5, None),
        ("0.125", 0.125, None),
        (".99", 0.99, None),
        ("CHF 1'299.-", 1299.0, "CHF"),
        ("CHF 1’299.–", 1299.0, "CHF"),
        ("59,- €", 59.0, "EUR"),
        ("1 299,90 zł", 1299.9, "PLN"),
        ("1\u202f299,90\xa0€", 1299.9, "EUR"),
        ("US$ 12", 12.0, "USD"),
        ("$12", 12.0, "USD"),
        ("$12 CAD", 12.0, "CAD"),
        ("Rs. 1,250", 1250.0, "INR"),
        ("Rs.500", 500.0, "INR"),
        ("12.50 eur", 12.5, "EUR"),
        ("1.234.567,5 Ft", 1234567.5, "HUF"),
    ],
)
def test_prices_of_many_countries(text: str, amount: float, currency: str | None) -> None:
    parsed, named = parse_money(text)
    assert parsed == pytest.approx(amount)
    assert named == currency


def test_a_shared_sign_means_the_shops_own_currency() -> None:
    assert parse_money("$12", home="CAD") == (12.0, "CAD")
    assert parse_money("120 kr", home="DKK") == (120.0, "DKK")
    assert parse_money("$12", home="EUR") == (12.0, "USD")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "price missing"),
        ("  ", "price missing"),
        ("-5", "price negative"),
        ("€ -5.00", "price negative"),
        ("−5 €", "price negative"),
        ("0", "price is zero"),
        ("0,00 €", "price is zero"),
        ("nan", "price not a number"),
        ("-inf", "price not a number"),
        ("on request", "price not a number"),
        ("from 12 €", "price not a number"),
        ("12-15", "price not a number"),
        ("2024-01-31", "price not a number"),
        ("1,2,3", "price not a number"),
        ("1.29,00.5", "price not a number"),
        ("1e5", "price not a number"),
        ("12 XYZ", "currency unknown"),
        ("€12 USD", "currency contradictory"),
        ("999999999999", "price too large"),
        ("9" * 1000, "price too large"),
    ],
)
def test_what_is_no_price_says_why(text: str, reason: str) -> None:
    with pytest.raises(MoneyError, match=f"^{reason}$"):
        parse_money(text)


@given(st.text(max_size=40) | st.from_regex(r"[-+€$ ]{0,3}[0-9.,' ]{1,12}[ A-Z€]{0,4}", fullmatch=True))
def test_any_text_is_a_sane_amount_or_a_money_error(text: str) -> None:
    try:
        amount, currency = parse_money(text)
    except MoneyError:
        return
    assert 0 < amount <= MAX_AMOUNT
    assert currency is None or (len(currency) == 3 and currency.isupper())


@given(cents=st.integers(min_value=1, max_value=99_999_999))
def test_every_amount_survives_each_way_of_writing_it(cents: int) -> None:
    plain = f"{cents // 100}.{cents % 100:02d}"
    english = f"{cents / 100:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    swiss = english.replace(",", "'")
    for text in (plain, english, german, swiss, f"{german} €", f"CHF {swiss}"):
        assert parse_money(text)[0] == pytest.approx(cents / 100)
