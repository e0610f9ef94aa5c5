"""The hard constraints of a request, each as a filter over the catalogue's columns, with words for a shopper.

Filters run before any search, so they are exact however few pieces they leave. Knows no vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from indexer.item import Department, Slot
from service.catalog.child_sizes import for_age
from service.catalog.columns import CatalogColumns, Mask
from service.query.wish import QueryIntent
from service.retrieval.adjustments import ScoreAdjustment, withheld
from service.retrieval.suitability import out_of_place, out_of_weather, unfit_for_sport
from service.schemas.outfits import OutfitRequest, Unmet

_SIZED_ALIKE: dict[Slot, tuple[Slot, ...]] = {
    "dress": ("top", "bottom"),
    "outerwear": ("top", "dress"),
    "top": ("dress",),
    "bottom": ("dress",),
}
_GROWN_OUT_OF: tuple[Slot, ...] = ("top", "bottom", "dress", "outerwear")


@dataclass(frozen=True, slots=True, eq=False)
class Filter:
    """Pieces that one constraint allows. `soft` ones may be lifted when nothing else would be left."""

    constraint: str
    allowed: Mask
    reason: str
    hint: str
    soft: bool = False


def filters(
    columns: CatalogColumns,
    request: OutfitRequest,
    brief: QueryIntent,
    department: Department,
    line: str,
    nudges: Sequence[ScoreAdjustment] = (),
) -> list[Filter]:
    """The request's filters that do not depend on the slot."""
    found = [
        Filter("stock", columns.stocked, "nothing of it is in stock", "try again after the next delivery"),
        Filter(
            "department",
            columns.for_department(department, line),
            f"the store has none for {line or department}",
            "try another department",
        ),
    ]
    found += exclusions(columns, request)
    if (kept_back := withheld(nudges, columns)) is not None:
        found.append(Filter("merchandising", ~kept_back, "the store holds back what there is", "try later"))
    if request.season is not None:
        reason = f"none of it is for {request.season}"
        found.append(Filter("season", columns.in_season(request.season), reason, "leave the season out"))
    if request.budget is not None:
        found.append(_budget(columns, request))
    # What the request says of the weather binds; what the vibe lets one guess gives way before nothing is left.
    asked = request.weather is not None or request.season is not None
    suited = ~out_of_weather(columns, brief)
    reason, hint = "what there is does not suit the weather", "loosen the weather or the season"
    found.append(Filter("weather", suited, reason, hint, soft=not asked))
    reason, hint = "what there is does not suit the occasion", "loosen the vibe"
    found.append(Filter("vibe", ~out_of_place(columns, brief), reason, hint, soft=True))
    if brief.activity == "sport":  # apart, since a shop without sportswear still has a tee and shorts
        found.append(Filter("vibe", ~unfit_for_sport(columns, brief), reason, hint, soft=True))
    return found


def size_filter(
    columns: CatalogColumns, request: OutfitRequest, brief: QueryIntent, slot: Slot
) -> list[Filter]:
    """The slot's own filter: in stock in one of the wanted sizes, or, where none is named, in a likely one."""
    if sizes := request.sizes.get(slot):
        reason = f"none is in stock in size {' or '.join(sizes)}"
        return [Filter(f"sizes.{slot}", columns.in_size(sizes), reason, "add a neighbouring size")]
    if guessed := likely_sizes(request, brief, slot):
        reason, hint = "none comes in a size that is likely to fit", "name the sizes"
        return [Filter("vibe", columns.in_size(guessed), reason, hint, soft=True)]
    return []


def likely_sizes(request: OutfitRequest, brief: QueryIntent, slot: Slot) -> list[str]:
    """Sizes for a slot that the request names none for: those of a child's age, or of the slots beside it."""
    if brief.age is not None and slot in _GROWN_OUT_OF:
        return for_age(brief.age)
    return [size for other in _SIZED_ALIKE.get(slot, ()) for size in request.sizes.get(other, [])]


def apply(columns: CatalogColumns, slot: Slot, chain: Sequence[Filter]) -> tuple[Mask, Unmet | None]:
    """What every filter allows in the slot; when that is nothing, why."""
    in_slot = columns.in_slot(slot)
    if not in_slot.any():
        reason = f"{slot}: the store carries none"
        return in_slot, Unmet(constraint="stock", reason=reason, hint="add such pieces to the feed")
    held, mask = holding(in_slot, slot, chain)
    if mask.any():
        return mask, None
    blamed = _blame(in_slot, held)
    return mask, Unmet(constraint=blamed.constraint, reason=f"{slot}: {blamed.reason}", hint=blamed.hint)


def holding(in_slot: Mask, slot: Slot, chain: Sequence[Filter]) -> tuple[list[Filter], Mask]:
    """The filters that hold in the slot, in the order of the chain, and what they leave of `in_slot`.

    Guesses give way until something is left, the last first; a dress never needs one, since separates can take
    its place.
    """
    guesses = [] if slot == "dress" else [f for f in chain if f.soft]
    held = list(chain)
    while not (mask := through(in_slot, held)).any() and guesses:
        held.remove(guesses.pop())
    return held, mask


def through(mask: Mask, chain: Sequence[Filter]) -> Mask:
    """What of the mask all filters allow."""
    left = mask.copy()
    for filter_ in chain:
        left &= filter_.allowed
    return left


def _blame(in_slot: Mask, chain: Sequence[Filter]) -> Filter:
    """The filter without which something would be left; failing that, the one that took the last pieces."""
    for filter_ in reversed(chain):
        if through(in_slot, [f for f in chain if f is not filter_]).any():
            return filter_
    return next(f for i, f in enumerate(chain, start=1) if not through(in_slot, chain[:i]).any())


def exclusions(columns: CatalogColumns, request: OutfitRequest) -> Iterator[Filter]:
    """One filter per kind of exclusion that the request makes."""
    exclude = request.exclude
    lookups: list[tuple[str, list[str], Callable[[list[str]], Mask]]] = [
        ("skus", exclude.skus, lambda values: columns.any_of("sku", values)),
        ("brands", exclude.brands, lambda values: columns.any_of("brand", [v.casefold() for v in values])),
        ("colors", exclude.colors, lambda values: columns.mentioning("color", values)),
        ("materials", exclude.materials, lambda values: columns.mentioning("material", values)),
    ]
    for name, values, find in lookups:
        if values:
            reason = f"everything else is excluded ({', '.join(values[:3])})"
            yield Filter(f"exclude.{name}", ~find(values), reason, f"exclude fewer {name}")


def _budget(columns: CatalogColumns, request: OutfitRequest) -> Filter:
    assert request.budget is not None
    cents, currency = request.budget.cents, request.budget.currency
    if currency is not None and currency not in columns.currencies:
        sold = ", ".join(columns.currencies)
        none = np.zeros(columns.count, dtype=np.bool_)
        return Filter("budget", none, f"the store sells in {sold}, not in {currency}", f"give it in {sold}")
    if not (columns.cents >= 0).any():
        none = np.zeros(columns.count, dtype=np.bool_)
        return Filter("budget", none, "the store's feed has no prices", "leave the budget out")
    mask = columns.affordable(cents, currency)
    return Filter("budget", mask, f"none is priced within {request.budget.max:g}", "raise the budget")
