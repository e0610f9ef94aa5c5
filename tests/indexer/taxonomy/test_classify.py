"""Which slot a product gets, out of its title alone and out of fields that agree or do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.item import SLOTS
from indexer.taxonomy.classify import ProductText, SlotGuess, classify, languages_of
from indexer.taxonomy.kinds import KINDS

TITLES = [
    tuple(line.split("\t"))
    for line in Path(__file__).with_name("titles.tsv").read_text(encoding="utf-8").splitlines()
]


def guess(title: str, **fields: object) -> SlotGuess:
    return classify([ProductText(title, **fields)])[0]  # type: ignore[arg-type]


@pytest.mark.parametrize(("title", "slot"), TITLES)
def test_a_title_alone_names_the_slot(title: str, slot: str) -> None:
    found = guess(title)
    assert found.kind != "unknown"
    assert (found.slot or "none") == slot, found


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Slim Dress Shirt", "dress-shirt"),
        ("Belted Shirt Dress", "shirt-dress"),
        ("Suede Chelsea Boots", "chelsea-boots"),
        ("Winterstiefel gefüttert", "snow-boots"),
        ("Robe pull en laine femme", "knit-dress"),
        ("Sac à dos en toile", "backpack"),
        ("Denim Shorts", "denim-shorts"),
        ("Short en jean femme", "denim-shorts"),
    ],
)
def test_a_title_names_the_kind(title: str, kind: str) -> None:
    assert guess(title).kind == kind


def test_a_title_beats_a_broad_wrong_category() -> None:
    found = guess(
        "Human Beings - Black Hoodie",
        product_type="Apparel > Hoodies",
        category="Apparel & Accessories > Clothing > Outerwear > Coats & Jackets",
    )
    assert (found.kind, found.slot) == ("hoodie", "top")
    assert "against category 'Coats & Jackets'" in found.evidence


def test_agreement_raises_and_conflict_lowers_confidence() -> None:
    alone = guess("Blue Hoodie")
    agreed = guess("Blue Hoodie", product_type="Hoodies")
    against = guess("Blue Hoodie", category="Clothing > Outerwear > Coats & Jackets")
    assert against.confidence < alone.confidence < agreed.confidence


def test_a_category_names_what_the_title_does_not() -> None:
    found = guess("The Margot", category="Apparel & Accessories > Clothing > Dresses")
    assert (found.slot, found.source) == ("dress", "table")
    assert guess("Margot", category="Vêtements > Femme > Jupes").slot == "bottom"
    assert guess("Modell Anna", category="Bekleidung > Damen > Blusen").slot == "top"


def test_the_most_exact_level_of_the_path_counts() -> None:
    assert guess("Nr. 7", category="Apparel & Accessories > Shoes > Boots > Rain Boots").kind == "rain-boots"


def test_one_of_several_paths_is_enough() -> None:
    assert guess("Nr. 7", category="Sale | Women > Skirts").slot == "bottom"


@pytest.mark.parametrize(
    "category",
    [
        "Home & Garden > Decor",
        "Health & Beauty > Personal Care",
        "Gift Cards",
        "Home & Garden > Kitchen & Dining > Tableware > Mugs",
        "Toys & Games > Dolls",
        "Home > Ceiling Lights",
        "Kosmetik",
    ],
)
def test_a_category_without_garments_beats_a_title_that_mentions_one(category: str) -> None:
    assert guess("Little Black Dress", category=category).slot is None


def test_a_breadcrumb_home_is_no_household() -> None:
    assert guess("Floral Dress", category="Home > Women > Dresses").slot == "dress"


@pytest.mark.parametrize(
    ("title", "slot"), [("Satin Camisole", None), ("White Vest", None), ("Ribbed Socks", "accessory")]
)
def test_a_lingerie_category_keeps_all_but_hosiery(title: str, slot: str | None) -> None:
    assert guess(title, category="Clothing > Lingerie").slot == slot


@pytest.mark.parametrize(
    ("title", "kind"),
    [("Georgia Top", "swim-top"), ("Kaia Bottom", "swim-bottom"), ("Gilda Onepiece", "swimsuit")],
)
def test_names_mean_something_else_under_swimwear(title: str, kind: str) -> None:
    assert guess(title, product_type="Swimwear", category="Clothing > Swimwear").kind == kind


def test_a_valid_slot_of_the_feed_stands_and_the_kind_is_still_found() -> None:
    assert guess("Blue Hoodie", slot="TOP") == SlotGuess("hoodie", "top", 1.0, "feed", "title 'hoodie'")
    moved = guess("Wool Cardigan", slot="outerwear")
    assert (moved.kind, moved.slot, moved.source) == ("cardigan", "outerwear", "feed")
    assert moved.confidence < 1.0
    assert guess("The Margot", slot="bag").kind == "bag"
    assert guess("Blue Hoodie", slot="tops").source == "table"


def test_description_and_tags_count_little() -> None:
    by_tag = guess("Margot", tags=("new", "dresses"))
    by_text = guess("Margot", description="A flowing dress with pockets.")
    assert by_tag.slot == by_text.slot == "dress"
    assert max(by_text.confidence, by_tag.confidence) < guess("Margot Dress").confidence
    assert guess("Blue Hoodie", description="Wear it over a dress.").slot == "top"


def test_text_that_names_nothing_has_no_slot() -> None:
    found = guess("Zephyr XK-200")
    assert (found.kind, found.slot, found.source) == ("unknown", None, "trained")
    assert found.confidence < 0.5
    assert found.evidence.startswith("low confidence: like ")


@pytest.mark.parametrize(
    ("title", "product_type", "kind"),
    [
        ("Elle ring", "Sweater", "sweater"),
        ("Boot Room Belt Tee", "T-shirts", "t-shirt"),
        ("Coat of Arms", "Jeans", "jeans"),
        ("Polo Club Chelsea", "Kleider", "day-dress"),
        ("Margot", "Sukienki", "day-dress"),
        ("Cedar balls 2-pack", "Wood balls", "garment-care"),
        ("Giftbox small", "Giftbox", "gift-box"),
        ("Jogpants tapered", "Hosen", "joggers"),  # a finer word of the title for a broad type
        ("Brown Flats", "Heels", "heels"),  # another word for another thing
        ("Reversible hat", "Hat/beanie", "hat"),
    ],
)
def test_the_shops_own_type_stands_above_words_of_the_title(title: str, product_type: str, kind: str) -> None:
    found = guess(title, product_type=product_type)
    assert (found.kind, found.slot) == (kind, KINDS[kind].slot)


def test_a_text_of_what_is_never_worn_is_doubted_under_a_wearable_type() -> None:
    found = guess("Moth balls lavender", product_type="Necklaces", description="Keeps moths off woollens.")
    assert found.doubtful
    assert found.slot == "jewelry"
    assert KINDS[found.nearest[0]].slot is None
    assert not guess("Elle ring", product_type="Sweater").doubtful


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("女士羽绒服 加厚 包邮", "puffer"),
        ("男士西裤", "dress-trousers"),
        ("プリントTシャツ 半袖", "t-shirt"),
        ("ブラック スプリングコート", "coat"),
        ("ベルト付きワンピース", "day-dress"),
        ("Kurtka puchowa damska z kapturem", "puffer"),
        ("Spodnie od piżamy w kratę", "sleepwear"),
        ("حقيبة كتف جلدية", "shoulder-bag"),
        ("الفستان الطويل الأسود", "maxi-dress"),
    ],
)
def test_titles_of_other_scripts_and_grammars(title: str, kind: str) -> None:
    assert guess(title).kind == kind


@pytest.mark.parametrize(
    ("title", "kind", "covers"),
    [
        ("Three piece wool suit", "three-piece-suit", ("bottom", "outerwear")),
        ("Anzug Slim Fit", "suit", ("bottom", "outerwear")),
        ("Costume trois pièces homme", "three-piece-suit", ("bottom", "outerwear")),
        ("Black tuxedo", "tuxedo", ("bottom", "outerwear")),
        ("Suit jacket navy", "suit-jacket", ()),
        ("Anzughose grau", "suit-trousers", ()),
        ("Waistcoat and tie set", "waistcoat", ()),
        ("Wrap dress", "day-dress", ("top", "bottom")),
    ],
)
def test_suits_and_what_they_cover(title: str, kind: str, covers: tuple[str, ...]) -> None:
    found = guess(title)
    assert (found.kind, KINDS[kind].covers) == (kind, covers)


@pytest.mark.parametrize(
    ("title", "fields"),
    [
        ("Moth balls", {}),
        ("Gift box for tie", {}),
        ("Shoe tree beech", {}),
        ("Padded hangers 3 pack", {}),
        ("Eau de parfum rose", {}),
        ("Lace nightgown", {}),
        ("Satin slip nightdress", {}),
        ("PJ jersey bottom", {}),
        ("Push-up bra lace", {}),
        ("Tilly", {"product_type": "Night gown"}),
        ("Lisa", {"product_type": "Underwear bottom"}),
        ("Lace body", {"category": "Lingerie"}),
    ],
)
def test_what_is_no_garment_or_not_shown_has_no_slot(title: str, fields: dict[str, str]) -> None:
    found = guess(title, **fields)
    assert found.slot is None
    assert found.kind != "unknown"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Black leather boots for women", "en"),
        ("Schwarze Stiefel mit Absatz für Damen", "de"),
        ("Robe noire à manches longues pour femme", "fr"),
        ("Vestido negro de manga larga para mujer", "es"),
        ("Abito nero a maniche lunghe da donna", "it"),
        ("Zwarte jurk met lange mouwen voor dames", "nl"),
        ("Vestido preto de manga longa feminino", "pt"),
    ],
)
def test_the_language_of_a_row(text: str, language: str) -> None:
    assert languages_of([ProductText(text)]) == [language]


def test_a_row_without_signs_is_in_the_language_of_the_feed() -> None:
    french = [
        ProductText(t) for t in ("Jupe noire femme", "Chemise blanche homme", "Manteau en laine pour femme")
    ]
    assert classify([*french, ProductText("Robe Margot")])[-1].slot == "dress"
    assert classify([ProductText("Robe Margot")])[-1].slot is None


@settings(deadline=None)
@given(
    st.text(max_size=80),
    st.text(max_size=40),
    st.text(max_size=40),
    st.sampled_from(["", "top", "x", *SLOTS]),
)
def test_any_text_gets_an_answer_that_fits_together(title: str, kind: str, path: str, slot: str) -> None:
    found = guess(title, product_type=kind, category=path, slot=slot, tags=(kind,), description=path)
    assert 0.0 <= found.confidence <= 1.0
    assert found.evidence
    if slot in SLOTS:
        assert (found.slot, found.source) == (slot, "feed")
    else:
        assert found.slot == KINDS[found.kind].slot
