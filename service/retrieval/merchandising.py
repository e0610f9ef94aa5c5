"""A store's own rules: pieces to boost, bury, pin or exclude. Knows columns of the catalogue, no database, no HTTP.

A rule shifts scores or narrows what may be chosen. It never widens: a request's own constraints always win.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from indexer.item import DEPARTMENTS, Department, Slot
from service.catalog.columns import CatalogColumns, Mask, Positions
from service.policy.policy import policy
from service.retrieval.adjustments import Shifts
from service.schemas.fields import Strict, instant
from service.schemas.outfits import Name

Action = Literal["boost", "bury", "pin", "exclude"]
_SIGN: dict[Action, int] = {"boost": 1, "bury": -1, "pin": 0, "exclude": 0}


def full() -> float:
    """What a rule of strength 1 adds or takes, in units of cosine similarity; all rules together move a piece no
    further. As shipped about as much as one level of formality too many: enough to lift what suits nearly as well, not
    what does not suit.
    """
    return policy().weights.rules.full


def _zoned(text: str) -> str:
    """An instant in UTC. Raises ValueError without a zone: a sale that begins an hour off helps nobody."""
    at = instant(text)
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("needs a time zone, as in 2026-12-01T00:00:00+01:00")
    return at


Moment = Annotated[
    str, AfterValidator(_zoned), Field(max_length=40, json_schema_extra={"format": "date-time"})
]
Words = Annotated[tuple[Name, ...], Field(max_length=100)]
Price = Annotated[float, Field(ge=0, le=10_000_000)]
Margin = Annotated[float, Field(ge=-10, le=1)]


class RuleMatch(Strict):
    """The pieces that a rule is about: all conditions given must hold, each for one of its values.

    Brands, tags and kinds are compared whole, `categories` and `colors` by whole words within, none by case.
    Prices are those of the cheapest size in stock, in the store's currency, both ends included. Margins are shares of
    that price, as it is now: (price - cost) / price, both ends included, of that size's cost, the dearest where several
    sizes have the price. A piece whose cost is not known has no margin, and matches no bound of it.
    """

    skus: Annotated[tuple[Name, ...], Field(max_length=1000)] = ()
    brands: Words = ()
    tags: Words = ()
    kinds: Words = ()
    categories: Words = ()
    colors: Words = ()
    slots: Annotated[tuple[Slot, ...], Field(max_length=8)] = ()
    departments: Annotated[tuple[Department, ...], Field(max_length=4)] = ()
    min_price: Price | None = None
    max_price: Price | None = None
    min_margin: Margin | None = None
    max_margin: Margin | None = None

    @field_validator("max_price", "max_margin")
    @classmethod
    def _in_order(cls, value: float | None, info: ValidationInfo) -> float | None:
        lower = f"min_{(info.field_name or '').removeprefix('max_')}"
        least = info.data.get(lower)
        if value is not None and least is not None and value < least:
            raise ValueError(f"is below {lower}, {least:g}")
        return value

    def mask(self, columns: CatalogColumns) -> Mask:
        """The pieces that match, shape (items,)."""
        mask = np.ones(columns.count, dtype=np.bool_)
        for part in self._parts(columns):
            mask &= part
        return mask

    def _parts(self, columns: CatalogColumns) -> Iterator[Mask]:
        def whole(column: str) -> Callable[[Sequence[str]], Mask]:
            return lambda values: columns.any_of(column, [v.casefold() for v in values])

        lookups: list[tuple[Sequence[str], Callable[[Sequence[str]], Mask]]] = [
            (self.skus, lambda values: columns.any_of("sku", values)),
            (self.brands, whole("brand")),
            (self.tags, whole("tag")),
            (self.kinds, whole("kind")),
            (self.categories, lambda values: columns.mentioning("category", values)),
            (self.colors, lambda values: columns.mentioning("color", values)),
        ]
        yield from (find(values) for values, find in lookups if values)
        if self.slots:
            yield np.logical_or.reduce([columns.in_slot(slot) for slot in self.slots])
        if self.departments:
            yield np.isin(columns.department, [DEPARTMENTS.index(d) for d in self.departments])
        if self.min_price is not None:
            yield columns.cents >= ceil(self.min_price * 100 - 1e-6)
        if self.max_price is not None:
            yield columns.affordable(floor(self.max_price * 100 + 1e-6), None)
        if self.min_margin is not None:
            yield columns.margin >= self.min_margin
        if self.max_margin is not None:
            yield columns.margin <= self.max_margin


class RuleBody(Strict):
    """Body of `POST /v1/admin/rules`. `strength` counts for boost and bury; a rule holds from `starts` until just
    before `ends`, without them always.
    """

    action: Action
    match: RuleMatch
    strength: Annotated[float, Field(ge=0, le=1)] = 0.5
    starts: Moment | None = None
    ends: Moment | None = None
    note: Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")] = ""

    @field_validator("match")
    @classmethod
    def _says_something(cls, value: RuleMatch) -> RuleMatch:
        if value == RuleMatch():
            raise ValueError("needs a condition, such as brands or tags")
        return value

    @field_validator("ends")
    @classmethod
    def _after_start(cls, value: str | None, info: ValidationInfo) -> str | None:
        starts = info.data.get("starts")
        if value is not None and starts is not None and value <= starts:
            raise ValueError("is not after starts")
        return value


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it is kept. `created` is ISO 8601 in UTC."""

    id: str
    created: str
    body: RuleBody

    def active(self, now: str) -> bool:
        """Whether it holds at a time, given as ISO 8601 in UTC with microseconds."""
        starts, ends = self.body.starts, self.body.ends
        return (starts is None or starts <= now) and (ends is None or now < ends)

    @property
    def shift(self) -> float:
        """What it adds to the score of a piece that it matches, in units of cosine similarity."""
        return _SIGN[self.body.action] * full() * self.body.strength


@dataclass(frozen=True, slots=True)
class _Compiled:
    columns: CatalogColumns
    masks: list[Mask]
    shifts: Shifts
    allowed: Mask | None
    pinned: Mask | None


class Merchandising:
    """The nudge of the rules that hold; see `service.retrieval.adjustments`.

    Its masks are made once per state of the catalogue.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self.digest = _digest(self.rules)
        self._latest: _Compiled | None = None

    def name(self) -> str:
        return "rules"

    def shift(self, columns: CatalogColumns, positions: Positions) -> Shifts:
        return np.asarray(self._compiled(columns).shifts[positions], dtype=np.float32)

    def allowed(self, columns: CatalogColumns) -> Mask | None:
        return self._compiled(columns).allowed

    def pinned(self, columns: CatalogColumns) -> Mask | None:
        return self._compiled(columns).pinned

    def applied(self, columns: CatalogColumns, position: int) -> list[Rule]:
        """The rules that match a piece."""
        masks = self._compiled(columns).masks
        return [rule for rule, mask in zip(self.rules, masks, strict=True) if mask[position]]

    def _compiled(self, columns: CatalogColumns) -> _Compiled:
        latest = self._latest
        if latest is None or latest.columns is not columns:
            self._latest = latest = _compile(self.rules, columns)
        return latest


def _compile(rules: Sequence[Rule], columns: CatalogColumns) -> _Compiled:
    masks = [rule.body.match.mask(columns) for rule in rules]
    shifts = np.zeros(columns.count, dtype=np.float32)
    for rule, mask in zip(rules, masks, strict=True):
        shifts[mask] += rule.shift
    np.clip(shifts, -full(), full(), out=shifts)
    by_action: dict[Action, list[Mask]] = {}
    for rule, mask in zip(rules, masks, strict=True):
        by_action.setdefault(rule.body.action, []).append(mask)
    excluded, pinned = by_action.get("exclude"), by_action.get("pin")
    return _Compiled(
        columns=columns,
        masks=masks,
        shifts=shifts,
        allowed=~np.logical_or.reduce(excluded) if excluded else None,
        pinned=np.logical_or.reduce(pinned) if pinned else None,
    )


def _digest(rules: Sequence[Rule]) -> str:
    """Of what the rules do: neither their ids nor their dates nor their order matter. "" for none."""
    if not rules:
        return ""
    effects = sorted(json.dumps(_effect(rule.body), sort_keys=True) for rule in rules)
    return hashlib.sha256("\n".join(effects).encode()).hexdigest()[:16]


def _effect(body: RuleBody) -> dict[str, Any]:
    # What a rule does not say is left out, so that conditions to come change no digest.
    match = body.match.model_dump(mode="json", exclude_defaults=True)
    return {"action": body.action, "strength": body.strength, "match": match}
