"""Layouts: nothing leaves the page, whatever an outfit is made of."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.item import SLOTS
from service.pictures.layout import CANVAS, MARGIN, Thing, leaning, place

TEMPLATES = [
    name
    for name, row in tomllib.loads((files("service.pictures") / "templates.toml").read_text("utf-8")).items()
    if isinstance(row, dict) and "arrangements" in row
]
SIZES = st.floats(1, 160)


@st.composite
def outfits(draw):
    slots = draw(st.lists(st.sampled_from([*SLOTS, "suit"]), min_size=1, max_size=9))
    seen: dict[str, int] = {}
    things = []
    for slot in slots:
        seen[slot] = seen.get(slot, 0) + 1
        name = slot if seen[slot] == 1 else f"{slot}{seen[slot]}"
        things.append(Thing(name, draw(SIZES), draw(SIZES), draw(st.booleans())))
    return things


@given(outfits(), st.sampled_from(TEMPLATES), st.sampled_from(["square", "portrait"]))
def test_nothing_leaves_the_page(things, template, shape):
    layout = place(things, template, shape)
    width, height = CANVAS[shape]
    assert len(layout.spots) == len(things)
    for spot in layout.spots:
        wide, high = leaning(spot.width, spot.height, spot.lean)
        assert spot.x - wide / 2 >= MARGIN - 0.01
        assert spot.y - high / 2 >= MARGIN - 0.01
        assert spot.x + wide / 2 <= width - MARGIN + 0.01
        assert spot.y + high / 2 <= height - MARGIN + 0.01


@given(outfits(), st.sampled_from(TEMPLATES))
def test_relative_sizes_are_those_of_the_things(things, template):
    layout = place(things, template, "square")
    for thing, spot in zip(things, layout.spots, strict=True):
        assert spot.width == pytest.approx(thing.width * layout.scale)
        assert spot.height == pytest.approx(thing.height * layout.scale)


def test_the_same_things_lie_in_the_same_places():
    things = [Thing("top", 60, 66), Thing("bottom", 45, 104), Thing("shoes", 40, 28)]
    assert place(things, "separates", "square") == place(things, "separates", "square")


def test_a_waistband_slides_under_a_top_but_not_under_an_image():
    def overlap(free: bool) -> tuple[float, float]:
        things = [Thing("top", 66, 66, free), Thing("bottom", 45, 80), Thing("outerwear", 75, 76)]
        top, bottom, _ = place([*things, Thing("shoes", 40, 28)], "layered", "square").spots[:3]
        across = (top.width + bottom.width) / 2 - abs(top.x - bottom.x)
        down = (top.height + bottom.height) / 2 - abs(top.y - bottom.y)
        return across, down

    assert min(overlap(False)) > 0
    assert min(overlap(True)) <= 0


def test_of_nothing_there_is_an_empty_page():
    assert place([], "few", "square").spots == ()
