"""Anchors: pieces that a request gives and that every outfit must keep. Knows no composing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from indexer.item import Department, Item, Slot, Variant
from service.catalog.sizes import fits, scale
from service.catalog.view import pick_variant
from service.errors import InvalidError
from service.localization.text import Text, named, phrase
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
            raise InvalidError.at(where, phrase("no item has the SKU {sku!r}", sku=sku))
        item = found.item
        if item.slot is None:
            message = phrase(
                "{sku!r} ({title}) is not something that outfits are made of", sku=sku, title=item.title
            )
            raise InvalidError.at(where, message)
        if item.slot in anchors:
            message = phrase(
                "{sku!r} and {other!r} are both {slot}",
                sku=sku,
                other=anchors[item.slot].variant.sku,
                slot=named("slot", item.slot),
            )
            raise InvalidError.at(where, message)
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
            reason = _of_size(item.title, variant)
            unmet.append(Unmet(constraint="anchors", reason=reason, hint=_other_size(item)))
        if _is_too_dear(request, anchor) or _is_excluded(request, anchor, retriever):
            reason = phrase("{title} breaks another constraint of the request", title=item.title)
            hint = phrase("drop the anchor or the constraint")
            unmet.append(Unmet(constraint="anchors", reason=reason, hint=hint))
    return unmet


def _of_size(title: str, variant: Variant) -> Text:
    """Why an anchor cannot be had in the size that it has."""
    size = variant.size
    if not variant.in_stock and size:
        return phrase("{title} is sold out in size {size}", title=title, size=size)
    if not variant.in_stock:
        return phrase("{title} is sold out", title=title)
    if size:
        return phrase(
            "{title} is asked for in size {size}, but other sizes are wanted", title=title, size=size
        )
    return phrase("{title} is asked for, but other sizes are wanted", title=title)


def mixtures(
    slots: Collection[Slot], anchors: dict[Slot, Candidate], department: Department
) -> Iterator[Unmet]:
    """What nobody wears together: a dress with a bottom, a child's piece with those of a grown-up."""
    if reason := _clash((*slots, *anchors)):
        yield Unmet(constraint="slots", reason=reason, hint=phrase("leave one of them out"))
    for anchor in anchors.values():
        owner = anchor.item.department
        if owner != "unisex" and (owner == "kids") != (department == "kids"):
            reason = phrase(
                "{title} is for {owner}, the outfits are for {department}",
                title=anchor.item.title,
                owner=named("department", owner),
                department=named("department", department),
            )
            hint = phrase("drop the anchor, or say whom it is for")
            yield Unmet(constraint="anchors", reason=reason, hint=hint)


def _clash(slots: Iterable[Slot]) -> Text | None:
    """What is wrong with pieces in all these slots; None when nothing is."""
    pair = policy().slots.clashes(slots)
    if pair is None:
        return None
    one, other = (named("slot", slot) for slot in pair)
    return phrase("a {one} and a {other} cannot be in one outfit", one=one, other=other)


def _other_size(item: Item) -> Text:
    stocked = next((v for v in item.variants if v.in_stock), None)
    if stocked is None:
        return phrase("leave it out")
    return phrase("name {sku} (size {size}), or leave it out", sku=stocked.sku, size=stocked.size)


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
