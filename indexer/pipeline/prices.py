"""Whether prices are of an order that garments have: cents read as euros are a hundred times too high, and look right.

Sees kinds and prices of finished items; knows no feed and no format. What it cannot judge, it lets pass: kinds that
nobody wears, unpriced items, currencies without a rate.
"""

from __future__ import annotations

import statistics
import tomllib
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from indexer.errors import FeedError
from indexer.item import Item

_TABLE = "price_levels.toml"
_MUCH = 0.5  # of a feed's items in kinds whose middle price is implausible: then it is the feed, not a kind
_FAR = 5.0  # times what the kind's middle price may be: one piece alone is told of
_SHOWN_KINDS = 3
_SHOWN_ITEMS = 5
_SAME_LEVEL = 3.0  # a level that was confirmed before may have moved by this factor


@dataclass(frozen=True, slots=True)
class _Bounds:
    slots: Mapping[str, float]
    kinds: Mapping[str, float]
    rates: Mapping[str, float]

    def of(self, item: Item) -> float | None:
        """The highest plausible middle price of the item's kind, in its own currency."""
        rate = self.rates.get(item.currency)
        bound = self.kinds.get(item.kind) or self.slots.get(item.slot or "")
        return None if rate is None or bound is None else bound * rate


@lru_cache(maxsize=1)
def _bounds() -> _Bounds:
    raw = tomllib.loads(files("indexer.pipeline").joinpath(_TABLE).read_text(encoding="utf-8"))
    return _Bounds(raw["slots"], raw["kinds"], raw["units_per_eur"])


class PriceLevelError(FeedError):
    """A feed's prices are of an order that garments do not have, and nobody has confirmed them."""


class PriceLevels:
    """Collects the prices of items by feed file and kind, as shares of what is plausible."""

    def __init__(self) -> None:
        self._shares: dict[str, dict[tuple[str, str], array[float]]] = {}
        self._bound: dict[tuple[str, str], float] = {}
        self._far: list[str] = []
        self._far_count = 0

    def add(self, file: str, item: Item) -> None:
        """Take account of one item of a feed file."""
        price, bound = item.price, _bounds().of(item)
        if price is None or bound is None:
            return
        key = (item.kind, item.currency)
        self._bound[key] = bound
        self._shares.setdefault(file, {}).setdefault(key, array("d")).append(price / bound)
        if price > _FAR * bound:
            self._far_count += 1
            if len(self._far) < _SHOWN_ITEMS:
                self._far.append(f"{item.sku} {item.title[:60]!r} {price:,.2f} {item.currency}")

    def levels(self) -> dict[str, float]:
        """By feed file, the middle of its prices as a share of the highest plausible: 1 and more is too much."""
        return {
            file: round(statistics.median(s for shares in kinds.values() for s in shares), 4)
            for file, kinds in self._shares.items()
        }

    def question(self, confirmed: Iterable[float] = ()) -> str | None:
        """What to ask of prices that are too high for their kinds; None when they are not, or of a level that was
        `confirmed` before."""
        known, levels = list(confirmed), self.levels()
        for file, kinds in self._shares.items():
            high = {key: shares for key, shares in kinds.items() if statistics.median(shares) > 1}
            total = sum(map(len, kinds.values()))
            if sum(map(len, high.values())) < _MUCH * total:
                continue
            if any(1 / _SAME_LEVEL <= levels[file] / level <= _SAME_LEVEL for level in known if level > 0):
                continue
            return self._asked(file, high)
        return None

    def notes(self) -> list[str]:
        """Single pieces that cost many times what their kinds do, for the report."""
        if not self._far_count:
            return []
        shown = "; ".join(self._far)
        return [f"{self._far_count:,} items cost many times what such pieces do, are these cents? {shown}"]

    def _asked(self, file: str, high: Mapping[tuple[str, str], array[float]]) -> str:
        ranked = sorted(high.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:_SHOWN_KINDS]
        told = ", ".join(
            f"the middle price of {len(shares):,} x {kind} is"
            f" {statistics.median(shares) * self._bound[kind, currency]:,.2f} {currency}"
            for (kind, currency), shares in ranked
        )
        return (
            f"{file}: are these prices right? {told}. They may be minor units (`--minor-units`), or in another currency"
            " (`--currency`)"
        )
