"""What the service says of pieces that somebody wears together."""

from __future__ import annotations

import pytest

from service.errors import InvalidError
from service.recommender.recommender import StoreRecommender
from service.schemas.critique import Critique, CritiqueRequest
from service.schemas.outfits import OutfitRequest


def ask(recommender: StoreRecommender, **body: object) -> Critique:
    return recommender.critique(CritiqueRequest.model_validate({"vibe": "black tie gala", **body}), "r")


@pytest.fixture(scope="module")
def gala(sample_recommender: StoreRecommender) -> list[str]:
    request = OutfitRequest(vibe="black tie gala", department="men", count=1, seed=1)
    return [item.sku for item in sample_recommender.compose(request, "r").outfits[0].items]


def test_running_shoes_at_a_gala_cost_the_grade(
    sample_recommender: StoreRecommender, gala: list[str]
) -> None:
    shoes = [sku for sku in gala if sample_recommender.item(sku).slot == "shoes"]  # type: ignore[union-attr]
    rest = [sku for sku in gala if sku not in shoes]
    good = ask(sample_recommender, skus=gala, department="men")
    bad = ask(sample_recommender, skus=rest, own=["neon running shoes"], department="men")
    assert 1 <= bad.grade < good.grade <= 5
    assert bad.signed < good.signed


def test_every_piece_is_told_as_it_was_named(sample_recommender: StoreRecommender, gala: list[str]) -> None:
    found = ask(sample_recommender, skus=gala[:2], own=["white trainers"], department="men")
    told = [*found.works, *found.faults]
    kept = {sample_recommender.item(sku).title for sku in gala[:2]}  # type: ignore[union-attr]
    assert {piece.title for piece in told if piece.sku is not None} <= kept
    assert all(piece.title == "white trainers" for piece in told if piece.sku is None)
    assert [f.chance for f in found.faults] == sorted((f.chance for f in found.faults), reverse=True)


def test_what_an_outfit_lacks_is_offered(sample_recommender: StoreRecommender, gala: list[str]) -> None:
    shoes = [sku for sku in gala if sample_recommender.item(sku).slot == "shoes"]  # type: ignore[union-attr]
    found = ask(sample_recommender, skus=[s for s in gala if s not in shoes], department="men")
    assert "shoes" in {swap.item.slot for swap in found.swaps if swap.out is None}


def test_unknown_pieces_are_named_by_their_place(sample_recommender: StoreRecommender) -> None:
    with pytest.raises(InvalidError, match=r"skus\.1: no item has the SKU nope"):
        ask(sample_recommender, skus=["EQ-2104-NVY-3332", "nope"])
    with pytest.raises(ValueError, match="name at least one piece"):
        CritiqueRequest(vibe="gala")
