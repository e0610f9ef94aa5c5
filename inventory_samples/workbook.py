"""The store as an Excel workbook, as a shop's office keeps it: a title above the header, a sheet of notes beside it.

Knows products and that layout. The columns are those of the plain CSV; prices and stock are numbers.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook

from inventory_samples.packed import without_times
from inventory_samples.plain import SCHEMA, rows
from inventory_samples.store import Product

_MADE = datetime(2026, 1, 2, 9, 0)  # without a zone, as the library wants it


def write_workbook(products: Sequence[Product], path: Path) -> None:
    """One sheet of stock, one row per variant, and one sheet of notes."""
    book = Workbook()
    book.properties.created = _MADE
    book.properties.creator = "Quillmoor"
    notes = book.active
    assert notes is not None
    notes.title = "Notes"
    notes.append(["Stock list of all floors", "ask at the office for changes"])
    sheet = book.create_sheet("Stock")
    sheet.append(["Quillmoor, stock list"])
    sheet.append([])
    sheet.append(SCHEMA.names)
    for row in rows(products):
        sheet.append([", ".join(v) if isinstance(v, list) else v for v in row.values()])
    packed = io.BytesIO()
    book.save(packed)
    path.write_bytes(without_times(packed.getvalue()))
