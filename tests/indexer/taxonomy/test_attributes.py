"""Attributes: the feed's field first, then words, then the kind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.item import DEPARTMENTS, SEASONS
from indexer.record import Row
from indexer.taxonomy.attributes import (
    colors,
    department,
    formality,
    kids_line,
    material,
    pattern,
    read_attributes,
    seasons,
    warmth,
)
from indexer.taxonomy.departments import is_known
from indexer.taxonomy.fabrics import materials
from indexer.taxonomy.kinds import KINDS


def row(title: str = "Thing", **fields: object) -> Row:
    base = Row("f.csv", 2, "S1", True, "G1", title, 10.0, "EUR", None)
    return Row(**{**{n: getattr(base, n) for n in Row.__slots__}, **fields})


@pytest.mark.parametrize(
    ("given_color", "expected"),
    [
        ("Navy", ("navy",)),
        ("bleu marine", ("navy",)),
        ("Schwarz", ("black",)),
        ("Charcoal", ("charcoal",)),
        ("écru", ("off-white",)),
        ("Rosso", ("red",)),
        ("Off-White", ("off-white",)),
        ("OFF WHITE", ("off-white",)),
        ("Multi", ("multicolor",)),
        ("Rose Gold", ("rose gold",)),
        ("Orange", ("orange",)),
        ("Black/White", ("black", "white")),
        ("Blanc et noir", ("white", "black")),
        ("Grey Melange", ("grey",)),
        ("Nordic  Fjord", ("nordic fjord",)),
        ("Red, Blue, Green, Yellow", ("red", "blue", "green", "yellow")),
    ],
)
def test_colours_of_the_field(given_color: str, expected: tuple[str, ...]) -> None:
    assert colors(row(color=given_color)) == (expected, False)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Navy Wool Coat", ("navy",)),
        ("Orange Skull - Blue Hoodie", ("blue",)),
        ("Black & White Striped Shirt", ("black", "white")),
        ("Rose Cardigan", ("pink",)),
        ("Orange Is The New Club Tee", ()),
        ("Robe noire", ("black",)),
        ("Linen Shirt", ()),
    ],
)
def test_colours_of_a_title_are_taken_with_care(title: str, expected: tuple[str, ...]) -> None:
    assert colors(row(title)) == (expected, bool(expected))


@pytest.mark.parametrize("nothing", ["", "N/A", "-", "#00ff00", "Default Title"])
def test_a_colour_field_that_says_nothing(nothing: str) -> None:
    assert colors(row("Red Scarf", color=nothing)) == (("red",), True)


@pytest.mark.parametrize(
    ("field", "expected", "line"),
    [
        ("female", "women", ""),
        ("Herren", "men", ""),
        ("Donna", "women", ""),
        ("unisex adult", "unisex", ""),
        ("male female", "unisex", ""),
        ("kids girls", "kids", "girls"),
        ("female kids", "kids", "girls"),
        ("Jungen", "kids", "boys"),
        ("Kinder", "kids", ""),
        ("male newborn", "kids", "boys"),
    ],
)
def test_department_of_the_field(field: str, expected: str, line: str) -> None:
    product = row("Baby Alpaca Shirt Lady", department=field)
    found = department(product, KINDS["shirt"])
    assert found == (expected, False)
    if line:
        assert kids_line(product, found[0]) == (line, False)


@pytest.mark.parametrize(
    ("title", "kind", "expected"),
    [
        ("Men's Gown", "evening-gown", "men"),
        ("Silk Gown", "evening-gown", "women"),
        ("Wool Scarf", "scarf", "unisex"),
        ("Boyfriend Jeans", "jeans", "unisex"),
        ("Mom Jeans Damen", "jeans", "women"),
        ("Boys Hoodie", "hoodie", "kids"),
    ],
)
def test_department_without_a_field(title: str, kind: str, expected: str) -> None:
    assert department(row(title), KINDS[kind]) == (expected, True)


def test_unisex_says_nothing_of_age() -> None:
    assert department(row("Kids Canvas Shoes", department="unisex"), KINDS["shoes"]) == ("kids", True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("60% Cotton, 40% Polyester", "cotton"),
        ("Polyester 70%, Baumwolle 30%", "polyester"),
        ("Laine mérinos", "wool"),
        ("Vegan Leather", "faux leather"),
        ("Unobtainium", "unobtainium"),
    ],
)
def test_material_of_the_field(text: str, expected: str) -> None:
    assert material(row(material=text)) == (expected, False)


def test_material_of_words() -> None:
    assert material(row("Faux Fur Coat")) == ("faux fur", True)
    assert material(row(description="Outer 80% linen, 20% viscose.")) == ("linen", True)
    assert material(row(description="Goes well with a leather belt.")) == ("", False)


def test_pattern() -> None:
    assert pattern(row(pattern="Karo")) == ("checked", False)
    assert pattern(row("Floral Printed Dress")) == ("floral", True)
    assert pattern(row("Blue Shirt")) == ("", False)


@pytest.mark.parametrize(
    ("given_season", "expected"),
    [
        ("Summer", ("summer",)),
        ("Herbst", ("autumn",)),
        ("fall", ("autumn",)),
        ("AW24", ("autumn", "winter")),
        ("SS 2025", ("spring", "summer")),
        ("Spring/Summer", ("spring", "summer")),
        ("Winter, Spring", ("spring", "winter")),
        ("all season", ()),
    ],
)
def test_seasons_of_the_field(given_season: str, expected: tuple[str, ...]) -> None:
    assert seasons(row(season=given_season), KINDS["parka"]) == (expected, False)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("snow-boots", ("winter",)),
        ("bikini", ("summer",)),
        ("puffer", ("autumn", "winter")),
        ("sandals", ("spring", "summer")),
        ("shirt", ()),
        ("jeans", ()),
    ],
)
def test_seasons_are_derived_on_strong_evidence_only(kind: str, expected: tuple[str, ...]) -> None:
    assert seasons(row(), KINDS[kind]) == (expected, bool(expected))


@pytest.mark.parametrize(
    ("title", "kind", "given_level", "expected"),
    [
        ("Heels", "heels", "1", (1, False)),
        ("Heels", "heels", "Casual", (3, False)),
        ("Shirt", "shirt", "Formal", (4, False)),
        ("Shirt", "shirt", "smart casual", (3, False)),
        ("Tee", "t-shirt", "Sports", (1, False)),
        ("Tee", "t-shirt", "???", (2, True)),
        ("Graphic Tee", "t-shirt", "", (2, True)),
        ("Ripped Chinos", "chinos", "", (2, True)),
        ("Sequin Top", "top", "", (3, True)),
    ],
)
def test_formality(title: str, kind: str, given_level: str, expected: tuple[int, bool]) -> None:
    assert formality(row(title, formality=given_level), KINDS[kind]) == expected


def test_warmth_moves_with_material_and_words() -> None:
    coat, shirt, bag = KINDS["coat"], KINDS["shirt"], KINDS["handbag"]
    assert warmth(row("Coat"), coat, "")[0] == 3
    assert warmth(row("Coat"), coat, "wool")[0] == 4
    assert warmth(row("Lightweight Coat"), coat, "linen")[0] == 1
    assert warmth(row("Lined Shirt"), shirt, "")[0] == 2
    assert warmth(row("Sleeveless Shirt"), shirt, "silk")[0] == 0
    assert warmth(row("Quilted Bag"), bag, "wool")[0] == bag.warmth


def test_derived_names_what_the_feed_did_not_give() -> None:
    given_all = row("Tee", department="men", color="red", material="cotton", pattern="solid", season="summer")
    assert read_attributes(given_all, KINDS["t-shirt"]).derived == ("formality", "warmth")
    derived = read_attributes(row("Women's Red Floral Silk Summer Dress"), KINDS["day-dress"]).derived
    assert set(derived) == {"department", "colors", "material", "pattern", "seasons", "formality", "warmth"}


@given(st.text(max_size=60), st.text(max_size=30), st.sampled_from(sorted(KINDS)))
def test_any_text_gives_attributes_in_range(title: str, field: str, name: str) -> None:
    product = row(
        title, color=field, department=field, material=field, pattern=field, season=field, formality=field
    )
    found = read_attributes(product, KINDS[name])
    assert found.department in DEPARTMENTS
    assert len(set(found.colors)) == len(found.colors)
    assert all(s in SEASONS for s in found.seasons)
    assert 1 <= found.formality <= 5
    assert 0 <= found.warmth <= 4
    assert found.kids_line == "" or found.department == "kids"


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("Cinnamon", "rust"),
        ("Canary", "yellow"),
        ("Sage", "mint"),
        ("Mocha", "brown"),
        ("Lilac", "lavender"),
        ("18k gold plated", "gold"),
        ("Sand", "beige"),
        ("Periwinkle", "blue"),  # from here on no table of ours has the word
        ("Dark Wisteria", "lavender"),
        ("Chartreuse", "green"),
        ("Tomato", "red"),
        ("Seashell", "off-white"),
        ("藏青色", "navy"),
        ("ワインレッド", "burgundy"),
        ("butelkowa zieleń", "green"),
        ("كحلي", "navy"),
        ("Nordic Fjord", "nordic fjord"),
    ],
)
def test_colour_words_of_the_trade(word: str, name: str) -> None:
    assert colors(row(color=word)) == ((name,), False)


def test_a_rare_colour_counts_in_a_title_right_before_the_product() -> None:
    assert colors(row("Periwinkle Midi Dress")) == (("blue",), True)
    assert colors(row("Jungle Book Tee")) == ((), False)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"material": "60% wool, 40% polyester"}, ("wool", "polyester")),
        ({"material": "cotton and wool"}, ("cotton", "wool")),
        ({"material": "Cotton denim"}, ("cotton", "denim")),
        ({"material": "Wool", "title": "Coat with leather trim"}, ("wool", "leather")),
        ({"description": "Shell: cotton. Lining: silk."}, ("cotton", "silk")),
        ({"description": "Cut from soft merino with suede patches."}, ("wool", "suede")),
        ({"description": "Wear it with leather boots."}, ()),
        ({"title": "Faux leather skirt"}, ("faux leather",)),
        ({"title": "真皮短靴"}, ("leather",)),
    ],
)
def test_all_materials_of_a_piece(fields: dict[str, str], expected: tuple[str, ...]) -> None:
    product = row(**fields)
    assert materials(product, material(product)[0]) == expected


@pytest.mark.parametrize(
    ("field", "who", "known"),
    [
        ("Ladieswear", "women", True),
        ("Womenswear", "women", True),
        ("Divided", "women", True),
        ("Damen", "women", True),
        ("Gents", "men", True),
        ("Herren", "men", True),
        ("男装", "men", True),
        ("メンズ", "men", True),
        ("レディース", "women", True),
        ("مردانه", "men", True),
        ("Baby/Children", "kids", True),
        ("Junior", "kids", True),
        ("Adults", "unisex", True),
        ("Kenji", "unisex", False),
        ("", "unisex", True),
    ],
)
def test_departments_in_the_words_of_shops(field: str, who: str, known: bool) -> None:
    assert department(row("Blue Tee", department=field), KINDS["t-shirt"])[0] == who
    assert is_known(field) is known


def test_a_word_that_titles_mean_otherwise_counts_in_the_field_alone() -> None:
    assert department(row("Waxed barn jacket"), KINDS["jacket"])[0] == "unisex"
    assert department(row("Waxed jacket", department="M"), KINDS["jacket"])[0] == "men"
