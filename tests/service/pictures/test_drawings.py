"""The drawings and their tables: every kind can be drawn, and every word in a table leads somewhere."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

import service.pictures
from indexer.item import SLOTS, Slot
from indexer.taxonomy.kinds import GENERIC_KIND, KINDS
from service.pictures.choice import cut_of, drawing_of, of_kind, template_of
from service.pictures.cloth import cloth_of
from service.pictures.colors import inks, lightness, mix, shade, tables
from service.pictures.drawing import Cut, drawing, names
from service.pictures.piece import Piece

ROOM = Path(service.pictures.__file__).parent
WORN = [kind for kind in KINDS.values() if kind.slot is not None]


@cache
def toml(name: str) -> dict:
    return tomllib.loads((ROOM / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", WORN, ids=lambda kind: kind.name)
def test_every_kind_that_is_worn_has_a_drawing(kind):
    assert of_kind(kind.name) in names()


@pytest.mark.parametrize("slot", SLOTS)
def test_a_kind_that_is_not_known_is_drawn_by_its_slot(slot):
    assert drawing_of(Piece(slot, "Zorblax", "zorblax")) == toml("choices.toml")["slots"][slot]
    assert GENERIC_KIND[slot] in KINDS


@pytest.mark.parametrize("name", names())
def test_every_drawing_has_parts_of_a_sensible_size(name):
    left, top, right, bottom = drawing(name).box()
    assert 1 < right - left < 110, "centimetres"
    assert 1 < bottom - top < 175, "centimetres"


def test_there_are_many_drawings():
    assert len(names()) >= 200
    assert len({of_kind(kind.name) for kind in WORN}) >= 120


@pytest.mark.parametrize("name", names())
def test_every_cut_that_a_drawing_offers_can_be_drawn(name):
    (spec,) = [t["drawing"][name] for t in map(toml, drawings()) if name in t.get("drawing", {})]
    for option, part in (("necks", "neck"), ("sleeves", "sleeve"), ("lengths", "length")):
        for word in spec.get(option, {}):
            assert drawing(name, Cut(**{part: word})).parts


def drawings() -> list[str]:
    return sorted(f"drawings/{path.name}" for path in (ROOM / "drawings").glob("*.toml"))


def test_every_word_of_the_tables_leads_to_a_drawing_or_a_tile():
    choices, fabrics = toml("choices.toml"), toml("fabrics.toml")
    named = {row[1].lstrip("*") for table in choices["titles"] for row in table["drawings"]}
    assert named | {*choices["slots"].values()} | {*choices["kinds"].values()} <= {*names()}
    assert {table["slot"] for table in choices["titles"]} <= {*get_args(Slot)}
    starred = {row[1][1:] for t in choices["titles"] for row in t["drawings"] if row[1].startswith("*")}
    assert starred == {*choices["only"]}
    assert {kind for kinds in choices["only"].values() for kind in kinds} <= {*KINDS}
    assert {*choices["kinds"], *choices["kind_cuts"]} <= {*KINDS}
    assert {tile for tile in fabrics["patterns"].values() if tile} <= {*fabrics["prints"]}
    textures = {row["texture"] for row in fabrics["materials"].values() if "texture" in row}
    assert textures | {*fabrics["words"].values()} <= {*fabrics["textures"]}


def test_outfits_for_swimming_are_known_by_the_kinds_that_are_for_it():
    swim = {kind.name for kind in WORN if "swim" in kind.tags}
    assert {*toml("choices.toml")["outfits"]["swim"]} == swim


def test_a_title_says_more_than_a_kind():
    hat = Piece("accessory", "Terry Bucket Hat", "sun-hat")
    assert drawing_of(hat) == "bucket-hat"
    assert drawing_of(Piece("accessory", "Terry Hat", "sun-hat")) == "sun-hat"
    assert drawing_of(Piece("bag", "Bucket hat bag", "tote")) == "tote"  # of another slot


def test_a_word_may_choose_for_some_kinds_alone():
    assert drawing_of(Piece("dress", "Fern Wrap Dress in Jersey", "day-dress")) == "wrap-dress"
    assert drawing_of(Piece("dress", "Fern wrap midi", "day-dress")) == "wrap-dress"
    assert drawing_of(Piece("dress", "Baby wrap romper", "playsuit")) == "playsuit"


def test_sleeves_necks_and_lengths_are_read_from_words():
    assert cut_of(Piece("top", "V-Neck Long-Sleeve Tee")) == Cut(neck="v", sleeve="long")
    assert cut_of(Piece("top", "Tee", attributes=("sleeveless",))).sleeve == "none"
    assert cut_of(Piece("bottom", "Hazel Wide-Leg Jeans")).length == "wide"
    short = drawing("t-shirt").box()
    long = drawing("t-shirt", Cut(sleeve="long")).box()
    assert long != short
    assert drawing("t-shirt", Cut(sleeve="no such sleeve")) == drawing("t-shirt", Cut())


@pytest.mark.parametrize(
    ("kinds", "template"),
    [
        (["shirt", "jeans"], "separates"),
        (["shirt", "jeans", "trench"], "layered"),
        (["day-dress", "heels"], "dress"),
        (["day-dress", "trench"], "dress-layered"),
        (["suit", "shirt", "oxfords"], "suit"),
        (["shirt", "dress-trousers", "blazer", "tie"], "men"),
        (["swim-shorts", "flip-flops"], "swim"),
        (["tote"], "few"),
    ],
)
def test_an_outfit_of_a_kind_has_its_template(kinds, template):
    pieces = [Piece(KINDS[kind].slot or "top", kind, kind) for kind in kinds]
    assert template_of(pieces) == template


def test_every_colour_of_the_catalogue_has_a_shade():
    rows = (ROOM.parent.parent / "indexer/taxonomy/colors.tsv").read_text(encoding="utf-8").splitlines()
    listed = {row.split("\t")[0] for row in rows if not row.startswith(("#", "-"))}
    assert listed == {*tables()["names"]}


def test_a_title_makes_a_colour_more_exact_when_it_is_of_that_colour():
    assert shade("green", "Emerald gown") == tables()["shades"]["emerald"]
    assert shade("green", "Ruby gown") == tables()["names"]["green"]
    assert shade("cognac") == tables()["shades"]["cognac"]
    assert shade("nordic blue") == tables()["names"]["blue"]
    assert shade("fjord") is None


def test_inks_can_be_seen_on_their_ground():
    for ground in ("#fcfbf8", "#26252a", "#3f67a8"):
        assert all(abs(lightness(ink) - lightness(ground)) > 0.08 for ink in inks(ground, ()))
    assert mix("#000000", "#ffffff", 0.5) == "#808080"


def test_cloth_follows_colour_material_and_pattern():
    striped = cloth_of(Piece("top", "Tee", "t-shirt", ("navy", "white"), "cotton", "striped"))
    assert lightness(striped.base) > lightness(striped.inks[0])  # navy stripes on white
    assert striped.print is not None
    assert cloth_of(Piece("bottom", "Jeans", "jeans", ("blue",))).stitching
    assert cloth_of(Piece("top", "Satin top", "camisole", ("blue",))).finish == "satin"
    assert cloth_of(Piece("shoes", "Lace-up boots", "boots", ("tan",), "leather")).textures == ()
    assert len(cloth_of(Piece("top", "Tee", "t-shirt", ("multicolor",))).blocks) > 2
