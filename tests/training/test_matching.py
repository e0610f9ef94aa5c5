"""Looks in words are matched to the items of a small store, as a shopper of their department would be shown them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from indexer.embedder import Embedder, load_embedder
from indexer.errors import SnapshotError
from indexer.pipeline.build import FeedSource, build_snapshot
from indexer.storage.snapshot import SnapshotStore
from service.catalog.view import CatalogView
from training.data.decisions import Draw, Pool, draw_examples
from training.data.looks import StyledLook
from training.data.matching import match_looks, stock_looks
from training.data.stocked import in_stock

FEED = """sku,title,category,department,color,price,quantity,description
W1,Satin Camisole,Tops,women,green,60,3,Cut on the bias with thin straps.
W2,Merino Turtleneck,Tops > Sweaters,women,black,90,3,Fine ribs and a close fit.
W3,Satin Midi Skirt,Skirts,women,black,80,0,Falls to the calf.
W4,Wide-Leg Jeans,Jeans,women,blue,80,3,Heavy denim.
W5,Stiletto Sandals,Shoes > Sandals,women,silver,120,3,A thin strap and a high heel.
W6,Penny Loafers,Shoes > Loafers,women,brown,140,3,Stitched by hand.
M1,Oxford Shirt,Shirts,men,white,70,3,A button-down collar.
M2,Chinos,Trousers,men,beige,70,3,Garment dyed.
M3,Chelsea Boots,Shoes > Boots,men,brown,160,3,Suede with elastic sides.
U1,Canvas Tote,Bags > Totes,unisex,white,30,3,A pocket inside.
"""


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder()


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Iterator[CatalogView]:
    folder = tmp_path_factory.mktemp("store")
    (folder / "feed.csv").write_text(FEED, encoding="utf-8")
    store = SnapshotStore(folder)
    build_snapshot(store, [FeedSource(folder / "feed.csv")], embedder)
    with store.current() as snapshot:
        yield CatalogView(snapshot)


def look(**changes: Any) -> StyledLook:
    values: dict[str, Any] = {
        "id": "jazz/0",
        "group": "jazz",
        "source": "lookbook",
        "pieces": {
            "top": "emerald green satin camisole top",
            "bottom": "black satin midi skirt",
            "shoes": "silver stiletto sandals",
        },
        "phrasings": ("rooftop jazz",),
        "department": "women",
    }
    return StyledLook(**(values | changes))


def test_pieces_become_the_nearest_items_of_their_slot(view: CatalogView, embedder: Embedder) -> None:
    matched = match_looks([look()], view, embedder)
    (found,) = matched.looks
    assert found.pieces == {
        "top": "green satin camisole",
        "bottom": "black satin midi skirt",  # out of stock today, and no worse a lesson for that
        "shoes": "silver stiletto sandals",
    }
    assert (found.id, found.group, found.phrasings) == ("jazz/0", "jazz", ("rooftop jazz",))
    assert matched.share == 1
    assert matched.lines()[:2] == ["1 of 1 looks, 100% of the pieces matched", "top: 1 of 1"]


def test_what_the_store_has_not_the_like_of_is_left_out(view: CatalogView, embedder: Embedder) -> None:
    pieces = dict(look().pieces) | {"bag": "canvas tote in white", "outerwear": "black wool coat"}
    pieces["shoes"] = "yellow rubber fishing waders"
    matched = match_looks([look(pieces=pieces)], view, embedder)
    assert set(matched.looks[0].pieces) == {"top", "bottom", "bag"}
    assert matched.share == pytest.approx(3 / 5)
    assert (matched.found["outerwear"], matched.pieces["outerwear"]) == (0, 1)
    assert match_looks([look(pieces=pieces)], view, embedder, least=4).looks == []
    everything = match_looks([look(pieces=pieces)], view, embedder, threshold=-1)
    assert set(everything.looks[0].pieces) == {"top", "bottom", "bag", "shoes"}
    assert match_looks([look(pieces=pieces)], view, embedder, threshold=1.01).share == 0


def test_no_one_is_matched_with_another_departments_items(view: CatalogView, embedder: Embedder) -> None:
    pieces = {"top": "white oxford shirt", "bottom": "beige chinos", "shoes": "brown chelsea boots"}
    men, women, anyone = (
        match_looks([look(pieces=pieces, department=d)], view, embedder, threshold=-1).looks[0]
        for d in ("men", "women", None)
    )
    assert set(men.pieces.values()) == {"white oxford shirt", "beige chinos", "brown chelsea boots"}
    assert not set(women.pieces.values()) & set(men.pieces.values())
    assert (anyone.department, anyone.pieces) == ("men", men.pieces)
    kids = match_looks([look(pieces=pieces, department="kids")], view, embedder, threshold=-1)
    assert kids.looks == []


def test_near_misses_are_matched_unless_they_come_to_the_same(view: CatalogView, embedder: Embedder) -> None:
    misses = {"top": ("black merino turtleneck", "green satin cami"), "bag": ("white canvas tote",)}
    (found,) = match_looks([look(misses=misses)], view, embedder).looks
    assert found.misses == {"top": ("black merino turtleneck",)}


def test_an_index_of_another_encoder_is_refused(view: CatalogView) -> None:
    class Other:
        name, digest, dim = "other", "0", 384

    with pytest.raises(SnapshotError, match="not with other"):
        match_looks([look()], view, Other())  # type: ignore[arg-type]


def test_nothing_in_nothing_out(view: CatalogView, embedder: Embedder) -> None:
    matched = match_looks([], view, embedder)
    assert (matched.looks, matched.share) == ([], 0)
    assert matched.lines() == ["0 of 0 looks, 0% of the pieces matched"]


def test_the_stock_becomes_negatives(view: CatalogView, embedder: Embedder) -> None:
    looks = match_looks([look()], view, embedder).looks
    stock = stock_looks([found.line for found in looks], view, without={"blue wide-leg jeans"})
    assert all(len(entry.pieces) == 1 for entry in stock)
    assert {text for entry in stock for text in entry.pieces.values()} == {
        "green satin camisole",
        "black merino turtleneck",
        "silver stiletto sandals",
        "brown penny loafers",
        "white canvas tote",
    }
    pool = Pool([*looks, *stock], embedder)
    (example,) = draw_examples(looks, pool, Draw(options=4, shuffle=0), seed=0)
    assert {d.slot: d.options for d in example.decisions if len(d.options) > 1} == {
        "top": ("green satin camisole", "black merino turtleneck"),
        "shoes": ("silver stiletto sandals", "brown penny loafers"),
    }


def test_matched_looks_are_the_stores_own_and_hold_nothing_that_is_held_out(
    view: CatalogView, embedder: Embedder
) -> None:
    folder = view.snapshot.path.parents[2]
    found = in_stock([look()], [], folder, embedder)
    assert [(k.id, k.source) for k in found.looks] == [("jazz/0/stock", "store")]
    assert found.looks[0].pieces["shoes"] == "silver stiletto sandals"
    assert {k.source for k in found.pool} == {"store"}
    held_out = look(id="other/0", group="other", pieces={"shoes": "silver stiletto sandals"})
    without = in_stock([look()], [held_out], folder, embedder)
    assert without.looks == []
