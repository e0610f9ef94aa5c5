"""Swapping one piece of an outfit: the request that asks for the same outfit with something else in that slot.

A swap is a request like any other, whose anchors are the pieces that stay: so what it gives can be read again,
replayed, and swapped in turn. Knows bodies only; whether the pieces can still be had is for
`service.composition.locked` to say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from indexer.item import Department, Slot
from service.db.repositories.outfits import Made
from service.errors import InvalidError
from service.schemas.catalog import ItemView
from service.schemas.outfits import Budget, Exclude, Names, OutfitItem, OutfitRequest, SwapRequest, Weather

Lookup = Callable[[str], ItemView | None]
"""The item of a SKU, as the catalogue has it now."""


@dataclass(frozen=True, slots=True)
class SwapOrder:
    """`request` asks for the outfits; `kept` are the pieces that must come with it as they were.

    `new_weather` says whether the swap named the weather or the season, which the kept pieces must suit then.
    """

    request: OutfitRequest
    kept: tuple[OutfitItem, ...]
    new_weather: bool = False


def swap_order(made: Made, swap: SwapRequest, lookup: Lookup) -> SwapOrder:
    """What to compose for the swap. Raises InvalidError for a slot that the outfit does not have, and for
    constraints that cannot be joined with those of the outfit's own request.
    """
    gone = next((item for item in made.outfit.items if item.slot == swap.slot), None)
    if gone is None:
        there = ", ".join(item.slot for item in made.outfit.items)
        raise InvalidError.at("slot", f"the outfit has no {swap.slot}; it has {there}")
    kept = tuple(item for item in made.outfit.items if item is not gone)
    old = made.request
    changes: dict[str, Any] = {
        "count": swap.count,
        "seed": made.seed if swap.seed is None else swap.seed,
        "explain": old.explain if swap.explain is None else swap.explain,
        "trace": False,
        "season": swap.season or old.season,
        "occasion": swap.occasion or old.occasion,
        "department": swap.department or old.department or _department(made.outfit.items, lookup),
        "weather": _weather(old.weather, swap.weather),
        "budget": _budget(old.budget, swap.budget),
        "sizes": {**old.sizes, **_sizes(kept, lookup), **swap.sizes},
        "exclude": _exclude(old.exclude, swap.exclude, gone.sku),
        "anchors": [item.sku for item in kept],
        "slots": [item.slot for item in made.outfit.items],
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
        raise InvalidError.at("budget.currency", f"the outfit was asked for in {old.currency}")
    return {"max": min(old.max, new.max), "currency": old.currency or new.currency}


def _exclude(old: Exclude, new: Exclude, sku: str) -> dict[str, list[str]]:
    """What either excludes, and the piece that goes: an earlier one does not come back either."""
    names = {name: [*getattr(old, name), *getattr(new, name)] for name in Exclude.model_fields}
    names["skus"].append(sku)
    return {name: list(dict.fromkeys(values)) for name, values in names.items()}


def _sizes(kept: Sequence[OutfitItem], lookup: Lookup) -> dict[Slot, Names]:
    """The sizes of pieces whose SKU does not tell them: several sizes bear the same one."""
    sizes: dict[Slot, Names] = {}
    for item in kept:
        view = lookup(item.sku)
        if item.size and view is not None and sum(v.sku == item.sku for v in view.variants) > 1:
            sizes[item.slot] = [item.size]
    return sizes
