"""A shopper's own taste: what they liked and disliked before moves what they are shown, a little.

Knows events and columns of the catalogue; nothing of requests, of vectors, of the database, or of HTTP. What
a piece is worth to the shopper follows from its brand, colours, kind and product, as in content-based filtering
(Pazzani & Billsus 2007): no other shopper's events count.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from service.catalog.columns import CatalogColumns, Mask, Positions
from service.policy.policy import policy
from service.retrieval.adjustments import Shifts
from service.schemas.events import EventType, StoredEvent

VERDICTS: tuple[EventType, ...] = ("like", "add_to_basket", "purchase", "swap", "dislike")
"""Events that say what somebody thinks of a piece."""
_SHARED = ("group", "brand", "color", "kind")
"""Columns by which one piece tells of another."""


@dataclass(frozen=True, slots=True)
class Taste:
    """What a shopper's events say: weight per SKU, below 0 for dislike, and the SKUs whose last verdict was one."""

    weights: Mapping[str, float]
    disliked: frozenset[str]


def taste_of(events: Sequence[StoredEvent]) -> Taste:
    """The taste that the events show, oldest first. Age counts from the newest event, not from now: the same history
    gives the same taste on every day.

    An event about a whole outfit counts for its pieces in equal parts. Whoever changes their mind has the last word.
    """
    ages = _ages(events)
    half_life = timedelta(days=policy().weights.taste.half_life_days)
    weights: dict[str, float] = defaultdict(float)
    last: dict[str, bool] = {}
    for event, age in zip(events, ages, strict=True):
        fresh = 0.5 ** (age / half_life)
        for sku, verdict in _verdicts(event):
            weights[sku] += fresh * verdict
            last[sku] = event.type == "dislike" and event.sku == sku
    return Taste(dict(sorted(weights.items())), frozenset(sku for sku, disliked in last.items() if disliked))


def _ages(events: Sequence[StoredEvent]) -> list[timedelta]:
    times = [datetime.fromisoformat(event.at) for event in events]
    return [times[-1] - at for at in times]


def _verdicts(event: StoredEvent) -> Iterable[tuple[str, float]]:
    if event.type not in VERDICTS:
        return
    verdict: float = getattr(policy().weights.taste_event, event.type)
    if event.sku is None:
        for item in event.items:
            yield item.sku, verdict / len(event.items)
        return
    yield event.sku, verdict
    if event.replaced_by is not None:
        yield event.replaced_by, policy().weights.taste.chosen_instead


@dataclass(frozen=True, slots=True)
class Ties:
    """What pieces have in common: entry i says that piece `position[i]` has the value `value[i]` of some column,
    and `share` is what each value moves at most. `source` is the column that tells one catalogue from another.
    """

    source: Mapping[str, Positions]
    position: NDArray[np.int64]
    value: NDArray[np.int64]
    share: NDArray[np.float64]

    @classmethod
    def of(cls, columns: CatalogColumns) -> Ties:
        rows: list[Positions] = []
        shares: list[float] = []
        for column in _SHARED:
            share: float = getattr(policy().weights.taste_share, column)
            found = [positions for value, positions in columns.inverted[column].items() if value]
            rows += found
            shares += [share] * len(found)
        return cls(
            source=columns.inverted["group"],
            position=np.concatenate([np.zeros(0, dtype=np.int64), *rows]),
            value=np.repeat(np.arange(len(rows)), [len(row) for row in rows]),
            share=np.array(shares, dtype=np.float64),
        )

    def spread(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """What every piece is moved by what is known of some, both of shape (items,)."""
        evidence = np.bincount(self.value, weights[self.position], minlength=len(self.share))
        moved = self.share * np.tanh(evidence / policy().weights.taste.saturation)
        spread = np.bincount(self.position, moved[self.value], minlength=len(weights))
        return np.asarray(spread, dtype=np.float64)


class PersonalTaste:
    """The nudge of a taste; see `service.retrieval.adjustments`. Forbids nothing."""

    def __init__(self, taste: Taste, ties: Callable[[CatalogColumns], Ties] = Ties.of) -> None:
        self._taste = taste
        self._ties = ties
        self.digest = _digest(taste)
        self._latest: tuple[CatalogColumns, Shifts] | None = None

    def name(self) -> str:
        return "taste"

    def shift(self, columns: CatalogColumns, positions: Positions) -> Shifts:
        latest = self._latest
        if latest is None or latest[0] is not columns:
            self._latest = latest = (columns, self._shifts(columns))
        return np.asarray(latest[1][positions], dtype=np.float32)

    def allowed(self, columns: CatalogColumns) -> Mask | None:  # noqa: ARG002 - taste forbids nothing
        return None

    def _shifts(self, columns: CatalogColumns) -> Shifts:
        """What every piece is moved, shape (items,). Pieces that left the catalogue tell nothing."""
        weights = np.zeros(columns.count, dtype=np.float64)
        for sku, weight in self._taste.weights.items():
            weights[_positions(columns, sku)] += weight
        table = policy().weights.taste
        shifts = np.clip(self._ties(columns).spread(weights), -table.bound, table.bound)
        for sku in self._taste.disliked:
            shifts[_positions(columns, sku)] = table.disliked
        return np.asarray(shifts, dtype=np.float32)


def _positions(columns: CatalogColumns, sku: str) -> Positions:
    return columns.inverted["sku"].get(sku, np.zeros(0, dtype=np.int64))


def _digest(taste: Taste) -> str:
    told = json.dumps([[*taste.weights.items()], sorted(taste.disliked)])
    return hashlib.sha256(told.encode()).hexdigest()[:16]
