"""Grouping rows out of core: order, duplicates, and values that no database keeps."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.pipeline.group import DUPLICATE_SKU, DUPLICATE_VARIANT, SKU_OF_ANOTHER, Staging
from indexer.record import Row


def row(sku: str, group: str = "g", line: int = 2, **values: Any) -> Row:
    defaults: dict[str, Any] = {
        "file": "feed.csv", "sku_given": True, "title": "Shirt", "price": 10.0, "currency": "EUR",
        "quantity": None,
    }  # fmt: skip
    return Row(sku=sku, group_id=group, line=line, **(defaults | values))


def groups(staging: Staging, size: int = 100) -> list[list[Row]]:
    return [group for chunk in staging.chunks(size) for group in chunk]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from("abcdefgh"), max_size=40), st.integers(1, 5))
def test_groups_in_order_of_first_appearance(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], size: int
) -> None:
    rows = [row(f"s{n}", group, n, tags=("x", "y"), price=None) for n, group in enumerate(names)]
    with Staging(tmp_path_factory.mktemp("s") / "rows.sqlite") as staging:
        assert [staging.add(r) for r in rows] == [None] * len(rows)
        chunks = list(staging.chunks(size))
    assert all(len(chunk) <= size for chunk in chunks)
    expected = [[r for r in rows if r.group_id == g] for g in dict.fromkeys(names)]
    assert [group for chunk in chunks for group in chunk] == expected


def test_every_value_comes_back(tmp_path: Path) -> None:
    given_row = row(
        "ä-1", quantity=3, price=None, size="M", color="Écru", tags=("a", "b"), description='"q"\n' * 3
    )
    with Staging(tmp_path / "rows.sqlite") as staging:
        assert staging.add(given_row) is None
        assert groups(staging) == [[given_row]]


def rejected(tmp_path: Path, rows: Iterable[Row]) -> list[tuple[str, int, str]]:
    with Staging(tmp_path / "rows.sqlite") as staging:
        found = [r for r in map(staging.add, rows) if r is not None]
        assert len(staging) == sum(map(len, groups(staging)))
        return [(r.reason, r.line, r.value) for r in found]


def test_the_first_of_two_equal_skus_wins_and_is_named(tmp_path: Path) -> None:
    rows = [
        row("A", line=2, size="M"),
        row("A", line=3, size="L"),
        row("A", line=4, size="m"),
        row("A", line=9, size="M", file="other.csv"),
    ]
    assert rejected(tmp_path, rows) == [
        (DUPLICATE_SKU, 4, "A (first in feed.csv line 2)"),
        (DUPLICATE_SKU, 9, "A (first in feed.csv line 2)"),
    ]


def test_a_sku_belongs_to_the_first_group_that_has_it(tmp_path: Path) -> None:
    rows = [row("A", "g1", 2, size="M"), row("A", "g2", 3, size="L")]
    assert rejected(tmp_path, rows) == [(SKU_OF_ANOTHER, 3, "A (first in feed.csv line 2)")]


def test_without_skus_of_their_own_sizes_tell_rows_apart(tmp_path: Path) -> None:
    rows = [row("g", line=n, sku_given=False, size=size) for n, size in enumerate(["S", "M", "S"])]
    assert rejected(tmp_path, rows) == [(DUPLICATE_VARIANT, 2, "g (first in feed.csv line 0)")]


@pytest.mark.parametrize(
    ("field", "value"), [("title", "a\ud800b"), ("title", "a\0b"), ("quantity", 2**31), ("color", "\udfff")]
)
def test_what_no_database_keeps_is_rejected_by_field(tmp_path: Path, field: str, value: object) -> None:
    with Staging(tmp_path / "rows.sqlite") as staging:
        reject = staging.add(row("A", **{field: value}))
        assert reject is not None
        assert (reject.field, reject.value, reject.line) == (field, str(value), 2)
        assert reject.row["sku"] == "A"
        assert staging.add(row("A", title=r"literally \u0000")) is None


def test_memory_stays_constant(tmp_path: Path) -> None:
    import tracemalloc

    with Staging(tmp_path / "rows.sqlite") as staging:
        for n in range(200):
            staging.add(row(f"w{n}"))
        tracemalloc.start()
        for n in range(20_000):
            staging.add(row(f"s{n}", f"g{n % 7000}", n, description="d" * 200))
        seen = sum(len(group) for chunk in staging.chunks(100) for group in chunk)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert seen == 20_200
    assert peak < 2_000_000  # the rows themselves are 20 MB
