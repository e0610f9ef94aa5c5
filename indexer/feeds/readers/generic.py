"""Raw rows of any generic feed -> records, through a column map. Shared by tables, JSON lines and Parquet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from indexer.feeds.columns.columns import ColumnMap
from indexer.feeds.columns.prices import minor_prices
from indexer.feeds.columns.suggest import missing_columns
from indexer.feeds.files.table import RawRow
from indexer.feeds.values.choices import HIDDEN_SIZE, size_at_end, sizes_hide_in
from indexer.feeds.values.html_text import html_to_text
from indexer.feeds.values.sizes import SizesError, split_sizes
from indexer.record import Event, Inspection, Record, Reject

PEEKED_ROWS = 200

_NEXT_URL = re.compile(r"[;|,\s]+(?=(?:https?:)?//)")


@dataclass(frozen=True, slots=True)
class Reading:
    """How the rows of one feed become records. `sizes_in_titles`: it has no sizes but at the ends of its titles."""

    columns: ColumnMap
    sizes_in_titles: bool = False

    def records(self, row: RawRow) -> Iterator[Record | Reject]:
        """One record per size that the row names, at least one; a Reject when its sizes make no sense."""
        for record in to_records(row, self.columns):
            yield _with_size(record) if self.sizes_in_titles and isinstance(record, Record) else record


def look(columns: ColumnMap, head: Sequence[RawRow]) -> tuple[Reading, Inspection]:
    """How to read a feed that begins with these rows, and what to tell of it."""
    records = [r for row in head for r in to_records(row, columns) if isinstance(r, Record)]
    notes = list(columns.notes())
    example = None if any(r.get("size") for r in records) else sizes_hide_in(r.get("title") for r in records)
    if example is not None:
        notes.append(f"no sizes but in titles: read {example[1]!r} out of {example[0]!r}, and so on")
    minor, why = minor_prices(columns, [row.cells for row in head])
    notes += why
    cells = [row.cells for row in head]
    hints = tuple(missing_columns(columns.sources, columns.ignored, cells))
    if any(r.get("size") for r in records) or example is not None:
        hints = tuple(h for h in hints if not h.startswith("no size"))
    inspection = Inspection(columns.priced, (*notes, *hints), minor, hints)
    return Reading(columns, example is not None), inspection


def first_rows(rows: Iterable[RawRow | Event]) -> list[RawRow]:
    """The usable ones among the first rows of a feed."""
    found: list[RawRow] = []
    for count, row in enumerate(rows, 1):
        if isinstance(row, RawRow):
            found.append(row)
        if count >= PEEKED_ROWS:
            break
    return found


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
        yield Record(row.line, size.fields, (HIDDEN_SIZE,) if size.hidden else ())


def first_url(text: str) -> str:
    """The first of several addresses in one cell; a comma inside an address does not split it."""
    return _NEXT_URL.split(text.strip(), maxsplit=1)[0].rstrip(",;| ")


def _with_size(record: Record) -> Record:
    """The size at the end of the title; what is left of the title groups the sizes where the feed does not."""
    found = size_at_end(record.get("title"))
    if found is None or record.get("size"):
        return record
    stem, size = found
    made = {"group_id": " ".join(filter(None, (record.get("brand"), stem))).casefold()[:200]}
    fields = made | record.fields | {"title": stem, "size": size}
    return Record(record.line, fields, (*record.remarks, HIDDEN_SIZE))
