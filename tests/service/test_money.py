"""Prices as texts: which language is chosen, how prices read in it, and that nothing else of an answer changes."""

from __future__ import annotations

import pytest
from babel import Locale
from fake_recommender import SHELF, FakeRecommender
from hypothesis import example, given
from hypothesis import strategies as st

from service.recommender.localization import language, localised, localised_item, localised_page, price_text
from service.schemas.catalog import ItemQuery
from service.schemas.outfits import OutfitRequest


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "en"),
        ("de", "de"),
        ("DE-at, en;q=0.8", "de-AT"),
        ("en;q=0.1, fr;q=0.9", "fr"),
        ("xx, tlh-Latn, it;q=0.2", "it"),
        ("de-XX", "de"),
        ("de;q=0, nl", "nl"),
        ("de;q=high, es;q=0.1", "es"),
        ("de;q=0.1;level=1, es;q=0.2", "es"),
        ("fr;q=0.5, de;q=0.5", "fr"),
        ("de, de;q=0, fr;q=0.5", "de"),
        ("*", "en"),
        (";;,,;q=", "en"),
        ("../../etc/passwd", "en"),
    ],
)
def test_the_first_known_language_is_chosen(header: str, expected: str) -> None:
    assert language(header) == expected


@given(st.one_of(st.text(), st.text("adeEnUS-_;q=0.19, *", max_size=60)))
@example("de," * 100_000)
@example("en-" + "a" * 2_000)
def test_any_header_gives_a_language_that_prices_can_be_written_in(header: str) -> None:
    chosen = language(header)
    assert str(Locale.parse(chosen, sep="-")).replace("_", "-") == chosen
    assert price_text(1.5, "EUR", chosen)


@pytest.mark.parametrize(
    ("amount", "currency", "chosen", "text"),
    [
        (59.0, "EUR", "de", "59,00\xa0€"),
        (59.0, "EUR", "en", "€59.00"),
        (1259.5, "EUR", "fr", "1\u202f259,50\xa0€"),
        (1500.0, "JPY", "en", "¥1,500"),
        (10.0, "XYZ", "en", "XYZ10.00"),
        (10.0, "", "de", "10.00"),
        (0.0, "USD", "en", "$0.00"),
        (None, "EUR", "de", None),
    ],
)
def test_prices(amount: float | None, currency: str, chosen: str, text: str | None) -> None:
    assert price_text(amount, currency, chosen) == text


def test_an_answer_gains_texts_and_nothing_else() -> None:
    fake = FakeRecommender([*SHELF, SHELF[0].model_copy(update={"price": None, "slot": "bag"})])
    answer = fake.compose(OutfitRequest(vibe="x", count=2), "r")
    before = answer.model_dump_json()
    german = localised(answer, "de")
    assert answer.model_dump_json() == before  # what is stored
    assert [i.price_text for i in german.outfits[1].items] == ["40,00\xa0€", "60,00\xa0€", "50,00\xa0€", None]
    assert german.outfits[0].total_price_text == "150,00\xa0€"
    for outfit in german.outfits:
        outfit.total_price_text = None
        for item in outfit.items:
            item.price_text = None
    assert german.model_dump_json() == before


def test_items_and_their_sizes_have_texts() -> None:
    item = localised_item(SHELF[0], "en")
    assert (item.price_text, item.variants[0].price_text) == ("€40.00", "€40.00")
    page = localised_page(FakeRecommender().items(ItemQuery()), "de")
    assert [i.price_text for i in page.items] == ["40,00\xa0€", "60,00\xa0€", "50,00\xa0€"]
