"""Rows to items: colourways, sizes, duplicates, SKUs; and that no row is lost."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.item import Item
from indexer.pipeline.normalise import build_items, clean_size
from indexer.record import Reject, Row


def items_of(results: Iterable[Item | Reject]) -> list[Item]:
    """The items among the results of `build_items`."""
    return [r for r in results if isinstance(r, Item)]


def row(sku: str, title: str = "Blue Hoodie", **fields: object) -> Row:
    values: dict[str, object] = {
        "file": "feed.csv",
        "line": 2,
        "sku": sku,
        "sku_given": True,
        "group_id": "G1",
        "title": title,
        "price": 20.0,
        "currency": "EUR",
        "quantity": 3,
    }
    return Row(**{**values, **fields})  # type: ignore[arg-type]


def items(*rows: Row) -> list[Item]:
    return items_of(build_items([rows]))


def test_sizes_of_one_colour_are_one_item_in_feed_order() -> None:
    (item,) = items(
        row("H-M", size="M", color="Navy", quantity=0), row("H-S", size=" S ", color="navy", price=18.0)
    )
    assert item.sku == "H-M"
    assert [(v.sku, v.size, v.quantity, v.price) for v in item.variants] == [
        ("H-M", "M", 0, 20.0),
        ("H-S", "S", 3, 18.0),
    ]
    assert (item.kind, item.slot, item.colors, item.group_id) == ("hoodie", "top", ("navy",), "G1")


def test_each_colour_is_an_item() -> None:
    red, blue = items(row("A", color="Red", image_url="r.jpg"), row("B", color="Blue"))
    assert (red.sku, red.colors, red.image_url) == ("A", ("red",), "r.jpg")
    assert (blue.sku, blue.colors, blue.image_url) == ("B", ("blue",), "")


def test_the_text_of_the_first_row_serves_all_colours() -> None:
    _, second = items(
        row("A", "Margot", color="Red", category="Clothing > Dresses", description="Long.", tags=("eco",)),
        row("B", "Margot", color="Blue"),
    )
    assert (second.slot, second.description, second.tags) == ("dress", "Long.", ("eco",))


def test_different_titles_without_size_and_colour_are_different_items() -> None:
    hoodie, jeans = items(row("A", "Grey Hoodie"), row("B", "Black Jeans"))
    assert (hoodie.kind, jeans.kind) == ("hoodie", "jeans")


def test_a_repeated_variant_is_rejected_and_shown() -> None:
    first, second = row("A", size="M"), row("A", size=" m".upper(), line=7, quantity=9, tags=("x", "y"))
    results = build_items([[first, second]])
    (reject,) = [r for r in results if isinstance(r, Reject)]
    assert (reject.reason, reject.sku, reject.line, reject.file) == ("duplicate variant", "A", 7, "feed.csv")
    assert (reject.row["quantity"], reject.row["tags"]) == ("9", "x, y")
    (item,) = items_of(results)
    assert [v.quantity for v in item.variants] == [3]


def test_a_sku_in_two_colours_stays_unique_by_its_colour() -> None:
    red, blue = items(
        row("A", color="Red", size="S"),
        row("A", color="Navy Blue", size="S"),
        row("A2", color="Navy Blue", size="M"),
    )
    assert (red.sku, blue.sku) == ("A", "A-navy-blue")
    assert [(v.sku, v.size) for v in blue.variants] == [("A-navy-blue", "S"), ("A2", "M")]


def test_a_size_at_the_end_of_titles_is_dropped_when_titles_differ_only_so() -> None:
    (item,) = items(row("A", "Blue Hoodie - M", size="M"), row("B", "Blue Hoodie - XL", size="XL"))
    assert item.title == "Blue Hoodie"
    (kept,) = items(row("A", "Vitamin M", size="M"))
    assert kept.title == "Vitamin M"
    (mixed,) = items(row("A", "Blue Hoodie - M", size="M"), row("B", "Hoodie Blue - L", size="L"))
    assert mixed.title == "Blue Hoodie - M"


@pytest.mark.parametrize(
    "size", ["", "One Size", "OS", "o/s", "Default Title", "Einheitsgröße", "Taille unique", "FREE SIZE"]
)
def test_one_size_is_no_size(size: str) -> None:
    assert clean_size(size) is None


@pytest.mark.parametrize("size", ["M", "38", "W32/L34", "6-8 Y", "XS/S", "0"])
def test_other_sizes_stay_as_the_shop_writes_them(size: str) -> None:
    assert clean_size(f" {size} ") == size


def test_the_item_says_what_was_derived_and_how_it_got_its_slot() -> None:
    (item,) = items(row("A", "Leather Sandals", slot="shoes", department="women", tags=("eco", "open-shoe")))
    assert (item.slot_source, item.slot_confidence) == ("feed", 1.0)
    assert "slot" not in item.derived
    assert "department" not in item.derived
    assert {"material", "seasons", "warmth", "formality"} <= set(item.derived)
    assert item.tags == ("eco", "open-shoe")
    (guessed,) = items(row("A", "Leather Sandals"))
    assert "slot" in guessed.derived


def test_results_keep_the_order_of_the_feed() -> None:
    groups = [[row(str(n), "Blue Hoodie", group_id=f"g{n}")] for n in (3, 1, 2)]
    assert [i.sku for i in items_of(build_items(groups))] == ["3", "1", "2"]


ROWS = st.builds(
    row,
    sku=st.sampled_from(["A", "B", "C"]),
    title=st.sampled_from(["Blue Hoodie", "Red Dress - M"]),
    color=st.sampled_from(["", "Red", "red ", "Navy"]),
    size=st.sampled_from(["", "S", "M", "One Size"]),
)


@settings(deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=8))
def test_every_row_becomes_a_variant_or_a_reject_and_skus_are_unique(rows: list[Row]) -> None:
    results = build_items([rows])
    built = items_of(results)
    variants = [v for item in built for v in item.variants]
    assert len(variants) + sum(isinstance(r, Reject) for r in results) == len(rows)
    assert len({item.sku for item in built}) == len(built)
    owners = {v.sku: item.sku for item in built for v in item.variants}
    assert all(owners[v.sku] == item.sku for item in built for v in item.variants)
