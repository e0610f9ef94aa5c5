"""Sizes of several systems: how they are written, and which of them are one."""

from __future__ import annotations

import pytest
from factories import item
from hypothesis import given
from hypothesis import strategies as st

from indexer.item import DEPARTMENTS, SLOTS, Variant
from service.catalog.columns import build_columns
from service.catalog.size_charts import meaning
from service.catalog.sizes import fits, fitting, normalise, scale, size_key
from service.catalog.view import pick_variant
from service.policy.policy import policy

SCALES = sorted({scale(d, s) for d in DEPARTMENTS for s in (*SLOTS, None)})
COUNTRIES = ["", "EU ", "DE", "FR ", "IT ", "UK ", "US", "us ", "Size ", "W", "w "]
numbers = st.builds(
    "{}{}{}".format,
    st.sampled_from(COUNTRIES),
    st.integers(0, 170),
    st.sampled_from(["", ".5", "½", " 1/2", ",0"]),
)
pairs = st.builds(
    "{}{}{}".format, st.integers(0, 170), st.sampled_from(["/", "-", " – ", "x", " L"]), st.integers(0, 170)
)
LETTERS = ["XXS", "XS", "S", "M", "L", "XL", "XXL", "XXXL"]
letters = st.sampled_from([*LETTERS, "2XL", "S/M", "M-L", "XL/XXL", "Medium", "X-Large"])
kids = st.builds(
    "{}{}".format,
    st.one_of(st.integers(0, 18), st.sampled_from(["4-5", "0-3", "12-18"])),
    st.sampled_from(["Y", " years", "M", "T", " cm"]),
)
labels = st.one_of(numbers, pairs, letters, kids)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("US8", "us 8"),
        ("8 US", "US 8"),
        ("GB 10", "uk10"),
        ("FR 40", "40 (FR)"),
        ("DE 38", "38"),
        ("38 EU", "38"),
        ("7 ½", "7.5"),
        ("7½", "7 1/2"),
        ("UK 7 1/2", "UK 7,5"),
        ("W32 L34", "w32/l34"),
        ("32W x 34L", "W32L34"),
        ("38 – 40", "38-40"),
        ("2XL/3XL", "XXL - XXXL"),
        ("Size M", "m"),
    ],
)
def test_ways_of_writing_one_size(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@given(st.one_of(labels, st.text(max_size=30), st.text("0123456789 /.½wlxsmeuk", max_size=12)))
def test_normalising_again_changes_nothing(size: str) -> None:
    assert normalise(normalise(size)) == normalise(size)


@given(labels, labels, st.sampled_from(SCALES))
def test_fitting_goes_both_ways(one: str, other: str, on: str) -> None:
    assert fits(one, [one], on)
    assert fits(one, [other], on) == fits(other, [one], on)
    if fits(one, [other]):
        assert fits(one, [other], on)


@given(labels, st.lists(labels, max_size=3), st.sampled_from(DEPARTMENTS), st.sampled_from(SLOTS))
def test_the_index_of_sizes_says_what_fits_says(size, wanted, department, slot) -> None:
    key = size_key(department, slot, size)
    assert bool(fitting([key], wanted)) == (bool(wanted) and fits(size, wanted, scale(department, slot)))


ALIKE = [
    ("women", "top", "M", "38 40 38-40 EU38 US8 us10 UK12 FR40 IT44 S/M M/L"),
    ("women", "dress", "EU 38", "M US8 UK12 FR40 ES40 IT44 DE38 36/38"),
    ("women", "dress", "34", "XS S US4"),
    ("women", "bottom", "US 8", "38 M UK12"),
    ("women", "bottom", "W27", "27 27/32 W27L30"),
    ("women", "outerwear", "XL/XXL", "XL XXL 46 52"),
    ("men", "outerwear", "M", "48 50 48/50 US38 UK40 IT48"),
    ("men", "bottom", "W32", "32 32/34 32x30 48 W32L30 US32 FR40"),
    ("men", "bottom", "M", "48 50 W32 33/32 34/34"),
    ("women", "shoes", "39", "UK6 US8 EU39 39.0"),
    ("women", "shoes", "UK 5 1/2", "38.5 38½ US7.5"),
    ("men", "shoes", "US 9", "42 UK8"),
    ("kids", "shoes", "UK 10", "28 US11"),
    ("kids", "top", "110", "4-5Y 5y 104/110"),
    ("kids", "dress", "0-3M", "62"),
    ("kids", "bottom", "4T", "104 3-4Y"),
]


@pytest.mark.parametrize(("department", "slot", "wanted", "sizes"), ALIKE)
def test_sizes_of_other_systems_that_fit(department, slot, wanted: str, sizes: str) -> None:
    on = scale(department, slot)
    assert [s for s in sizes.split() if not fits(s, [wanted], on)] == []


UNLIKE = [
    ("women", "top", "M", "XS S L XL 36 42 US6 UK10 FR38 IT42 8 12 40-42 EU48"),
    ("women", "dress", "S/M", "M/L L"),
    ("women", "bottom", "XS", "32 34 30 25 34/36"),  # may be inches
    ("women", "bottom", "S", "28 34 28/30 36/34"),
    ("women", "shoes", "39", "UK39 8 6 US9 40"),
    ("men", "top", "M", "38 39 40 41 S L 32"),  # collars
    ("men", "shoes", "US 9", "41 43 UK9 9"),
    ("men", "bottom", "W32", "W33 34/32 50 L"),
    ("unisex", "top", "M", "38 48 US8"),
    ("women", "jewelry", "M", "54 38 L"),
    ("kids", "top", "4-5Y", "104 128 4 38"),
    ("kids", "top", "3-6M", "M 6-9M 0-3M"),
]


@pytest.mark.parametrize(("department", "slot", "wanted", "sizes"), UNLIKE)
def test_sizes_that_do_not_fit(department, slot, wanted: str, sizes: str) -> None:
    on = scale(department, slot)
    assert [s for s in sizes.split() if fits(s, [wanted], on)] == []


@given(st.sampled_from(LETTERS), st.sampled_from(LETTERS))
def test_letters_never_stand_for_each_other(one: str, other: str) -> None:
    assert all(fits(one, [other], on) == (one == other) for on in SCALES)


@given(
    st.integers(0, 70),
    st.integers(0, 70),
    st.sampled_from(SCALES),
    st.sampled_from(["EU", "US", "UK", "FR", "IT"]),
)
def test_numbers_of_one_country_never_stand_for_each_other(
    one: int, other: int, on: str, country: str
) -> None:
    assert fits(f"{country} {one}", [f"{country} {other}"], on) == (one == other)


def test_columns_find_other_systems_and_the_named_size_is_preferred() -> None:
    mixed = tuple(Variant(f"d-{s}", s, 1, price) for s, price in (("40", 10.0), ("M", 30.0), ("38", 20.0)))
    pieces = [
        item("d", "dress", variants=mixed),
        item("e", "dress", variants=(Variant("e-us", "US 8", 1, 5.0),)),
        item("u", "top", department="unisex", variants=(Variant("u-38", "38", 1, 5.0),)),
        item("o", "top", variants=(Variant("o", "One Size", 1, 5.0),)),
        item("x", "top", variants=(Variant("x", "XS", 1, 5.0),)),
    ]
    columns = build_columns(pieces)
    assert columns.in_size(["M"]).tolist() == [True, True, False, True, False]
    assert columns.in_size(["38"]).tolist() == [True, True, True, True, False]
    assert pick_variant(pieces[0], ["M"]).size == "M"
    assert pick_variant(pieces[0], ["38-40"]).size == "40"  # the cheaper one
    assert meaning("m", "", policy().sizes) == frozenset()
