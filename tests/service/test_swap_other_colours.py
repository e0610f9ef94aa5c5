"""A swap offers another model first: other colours of what goes only where too few others are left."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from factories import item
from hypothesis import given, settings
from hypothesis import strategies as st
from small_store import DIM, brief, retriever_over

from service.composition.composer import compose
from service.composition.planner import make_plans
from service.composition.swap import swap_order
from service.db.repositories.outfits import Made
from service.lm.scorer import RetrievalScorer
from service.recommender.recommender import StoreRecommender
from service.recommender.replay import replay
from service.retrieval.retriever import Retriever
from service.schemas.outfits import OutfitRequest, SwapRequest


def store_of(colours: int, others: int, prices: dict[str, float] | None = None) -> Retriever:
    """Jeans, sneakers "shoes0" of so many other colours that suit the wish best, and so many other sneakers."""
    priced = {"price": 10.0}
    dear = prices or {}
    shoes = [
        item(f"shoes{n}", "shoes", group_id="model", colors=(f"c{n}",), **priced) for n in range(colours + 1)
    ]
    rest = [item(f"other{n}", "shoes", dear.get(f"other{n}", 10.0)) for n in range(others)]
    pieces = [item("jeans", "bottom"), *shoes, *rest]
    near, far = np.eye(DIM)[0], np.eye(DIM)[1]
    vectors = [
        near + (0.05 if piece.group_id == "model" else 0.4 + 0.01 * n) * far for n, piece in enumerate(pieces)
    ]
    return retriever_over(pieces, np.array(vectors))


def alternatives(store: Retriever, count: int, **body: Any) -> list[str]:
    """What fills the place of "shoes0", best first."""
    values: dict[str, Any] = {
        "vibe": "x",
        "department": "women",
        "count": count,
        "anchors": ["jeans"],
        "slots": ["bottom", "shoes"],
        "exclude": {"skus": ["shoes0"]},
    }
    request = OutfitRequest.model_validate(values | body)
    planned = make_plans(request, brief(), store, count + 4)
    budget = request.budget.cents if request.budget else None
    composed = compose(planned.plans, RetrievalScorer(), budget, 1) if planned.plans else []
    return [outfit.pieces[-1].sku for outfit in sorted(composed, key=lambda c: c.rank)]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 4), st.integers(0, 6), st.integers(1, 6))
def test_other_models_come_first_and_the_count_still_fills(colours: int, others: int, count: int) -> None:
    found = alternatives(store_of(colours, others), count)
    assert len(found) == min(count, colours + others)
    assert [sku.startswith("shoes") for sku in found] == sorted(sku.startswith("shoes") for sku in found)
    assert sum(sku.startswith("other") for sku in found) == min(count, others)
    assert "shoes0" not in found


def test_a_model_that_the_budget_rules_out_makes_room_for_another_colour() -> None:
    store = store_of(2, 3, {"other0": 90.0, "other1": 90.0})
    found = alternatives(store, 3, budget={"max": 50})
    assert (found[0], set(found[1:])) == ("other2", {"shoes1", "shoes2"})


@pytest.mark.parametrize("body", [{"exclude": {}}, {"anchors": []}])
def test_only_what_was_sent_away_from_the_one_open_slot_is_held_back(body: dict[str, Any]) -> None:
    """The best of all is a colour of the model: nothing speaks against it where nobody sent one away for another."""
    assert alternatives(store_of(2, 3), 1, **body)[0].startswith("shoes")


def test_a_swap_of_a_piece_in_several_colours_gives_other_models_and_can_be_replayed(
    sample_recommender: StoreRecommender,
) -> None:
    request = OutfitRequest(vibe="rooftop jazz night", department="women", seed=3, count=3)
    answer = sample_recommender.compose(request, "r")
    known = (answer.composer, answer.style.name, answer.style.digest, answer.index.version, answer.seed)
    seen = 0
    for outfit in answer.outfits:
        for piece in outfit.items:
            order = swap_order(request, outfit, SwapRequest(slot=piece.slot), sample_recommender.item)
            swapped = sample_recommender.swap(order, "s")
            group = model_of(sample_recommender, piece.sku)
            news = [i.sku for o in swapped.outfits for i in o.items if i.slot == piece.slot]
            assert len(news) == 3
            assert group not in [model_of(sample_recommender, sku) for sku in news]
            made = Made(swapped.outfits[0], order.request, *known)
            assert replay(made, sample_recommender, "r") is None
            seen += 1
    assert seen > 6


def model_of(recommender: StoreRecommender, sku: str) -> str:
    view = recommender.item(sku)
    assert view is not None
    return view.group_id
