"""Raw rows of any generic feed -> records, through a column map. Shared by CSV, JSON lines and Parquet."""

from __future__ import annotations

import re
from collections.abc import Iterator

from indexer.feeds.columns.columns import ColumnMap
from indexer.feeds.files.table import RawRow
from indexer.feeds.values.html_text import html_to_text
from indexer.feeds.values.sizes import SizesError, split_sizes
from indexer.record import Record, Reject

_NEXT_URL = re.compile(r"[;|,\s]+(?=(?:https?:)?//)")


def to_records(row: RawRow, columns: ColumnMap) -> Iterator[Record | Reject]:
    """One record per size that the row names, at least one; a Reject when its sizes make no sense."""
    fields = columns.apply(row.cells)
    if "description" in fields:
        fields["description"] = html_to_text(fields["description"])
    if "image_url" in fields:
        fields["image_url"] = first_url(fields["image_url"])
    try:
        sizes = split_sizes(fields)
    except SizesError as error:
        name = "size" if fields.get("size") else "quantity"
        yield Reject(row.line, name, fields[name], str(error), fields.get("sku", ""), row=row.cells)
        return
    for size in sizes:
        yield Record(row.line, size)


def first_url(text: str) -> str:
    """The first of several addresses in one cell; a comma inside an address does not split it."""
    return _NEXT_URL.split(text.strip(), maxsplit=1)[0].rstrip(",;| ")
