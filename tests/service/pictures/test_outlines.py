"""Outlines: reading, mirroring and measuring path data."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.pictures.outline import Outline, Run, ellipse, number, parse

POINTS = st.tuples(*[st.floats(-200, 200).map(lambda v: round(v, 2))] * 2)
STEPS = st.one_of(st.tuples(POINTS), st.tuples(POINTS, POINTS, POINTS))
OUTLINES = st.lists(
    st.builds(Run, POINTS, st.lists(STEPS, min_size=1, max_size=4).map(tuple), st.booleans()),
    min_size=1,
    max_size=3,
).map(lambda runs: Outline(tuple(runs)))


@given(OUTLINES)
def test_what_is_written_reads_the_same(outline):
    assert parse(outline.data()) == outline


@given(OUTLINES)
def test_mirroring_twice_changes_nothing(outline):
    assert outline.mirrored().mirrored() == outline
    left, top, right, bottom = outline.box()
    assert outline.mirrored().box() == pytest.approx((-right, top, -left, bottom))


@given(OUTLINES)
def test_a_half_joined_with_its_mirror_image_is_symmetric(outline):
    left, _, right, _ = outline.joined(closed=True).box()
    assert left == pytest.approx(-right)


def test_all_commands_of_a_hand_drawing_are_read():
    written = parse("M0,0 L1,0 H2 V2 C2,3 1,3 1,2 S0,1 0,2 Q-1,1 0,0 Z M5,5 6,6").data()
    assert written == ("M0,0L1,0L2,0L2,2C2,3 1,3 1,2C1,1 0,1 0,2C-0.67,1.33 -0.67,0.67 0,0ZM5,5L6,6")


@pytest.mark.parametrize("text", ["", "L1,1", "M0", "M0,0 A1,1", "M0,0 C1,1 2,2", "M0,0 l1,1"])
def test_what_cannot_be_drawn_is_an_error(text):
    with pytest.raises(ValueError, match="path"):
        parse(text)


def test_an_ellipse_fills_its_box():
    assert ellipse(1, 2, 3, 4).box() == pytest.approx((-2, -2, 4, 6))


def test_a_fold_runs_out_at_its_ends():
    fold = parse("M0,0 C0,3 0,6 0,9").tapered(2)
    (run,) = fold.runs
    assert run.closed
    assert run.start == run.end == (0, 0)
    left, _, right, _ = fold.box()
    assert right - left == pytest.approx(2, rel=0.05)


def test_numbers_are_as_short_as_can_be():
    assert [number(v) for v in (1.0, 0.004, -0.004, 1.256, 0.5, -3.10)] == [
        "1",
        "0",
        "0",
        "1.26",
        "0.5",
        "-3.1",
    ]
