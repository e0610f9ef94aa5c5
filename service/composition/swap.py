"""Swapping one piece of an outfit: the request that asks for the same outfit with something else in that slot.

A swap is a request like any other, whose anchors are the pieces that stay: so what it gives can be read again,
replayed, and swapped in turn. The pieces that stay must still be to be had as they were. Composes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from indexer.item import SLOTS, Department, Slot
from service.catalog.columns import Mask
from service.catalog.sizes import fits, scale
from service.composition.anchors import find_anchors
from service.errors import InvalidError
from service.localization.text import Text, named, phrase, series
from service.query.wish import QueryIntent
from service.retrieval.adjustments import ScoreAdjustment, withheld
from service.retrieval.filters import exclusions
from service.retrieval.retriever import Retriever
from service.retrieval.shortlist import Candidate
from service.retrieval.suitability import out_of_weather
from service.schemas.catalog import ItemView
from service.schemas.outfits import (
    Budget,
    Exclude,
    Names,
    Outfit,
    OutfitItem,
    OutfitRequest,
    SwapRequest,
    Unmet,
    Weather,
)

Lookup = Callable[[str], ItemView | None]
"""The item of a SKU, as the catalogue has it now."""


@dataclass(frozen=True, slots=True)
class SwapOrder:
    """`request` asks for the outfits; `kept` are the pieces that must come with it as they were.

    `new_weather` says whether the swap named the weather or the season, which the kept pieces must suit then. `unread`
    is what the words of a turn ask for and nobody could read; it is no part of the request, which is read anew.
    """

    request: OutfitRequest
    kept: tuple[OutfitItem, ...]
    new_weather: bool = False
    unread: tuple[str, ...] = ()


def swap_order(old: OutfitRequest, outfit: Outfit, swap: SwapRequest, lookup: Lookup) -> SwapOrder:
    """What to compose for the swap in an outfit that was composed for the request `old`, its seed included.

    Raises InvalidError for a slot that the outfit does not have, and for constraints that cannot be joined with those
    of the outfit's own request.
    """
    worn = {item.slot: item for item in outfit.items}
    for name, slots in (("slot", swap.changed), ("remove", swap.remove)):
        if lacking := [slot for slot in slots if slot not in worn]:
            there_are = series((named("slot", slot) for slot in worn), "comma")
            message = phrase(
                "the outfit has no {slot}; it has {slots}", slot=named("slot", lacking[0]), slots=there_are
            )
            raise InvalidError.at(name, message)
    if there := [slot for slot in swap.add if slot in worn]:
        what = named("slot", there[0])
        raise InvalidError.at("add", phrase("the outfit has {slot} already: change it by slots", slot=what))
    gone = [worn[slot] for slot in (*swap.changed, *swap.remove)]
    kept = tuple(item for item in outfit.items if item not in gone)
    changes: dict[str, Any] = {
        "count": swap.count,
        "seed": old.seed if swap.seed is None else swap.seed,
        "explain": old.explain if swap.explain is None else swap.explain,
        "trace": False,
        "season": swap.season or old.season,
        "occasion": swap.occasion or old.occasion,
        "department": swap.department or old.department or _department(outfit.items, lookup),
        "weather": _weather(old.weather, swap.weather),
        "budget": _budget(old.budget, swap.budget),
        "sizes": {**old.sizes, **_sizes(kept, lookup), **swap.sizes},
        "exclude": _exclude(old.exclude, swap.exclude, [item.sku for item in gone]),
        "include": {
            name: list(dict.fromkeys([*getattr(old.include, name), *getattr(swap.include, name)]))
            for name in type(old.include).model_fields
        },
        "attributes": list(dict.fromkeys([*old.attributes, *swap.attributes])),
        "anchors": [item.sku for item in kept],
        "slots": [s for s in SLOTS if (s in worn and s not in swap.remove) or s in swap.add],
    }
    try:
        request = OutfitRequest.model_validate({**old.model_dump(), **changes})
    except ValidationError as error:
        raise InvalidError.from_validation(error) from error
    return SwapOrder(request, kept, swap.weather is not None or swap.season is not None)


def _department(items: Sequence[OutfitItem], lookup: Lookup) -> Department | None:
    """Whom the outfit was composed for, where its request left that open and its pieces tell."""
    found = {view.department for item in items if (view := lookup(item.sku)) is not None} - {"unisex"}
    return found.pop() if len(found) == 1 else None


def _weather(old: Weather | None, new: Weather | None) -> dict[str, Any] | None:
    if old is None or new is None:
        both = new or old
        return None if both is None else both.model_dump()
    degrees = old.temperature_c if new.temperature_c is None else new.temperature_c
    return {"temperature_c": degrees, "rain": old.rain or new.rain, "snow": old.snow or new.snow}


def _budget(old: Budget | None, new: Budget | None) -> dict[str, Any] | None:
    """The smaller of the two."""
    if old is None or new is None:
        both = new or old
        return None if both is None else both.model_dump()
    if old.currency and new.currency and old.currency != new.currency:
        message = phrase("the outfit was asked for in {currency}", currency=old.currency)
        raise InvalidError.at("budget.currency", message)
    return {"max": min(old.max, new.max), "currency": old.currency or new.currency}


def _exclude(old: Exclude, new: Exclude, skus: Sequence[str]) -> dict[str, list[str]]:
    """What either excludes, and the pieces that go: earlier ones do not come back either."""
    names = {name: [*getattr(old, name), *getattr(new, name)] for name in Exclude.model_fields}
    names["skus"] += skus
    return {name: list(dict.fromkeys(values)) for name, values in names.items()}


def _sizes(kept: Sequence[OutfitItem], lookup: Lookup) -> dict[Slot, Names]:
    """The sizes of pieces whose SKU does not tell them: several sizes bear the same one."""
    sizes: dict[Slot, Names] = {}
    for item in kept:
        view = lookup(item.sku)
        if item.size and view is not None and sum(v.sku == item.sku for v in view.variants) > 1:
            sizes[item.slot] = [item.size]
    return sizes


_Rule = tuple[str, Mask, Text]  # constraint, what it allows, what it says of other pieces


def lost_pieces(
    order: SwapOrder, brief: QueryIntent, retriever: Retriever, nudges: Sequence[ScoreAdjustment]
) -> list[Unmet]:
    """One entry per locked piece that is sold out or that a constraint of the swap rules out."""
    rules = list(_rules(order, brief, retriever, nudges))
    return [
        unmet for item in order.kept if (unmet := _lost(item, order.request, retriever, rules)) is not None
    ]


def _lost(
    item: OutfitItem, request: OutfitRequest, retriever: Retriever, rules: Sequence[_Rule]
) -> Unmet | None:
    def said(constraint: str, what: Text) -> Unmet:
        slot = named("slot", item.slot)
        hint = phrase("loosen it, or swap the {slot} first", slot=slot)
        reason = phrase("{slot}: {title} {what}", slot=slot, title=item.title, what=what)
        return Unmet(constraint=constraint, reason=reason, hint=hint)

    found = _find(item, request, retriever)
    if found is None:
        return said("stock", phrase("is no longer sold"))
    if not found.variant.in_stock or found.variant.size != item.size:
        in_size = phrase("is sold out in size {size}", size=item.size)
        return said("stock", in_size if item.size else phrase("is sold out"))
    sizes = request.sizes.get(item.slot, [])
    if not fits(item.size, sizes, scale(found.item.department, item.slot)):
        what = phrase("is in size {size}, not {sizes}", size=item.size, sizes=series(sizes, "or"))
        return said(f"sizes.{item.slot}", what)
    if request.budget is not None:
        if found.variant.price is None:
            return said("budget", phrase("has no price"))
        if (request.budget.currency or found.item.currency) != found.item.currency:
            return said("budget", phrase("is sold in {currency}", currency=found.item.currency))
    for constraint, allowed, reason in rules:
        if not allowed[found.position]:
            return said(constraint, reason)
    return None


def _find(item: OutfitItem, request: OutfitRequest, retriever: Retriever) -> Candidate | None:
    """The piece as it is in the index now; None when its SKU is unknown or is worn elsewhere now."""
    alone = request.model_copy(update={"anchors": [item.sku]})
    try:
        return find_anchors(alone, retriever).get(item.slot)
    except InvalidError:
        return None


def _rules(
    order: SwapOrder, brief: QueryIntent, retriever: Retriever, nudges: Sequence[ScoreAdjustment]
) -> Iterator[_Rule]:
    columns, request = retriever.view.columns, order.request
    for filter_ in exclusions(columns, request):
        yield filter_.constraint, filter_.allowed, phrase("is excluded")
    if request.department is not None:
        whom = named("department", request.department)
        allowed = columns.for_department(request.department)
        yield "department", allowed, phrase("is not for {whom}", whom=whom)
    if request.season is not None:
        season = named("season", request.season)
        yield "season", columns.in_season(request.season), phrase("is not for {season}", season=season)
    if order.new_weather:
        yield "weather", ~out_of_weather(columns, brief), phrase("does not suit the weather")
    if (kept_back := withheld(nudges, columns)) is not None:
        yield "merchandising", ~kept_back, phrase("is held back by the store")
