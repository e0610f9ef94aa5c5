"""Slips of the pen in words that decide how a wish is read, and words that only look like slips."""

from __future__ import annotations

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.query.spelling import respelled

FASHION = """
    dress dresses trousers sweater sweatshirt cardigan blazer waistcoat overcoat raincoat parka puffer bomber trench
    sneakers trainers loafers brogues sandals slingback stiletto espadrilles wellington clutch handbag backpack
    necklace bracelet earrings cufflinks scarf beanie fedora gloves tights stockings leggings joggers culottes skirt
    corset bodice camisole blouse tunic kaftan kimono sarong poncho cashmere merino velvet satin chiffon organza
    corduroy flannel tweed denim leather suede linen cotton pleated ruffled quilted embroidered sequined striped
    checked floral paisley leopard burgundy emerald turquoise lavender mustard bedding wedge wedges welding weeding
    winner simmer eventing bridal bride groom causes tension husbandry footfall casualty evergreen summit auburn
"""


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("beach weding in june", "beach wedding in june"),
        ("job intervew", "job interview"),
        ("graduaton day", "graduation day"),
        ("coctail hour", "cocktail hour"),
        ("summmer fair", "summer fair"),
        ("autunm leaves", "autumn leaves"),
        ("wnter walk", "winter walk"),
    ],
)
def test_one_slip_is_mended(slip: str, meant: str) -> None:
    assert respelled(slip) == meant


@pytest.mark.parametrize("word", FASHION.split())
def test_words_of_the_trade_stay_as_they_are(word: str) -> None:
    assert respelled(word) == word


def test_no_word_of_the_shop_is_taken_for_another() -> None:
    tables = files("indexer.taxonomy")
    for name in ("words/en.tsv", "materials.tsv", "colors.tsv", "patterns.tsv"):
        text = tables.joinpath(*name.split("/")).read_text(encoding="utf-8")
        words = {word for word in text.replace("\t", " ").replace(",", " ").split() if word.isascii()}
        changed = {w: respelled(w) for w in words if respelled(w) != w}
        assert not {w: m for w, m in changed.items() if w.rstrip("s") != m and m.rstrip("s") != w}, name


@pytest.mark.parametrize("text", ["sumer", "wwedding", "tenins", "fottball"])
def test_slips_are_undone_once(text: str) -> None:
    assert respelled(respelled(text)) == respelled(text) != text


@given(
    st.sampled_from(["wedding", "marathon", "november", "boyfriend"]),
    st.integers(1, 8),
    st.sampled_from("oxdq"),
)
def test_any_single_slip_is_mended(word: str, place: int, letter: str) -> None:
    place = 1 + place % (len(word) - 2)
    before, own, after = word[:place], word[place], word[place + 1 :]
    swapped = before + after[0] + own + after[1:]
    for slip in (before + after, before + own + own + after, before + letter + after, swapped):
        assert respelled(slip) == word, slip
