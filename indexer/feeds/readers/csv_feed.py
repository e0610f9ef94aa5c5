"""Generic tables: delimited text with any delimiter, or a workbook's sheet, with any column names.

Knows no shop system's export.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from indexer.feeds.columns.columns import match_columns
from indexer.feeds.files.table import RawRow, read_header, read_table
from indexer.feeds.readers.generic import Reading, first_rows, look
from indexer.record import Event, Inspection


@dataclass(frozen=True, slots=True)
class CsvReader:
    """Reads any table whose columns can be matched by name or by `mapping` (FIELD=COLUMN texts)."""

    mapping: tuple[str, ...] = ()

    def inspect(self, path: Path) -> Inspection:
        """Match the columns. Raises FeedError when the title, or SKU and group, have none."""
        return self._look(path)[1]

    def read(self, path: Path) -> Iterator[Event]:
        reading, _ = self._look(path)
        for row in read_table(path):
            if isinstance(row, RawRow):
                yield from reading.records(row)
            else:
                yield row

    def _look(self, path: Path) -> tuple[Reading, Inspection]:
        head = first_rows(read_table(path))
        columns = match_columns(read_header(path), self.mapping, [row.cells for row in head])
        return look(columns, head)
