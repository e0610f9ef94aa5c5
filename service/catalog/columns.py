"""The catalogue in columns, for filters that are exact and quick. Knows no vectors and no requests' bodies.

Position i of every column is row i of the vector index. Only what filters need is held in memory; items
themselves stay in the catalogue.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.item import DEPARTMENTS, SEASONS, SLOTS, Department, Item, Season, Slot
from service.catalog.sizes import fitting, size_key

Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]

_NO_PRICE = -1
_LINES = ("", "girls", "boys")
_TELLING = 0.15
_WORD = re.compile(r"\w+")
_HYPHENED = re.compile(r"\w+-\w+")
_ALL_YEAR = (1 << len(SEASONS)) - 1


@dataclass(frozen=True, slots=True)
class CatalogColumns:
    """Columns of shape (items,). `cents` is the lowest price in stock in hundredths, -1 without price. `margin` is the
    share of that price that is not the cost, NaN where either is not known; it is the store's secret.
    """

    slot: NDArray[np.int8]  # index in SLOTS, -1 for what is not composed
    department: NDArray[np.int8]
    kids_line: NDArray[np.int8]
    seasons: NDArray[np.int8]  # bit i: SEASONS[i]
    formality: NDArray[np.int8]
    warmth: NDArray[np.int8]
    stocked: Mask
    cents: NDArray[np.int64]
    margin: NDArray[np.float64]
    currency: NDArray[np.int16]
    currencies: tuple[str, ...]
    doubtful: Mask
    """Pieces that are not what they are said to be, as far as one can tell: nobody is dressed in them."""
    covering: NDArray[np.int8]  # bit i: the piece fills SLOTS[i], its own slot not counted
    inverted: dict[str, dict[str, Positions]]
    """Per column of `INVERTED`: lower-case value -> ascending positions. `size` holds the keys of sizes in stock,
    "" for one-size and unsized pieces; `word` the words of titles, those joined by hyphens as one word too."""

    @property
    def count(self) -> int:
        return len(self.slot)

    def in_slot(self, slot: Slot) -> Mask:
        return _mask(self.slot == SLOTS.index(slot))

    def for_department(self, department: Department, line: str = "") -> Mask:
        """What such a shopper is shown: their own department and, for adults, unisex pieces."""
        own = _mask(self.department == DEPARTMENTS.index(department))
        if department in ("women", "men"):
            return _mask(own | (self.department == DEPARTMENTS.index("unisex")))
        if department == "kids" and line:
            return _mask(own & ((self.kids_line == _LINES.index(line)) | (self.kids_line == 0)))
        return own

    def covers(self, slot: Slot) -> Mask:
        """Pieces of another slot that fill this one as well: of a suit the bottom, of a dress both."""
        return _mask((self.covering.view(np.uint8) & (1 << SLOTS.index(slot))) > 0)

    def in_season(self, season: Season) -> Mask:
        return _mask((self.seasons & (1 << SEASONS.index(season))) > 0)

    def affordable(self, cents: int, currency: str | None) -> Mask:
        """Priced at most `cents`, in `currency` when one is named."""
        mask = (self.cents >= 0) & (self.cents <= cents)
        if currency is not None:
            mask &= self.currency == (self.currencies.index(currency) if currency in self.currencies else -1)
        return _mask(mask)

    def in_size(self, sizes: Collection[str]) -> Mask:
        """In stock in one of the sizes, or one-size or unsized and in stock."""
        return self.any_of("size", fitting(self.inverted["size"], sizes))

    def any_of(self, column: str, values: Iterable[str]) -> Mask:
        """Items that have one of the values, as they are written, in an inverted column."""
        mask = np.zeros(self.count, dtype=np.bool_)
        for value in values:
            if (positions := self.inverted[column].get(value)) is not None:
                mask[positions] = True
        return mask

    def telling_tags(self, said: str) -> list[str]:
        """Tags that occur in lower-case `said` as whole words and are rare enough to tell pieces apart."""
        text = f" {' '.join(_WORD.findall(said))} "
        rare = self.count * _TELLING
        tags = self.inverted["tag"].items()
        return [tag for tag, rows in tags if len(rows) <= rare and f" {tag.replace('-', ' ')} " in text]

    def mentioning(self, column: str, words: Iterable[str]) -> Mask:
        """Items with a value that is one of the words or holds it whole: "blue" is in "navy blue"."""
        wanted = [f" {' '.join(w.casefold().split())} " for w in words]
        values = [v for v in self.inverted[column] if any(w in f" {v} " for w in wanted)]
        return self.any_of(column, values)


def _mask(values: NDArray[Any]) -> Mask:
    return np.asarray(values, dtype=np.bool_)


class _Inverted:
    def __init__(self) -> None:
        self._rows: dict[str, list[int]] = defaultdict(list)

    def add(self, value: str, position: int) -> None:
        rows = self._rows[value]
        if not rows or rows[-1] != position:
            rows.append(position)

    def columns(self) -> dict[str, Positions]:
        return {value: np.array(rows, dtype=np.int64) for value, rows in self._rows.items()}


INVERTED = (
    "size",
    "tag",
    "kind",
    "brand",
    "color",
    "material",
    "pattern",
    "attribute",
    "word",
    "category",
    "group",
    "sku",
)


def build_columns(items: Iterable[Item]) -> CatalogColumns:
    """Columns of items given in order of position."""
    rows: list[tuple[int, ...]] = []
    margins: list[float] = []
    inverted = {name: _Inverted() for name in INVERTED}
    currencies: dict[str, int] = {}
    for position, item in enumerate(items):
        rows.append(_row(item, currencies))
        margins.append(_margin(item))
        for name, value in _values(item):
            inverted[name].add(value, position)
    table = np.array(rows, dtype=np.int64).reshape(len(rows), 11)
    slot, department, kids_line, season_bits, formality, warmth = table[:, :6].astype(np.int8).T
    return CatalogColumns(
        slot=slot,
        department=department,
        kids_line=kids_line,
        seasons=season_bits,
        formality=formality,
        warmth=warmth,
        stocked=table[:, 6].astype(np.bool_),
        cents=table[:, 7],
        margin=np.array(margins, dtype=np.float64),
        currency=table[:, 8].astype(np.int16),
        currencies=tuple(currencies),
        doubtful=table[:, 9].astype(np.bool_),
        covering=table[:, 10].astype(np.uint8).view(np.int8),
        inverted={name: column.columns() for name, column in inverted.items()},
    )


def with_stock(columns: CatalogColumns, changes: Mapping[int, tuple[Item, Item]]) -> CatalogColumns:
    """The columns after sizes of some items sold out, came back or changed their price: position -> the item before
    and after. What does not depend on stock and price is shared with `columns`, which stays as it is.
    """
    stocked, cents, margin = columns.stocked.copy(), columns.cents.copy(), columns.margin.copy()
    gone: dict[str, list[int]] = defaultdict(list)
    come: dict[str, list[int]] = defaultdict(list)
    for position, (before, after) in changes.items():
        stocked[position], cents[position] = after.in_stock, _cents(after)
        margin[position] = _margin(after)
        old, new = set(_sizes(before)), set(_sizes(after))
        for size in old - new:
            gone[size].append(position)
        for size in new - old:
            come[size].append(position)
    sizes = dict(columns.inverted["size"])
    none = np.zeros(0, dtype=np.int64)
    for size in {*gone, *come}:
        rows = np.setdiff1d(sizes.pop(size, none), gone[size], assume_unique=True)
        rows = np.union1d(rows, come[size]).astype(np.int64)
        if len(rows):
            sizes[size] = rows
    inverted = {**columns.inverted, "size": sizes}
    return replace(columns, stocked=stocked, cents=cents, margin=margin, inverted=inverted)


def _row(item: Item, currencies: dict[str, int]) -> tuple[int, ...]:
    seasons = sum(1 << SEASONS.index(s) for s in item.seasons) or _ALL_YEAR
    return (
        SLOTS.index(item.slot) if item.slot else -1,
        DEPARTMENTS.index(item.department),
        _LINES.index(item.kids_line),
        seasons,
        item.formality,
        item.warmth,
        int(item.in_stock),
        _cents(item),
        currencies.setdefault(item.currency, len(currencies)),
        int(item.doubtful),
        sum(1 << SLOTS.index(s) for s in item.covers if s != item.slot),
    )


def _title_words(title: str) -> Iterable[str]:
    """Lower-case words, and pairs joined by a hyphen: "Long-Sleeve Tee" has long, sleeve, tee and long-sleeve."""
    text = title.casefold()
    return {*_WORD.findall(text), *_HYPHENED.findall(text)}


def _cents(item: Item) -> int:
    return _NO_PRICE if item.price is None else round(item.price * 100)


def _margin(item: Item) -> float:
    cents, cost = _cents(item), item.cost
    if cost is None or cents <= 0:
        return math.nan
    # Of whole hundredths, so that a margin of exactly 0.6 is the number that 0.6 is.
    return (cents - round(cost * 100)) / cents


def _sizes(item: Item) -> Iterable[str]:
    """Values of the inverted column `size`."""
    return (size_key(item.department, item.slot, v.size) for v in item.variants if v.in_stock)


def _values(item: Item) -> Iterable[tuple[str, str]]:
    for variant in item.variants:
        yield "sku", variant.sku
    for size in _sizes(item):
        yield "size", size
    yield "sku", item.sku
    yield "group", item.group_id
    yield "kind", item.kind
    yield "brand", item.brand.casefold()
    for material in item.materials or (item.material,):
        yield "material", material.casefold()
    yield "pattern", item.pattern.casefold()
    for attribute in item.attributes:
        yield "attribute", attribute
    for word in _title_words(item.title):
        yield "word", word
    yield "category", item.category.casefold()
    for tag in item.tags:
        yield "tag", tag.casefold()
    for color in item.colors:
        yield "color", color.casefold()
