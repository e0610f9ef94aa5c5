"""A catalogue of a few pieces, and files of rows, for tests of importers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from factories import item

from indexer.item import Item, Slot, Variant
from indexer.storage.catalogue import Catalogue, sqlite_url

SLOTS_BY_SKU: dict[str, Slot | None] = {
    "T1": "top",
    "T2": "top",
    "B1": "bottom",
    "B2": "bottom",
    "D1": "dress",
    "S1": "shoes",
    "S2": "shoes",
    "S3": "shoes",
    "GIFT": None,
}


def pieces() -> list[Item]:
    """A piece per SKU above, for women, and some for others; Z1 has a size with its own SKU."""
    return [
        *(
            replace(item(sku), slot=slot) if slot is None else item(sku, slot)
            for sku, slot in SLOTS_BY_SKU.items()
        ),
        item("M1", "top", department="men"),
        item("M2", "bottom", department="men"),
        item("U1", "bag", department="unisex"),
        item("Z1", "shoes", title="Sized Sandals", variants=(Variant("Z1-39", "39", 1, 9.0),)),
    ]


@contextmanager
def catalogue_of(items: list[Item], folder: Path) -> Iterator[Catalogue]:
    """A catalogue of these items in a new file of the folder."""
    opened = Catalogue.create(sqlite_url(folder / "catalogue.sqlite"))
    opened.write_items(items, [piece.sku for piece in items], first=0)
    try:
        yield opened
    finally:
        opened.close()


def write(path: Path, *rows: str | dict[str, Any]) -> Path:
    """Rows to a file; dictionaries become lines of JSON."""
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
