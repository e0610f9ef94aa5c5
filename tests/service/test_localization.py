"""Answers in the shopper's language: complete catalogues, texts that are English inside, the choice of a language."""

from __future__ import annotations

import copy
import unicodedata
from collections.abc import Iterator
from string import Formatter
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from indexer.taxonomy.kinds import KINDS
from service.db.repositories.outfits import Made
from service.errors import InvalidError
from service.localization.catalogues import LANGUAGES, path_of, spoken
from service.localization.extraction import known
from service.localization.kinds import kind_name
from service.localization.text import (
    DOMAIN,
    FOLDER,
    Said,
    Text,
    begun,
    glued,
    named,
    phrase,
    said,
    series,
)
from service.query.wording.wish_language import surely_in
from service.recommender.localization import tongue, worded
from service.recommender.recommender import StoreRecommender
from service.recommender.replay import replay
from service.schemas.outfits import Outfit, OutfitRequest, OutfitResponse, Unmet

OTHERS = [language for language in LANGUAGES if language != "en"]


@pytest.fixture(scope="module")
def texts() -> list[Message]:
    return [message for message in known() if message.id]


def read(language: str) -> Catalog:
    with path_of(FOLDER, DOMAIN, language).open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def places(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_with_the_same_places(language: str, texts: list[Message]) -> None:
    catalogue = read(language)
    found = {(m.context, m.id) for m in catalogue if m.id}
    assert found == {(m.context, m.id) for m in texts}
    for message in catalogue:
        if message.id:
            assert message.string, (language, message.id)
            assert places(str(message.string)) == places(str(message.id)), (language, message.id)


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_holds_marks_that_nobody_sees(language: str) -> None:
    written = [str(message.string) for message in read(language) if message.id]
    written += [name for kind in KINDS if (name := kind_name(kind, language))]
    assert [text for text in written if any(unicodedata.category(c) in ("Cf", "Cc") for c in text)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_kinds_have_names_without_the_marks_of_the_taxonomy(language: str) -> None:
    names = [kind_name(kind, language) or "" for kind, about in KINDS.items() if about.slot]
    assert sum(bool(name) for name in names) > 0.8 * len(names)
    assert not any(set(name) & set("*~?,\t") for name in names)


def made_texts() -> Iterator[Text]:
    yield phrase("{lead} with {partner}", lead=named("kind", "blazer"), partner=named("kind", "sneakers"))
    yield series([named("color", "black"), named("color", "white")], "and")
    yield glued("vibe: ", phrase("each slot at most once"))
    yield begun(phrase("{slot}: {what}", slot=named("slot", "shoes"), what=phrase("the store carries none")))


@pytest.mark.parametrize("text", list(made_texts()), ids=str)
def test_a_text_is_its_english_to_all_that_handles_it(text: Text) -> None:
    assert said(text, "en") == str(text) == f"{text}"
    again = copy.deepcopy(text)
    assert again == text
    assert again.said("de") == text.said("de") != str(text)
    assert TypeAdapter(Said).dump_json(text) == TypeAdapter(str).dump_json(str(text))
    assert Unmet(constraint="stock", reason=text, hint="").reason is text


@given(st.lists(st.text(), max_size=4), st.sampled_from(list(LANGUAGES)))
def test_no_value_breaks_a_text(values: list[str], language: str) -> None:
    listed = series(values, "comma")
    text = phrase("{slot}: {title} {what}", slot=named("slot", "shoes"), title="{x}", what=listed)
    assert str(text) == f"shoes: {{x}} {', '.join(values)}"
    assert "{x}" in said(text, language)
    assert all(value in said(listed, language) for value in values)


def test_texts_of_several_languages() -> None:
    lead = phrase("{colors} {kind}", colors=named("color", "black"), kind=named("kind", "blazer"))
    text = begun(phrase("{lead} with {partner}", lead=lead, partner=named("kind", "sneakers")))
    assert str(text) == "Black blazer with sneakers"
    assert said(text, "de") == "Blazer in Schwarz, dazu Sneaker"
    assert said(text, "fr") == "Blazer en noir avec baskets"
    assert said(text, "zh") == "黑色西装外套配运动休闲鞋"
    assert said(text, "ja") == "黒のブレザーにスニーカー"
    assert said(text, "ar") == "بليزر باللون الأسود مع حذاء سنيكرز"
    assert said("a title of the feed", "de") == "a title of the feed"
    assert said(named("color", "hunter green"), "de") == "hunter green"


@pytest.mark.parametrize(
    ("header", "wish", "texts", "prices"),
    [
        ("", "etwas Elegantes für die Hochzeit meiner Schwester", "de", "de"),
        ("fr-CA, en;q=0.5", "etwas Elegantes für die Hochzeit meiner Schwester", "fr-CA", "fr-CA"),
        ("sv", "etwas Elegantes für die Hochzeit meiner Schwester", "de", "sv"),
        ("sv, it;q=0.5", "office", "it", "sv"),
        ("en-GB", "屋上のジャズナイトに着ていく服", "en-GB", "en-GB"),
        ("*", "屋上のジャズナイトに着ていく服", "ja", "ja"),
        ("\xff;;q=x", "garden party", "en", "en"),
        ("de;q=0", "gala", "en", "en"),
    ],
)
def test_the_header_wins_then_the_wish(header: str, wish: str, texts: str, prices: str) -> None:
    chosen = tongue(header, wish)
    assert (chosen.texts, chosen.prices) == (texts, prices)
    assert chosen.language == spoken(texts)
    assert chosen.tags == (texts if texts == prices else f"{texts}, {prices}")


@pytest.mark.parametrize(
    "few", ["garden party", "gala", "rooftop jazz", "mob wife", "no skirts", "warmer", "..."]
)
def test_a_few_words_that_may_be_of_any_language_are_taken_for_none(few: str) -> None:
    assert surely_in(few) in (None, "en")


def asked(recommender: StoreRecommender, **body: Any) -> tuple[OutfitRequest, OutfitResponse]:
    request = OutfitRequest.model_validate({"seed": 3, "explain": True, **body})
    return request, recommender.compose(request, "r")


def test_a_german_wish_is_answered_in_german(sample_recommender: StoreRecommender) -> None:
    wish = "etwas Elegantes für das Abendessen mit meiner Frau, bitte nichts in Schwarz"
    request, answer = asked(sample_recommender, vibe=wish, department="men", count=2)
    german = worded(answer, tongue("", wish).language)
    assert [o.id for o in german.outfits] == [o.id for o in answer.outfits]
    for outfit, before in zip(german.outfits, answer.outfits, strict=True):
        assert " with " in before.title
        assert ", dazu " in outfit.title
        assert type(outfit.title) is str
        assert (before.explanation or "").startswith("The ")
        assert (outfit.explanation or "").startswith("Im Mittelpunkt: ")
    known = (answer.composer, answer.style.name, answer.style.digest, answer.index.version, answer.seed)
    for kept in (*german.outfits, *answer.outfits):
        stored = Outfit.model_validate_json(kept.model_dump_json())
        assert replay(Made(stored, request, *known), sample_recommender, "again") is None


def test_what_is_unmet_is_said_in_the_language(sample_recommender: StoreRecommender) -> None:
    _, answer = asked(sample_recommender, vibe="office", department="women", budget={"max": 1.0})
    (unmet, *_) = answer.unmet
    assert unmet.constraint == "budget"
    assert unmet.hint.startswith("raise the budget")
    (german, *_) = worded(answer, "de").unmet
    assert (german.constraint, german.hint[:10]) == ("budget", "das Budget")
    (arabic, *_) = worded(answer, "ar").unmet
    assert arabic.hint.startswith("ارفع الميزانية")


def test_a_problem_names_fields_in_english_and_says_the_rest_in_the_language() -> None:
    error = InvalidError.at("anchors.0", phrase("no item has the SKU {sku!r}", sku="A-1"))
    assert str(error) == error.detail == "anchors.0: no item has the SKU 'A-1'"
    assert said(error.detail, "de") == "anchors.0: kein Artikel hat die Artikelnummer 'A-1'"
