"""Whole wishes, read by the reader that is shipped: what it must get right, in every language."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.query.intent import FIELDS, WishReading
from service.query.reader import WishReader
from service.query.wording.wish_language import LANGUAGES

READER = WishReader(["Calzavera", "Zara", "H&M"])


def said(text: str) -> set[tuple[str, str | float | bool]]:
    return {(m.field, m.value) for m in READER.read(text).mentions}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "in navy, no skirts, under 100 euros",
            {
                ("include.colors", "navy"),
                ("exclude.kinds", "skirt"),
                ("budget.max", 100.0),
                ("budget.currency", "EUR"),
            },
        ),
        ("I hate heels", {("exclude.attributes", "heel")}),
        ("heels? not in a hundred years", {("exclude.attributes", "heel")}),
        (
            "black leather jacket and jeans",
            {
                ("include.colors", "black"),
                ("include.kinds", "leather-jacket"),
                ("include.materials", "leather"),
                ("include.kinds", "jeans"),
            },
        ),
        ("a Calzavera bag", {("include.brands", "Calzavera"), ("include.kinds", "bag")}),
        ("nothing from Zara", {("exclude.brands", "Zara")}),
        ("vegan, max 200€", {("attributes", "vegan"), ("budget.max", 200.0), ("budget.currency", "EUR")}),
        ("not leather but suede", {("exclude.materials", "leather"), ("include.materials", "suede")}),
        ("only a top and shoes, nothing else", {("slots", "top"), ("slots", "shoes")}),
        ("size M please", {("sizes", "M")}),
        ("für meinen Mann, keine Krawatte", {("department", "men"), ("exclude.kinds", "tie")}),
        (
            "keine Röcke, unter 80 Euro",
            {("exclude.kinds", "skirt"), ("budget.max", 80.0), ("budget.currency", "EUR")},
        ),
        ("taille 38, sans cuir", {("sizes", "38"), ("exclude.materials", "leather")}),
        ("per mio marito, niente jeans", {("department", "men"), ("exclude.kinds", "jeans")}),
        ("dla mojego męża, bez krawata", {("department", "men"), ("exclude.kinds", "tie")}),
        (
            "不要高跟鞋，预算500块",
            {("exclude.attributes", "heel"), ("budget.max", 500.0), ("budget.currency", "CNY")},
        ),
        (
            "スカートは嫌です、1万円以下",
            {("exclude.kinds", "skirt"), ("budget.max", 10000.0), ("budget.currency", "JPY")},
        ),
        (
            "بدون كعب، أقل من ٢٠٠ درهم",
            {("exclude.attributes", "heel"), ("budget.max", 200.0), ("budget.currency", "AED")},
        ),
        ("my mother's birthday", set()),
        ("lost in translation", set()),
    ],
)
def test_a_wish_is_read(text: str, expected: set[tuple[str, str | float | bool]]) -> None:
    found = said(text)
    assert expected <= found
    # "No heels" may rule out the kind beside the attribute, and jeans their denim.
    assert len(found) <= len(expected) + 1 if expected else not found


def test_what_is_not_read_of_a_demand_is_named() -> None:
    reading = READER.read("anything but a dress")
    assert reading.unread == ("dress",) or reading.of_field("exclude.kinds")


@pytest.mark.parametrize(
    "text", ["black tie gala", "the Golden Gate bridge at sunrise", "cream tea with the vicar"]
)
def test_words_that_only_look_like_constraints_are_none(text: str) -> None:
    assert said(text) == set()


def test_what_the_shopper_owns_is_dressed_around() -> None:
    reading = READER.read("rooftop jazz night, no heels, with my red boots, under 200")
    (own,) = reading.of_field("own")
    assert (own.text, own.value) == ("red boots", "red boots")
    assert ("include.kinds", "boots") not in {(m.field, m.value) for m in reading.mentions}


def test_colours_know_their_garments() -> None:
    reading = READER.read("a red coat, black boots and a green scarf")
    pairs = {m.value: reading.mentions[m.of].value for m in reading.mentions if m.of is not None}
    assert pairs == {"red": "coat", "black": "boots", "green": "scarf"}


def test_what_cannot_be_read_is_named() -> None:
    assert any("kebaya" in phrase for phrase in READER.read("a kebaya for the wedding please").unread)
    assert any("neon" in phrase for phrase in READER.read("nothing neon please").unread)


def test_an_empty_wish_reads_as_nothing() -> None:
    assert READER.read("") == WishReading()
    assert READER.read("   \n") == WishReading()
    assert READER.read("✨🪩✨").mentions == ()


def test_threads_share_a_reader() -> None:
    wishes = ["no heels", "in navy, under 80 euros", "für meinen Mann", "スカートは嫌です"] * 6
    alone = [READER.read(w) for w in wishes]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(READER.read, wishes)) == alone


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120))
def test_any_text_is_read_and_evidence_stands_where_it_says(text: str) -> None:
    reading = READER.read(text)
    assert reading.language in LANGUAGES
    for mention in reading.mentions:
        assert mention.field in FIELDS
        assert text[mention.start : mention.end] == mention.text
        assert mention.of is None or 0 <= mention.of < len(reading.mentions)
    assert all(phrase in text for phrase in reading.unread)


def test_a_long_text_is_read_from_its_beginning() -> None:
    assert ("exclude.kinds", "skirt") in said("no skirts please. " + "la la la " * 2000)


def test_reading_imports_no_torch() -> None:
    code = "import sys, service.query.reader as r; r.WishReader(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
