"""Columns matched by name and by --map."""

from __future__ import annotations

import re

import pytest

from indexer.errors import FeedError
from indexer.feeds.columns.columns import match_columns
from indexer.feeds.values.synonyms import SYNONYMS, canonical_field
from indexer.record import FIELDS


def test_every_field_has_its_own_name_among_its_synonyms() -> None:
    assert set(SYNONYMS) == set(FIELDS)
    for name in FIELDS:
        assert match_columns([name, "title", "sku"]).sources[name] == (name,)


@pytest.mark.parametrize(
    "header",
    [
        "SKU,Product Name,Brand Name,Colour,Stock Quantity,Price",
        "Artikelnummer,Titel,Marke,Farbe,Lagerbestand,Preis",
        "Référence,Nom du produit,Marque,Couleur,Quantité,Prix",
        "Código,Nombre,Marca,Color,Existencias,Precio",
        "codice_articolo,nome_prodotto,marca,colore,giacenza,prezzo",
    ],
)
def test_headers_of_five_languages(header: str) -> None:
    columns = header.split(",")
    fields = ("sku", "title", "brand", "color", "quantity", "price")
    assert match_columns(columns).sources == {f: (c,) for f, c in zip(fields, columns, strict=True)}


def test_a_flat_product_table_needs_no_map() -> None:
    header = "id,gender,masterCategory,subCategory,articleType,baseColour,season,usage,productDisplayName,x"
    columns = match_columns(header.split(","))
    assert columns.sources["category"] == ("masterCategory", "subCategory")
    assert columns.sources["formality"] == ("usage",)
    assert columns.sources["department"] == ("gender",)
    assert columns.sources["product_type"] == ("articleType",)
    assert columns.sources["title"] == ("productDisplayName",)
    assert columns.ignored == ("x",)
    assert not columns.priced
    fields = columns.apply({"masterCategory": "Apparel", "subCategory": "Topwear", "id": "1"})
    assert fields == {"sku": "1", "category": "Apparel > Topwear"}


def test_the_better_of_two_id_columns_is_the_sku_and_the_other_the_group() -> None:
    columns = match_columns(["product_id", "variant_id", "name"])
    assert columns.sources["sku"] == ("variant_id",)
    assert columns.sources["group_id"] == ("product_id",)


def test_gender_and_age_group_are_joined() -> None:
    columns = match_columns(["sku", "title", "Gender", "Age Group"])
    assert columns.apply({"Gender": "female", "Age Group": "kids"}) == {"department": "female kids"}


@pytest.mark.parametrize(
    ("header", "currency"),
    [("price_eur", "EUR"), ("Preis in €", "EUR"), ("Price (USD)", "USD"), ("Prix", "")],
)
def test_a_price_header_may_name_its_currency(header: str, currency: str) -> None:
    columns = match_columns(["sku", "title", header])
    assert columns.sources["price"] == (header,)
    assert columns.currency == currency


def test_a_map_wins_over_names_and_category_is_joined_in_its_order() -> None:
    columns = match_columns(
        ["sku", "title", "name", "b", "a"], ["title=name", "category=a", "category=b", "brand=TITLE"]
    )
    assert columns.sources["title"] == ("name",)
    assert columns.sources["category"] == ("a", "b")
    assert columns.sources["brand"] == ("title",)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (["colour=a"], r"no field 'colour'; the fields are sku, group_id"),
        (["color=nope"], r"--map color=nope: no column 'nope'; the columns are 'sku', 'title', 'a'"),
        (["title=a", "title=sku"], r"--map gives title twice: 'a' and 'sku'"),
        (["title"], r"expected FIELD=COLUMN"),
    ],
)
def test_a_wrong_map_is_an_error_that_names_both_sides(mapping: list[str], message: str) -> None:
    with pytest.raises(FeedError, match=message):
        match_columns(["sku", "title", "a"], mapping)


@pytest.mark.parametrize(
    ("columns", "missing"), [(["sku", "foo"], "title"), (["name", "foo"], "sku or group_id"), ([], "title")]
)
def test_a_feed_without_title_or_id_says_what_it_has_and_what_to_do(columns: list[str], missing: str) -> None:
    with pytest.raises(FeedError) as caught:
        match_columns(columns)
    assert f"no column is recognised as {missing}" in str(caught.value)
    assert re.search(r"--map \w+=COLUMN", str(caught.value))
    assert all(repr(c) in str(caught.value) for c in columns)


def test_columns_seen_later_fill_fields_that_had_none_and_move_no_other() -> None:
    columns = match_columns(["id", "name", "zzz"]).extended(["sku", "sale_price", "zzz"])
    assert columns.sources["sku"] == ("id",)
    assert columns.sources["sale_price"] == ("sale_price",)
    assert columns.ignored == ("zzz", "sku")


@pytest.mark.parametrize(
    ("name", "field"), [("Größe", "size"), ("TAILLE", "size"), ("Farbe (EU)", "color"), ("Foo", None)]
)
def test_option_names_are_looked_up_like_columns(name: str, field: str | None) -> None:
    assert canonical_field(name) == field
