"""A colour of the whole outfit: in every core piece, or said not to be had."""

from __future__ import annotations

from typing import Any

import pytest

from indexer.item import Item, Slot
from service.query.demands import NamedPiece, join
from service.query.intent import Mention, WishReading
from service.retrieval.placing import Placed, place
from service.schemas.outfits import OutfitRequest
from tests.service.factories import item
from tests.service.small_store import brief, retriever

TOPS = [item("T1", "top", colors=("black",)), item("T2", "top", colors=("white",))]
BOTTOMS = [item("B1", "bottom", colors=("black",)), item("B2", "bottom", colors=("blue",))]
DRESSES = [item("D1", "dress", colors=("red",), kind="day-dress")]
SHOES = [item("S1", "shoes", colors=("black",)), item("S2", "shoes", colors=("white",))]


def placed(items: list[Item], color: str, pieces: tuple[NamedPiece, ...] = ()) -> tuple[Placed, list[Item]]:
    """Where the colour goes that the whole outfit is to have."""
    store = retriever(items)
    request = OutfitRequest.model_validate({"vibe": f"all {color}", "include": {"colors": [color]}})
    wish = brief(pieces=pieces, throughout=(color,))
    within = store.within(request, wish, ("women", ""), ())
    found = place(store.view.columns, request, pieces, within, frozenset(), True, wish.throughout)
    return found, items


def skus(found: tuple[Placed, list[Item]], slot: Slot) -> list[str]:
    placed, items = found
    return [piece.sku for piece, allowed in zip(items, placed.only[slot], strict=True) if allowed]


def test_top_bottom_and_shoes_have_it() -> None:
    found = placed([*TOPS, *BOTTOMS, *DRESSES, *SHOES], "black")
    assert skus(found, "top") == ["T1"]
    assert skus(found, "bottom") == ["B1"]
    assert skus(found, "shoes") == ["S1"]
    assert "dress" in found[0].without
    assert found[0].unmet == []


def test_a_dress_where_separates_cannot() -> None:
    found = placed([*TOPS, *BOTTOMS, *DRESSES, *SHOES], "red")
    assert skus(found, "dress") == ["D1"]
    assert {"top", "bottom"} <= found[0].without
    assert [u.constraint for u in found[0].unmet] == ["include.colors"]  # no shoes are red
    assert "shoes" in found[0].unmet[0].reason


def test_shoes_that_lack_it_are_said_and_cost_no_other_slot() -> None:
    found = placed([*TOPS, *BOTTOMS, SHOES[1]], "black")
    assert skus(found, "top") == ["T1"]
    assert not {"top", "bottom"} & found[0].without
    assert [u for u in found[0].unmet if "shoes" in u.reason]


def test_what_is_not_to_be_had_is_said() -> None:
    found, _ = placed([*TOPS, *BOTTOMS, *SHOES], "white")
    assert "top" in found.only
    assert any("bottom" in u.reason and "white" in u.reason for u in found.unmet)


def test_a_piece_named_in_a_colour_keeps_it() -> None:
    trainers = NamedPiece("white trainers", frozenset({"sneakers"}), ("shoes",), colors=("white",))
    found = placed([*TOPS, *BOTTOMS, *SHOES], "black", (trainers,))
    assert skus(found, "shoes") == ["S2"]
    assert skus(found, "top") == ["T1"]


@pytest.mark.parametrize(
    ("vibe", "colors", "expected"),
    [
        ("all black everything", {"black": "black"}, ("black",)),
        ("all white and cream", {"white": "white", "cream": "cream"}, ("white", "cream")),
        ("something black", {"black": "black"}, ()),
        ("lilac and gold", {"lilac": "lavender", "gold": "gold"}, ()),
        ("ganz in Schwarz", {"Schwarz": "black"}, ("black",)),
    ],
)
def test_which_colours_the_whole_outfit_has(
    vibe: str, colors: dict[str, Any], expected: tuple[str, ...]
) -> None:
    mentions = tuple(
        Mention(word, vibe.index(word), vibe.index(word) + len(word), "include.colors", value)
        for word, value in colors.items()
    )
    demands = join(OutfitRequest.model_validate({"vibe": vibe}), WishReading(mentions))
    assert demands.throughout == expected
    assert demands.request.include.colors == list(colors.values())
