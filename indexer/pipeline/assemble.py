"""Staged groups into the catalogue: items, their texts, their count. Knows neither feeds nor snapshots."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from indexer.item import Item
from indexer.pipeline.corrections import Corrections
from indexer.pipeline.embed import VectorDraft
from indexer.pipeline.group import Staging, raw
from indexer.pipeline.normalise import build_items
from indexer.pipeline.prices import PriceLevels
from indexer.pipeline.read import Intake
from indexer.pipeline.report import Census
from indexer.record import Reject, Row
from indexer.storage.catalogue import Catalogue, sqlite_url

CHUNK_GROUPS = 2000  # products held in memory at once
ITEM_SKU_TAKEN = "item sku taken by another product"

_NOT_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass
class Assembly:
    """Turns groups into items; what cannot become one goes to the intake's rejects."""

    intake: Intake
    vectors: VectorDraft
    census: Census
    corrections: Corrections = field(default_factory=lambda: Corrections({}))
    prices: PriceLevels = field(default_factory=PriceLevels)

    def write(self, staging: Staging, path: Path, advance: Callable[[int], None]) -> None:
        """Write a new catalogue at `path`, in order of first appearance; `advance` gets the rows done."""
        with closing(Catalogue.create(sqlite_url(path))) as catalogue:
            for groups in staging.chunks(CHUNK_GROUPS):
                self._write_chunk(groups, catalogue)
                advance(sum(len(rows) for rows in groups))

    def _write_chunk(self, groups: Sequence[Sequence[Row]], catalogue: Catalogue) -> None:
        built = build_items(groups, self.corrections)
        for reject in built:
            if isinstance(reject, Reject):
                self.intake.reject_later(reject)
        items = self._new_items([i for i in built if isinstance(i, Item)], groups, catalogue)
        first = self.census.items
        hashes = self.vectors.place([item.text() for item in items], first)
        catalogue.write_items(items, hashes, first)
        files = {rows[0].group_id: rows[0].file for rows in groups if rows}
        for item in items:
            self.census.add(item)
            self.prices.add(self.intake.name_of(files.get(item.group_id, "")), item)
        for row in chain.from_iterable(groups):
            self.census.add_department(row.department)

    def _new_items(
        self, items: Sequence[Item], groups: Sequence[Sequence[Row]], catalogue: Catalogue
    ) -> list[Item]:
        """The items whose SKU no earlier one has; the rows of the others are rejected, as the first wins."""
        taken = catalogue.known_skus([item.sku for item in items])
        fresh: list[Item] = []
        for item in items:
            if item.sku in taken:
                for row in _rows_of(item, groups):
                    values = (row.line, "sku", item.sku, ITEM_SKU_TAKEN)
                    self.intake.reject_later(Reject(*values, sku=row.sku, file=row.file, row=raw(row)))
            else:
                taken.add(item.sku)
                fresh.append(item)
        return fresh


def _rows_of(item: Item, groups: Sequence[Sequence[Row]]) -> list[Row]:
    """The rows that an item was made from, as nearly as its SKUs tell: never none, so that none gets lost."""
    rows = [r for r in chain.from_iterable(groups) if r.group_id == item.group_id]
    skus = {v.sku for v in item.variants}
    sizes = {v.size or "" for v in item.variants}
    own = [r for r in rows if r.sku in skus]
    # A colourway whose SKU another one of its group had first bears it with its colour behind.
    renamed = [r for r in rows if f"{r.sku}-{_slug(r.color)}" in skus]
    found = own or renamed or rows
    return [r for r in found if r.size in sizes] or found


def _slug(text: str) -> str:
    return _NOT_SLUG.sub("-", text.casefold()).strip("-")
