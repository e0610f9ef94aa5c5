"""A menswear shop that sells suits, and what goes with them, dresses a groom, an interview and a black tie."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from indexer.pipeline.read import FeedSource
from service.indexing.build import build_index
from service.recommender.recommender import StoreRecommender, open_recommender
from service.schemas.outfits import OutfitRequest
from service.settings import Settings

HEAD = "sku,title,product_type,gender,color,size,price,currency,quantity"
SUITS = """S1,Navy wool two-piece suit,Suits,men,navy,50,399,EUR,4
S2,Charcoal three-piece suit,Suits,men,charcoal,50,499,EUR,4
S3,Black tuxedo with satin lapels,Tuxedos,men,black,50,599,EUR,4
S4,Light grey linen suit,Suits,men,grey,50,379,EUR,4
S5,Ivory dinner suit,Tuxedos,men,ivory,50,549,EUR,4"""
BESIDE = """W1,White poplin dress shirt,Shirts,men,white,40,59,EUR,9
W2,White marcella evening shirt,Shirts,men,white,40,79,EUR,9
W3,Pale blue twill shirt,Shirts,men,light blue,40,59,EUR,9
O1,Black oxford shoes,Shoes,men,black,43,159,EUR,9
O2,Patent evening shoes,Shoes,men,black,43,179,EUR,9
T1,Black silk bow tie,Ties,men,black,,39,EUR,9
T2,Burgundy silk tie,Ties,men,burgundy,,39,EUR,9"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreRecommender]:
    folder = tmp_path_factory.mktemp("suits")
    feed = folder / "feed.csv"
    feed.write_text("\n".join((HEAD, SUITS, BESIDE, "")))
    settings = Settings(data_dir=folder / "data", composer="retrieval", memory=False)
    build_index(settings, [FeedSource(feed)])
    with closing(open_recommender(settings)) as opened:
        yield opened


@pytest.mark.parametrize(
    "vibe", ["groom at a summer wedding", "job interview at a bank", "black tie gala at the opera"]
)
def test_a_shop_of_suits_dresses_a_man_wholly(shop: StoreRecommender, vibe: str) -> None:
    request = OutfitRequest.model_validate({"vibe": vibe, "department": "men", "count": 1, "seed": 1})
    (outfit,) = shop.compose(request, "r").outfits
    slots = {piece.slot: piece.sku for piece in outfit.items}
    assert slots["outerwear"].startswith("S")  # a whole suit: its trousers are the bottom
    assert "bottom" not in slots
    assert {slots["top"][0], slots["shoes"][0]} == {"W", "O"}
    if "black tie" in vibe:
        assert slots["outerwear"] in ("S3", "S5")


@pytest.mark.parametrize("color", ["white", "green"])
def test_a_colour_that_no_asked_slot_has_is_said(shop: StoreRecommender, color: str) -> None:
    wish = {"vibe": "monday office", "department": "men", "count": 1, "seed": 1, "slots": ["shoes"]}
    request = OutfitRequest.model_validate({**wish, "include": {"colors": [color]}})
    assert "include.colors" in {unmet.constraint for unmet in shop.compose(request, "r").unmet}
