"""Colours that are said of the whole outfit, and colours that are not."""

from __future__ import annotations

import pytest

from service.query.wording.throughout import joined, throughout


@pytest.mark.parametrize(
    ("text", "color"),
    [
        ("all black everything", "black"),
        ("all-white party", "white"),
        ("in head to toe navy", "navy"),
        ("navy from head to toe", "navy"),
        ("everything in beige", "beige"),
        ("ganz in Schwarz", "Schwarz"),
        ("tout en noir", "noir"),
        ("toda de blanco", "blanco"),
        ("tutta in bianco", "bianco"),
        ("helemaal in het zwart", "zwart"),
        ("od stóp do głów w granacie", "granacie"),
        ("全身黑色", "黑色"),
        ("黒ずくめ", "黒"),
    ],
)
def test_the_whole_outfit(text: str, color: str) -> None:
    start = text.index(color)
    assert throughout(text, start, start + len(color))


@pytest.mark.parametrize(
    ("text", "color"),
    [("something black", "black"), ("a small black dress", "black"), ("black and gold", "black")],
)
def test_some_of_it(text: str, color: str) -> None:
    start = text.index(color)
    assert not throughout(text, start, start + len(color))


def test_colors_in_one_breath() -> None:
    assert joined(" and ")
    assert joined(", ")
    assert not joined(" with a touch of ")
