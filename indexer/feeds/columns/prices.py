"""Which price columns hold minor units (cents): by their names, or by another price column that is 100 times smaller.

Looks at the first rows only; reads no file. What nobody says is found later, by prices that are far from usual ones.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence

from indexer.feeds.columns.columns import ColumnMap
from indexer.feeds.values.minor_units import is_whole, named_in_minor_units
from indexer.feeds.values.money import MoneyError, parse_money
from indexer.feeds.values.synonyms import SYNONYMS, normalise
from indexer.record import COST

_STEMS = ("price", "preis", "prix", "precio", "prezzo", "amount", "msrp", "rrp", "uvp", "mrp", "tarif", "pvp")
_ALIKE = 0.9  # of the rows in which both columns have an amount
_TOLERANCE = 0.011  # of the greater one: the smaller may be rounded
_LEAST_ROWS = 3

Rows = Sequence[Mapping[str, str]]


def minor_prices(columns: ColumnMap, rows: Rows) -> tuple[frozenset[str], list[str]]:
    """The fields among price, sale price and cost whose columns are in minor units, and how that is known."""
    minor = set(columns.minor)
    notes = [
        f"{field} <- {columns.sources[field][0]!r}: minor units (cents), by its name"
        for field in sorted(minor)
        if field in columns.sources
    ]
    price = columns.sources.get("price", ("",))[0]
    if price and "price" not in minor and (other := _hundredth(price, columns, rows)):
        minor.add("price")
        notes.append(f"price <- {price!r}: minor units (cents), for {other!r} says a hundredth of it")
    if "price" in minor and price:
        for field in ("sale_price", COST):
            column = columns.sources.get(field, ("",))[0]
            if column and field not in minor and _same_unit(price, column, rows):
                minor.add(field)
                notes.append(f"{field} <- {column!r}: minor units (cents), as the price")
    return frozenset(minor), notes


def _hundredth(price: str, columns: ColumnMap, rows: Rows) -> str | None:
    """The column that holds the same prices in whole units."""
    mapped = set(columns.sources.get("sale_price", ()))
    candidates = [c for c in (*mapped, *columns.ignored) if _is_price(c)]
    return next((c for c in candidates if _disagrees(price, c, rows)), None)


def _is_price(column: str) -> bool:
    key = normalise(column)
    return key in SYNONYMS["sale_price"] or any(stem in key for stem in _STEMS)


def _disagrees(price: str, other: str, rows: Rows) -> bool:
    """Whether the whole numbers of one column are 100 (or 1,000) times the other's, or equal to a column of cents."""
    pairs = list(_pairs(price, other, rows))
    given = sum(1 for row in rows if row.get(price, "").strip())
    if not pairs or len(pairs) < min(_LEAST_ROWS, given):
        return False
    if any(not is_whole(row.get(price, "")) for row in rows if row.get(price, "").strip()):
        return False
    factors = (1.0,) if named_in_minor_units(other) is not None else (100.0, 1000.0)
    return any(
        sum(abs(a - factor * b) <= _TOLERANCE * factor for a, b in pairs) >= _ALIKE * len(pairs)
        for factor in factors
    )


def _same_unit(price: str, column: str, rows: Rows) -> bool:
    """Whether a reduced price or a cost is of the order of the price, and written as whole numbers too."""
    pairs = list(_pairs(column, price, rows))
    if not pairs or any(not is_whole(row.get(column, "")) for row in rows if row.get(column, "").strip()):
        return False
    return statistics.median(a / b for a, b in pairs) > 0.05


def _pairs(left: str, right: str, rows: Rows) -> Iterator[tuple[float, float]]:
    for row in rows:
        amounts = [_amount(row.get(name, "")) for name in (left, right)]
        if amounts[0] is not None and amounts[1] is not None:
            yield amounts[0], amounts[1]


def _amount(text: str) -> float | None:
    try:
        return parse_money(text)[0]
    except MoneyError:
        return None
