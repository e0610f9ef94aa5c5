"""Generic CSV feeds: any delimiter, any column names. Knows no shop system's export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from indexer.feeds.columns.columns import match_columns
from indexer.feeds.files.table import RawRow, read_header, read_table
from indexer.feeds.readers.generic import to_records
from indexer.record import Event, Inspection


@dataclass(frozen=True, slots=True)
class CsvReader:
    """Reads any delimited text whose columns can be matched by name or by `mapping` (FIELD=COLUMN texts)."""

    mapping: tuple[str, ...] = ()

    def inspect(self, path: Path) -> Inspection:
        """Match the columns. Raises FeedError when the title, or SKU and group, have none."""
        columns = match_columns(read_header(path), self.mapping)
        return Inspection(columns.priced, columns.notes())

    def read(self, path: Path) -> Iterator[Event]:
        columns = match_columns(read_header(path), self.mapping)
        for row in read_table(path):
            if isinstance(row, RawRow):
                yield from to_records(row, columns)
            else:
                yield row
