"""Sizes in titles: found where a mark or a word sets them apart, and titles that are no product's."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_feeds import ReadFeed, WriteFeed

from indexer.feeds.open import open_feed
from indexer.feeds.values.choices import (
    is_only_choice,
    is_size,
    size_at_end,
    sizes_hide_in,
    split_choice,
    without_choices,
    without_product,
)
from indexer.record import Reject, Row


@pytest.mark.parametrize(
    ("value", "size", "rest"),
    [
        ("Red / S", "S", "Red"),
        ("S / Red", "S", "Red"),
        ("Navy/XL", "XL", "Navy"),
        ("Red / 34/32", "34/32", "Red"),
        ("Brown, Medium", "Medium", "Brown"),
        ("Off-white - M", "M", "Off-white"),
        ("M / Blue / Leather", "M", "Blue / Leather"),
        ("Black / 6-8 years", "6-8 years", "Black"),
        ("One Size", "One Size", ""),
        ("Red", "", "Red"),
        ("Default Title", "", ""),
        ("", "", ""),
    ],
)
def test_a_variants_title_is_taken_apart(value: str, size: str, rest: str) -> None:
    assert split_choice(value) == (size, rest)


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Linen Shirt - M", ("Linen Shirt", "M")),
        ("Linen Shirt – Red / XXL", ("Linen Shirt – Red", "XXL")),
        ("Shirt (XL)", ("Shirt", "XL")),
        ("Coat, Gr. 38", ("Coat", "38")),
        ("Kleid Größe 38", ("Kleid", "38")),
        ("Chemise taille M", ("Chemise", "M")),
        ("Jeans - W32/L30", ("Jeans", "W32/L30")),
        ("Air Max 90", None),
        ("Levi's 501", None),
        ("T-shirt", None),
        ("Shirt M", None),
        ("M", None),
        ("38 - 40", None),
    ],
)
def test_a_size_at_the_end_of_a_title(title: str, found: tuple[str, str] | None) -> None:
    assert size_at_end(title) == found


def test_titles_of_variants_without_what_they_repeat() -> None:
    assert without_product("Classic Tee - Red / S", "classic tee") == "Red / S"
    assert without_product("Red / S", "Classic Tee") == "Red / S"
    assert without_choices("Classic Tee - Red / Small", ["Red", "Small"]) == "Classic Tee"
    assert without_choices("Red / Small", ["Red", "Small"]) == ""
    assert without_choices("Trees", ["s"]) == "Trees"


@given(st.text(max_size=40), st.lists(st.text(max_size=8), max_size=3))
def test_no_title_makes_them_stumble(title: str, values: list[str]) -> None:
    size = split_choice(title)[0]
    assert not size or is_size(size)
    found = size_at_end(title)
    assert found is None or (found[0] in title and found[1] in title)
    assert len(without_choices(title, values)) <= len(title.strip())
    is_only_choice(title, *values)


@given(
    st.sampled_from(["Linen Shirt", "Wool-blend coat", "Jeans 501"]),
    st.sampled_from(["S", "xl", "38", "10.5", "W32/L30", "6-8 years", "One Size"]),
    st.sampled_from([" - {}", " / {}", " ({})", ", {}", " size {}", ", Size: {}"]),
)
def test_what_is_put_at_the_end_is_found_there(stem: str, size: str, pattern: str) -> None:
    assert size_at_end(stem + pattern.format(size)) == (stem, size)


def test_sizes_hide_in_titles_when_one_stem_has_several() -> None:
    assert sizes_hide_in(["Shirt - S", "Shirt - M", "Hat"]) == ("Shirt - S", "S")
    assert sizes_hide_in(["Shirt - S", "Coat - M", "Hat"]) is None
    assert sizes_hide_in(["Shirt - S", "Shirt - M", *["Hat"] * 9]) is None
    assert sizes_hide_in([]) is None


def test_a_table_without_sizes_has_them_in_its_titles_and_the_report_says_so(feed_file: WriteFeed) -> None:
    feed = open_feed(feed_file("sku,title,price\n1,Shirt - S,20\n2,Shirt - M,20\n3,Hat,9\n"))
    assert "no sizes but in titles: read 'S' out of 'Shirt - S', and so on" in feed.notes
    remarks: Counter[str] = Counter()
    small, medium, hat = feed.rows(remarks)
    assert (small.title, small.size, small.group_id) == ("Shirt", "S", "shirt")
    assert (medium.title, medium.size, medium.group_id) == ("Shirt", "M", "shirt")
    assert (hat.title, hat.size, hat.group_id) == ("Hat", "", "3")
    assert remarks == {"the size was read out of a title": 2}


def test_a_feed_that_has_sizes_keeps_its_titles(read_feed: ReadFeed) -> None:
    rows = read_feed("sku,title,size,price\n1,Shirt - S,S,20\n2,Shirt - M,M,20\n")
    assert [row.title for row in rows] == ["Shirt - S", "Shirt - M"]


def test_a_nested_variants_title_is_never_the_products(read_feed: ReadFeed) -> None:
    rows = read_feed(
        '{"sku": "p", "title": "Tee", "price": 5, "variants": [{"title": "Red / S", "sku": "a"},'
        ' {"title": "Tee - Blue / M", "sku": "b"}, {"title": "odd", "sku": "c"}]}\n'
    )
    assert [(r.title, r.sku, r.color, r.size) for r in rows if isinstance(r, Row)] == [
        ("Tee", "a", "Red", "S"),
        ("Tee", "b", "Blue", "M"),
        ("Tee", "c", "", ""),
    ]


@pytest.mark.parametrize(
    "content",
    [
        "sku,title,color,size\n1,Red / S,Red,S\n",
        "sku,title\n1,S\n",
        "sku,title\n1,Default Title\n",
        "sku,title,color\n1,Red - XL,red\n",
    ],
)
def test_a_title_that_names_only_the_variant_is_rejected(read_feed: ReadFeed, content: str) -> None:
    (reject,) = read_feed(content)
    assert isinstance(reject, Reject)
    assert reject.reason == "title names only the variant"


def test_the_products_title_wins_over_the_variants(read_feed: ReadFeed) -> None:
    (row,) = read_feed("sku,title,product_title,color,size\n1,Red / S,Linen Shirt,Red,S\n")
    assert row.title == "Linen Shirt"


def test_html_is_out_of_titles_and_other_texts(read_feed: ReadFeed) -> None:
    (row,) = read_feed(
        "sku,title,brand,category,color,tags\n"
        '1,"<b>Linen</b> Shirt &amp; <i>Tie</i>",<u>Moss</u>,Men &gt; Shirts,Red &amp; Blue,"<em>new</em>, warm"\n'
    )
    assert (row.title, row.brand, row.category) == ("Linen Shirt & Tie", "Moss", "Men > Shirts")
    assert (row.color, row.tags) == ("Red & Blue", ("new", "warm"))
