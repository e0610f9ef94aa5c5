"""Anchors: pieces that a request gives and that every outfit must keep. Knows no composing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from indexer.item import Department, Item, Slot, Variant
from service.catalog.sizes import fits, scale
from service.catalog.view import pick_variant
from service.errors import InvalidError
from service.policy.policy import policy
from service.retrieval.filters import exclusions
from service.retrieval.retriever import Retriever
from service.retrieval.shortlist import Candidate
from service.schemas.outfits import OutfitRequest, Unmet


def find_anchors(request: OutfitRequest, retriever: Retriever) -> dict[Slot, Candidate]:
    """The anchors by slot. Raises InvalidError for a SKU that is unknown, not worn, or fills a slot twice."""
    anchors: dict[Slot, Candidate] = {}
    for i, sku in enumerate(request.anchors):
        where = f"anchors.{i}"
        found = retriever.view.find(sku)
        if found is None:
            raise InvalidError.at(where, f"no item has the SKU {sku!r}")
        item = found.item
        if item.slot is None:
            raise InvalidError.at(where, f"{sku!r} ({item.title}) is not something that outfits are made of")
        if item.slot in anchors:
            raise InvalidError.at(
                where, f"{sku!r} and {anchors[item.slot].variant.sku!r} are both {item.slot}"
            )
        variant = _variant(item, found.variant, request)
        anchors[item.slot] = Candidate(item, found.position, variant, item.slot, item.label())
    if clash := _clash(anchors):
        raise InvalidError.at("anchors", clash)
    return anchors


def _variant(item: Item, named: Variant | None, request: OutfitRequest) -> Variant:
    """The size that the SKU names alone; where sizes share a SKU, the best in stock, or the first of a sold-out one."""
    if named is not None:
        return named
    try:
        return pick_variant(item, request.sizes.get(item.slot, []) if item.slot else [])
    except ValueError:
        return item.variants[0]


def conflicts(request: OutfitRequest, anchors: dict[Slot, Candidate], retriever: Retriever) -> list[Unmet]:
    """Anchors that contradict the request's own constraints: they are said, never bent."""
    unmet = []
    for slot, anchor in anchors.items():
        item, variant = anchor.item, anchor.variant
        if not variant.in_stock or not fits(
            variant.size, request.sizes.get(slot, []), scale(item.department, slot)
        ):
            size = f" in size {variant.size}" if variant.size else ""
            what = (
                f"sold out{size}" if not variant.in_stock else f"asked for{size}, but other sizes are wanted"
            )
            unmet.append(
                Unmet(constraint="anchors", reason=f"{item.title} is {what}", hint=_other_size(item))
            )
        if _is_too_dear(request, anchor) or _is_excluded(request, anchor, retriever):
            reason = f"{item.title} breaks another constraint of the request"
            unmet.append(Unmet(constraint="anchors", reason=reason, hint="drop the anchor or the constraint"))
    return unmet


def mixtures(
    slots: Collection[Slot], anchors: dict[Slot, Candidate], department: Department
) -> Iterator[Unmet]:
    """What nobody wears together: a dress with a bottom, a child's piece with those of a grown-up."""
    if reason := _clash((*slots, *anchors)):
        yield Unmet(constraint="slots", reason=reason, hint="leave one of them out")
    for anchor in anchors.values():
        owner = anchor.item.department
        if owner != "unisex" and (owner == "kids") != (department == "kids"):
            reason = f"{anchor.item.title} is for {owner}, the outfits are for {department}"
            yield Unmet(constraint="anchors", reason=reason, hint="drop the anchor, or say whom it is for")


def _clash(slots: Iterable[Slot]) -> str | None:
    """What is wrong with pieces in all these slots; None when nothing is."""
    pair = policy().slots.clashes(slots)
    return None if pair is None else f"a {pair[0]} and a {pair[1]} cannot be in one outfit"


def _other_size(item: Item) -> str:
    stocked = next((v for v in item.variants if v.in_stock), None)
    return "leave it out" if stocked is None else f"name {stocked.sku} (size {stocked.size}), or leave it out"


def _is_too_dear(request: OutfitRequest, anchor: Candidate) -> bool:
    """Over the budget alone, or of a price or currency that no budget can be held against."""
    budget, price = request.budget, anchor.variant.price
    if budget is None:
        return False
    currency = budget.currency or anchor.item.currency
    return price is None or price > budget.max or currency != anchor.item.currency


def _is_excluded(request: OutfitRequest, anchor: Candidate, retriever: Retriever) -> bool:
    columns = retriever.view.columns
    masks = [filter_.allowed for filter_ in exclusions(columns, request)]
    if request.department:
        masks.append(columns.for_department(request.department))
    if request.season:
        masks.append(columns.in_season(request.season))
    return not all(mask[anchor.position] for mask in masks)
