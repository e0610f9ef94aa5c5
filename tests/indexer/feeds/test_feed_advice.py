"""A feed that is refused, or read without something, is told what would help."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_feeds import WriteFeed

from indexer.errors import FeedError
from indexer.feeds.columns.columns import match_columns
from indexer.feeds.columns.names import like_field
from indexer.feeds.columns.suggest import mapping_for, missing_columns
from indexer.feeds.open import open_feed
from indexer.record import FIELDS


def test_a_refused_table_names_the_columns_that_may_be_it(feed_file: WriteFeed) -> None:
    path = feed_file("Kode;Ting;Mål\nA-1;Linen shirt;S\nA-2;Wool coat;M\nA-3;Felt hat;L\n")
    with pytest.raises(FeedError) as caught:
        open_feed(path)
    text = str(caught.value)
    assert "'Ting' (Linen shirt, Wool coat, Felt hat) looks like it: --map title=Ting" in text
    assert "'Kode' (A-1, A-2, A-3) looks like it: --map sku=Kode" in text


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (
            "sku,title,Var 1\n1,Shirt,S\n2,Coat,M\n3,Hat,L\n",
            "no size column; 'Var 1' (S, M, L) looks like it: --map 'size=Var 1'",
        ),
        (
            "sku,title,price,VK\n1,Shirt,on request,20.00\n2,Coat,on request,99.00\n3,Hat,on request,9.50\n",
            "price <- 'price' holds no amounts ('on request'); 'VK Neu' (20.00, 99.00, 9.50) looks like it: "
            "--map 'price=VK Neu'",
        ),
        (
            "sku,title,pic\n" + "".join(f"{n},Hat,//x.test/{n}.jpg\n" for n in range(3)),
            "no image_url column; 'pic' (//x.test/0.jpg, //x.test/1.jpg, //x.test/2.jpg) looks like it:"
            " --map image_url=pic",
        ),
    ],
)
def test_hints_name_the_column_and_the_option(feed_file: WriteFeed, content: str, hint: str) -> None:
    feed = open_feed(feed_file(content.replace(",VK\n", ",VK Neu\n")))
    assert hint in feed.hints
    assert hint in feed.notes


def test_unmatched_columns_that_look_like_fields_come_first() -> None:
    notes = match_columns(["sku", "title", "warehouse", "EU Größe Damen", "colr", "price_eur_old"]).notes()
    assert notes[1] == (
        "ignored columns: 'EU Größe Damen' (like size), 'colr' (like color), 'price_eur_old' (like price), 'warehouse'"
    )


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("Variant Size EU", "size"),
        ("productColour2", "color"),
        ("Prix TTC soldé", "price"),
        ("Materiall", "material"),
        ("price_cents", "price"),
        ("warehouse", None),
        ("internal id", None),
        ("x" * 100, None),
    ],
)
def test_what_a_name_looks_like(column: str, field: str | None) -> None:
    assert like_field(column) == field


@given(st.text(max_size=60))
def test_any_name_looks_like_a_field_or_none(column: str) -> None:
    assert like_field(column) in {None, *FIELDS}


@given(
    st.lists(
        st.dictionaries(st.sampled_from("abc"), st.text(max_size=20), min_size=3),
        max_size=5,
    )
)
def test_no_values_make_advice_stumble(rows: list[dict[str, str]]) -> None:
    for field in FIELDS:
        assert isinstance(mapping_for(field, "abc", rows), str)
    assert all(isinstance(hint, str) for hint in missing_columns({"price": ("a",)}, "bc", rows))


@pytest.mark.parametrize(
    ("header", "format_", "advice"),
    [
        ("Title,Option1 Name", "shopify", "column 'handle' is missing; .* --format csv"),
        ("type,sku", "woocommerce", "column 'name' is missing; .* --format csv"),
        (
            "title,colour",
            "google",
            "attribute 'id' is nowhere given; these are: colour, title; .* --format csv",
        ),
    ],
)
def test_a_shop_systems_format_says_how_to_go_on(
    feed_file: WriteFeed, header: str, format_: str, advice: str
) -> None:
    with pytest.raises(FeedError, match=advice):
        open_feed(feed_file(header + "\nx,y\n"), format_)
