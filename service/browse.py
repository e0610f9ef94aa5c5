"""The catalogue as shoppers see it: single items, and filtered, paged lists. Knows no outfits."""

from __future__ import annotations

import base64
import binascii
import json

import numpy as np

from indexer.embedder import Embedder
from indexer.item import Item
from service.api.contract import ItemQuery
from service.facets import Facets, Mask, Positions
from service.problems import InvalidError
from service.retriever import Retriever
from service.schema import ItemPage, ItemView, VariantView


def view(item: Item, sku: str | None = None) -> ItemView:
    """The public form of an item. `sku` is the one it was asked for by, else that of its first size in stock."""
    first = next((v.sku for v in item.variants if v.in_stock), item.sku)
    return ItemView(
        sku=sku or first,
        group_id=item.group_id,
        title=item.title,
        brand=item.brand,
        description=item.description,
        slot=item.slot,
        kind=item.kind,
        department=item.department,
        colors=list(item.colors),
        material=item.material,
        pattern=item.pattern,
        seasons=list(item.seasons),
        formality=item.formality,
        price=item.price,
        currency=item.currency,
        in_stock=item.in_stock,
        image_url=item.image_url,
        url=item.url,
        variants=[
            VariantView(sku=v.sku, size=v.size, quantity=v.quantity, price=v.price, in_stock=v.in_stock)
            for v in item.variants
        ],
        derived=list(item.derived),
    )


def page(query: ItemQuery, retriever: Retriever, embedder: Embedder) -> ItemPage:
    """One page of what matches: by nearness to `q` when there is one, else in catalogue order.

    Raises InvalidError for a cursor that is not one of this index's.
    """
    version = retriever.snapshot.version
    start = _offset(query.cursor, version) if query.cursor else 0
    matching = np.flatnonzero(_mask(query, retriever.facets))
    ordered = _ranked(query.q, matching, retriever, embedder) if query.q and len(matching) else matching
    shown = ordered[start : start + query.limit]
    more = start + query.limit < len(ordered)
    return ItemPage(
        items=[view(item) for item in retriever.snapshot.catalogue.at(shown.tolist())],
        total=len(matching),
        next_cursor=_cursor(start + query.limit, version) if more else None,
    )


def _mask(query: ItemQuery, facets: Facets) -> Mask:
    mask = np.ones(facets.count, dtype=np.bool_)
    if query.slot is not None:
        mask &= facets.in_slot(query.slot)
    if query.department is not None:
        mask &= facets.for_department(query.department)
    if query.brand is not None:
        mask &= facets.any_of("brand", [query.brand.casefold()])
    if query.color is not None:
        mask &= facets.mentioning("color", [query.color])
    if query.in_stock is not None:
        mask &= facets.stocked == query.in_stock
    if query.min_price is not None:
        mask &= facets.cents >= round(query.min_price * 100)
    if query.max_price is not None:
        mask &= facets.affordable(round(query.max_price * 100), None)
    return mask


def _ranked(q: str, matching: Positions, retriever: Retriever, embedder: Embedder) -> Positions:
    vectors = retriever.snapshot.vectors.vectors(matching)
    return matching[np.argsort(-(vectors @ embedder.encode([q])[0]), kind="stable")]


def _cursor(offset: int, version: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([version, offset]).encode()).decode()


def _offset(cursor: str, version: str) -> int:
    try:
        of, offset = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError, RecursionError, binascii.Error) as error:  # no base64, no JSON, no pair
        raise InvalidError.at("cursor", "is not one that this service gave") from error
    if of != version or type(offset) is not int or offset < 0:
        raise InvalidError.at("cursor", "belongs to another index: start again without it")
    return offset
