"""Words in the fields of a request: other languages mean the same, slips are refused, and no material hides."""

from __future__ import annotations

from typing import Any

import pytest

from indexer.item import Item, Variant
from service.catalog.columns import build_columns
from service.errors import InvalidError
from service.retrieval.asked import left_out, of_material
from service.retrieval.known_words import checked
from service.schemas.outfits import OutfitRequest


def item(sku: str, **changes: Any) -> Item:
    values: dict[str, Any] = {
        "sku": sku,
        "group_id": sku,
        "title": sku,
        "variants": (Variant(sku, "M", 1, 10.0),),
        "currency": "EUR",
        "slot": "top",
        "kind": "shirt",
        "department": "women",
    }
    return Item(**(values | changes))


STORE = build_columns(
    [
        item("a", title="Cotton denim shirt", material="cotton", materials=("cotton", "denim")),
        item(
            "b", kind="jeans", slot="bottom", title="Straight leg", material="cotton", materials=("cotton",)
        ),
        item("c", title="Soft crew", material="cotton", materials=("cotton", "wool")),
        item("d", title="Merino crew", material="wool", materials=("wool",)),
        item("e", title="Loafer", kind="loafers", slot="shoes", material="suede", materials=("suede",)),
        item("f", title="Tee", brand="Norda", colors=("nordic fjord",)),
        item("g", title="Ring", kind="ring", slot="jewelry"),
    ]
)


def request(**fields: Any) -> OutfitRequest:
    return OutfitRequest.model_validate({"vibe": "jazz", **fields})


@pytest.mark.parametrize(
    ("material", "kept"), [("denim", "cdefg"), ("wool", "abefg"), ("leather", "abcdfg"), ("cotton", "defg")]
)
def test_a_material_that_is_ruled_out_hides_in_no_blend_and_no_kind(material: str, kept: str) -> None:
    gone = of_material(STORE, [material], ruled_out=True)
    assert "".join(sku for sku, out in zip("abcdefg", gone, strict=True) if not out) == kept


def test_what_nobody_knows_the_material_of_is_said() -> None:
    (unmet,) = left_out(STORE, request(exclude={"materials": ["wool"]}), "women")
    assert unmet.constraint == "exclude.materials"
    assert unmet.reason == "material unknown for 1 piece: left out where there are others"
    (unmet,) = left_out(STORE, request(exclude={"materials": ["gold"]}), None)  # a ring may be of gold
    assert "2 pieces" in unmet.reason
    assert left_out(STORE, request(), "women") == []


@pytest.mark.parametrize(
    ("part", "name", "said", "meant"),
    [
        ("exclude", "colors", "Schwarz", ["black"]),
        ("exclude", "colors", "nordic fjord", ["nordic fjord"]),
        ("include", "materials", "leinen", ["linen"]),
        ("exclude", "patterns", "Stripes", ["striped"]),
        ("exclude", "kinds", "boots", ["boots"]),
        ("exclude", "kinds", "T Shirt", ["t-shirt"]),
        ("exclude", "kinds", "trainers", ["sneakers"]),
        ("exclude", "kinds", "shoes", ["shoes"]),
    ],
)
def test_words_are_taken_as_the_tables_call_them(part: str, name: str, said: str, meant: list[str]) -> None:
    known, silent = checked(request(**{part: {name: [said]}}), STORE)
    assert getattr(getattr(known, part), name) == meant
    assert silent == []


@pytest.mark.parametrize(
    ("part", "name", "word", "near"),
    [
        ("exclude", "colors", "blakc", "black"),
        ("include", "colors", "blakc", "black"),
        ("exclude", "materials", "lether", "leather"),
        ("exclude", "patterns", "stripd", "striped"),
        ("exclude", "kinds", "sneekers", "sneakers"),
        ("exclude", "kinds", "qqqq", "no known word is like it"),
    ],
)
def test_a_slip_is_refused_with_the_nearest_words(part: str, name: str, word: str, near: str) -> None:
    with pytest.raises(InvalidError) as refused:
        checked(request(**{part: {name: ["red" if name == "colors" else word, word]}}), STORE)
    error = refused.value.errors[-1]
    assert error.field == f"{part}.{name}.1"
    assert near in error.message


def test_brands_and_attributes_that_say_nothing_here_are_named() -> None:
    asked = request(exclude={"brands": ["Norda", "Nordda"]}, attributes=["flat", "cosy"])
    assert checked(asked, STORE) == (asked, ["Nordda", "cosy"])
