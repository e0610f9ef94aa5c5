"""The catalogue as shoppers see it: single items, and filtered, paged lists. Knows no outfits."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import replace

import numpy as np

from indexer.embedder import Embedder
from indexer.item import Item
from service.catalog.columns import CatalogColumns, Mask, Positions
from service.catalog.view import CatalogView
from service.errors import InvalidError
from service.schemas.catalog import DEFAULT_PAGE, ItemPage, ItemQuery, ItemView, VariantView


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


def page(query: ItemQuery, catalog: CatalogView, embedder: Embedder) -> ItemPage:
    """One page of what matches: by nearness to `q` when there is one, else in catalogue order.

    A page goes on behind the last item of the page before it, so that none comes twice, also when stock changes
    between two pages. Raises InvalidError for a cursor that is not one of this index's, and of this query's.
    """
    after = _last(query, catalog) if query.cursor else None
    matching: Positions = np.flatnonzero(_mask(query, catalog.columns))
    # The last item counts as a place even if it has ceased to match.
    places = matching if after is None else np.union1d(matching, [after])
    asked = query.q.strip() if query.q else ""
    ordered = _ranked(asked, places, catalog, embedder) if asked and len(places) else places
    rest = ordered if after is None else ordered[np.flatnonzero(ordered == after)[0] + 1 :]
    shown = rest[: query.limit].tolist()
    return ItemPage(
        items=[view(item) for item in catalog.items(shown)],
        total=len(matching),
        next_cursor=_cursor(query, shown[-1], catalog) if len(rest) > len(shown) else None,
    )


def _mask(query: ItemQuery, columns: CatalogColumns) -> Mask:
    mask = np.ones(columns.count, dtype=np.bool_)
    if query.slot is not None:
        mask &= columns.in_slot(query.slot)
    if query.department is not None:
        mask &= columns.for_department(query.department)
    if query.brand is not None:
        mask &= columns.any_of("brand", [query.brand.casefold()])
    if query.color is not None:
        mask &= columns.mentioning("color", [query.color])
    if query.in_stock is not None:
        mask &= columns.stocked == query.in_stock
    if query.min_price is not None:
        mask &= columns.cents >= round(query.min_price * 100)
    if query.max_price is not None:
        mask &= columns.affordable(round(query.max_price * 100), None)
    return mask


def _ranked(q: str, places: Positions, catalog: CatalogView, embedder: Embedder) -> Positions:
    vectors = catalog.snapshot.vectors.vectors(places)
    return places[np.argsort(-(vectors @ embedder.encode([q])[0]), kind="stable")]


def _cursor(query: ItemQuery, last: int, catalog: CatalogView) -> str:
    version = catalog.snapshot.version
    content = json.dumps([version, last, _check(query, last, version)])
    return base64.urlsafe_b64encode(content.encode()).decode()


def _last(query: ItemQuery, catalog: CatalogView) -> int:
    """Position of the last item of the page before."""
    try:
        version, last, check = json.loads(base64.urlsafe_b64decode((query.cursor or "").encode()))
    except (ValueError, TypeError, RecursionError, binascii.Error) as error:  # no base64, no JSON, no triple
        raise InvalidError.at("cursor", "is not one that this service gave") from error
    if version != catalog.snapshot.version:
        raise InvalidError.at("cursor", "belongs to another index: start again without it")
    if type(last) is not int or check != _check(query, last, version):
        raise InvalidError.at("cursor", "was not given for this query: start again without it")
    if not 0 <= last < catalog.columns.count:
        raise InvalidError.at("cursor", "is not one that this service gave")
    return last


def _check(query: ItemQuery, last: int, version: str) -> str:
    """Ties a cursor to its query. No secret: a forged one leads nowhere but to another page."""
    filters = replace(query, cursor=None, limit=DEFAULT_PAGE)
    return hashlib.sha256(repr((filters, last, version)).encode("utf-8", "surrogatepass")).hexdigest()[:12]
