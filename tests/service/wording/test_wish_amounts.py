"""Numbers in wishes: their worth, the money and degrees beside them, in digits and words of many languages."""

from __future__ import annotations

import pytest
from babel.numbers import format_decimal
from hypothesis import given, settings
from hypothesis import strategies as st

from service.query.wording.amounts import amounts, digits_as_ascii, parse_number
from service.query.wording.number_words import spelled_numbers


@pytest.mark.parametrize(
    ("language", "text", "value", "currency"),
    [
        ("de", "unter 100 Euro", 100, "EUR"),
        ("en", "£80 tops", 80, "GBP"),
        ("de", "max 200€", 200, "EUR"),
        ("en", "100 bucks", 100, "USD"),
        ("en", "a hundred quid", 100, "GBP"),
        ("ja", "200ユーロ以下", 200, "EUR"),
        ("zh", "300块以内", 300, "CNY"),
        ("ar", "٢٠٠ درهم", 200, "AED"),
        ("de", "1.200,50 €", 1200.5, "EUR"),
        ("en", "1k", 1000, None),
        ("en", "US$ 50", 50, "USD"),
        ("pt", "R$ 1.500", 1500, "BRL"),
        ("fr", "75 000 FCFA", 75000, "XOF"),
        ("es", "90 mil pesos", 90000, "MXN"),
        ("ja", "予算は1万5千円", 15000, "JPY"),
        ("zh", "两千五", 2500, None),
        ("zh", "1千2以内", 1200, None),
        ("de", "höchstens zweihundertfünfzig Euro", 250, "EUR"),
        ("fr", "quatre-vingts euros", 80, "EUR"),
        ("it", "meno di trecento euro", 300, "EUR"),
        ("pl", "dwie stówy", 200, None),
        ("nl", "honderdvijftig euro", 150, "EUR"),
        ("ar", "مية وخمسين ريال", 150, "SAR"),
        ("de", "1'200 Franken", 1200, "CHF"),
    ],
)
def test_an_amount_has_its_worth_and_its_currency(
    language: str, text: str, value: float, currency: str | None
) -> None:
    found = amounts(text, language)
    assert [(a.value, a.currency) for a in found] == [(value, currency)]


def test_currency_and_number_keep_their_places() -> None:
    text = "bitte bis 80 € und keinen Cent mehr"
    (found,) = amounts(text, "de")
    assert text[found.start : found.end] == "80"
    assert text[found.money_start : found.money_end] == "€"


@pytest.mark.parametrize(
    ("language", "text", "celsius"),
    [
        ("en", "-8 degrees", -8),
        ("en", "95F in the shade", 35),
        ("en", "75 degrees", 23.9),
        ("de", "minus 10 Grad", -10),
        ("it", "meno cinque e nevica", -5),
        ("zh", "零下15度", -15),
        ("ja", "マイナス10度", -10),
        ("ar", "٥ درجات", 5),
        ("fr", "12 degrés le matin", 12),
    ],
)
def test_degrees_are_celsius_with_their_sign(language: str, text: str, celsius: float) -> None:
    assert [a.celsius for a in amounts(text, language)] == [celsius]


@pytest.mark.parametrize(
    ("text", "degrees", "years", "percent"),
    [
        ("24 degrees", True, False, False),
        ("7 years old", False, True, False),
        ("3-year-old", False, True, False),
        ("100% cotton", False, False, True),
        ("my 40th birthday", False, False, False),
    ],
)
def test_what_follows_a_number_is_told(text: str, degrees: bool, years: bool, percent: bool) -> None:
    (found,) = amounts(text, "en")
    assert (found.degrees, found.years, found.percent) == (degrees, years, percent)


@pytest.mark.parametrize("text", ["no numbers here", "one of a kind", "", "an apple a day", "!?%€"])
def test_what_is_no_number_is_not_found(text: str) -> None:
    assert amounts(text, "en") == []


def test_a_wide_comma_parts_clauses() -> None:
    assert [a.value for a in amounts("男款，300左右", "zh")] == [300]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(min_value=2, max_value=9_999_999), st.sampled_from(["en", "de", "de_CH", "fr", "es", "pt_BR"])
)
def test_a_number_is_worth_the_same_however_its_language_groups_it(value: int, locale: str) -> None:
    written = format_decimal(value, locale=locale)
    assert [a.value for a in amounts(f"at most {written} please", "en")] == [value]


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=1000, max_value=999_999), st.integers(min_value=1, max_value=99))
def test_cents_are_read_behind_either_mark(whole: int, cents: int) -> None:
    for locale in ("en", "de"):
        written = format_decimal(whole + cents / 100, format="#,##0.00", locale=locale)
        assert parse_number(written) == pytest.approx(whole + cents / 100)


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=0, max_value=10**6))
def test_digits_of_every_script_are_the_same_number(value: int) -> None:
    for zero in ("٠", "۰", "０", "०"):
        other = "".join(chr(ord(zero) + int(d)) for d in str(value))
        assert digits_as_ascii(other) == str(value)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["en", "de", "fr", "pl", "zh", "ja", "ar"]))
def test_any_text_is_read_and_places_lie_within_it(text: str, language: str) -> None:
    for found in amounts(text, language):
        assert 0 <= found.start < found.end <= len(text)
        assert found.value >= 0


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("en", "three hundred and fifty", 350),
        ("en", "two thousand five hundred", 2500),
        ("de", "einundzwanzig", 21),
        ("fr", "quatre-vingt-dix", 90),
        ("es", "doscientos cincuenta", 250),
        ("it", "duecentocinquanta", 250),
        ("pl", "dwadzieścia pięć", 25),
        ("zh", "三百五", 350),
        ("ja", "四千", 4000),
    ],
)
def test_numbers_in_words(language: str, text: str, value: float) -> None:
    assert spelled_numbers(text, language) == [(value, 0, len(text))]
