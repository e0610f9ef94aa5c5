"""Margins in the columns: of the price as it is now, exact at their bounds, and in nothing that leaves the store."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import pytest
from factories import item
from hypothesis import given
from hypothesis import strategies as st
from small_store import brief, retriever
from sqlalchemy import select

from indexer.item import Item, Variant
from service.catalog.browse import view
from service.catalog.columns import build_columns
from service.catalog.stock_overlay import StockUpdate
from service.catalog.view import CatalogView
from service.composition.planner import make_plans
from service.db.repositories.rules import RuleRepository
from service.db.session import State
from service.db.tables import RuleRow
from service.lm.prompt import render
from service.retrieval.merchandising import Merchandising, Rule, RuleBody, RuleMatch
from service.retrieval.retriever import Retriever
from service.schemas.outfits import OutfitRequest

Size = tuple[int, float | None, float | None]  # in stock, price, cost


def piece(sku: str, *sizes: Size, **attributes: Any) -> Item:
    variants = tuple(Variant(f"{sku}-{n}", str(n), *size) for n, size in enumerate(sizes))
    return item(sku, variants=variants, **attributes)


def margins(*pieces: Item) -> list[float | None]:
    return [None if math.isnan(m) else m for m in build_columns(pieces).margin.tolist()]


def matching(store: CatalogView, **bounds: float) -> list[str]:
    positions = RuleMatch.model_validate(bounds).mask(store.columns).nonzero()[0].tolist()
    return [found.sku for found in store.items(positions)]


@pytest.mark.parametrize(
    ("sizes", "margin"),
    [
        ([(1, 50.0, 20.0)], 0.6),
        ([(1, 50.0, 75.0)], -0.5),
        ([(1, 50.0, None)], None),
        ([(1, None, 20.0)], None),
        ([(1, 50.0, 20.0), (1, 40.0, 30.0)], 0.25),  # of the price that is shown
        ([(1, 50.0, 20.0), (0, 40.0, 30.0)], 0.6),
        ([(1, 50.0, 20.0), (1, 50.0, 25.0)], 0.5),
    ],
)
def test_a_margin_is_the_share_of_the_price_shown_that_is_not_its_cost(
    sizes: Sequence[Size], margin: float | None
) -> None:
    assert margins(piece("a", *sizes)) == [margin]


@given(st.integers(1, 100_000), st.integers(0, 100))
def test_a_margin_at_its_bound_matches(cents: int, percent: int) -> None:
    """Whatever the price: one of which so many percent are left is neither above nor below that share."""
    store = build_columns([piece("a", (1, cents * 1.0, cents * (100 - percent) / 100))])
    bound = percent / 100
    assert RuleMatch(min_margin=bound, max_margin=bound).mask(store).tolist() == [True]


def test_a_margin_follows_price_and_stock_at_once() -> None:
    store = retriever([piece("a", (1, 50.0, 20.0), (1, 60.0, 12.0)), piece("b", (1, 50.0, None))]).view
    assert matching(store, min_margin=0.6) == ["a"]
    cheaper = store.noting([StockUpdate("a-0", "0", price=25.0, price_at="2")])
    assert (matching(cheaper, min_margin=0.6), matching(cheaper, max_margin=0.2)) == ([], ["a"])
    sold_out = cheaper.noting([StockUpdate("a-0", "0", quantity=0, quantity_at="3")])
    assert matching(sold_out, min_margin=0.8) == ["a"]  # of the size that is left
    assert matching(store, min_margin=0.6) == ["a"]  # who began before goes on as before
    for one in (store, cheaper, sold_out):
        again = build_columns(one.items([0, 1]))
        assert again.margin.tolist() == pytest.approx(one.columns.margin.tolist(), nan_ok=True)


def ruled(action: str, **match: float) -> list[Merchandising]:
    body = RuleBody.model_validate({"action": action, "match": match, "strength": 1})
    return [Merchandising([Rule("r", "2026-01-01T00:00:00.000000Z", body)])]


def store_of_three_slots() -> Retriever:
    pieces = [
        piece(f"{slot}{n}", (1, 40.0, 13.37 if n % 2 else None), slot=slot, title=f"Plain {slot} {n}")
        for slot in ("top", "bottom", "shoes")
        for n in range(6)
    ]
    return retriever(pieces)


def test_a_rule_by_margin_moves_and_removes_pieces_of_known_cost_alone() -> None:
    store, wish = store_of_three_slots(), OutfitRequest(vibe="x", slots=["top"])

    def shifts(nudges: list[Merchandising]) -> dict[str, float]:
        found = store.retrieve(wish, brief(), ("women", ""), {"top": 12}, nudges).shortlists
        return {c.sku: round(c.fit, 4) for c in found["top"].candidates}

    plain, boosted = shifts([]), shifts(ruled("boost", min_margin=0.6))
    assert {sku for sku in plain if boosted[sku] == pytest.approx(plain[sku] + 0.25)} == {
        "top1",
        "top3",
        "top5",
    }
    assert {sku for sku in plain if boosted[sku] == plain[sku]} == {"top0", "top2", "top4"}
    assert set(shifts(ruled("exclude", max_margin=0.9))) == {"top0", "top2", "top4"}


def test_no_prompt_and_no_answer_about_an_item_tells_its_cost() -> None:
    store = store_of_three_slots()
    planned = make_plans(
        OutfitRequest(vibe="x", department="women"), brief(), store, 6, ruled("boost", min_margin=0.6)
    )
    assert planned.plans
    texts = [repr(planned.plans), *(view(found).model_dump_json() for found in store.view.items(range(18)))]
    for layout in ("scored", "listed"):
        texts += [repr(render(plan.context, layout)) for plan in planned.plans]  # type: ignore[arg-type]
    for text in texts:
        assert not any(word in text.casefold() for word in ("13.37", "cost", "margin"))


def test_a_rule_keeps_what_it_says_and_no_more(any_state: State) -> None:
    """So that a version of before there were margins still reads the rules of then."""
    book = RuleRepository(any_state)
    plain = RuleBody.model_validate({"action": "boost", "match": {"brands": ["Acme"]}})
    by_margin = RuleBody.model_validate({"action": "bury", "match": {"min_margin": -1, "max_margin": 0.25}})
    kept = [book.add(body) for body in (plain, by_margin)]
    with any_state.session() as session:
        rows = session.scalars(select(RuleRow).order_by(RuleRow.created, RuleRow.id)).all()
        stored = [json.loads(row.match) for row in rows]
    assert stored == [{"brands": ["Acme"]}, {"min_margin": -1.0, "max_margin": 0.25}]
    assert book.list() == kept
