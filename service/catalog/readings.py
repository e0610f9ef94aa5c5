"""What pieces are taken for, as staff see it: one, or pages of the doubtful and the corrected. Knows no shoppers."""

from __future__ import annotations

import numpy as np

from indexer.item import Item
from indexer.pipeline.corrections import Correction
from service.catalog.view import CatalogView
from service.errors import InvalidError
from service.schemas.catalog import CorrectionView, Reading, ReadingQuery, Readings


def reading(sku: str, catalog: CatalogView) -> Reading | None:
    """What the piece of this SKU, its own or that of a size, is taken for."""
    found = catalog.find(sku)
    return None if found is None else _reading(found.item, catalog)


def readings(query: ReadingQuery, catalog: CatalogView) -> Readings:
    """One page of what the query asks for, in the order of the index. Raises InvalidError for a cursor of another."""
    columns = catalog.columns
    wanted = np.ones(columns.count, dtype=np.bool_)
    if query.doubtful is not None:
        wanted &= columns.doubtful == query.doubtful
    if query.corrected is not None:
        told = np.zeros(columns.count, dtype=np.bool_)
        told[list(catalog.bearers(catalog.corrections.by_key))] = True
        wanted &= told == query.corrected
    places = np.flatnonzero(wanted)
    after = _after(query.cursor, catalog)
    rest = places[places > after]
    shown = [int(p) for p in rest[: query.limit]]
    more = len(rest) > len(shown)
    return Readings(
        items=[_reading(item, catalog) for item in catalog.items(shown)],
        total=len(places),
        next_cursor=f"{catalog.snapshot.version}.{shown[-1]}" if more else None,
    )


def _after(cursor: str | None, catalog: CatalogView) -> int:
    if cursor is None:
        return -1
    version, _, place = cursor.rpartition(".")
    if version != catalog.snapshot.version or not (place.isascii() and place.isdigit()) or len(place) > 9:
        raise InvalidError.at("cursor", "is not one of this index: start again without it")
    return int(place)


def _reading(item: Item, catalog: CatalogView) -> Reading:
    told = catalog.corrections.of(item)
    return Reading(
        sku=item.sku,
        skus=list(dict.fromkeys(v.sku for v in item.variants)),
        group_id=item.group_id,
        title=item.title,
        category=item.category,
        tags=list(item.tags),
        description=item.description,
        image_url=item.image_url,
        kind=item.kind,
        slot=item.slot,
        department=item.department,
        confidence=item.slot_confidence,
        source=item.slot_source,
        doubtful=item.doubtful,
        nearest=list(item.nearest),
        correction=None if told is None else _correction(told),
    )


def _correction(told: Correction) -> CorrectionView:
    return CorrectionView(kind=told.kind, slot=told.slot, department=told.department)
