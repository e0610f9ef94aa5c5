"""Filters are exact however little they leave, and shortlists are varied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from factories import item
from hypothesis import given, settings
from hypothesis import strategies as st
from small_store import DIM, brief, retriever, retriever_over

from indexer.item import SEASONS, Item, Variant
from service.catalog.columns import build_columns
from service.catalog.view import pick_variant
from service.policy.policy import policy
from service.retrieval.filter_chain import apply
from service.retrieval.filters import filters, size_filter
from service.retrieval.retriever import Retriever
from service.retrieval.shortlist import varied
from service.schemas.outfits import OutfitRequest

MARGIN = policy().weights.shortlist.margin


def request(**body: Any) -> OutfitRequest:
    return OutfitRequest.model_validate({"vibe": "x", "department": "women", **body})


def test_one_item_in_a_hundred_thousand_is_found() -> None:
    items = [item(f"s{i}", brand="common", price=50.0) for i in range(100_000)]
    items[77_123] = item("needle", brand="rare", price=5.0)
    store = retriever(items)
    for body in ({"budget": {"max": 6}}, {"exclude": {"brands": ["Common"]}}):
        answer = store.retrieve(request(**body), brief(), ("women", ""), {"top": 8})
        found, unmet = answer.shortlists, answer.unmet
        assert unmet == {}
        assert [c.sku for c in found["top"].candidates] == ["needle"]


sizes = st.sampled_from(["S", "M", "L", None])
variants = st.lists(st.tuples(sizes, st.integers(0, 2), st.integers(5, 90)), min_size=1, max_size=3)
pieces = st.tuples(
    variants,
    st.sampled_from(["women", "men", "unisex", "kids"]),
    st.sampled_from(["black", "navy blue", "red"]),
    st.sampled_from(["Acme", "Bolt"]),
    st.sets(st.sampled_from(SEASONS), max_size=2),
)


def _piece(n: int, drawn: Any) -> Item:
    stock, department, color, brand, seasons = drawn
    return item(
        f"s{n}",
        variants=tuple(
            Variant(f"s{n}-{k}", size, quantity, float(p)) for k, (size, quantity, p) in enumerate(stock)
        ),
        department=department,
        colors=(color,),
        brand=brand,
        seasons=tuple(s for s in SEASONS if s in seasons),
    )


@settings(deadline=None)
@given(
    st.lists(pieces, min_size=1, max_size=12),
    st.sampled_from(["women", "men", "unisex", "kids"]),
    st.none() | st.sampled_from(SEASONS),
    st.none() | st.integers(5, 90),
    st.lists(st.sampled_from(["M", "medium", "l"]), max_size=2, unique=True),
    st.lists(st.sampled_from(["blue", "black"]), max_size=1),
    st.lists(st.sampled_from(["ACME"]), max_size=1),
)
def test_filters_agree_with_plain_reading(
    drawn: list[Any],
    department: str,
    season: Any,
    most: int | None,
    wanted: list[str],
    colors: list[str],
    brands: list[str],
) -> None:
    items = [_piece(n, d) for n, d in enumerate(drawn)]
    asked = request(
        department=department,
        season=season,
        budget=None if most is None else {"max": most},
        sizes={"top": wanted},
        exclude={"colors": colors, "brands": brands},
    )
    columns = build_columns(items)
    who = brief(department=department)
    chain = [f for f in filters(columns, asked, who, department, "") if not f.soft]  # type: ignore[arg-type]
    mask, _, _ = apply(
        columns,
        "top",
        [*[f for f in chain if f.constraint != "weather"], *size_filter(columns, asked, who, "top")],
    )

    def fits(piece: Item) -> bool:
        stocked = [v for v in piece.variants if v.quantity]
        allowed = {"m" if w in ("M", "medium") else "l" for w in wanted}
        return (
            bool(stocked)
            and (not wanted or any(v.size is None or v.size.lower() in allowed for v in stocked))
            and (
                piece.department == department
                or (department in ("women", "men") and piece.department == "unisex")
            )
            and (season is None or not piece.seasons or season in piece.seasons)
            and (most is None or min(v.price or 0 for v in stocked) <= most)
            and not any(c in piece.colors[0].split() for c in colors)
            and not (brands and piece.brand == "Acme")
        )

    assert mask.tolist() == [fits(piece) for piece in items]


def test_a_shortlist_is_not_one_product_in_eight_colours() -> None:
    tee = [item(f"tee-{c}", group_id="tee", colors=(c,)) for c in ("black", "white", "navy", "grey", "red")]
    others = [item(f"o{i}") for i in range(6)]
    vectors = np.concatenate([np.tile(np.eye(DIM)[0], (5, 1)), np.eye(DIM)[0] + 0.15 * np.eye(DIM)[1:7]])
    store = retriever_over([*tee, *others], vectors)
    found = store.retrieve(request(), brief(), ("women", ""), {"top": 5}).shortlists
    groups = [c.item.group_id for c in found["top"].candidates]
    assert groups.count("tee") == 1
    assert len(groups) == 5


def test_the_cheapest_piece_comes_along_under_a_budget() -> None:
    items = [item(f"s{i}", price=40.0 + i) for i in range(50)]
    items[31] = item("cheap", price=1.0)
    store = retriever(items)
    found = store.retrieve(request(budget={"max": 90}), brief(), ("women", ""), {"top": 4}).shortlists
    assert "cheap" in [c.sku for c in found["top"].candidates]


def test_the_blamed_constraint_is_the_one_that_empties() -> None:
    items = [item("a", variants=(Variant("a", "S", 1, 10.0),))]
    unmet = (
        retriever(items).retrieve(request(sizes={"top": ["XL"]}), brief(), ("women", ""), {"top": 4}).unmet
    )
    assert unmet["top"].constraint == "sizes.top"


def test_the_cheapest_fitting_size_in_stock_is_picked() -> None:
    piece = item(
        "a",
        variants=(
            Variant("a-s", "S", 1, 5.0),
            Variant("a-m", "M", 0, 4.0),
            Variant("a-l", "L", 1, 9.0),
            Variant("a-xl", "XL", None, 8.0),
        ),
    )
    assert pick_variant(piece, []).sku == "a-s"
    assert pick_variant(piece, ["large", "XL"]).sku == "a-xl"
    with pytest.raises(ValueError, match="a is not in stock in size M"):
        pick_variant(piece, ["M"])


def store_of(cosines: Sequence[float], prices: Sequence[float] | None = None) -> Retriever:
    """Pieces `s0`, `s1`, ... of the same attributes, at these cosines to the wish."""
    axes = np.eye(len(cosines) + 1)
    vectors = np.array([c * axes[0] + np.sqrt(1 - c * c) * axes[i + 1] for i, c in enumerate(cosines)])
    items = [item(f"s{i}", price=prices[i] if prices else 10.0) for i in range(len(cosines))]
    return retriever_over(items, vectors)


def offered(store: Retriever, quota: int, **body: Any) -> list[str]:
    wish = np.eye(store.view.snapshot.vectors.dim, dtype=np.float32)[0]
    found = store.retrieve(
        request(**body), brief(words=wish, query=wish), ("women", ""), {"top": quota}
    ).shortlists
    return [c.sku for c in found["top"].candidates]


def test_clearly_worse_pieces_are_dropped_once_half_of_the_quota_is_picked() -> None:
    within, beyond = 0.6 - MARGIN + 0.01, 0.6 - MARGIN - 0.01
    store = store_of([0.6, within, beyond, 0.6, within, beyond, 0.6, beyond])
    assert sorted(offered(store, 8)) == ["s0", "s1", "s3", "s4", "s6"]
    assert len(offered(store, 4)) == 4


def test_half_of_the_quota_is_filled_from_worse_ones() -> None:
    store = store_of([0.6, *[0.3 - 0.01 * i for i in range(9)]])
    assert offered(store, 8) == ["s0", "s1", "s2", "s3"]
    assert len(offered(store, 5)) == 3


def test_a_forced_piece_is_offered_however_bad_and_sets_no_standard() -> None:
    prices = [*[40.0] * 7, 1.0]
    worst = store_of([*[0.6] * 7, 0.1], prices)
    assert offered(worst, 2, budget={"max": 90})[0] == "s7"
    assert offered(worst, 8, budget={"max": 90})[0] == "s7"
    best = store_of([*[0.4] * 7, 0.9], prices)
    assert len(offered(best, 8, budget={"max": 90})) == 8


@settings(deadline=None)
@given(
    st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=12),
    st.integers(1, 10),
    st.booleans(),
)
def test_what_is_varied_keeps_its_promises(scores: list[float], quota: int, forced: bool) -> None:
    items = [item(f"s{i}") for i in range(len(scores))]
    ranked = np.array(scores[:1] * forced + sorted(scores[int(forced) :], reverse=True), dtype=np.float32)
    picks = varied(items, np.eye(len(scores), dtype=np.float32), ranked, quota, int(forced))
    assert len(set(picks)) == len(picks) <= min(quota, len(scores))
    assert len(picks) >= min((quota + 1) // 2, len(scores))
    assert not forced or picks[0] == 0
    rest = ranked[int(forced) :]
    late = picks[(quota + 1) // 2 :]
    assert all(ranked[i] >= rest.max() - MARGIN for i in late)
    good = {i for i in range(int(forced), len(scores)) if ranked[i] >= rest.max() - MARGIN}
    assert len(picks) == quota or good <= set(picks)
