"""What staff said of stock, laid over a snapshot, is what an index of equally changed feeds would be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from factories import item
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from indexer.item import Item, Variant
from service.catalog.columns import CatalogColumns, build_columns
from service.catalog.stock_overlay import StockOverlay, StockUpdate, sizes_meant
from service.catalog.stock_patches import StockPatch, resolve
from service.catalog.view import CatalogView


@dataclass
class _Rows:
    """A catalogue that is a list."""

    items: list[Item]

    def iter_items(self) -> Any:
        return iter(self.items)

    def at(self, positions: Sequence[int]) -> list[Item]:
        return [self.items[p] for p in positions]


@dataclass
class _Snapshot:
    catalogue: _Rows


def sized(sku: str, *variants: Variant) -> Item:
    return item(sku, variants=variants)


OWN = sized("A-S", Variant("A-S", "S", 3, 20.0), Variant("A-M", "M", 0, 20.0), Variant("A-L", "L", 1, 25.0))
SHARED = sized("B", Variant("B", "38", 3, 20.0), Variant("B", "EU 40", 3, 20.0), Variant("B", "42", 0, 9.0))
ONE_SIZE = sized("C", Variant("C", None, None, None))
STORE = [OWN, SHARED, ONE_SIZE, sized("D", Variant("D", "M", 0, 5.0))]


@pytest.mark.parametrize(
    ("piece", "sku", "size", "places"),
    [
        (OWN, "A-S", None, [0]),  # a size's own SKU is that size, also where it is the item's
        (OWN, "A-M", None, [1]),
        (OWN, "A-S", "M", [1]),  # the item's SKU and a size
        (OWN, "A-M", "L", []),
        (OWN, "A-L", "large", [2]),
        (SHARED, "B", None, [0, 1, 2]),
        (SHARED, "B", "EU 38", [0]),
        (SHARED, "B", "40", [1]),
        (SHARED, "B", "M", []),
        (ONE_SIZE, "C", "One Size", [0]),
        (ONE_SIZE, "C", "M", []),
        (replace(OWN, sku="A"), "A", None, [0, 1, 2]),
    ],
)
def test_an_sku_and_a_size_name_sizes(piece: Item, sku: str, size: str | None, places: list[int]) -> None:
    assert sizes_meant(piece, sku, size) == places


def patch(sku: str, size: str | None = None, **values: Any) -> StockPatch:
    return StockPatch(sku=sku, size=size, **values)


class Laid:
    """A view to which rows are applied, each at a later moment than the one before."""

    def __init__(self, items: list[Item]) -> None:
        self.view = CatalogView(_Snapshot(_Rows(items)))  # type: ignore[arg-type]
        self.moment = 0

    def apply(self, *patches: StockPatch) -> list[str]:
        bearers = self.view.bearers(p.sku for p in patches)
        by_sku = self.view.columns.inverted["sku"]
        known = resolve(patches, lambda sku: [bearers[int(p)] for p in by_sku.get(sku, ())])
        notes: dict[tuple[str, str], StockUpdate] = {}
        for said in known.said:
            self.moment += 1
            at = f"{self.moment:09}"
            note = StockUpdate(said.sku, said.size, said.quantity, at, said.price, at)
            former = self.view.stock.notes.get(said.sku, {}).get(said.size)
            former = notes.get((said.sku, said.size), former)
            notes[said.sku, said.size] = note if former is None else former.followed_by(note)
        self.view = self.view.noting(list(notes.values()))
        return [unknown.reason for unknown in known.unknown]

    def items(self) -> list[Item]:
        return self.view.items(range(self.view.columns.count))


def contents(columns: CatalogColumns) -> dict[str, Any]:
    inverted = {n: {v: rows.tolist() for v, rows in c.items()} for n, c in columns.inverted.items()}
    names = ("stocked", "cents", "currency", "slot", "currencies")
    return {**{n: np.asarray(getattr(columns, n)).tolist() for n in names}, **inverted}


quantities = st.none() | st.integers(0, 2)
prices = st.none() | st.sampled_from([5.0, 19.99, 60.0])
sizes = st.sampled_from(["S", "M", "L", "38", None])


@st.composite
def stores(draw: st.DrawFn) -> list[Item]:
    items = []
    for n in range(draw(st.integers(1, 5))):
        own = draw(st.booleans())
        drawn = draw(
            st.lists(st.tuples(sizes, quantities, prices), min_size=1, max_size=4, unique_by=lambda d: d[0])
        )
        items.append(
            sized(
                f"i{n}-0" if own else f"i{n}",
                *(Variant(f"i{n}-{k}" if own else f"i{n}", s, q, p) for k, (s, q, p) in enumerate(drawn)),
            )
        )
    return items


@st.composite
def changed_stores(draw: st.DrawFn) -> tuple[list[Item], list[list[StockPatch]], list[Item]]:
    """A store, calls with rows of stock, and the store that equally changed feeds would give, read off plainly."""
    store = draw(stores())
    after = [list(piece.variants) for piece in store]
    calls: list[list[StockPatch]] = []
    for _ in range(draw(st.integers(1, 4))):
        calls.append([])
        for _ in range(draw(st.integers(1, 4))):
            n = draw(st.integers(0, len(store) - 1))
            k = draw(st.integers(0, len(store[n].variants) - 1))
            sku, size = store[n].variants[k].sku, store[n].variants[k].size
            named = draw(st.sampled_from([None, size, None if size is None else size.lower()]))
            quantity, price = draw(st.tuples(quantities, prices).filter(lambda d: d != (None, None)))
            calls[-1].append(patch(sku, named, quantity=quantity, price=price))
            for j, v in enumerate(after[n]):
                if v.sku == sku and named in (None, v.size, (v.size or "").lower()):
                    now = (
                        quantity if quantity is not None else v.quantity,
                        price if price is not None else v.price,
                    )
                    after[n][j] = Variant(v.sku, v.size, *now)
    return store, calls, [replace(p, variants=tuple(v)) for p, v in zip(store, after, strict=True)]


@settings(deadline=None)
@given(changed_stores())
def test_what_was_said_is_what_changed_feeds_would_say(drawn: Any) -> None:
    store, calls, changed = drawn
    laid = Laid(store)
    for call in calls:
        laid.apply(*call)
    assert laid.items() == changed
    assert contents(laid.view.columns) == contents(build_columns(changed))
    assert bool(laid.view.stock.digest) == (changed != store)
    once = Laid(store)
    once.apply(*(row for call in calls for row in call))
    assert once.view.stock.digest == laid.view.stock.digest


def test_whoever_began_before_a_change_keeps_what_they_began_with() -> None:
    laid = Laid(STORE)
    before = laid.view
    was = contents(before.columns)
    laid.apply(patch("B", quantity=0), patch("D", quantity=4, price=1.5))
    assert contents(before.columns) == was
    assert before.items([1, 3]) == [SHARED, STORE[3]]
    assert not laid.view.columns.stocked[1]
    assert laid.view.columns.in_size(["M"]).tolist() == [False, False, True, True]


def test_the_digest_tells_states_apart_and_not_histories() -> None:
    digests: dict[str, set[str]] = defaultdict(set)
    for name, rows in {
        "as indexed": [patch("B", "38", quantity=3)],
        "sold out": [patch("B", "38", quantity=0)],
        "sold out after a detour": [patch("B", "38", quantity=7), patch("B", "38", quantity=0)],
        "cheaper": [patch("B", "38", price=1.0)],
        "back again": [patch("B", quantity=0), patch("B", quantity=3), patch("B", "42", quantity=0)],
    }.items():
        laid = Laid(STORE)
        for row in rows:
            laid.apply(row)
        digests[name].add(laid.view.stock.digest)
    assert digests["as indexed"] == digests["back again"] == {""}
    assert digests["sold out"] == digests["sold out after a detour"] != digests["cheaper"]
    assert StockOverlay().digest == ""


def test_rows_that_no_size_answers_to_say_why() -> None:
    laid = Laid(STORE)
    rows = [patch("Z", quantity=1), patch("B", "XXL", quantity=1), patch("A-M", "S", price=1.0)]
    reasons = laid.apply(*rows, patch("D", quantity=1))
    assert reasons == [
        "no item of the index has this SKU",
        "it comes in 38, EU 40, 42",
        "it comes in S, M, L",
    ]
    assert laid.items()[3].in_stock


def test_what_feeds_overrule_goes_part_by_part() -> None:
    note = StockUpdate("B", "38", 0, "2", 9.0, "5")
    assert note.after("1") == note
    assert note.after("2") == StockUpdate("B", "38", None, "", 9.0, "5")
    assert note.after("5") is None


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"quantity": -1}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"quantity": "3"}, "quantity"),
        ({"quantity": True}, "quantity"),
        ({"price": float("nan")}, "price"),
        ({"price": float("inf")}, "price"),
        ({"price": "49 €"}, "price"),
        ({"price": 0}, "price"),
        ({"price": -3.0}, "price"),
        ({"quantity": 1, "size": ""}, "size"),
        ({"quantity": 1, "colour": "red"}, "colour"),
    ],
)
def test_a_bad_row_names_its_field(row: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as raised:
        StockPatch.model_validate({"sku": "B", **row})
    assert [error["loc"] for error in raised.value.errors()] == [(field,)]
