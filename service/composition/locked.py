"""The pieces that stay when another is swapped: whether each can still be had, as it was. Composes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.catalog.columns import Mask
from service.catalog.sizes import fits, scale
from service.composition.anchors import find_anchors
from service.composition.swap import SwapOrder
from service.errors import InvalidError
from service.query.parser import Brief
from service.retrieval.adjustments import Nudge, withheld
from service.retrieval.filters import exclusions
from service.retrieval.retriever import Retriever
from service.retrieval.shortlist import Candidate
from service.retrieval.suitability import out_of_weather
from service.schemas.outfits import OutfitItem, OutfitRequest, Unmet

_Rule = tuple[str, Mask, str]  # constraint, what it allows, what it says of other pieces


def lost_pieces(order: SwapOrder, brief: Brief, retriever: Retriever, nudges: Sequence[Nudge]) -> list[Unmet]:
    """One entry per locked piece that is sold out or that a constraint of the swap rules out."""
    rules = list(_rules(order, brief, retriever, nudges))
    return [
        unmet for item in order.kept if (unmet := _lost(item, order.request, retriever, rules)) is not None
    ]


def _lost(
    item: OutfitItem, request: OutfitRequest, retriever: Retriever, rules: Sequence[_Rule]
) -> Unmet | None:
    def said(constraint: str, reason: str) -> Unmet:
        hint = f"loosen it, or swap the {item.slot} first"
        return Unmet(constraint=constraint, reason=f"{item.slot}: {item.title} {reason}", hint=hint)

    found = _find(item, request, retriever)
    if found is None:
        return said("stock", "is no longer sold")
    if not found.variant.in_stock or found.variant.size != item.size:
        return said("stock", "is sold out" + (f" in size {item.size}" if item.size else ""))
    sizes = request.sizes.get(item.slot, [])
    if not fits(item.size, sizes, scale(found.item.department, item.slot)):
        return said(f"sizes.{item.slot}", f"is in size {item.size}, not {' or '.join(sizes)}")
    if request.budget is not None:
        if found.variant.price is None:
            return said("budget", "has no price")
        if (request.budget.currency or found.item.currency) != found.item.currency:
            return said("budget", f"is sold in {found.item.currency}")
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


def _rules(order: SwapOrder, brief: Brief, retriever: Retriever, nudges: Sequence[Nudge]) -> Iterator[_Rule]:
    facets, request = retriever.facets, order.request
    for filter_ in exclusions(facets, request):
        yield filter_.constraint, filter_.allowed, "is excluded"
    if request.department is not None:
        yield "department", facets.for_department(request.department), f"is not for {request.department}"
    if request.season is not None:
        yield "season", facets.in_season(request.season), f"is not for {request.season}"
    if order.new_weather:
        yield "weather", ~out_of_weather(facets, brief), "does not suit the weather"
    if (kept_back := withheld(nudges, facets)) is not None:
        yield "merchandising", ~kept_back, "is held back by the store"
