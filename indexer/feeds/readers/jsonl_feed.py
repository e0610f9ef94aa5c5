"""JSON lines, or one JSON array of objects. Keys are matched like the columns of a CSV file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from indexer.errors import FeedError
from indexer.feeds.columns.columns import ColumnMap, match_columns
from indexer.feeds.files.json_text import read_objects
from indexer.feeds.files.table import RawRow
from indexer.feeds.readers.generic import to_records
from indexer.feeds.values.flatten import flatten
from indexer.record import Event, Inspection, Record, Reject

PEEKED_RECORDS = 200


@dataclass(frozen=True, slots=True)
class JsonlReader:
    """Reads objects whose keys can be matched by name or by `mapping` (FIELD=COLUMN texts)."""

    mapping: tuple[str, ...] = ()

    def inspect(self, path: Path) -> Inspection:
        """Match the keys of the first records; priced when one of them has a price.

        Raises FeedError when no key can be the title, or none the SKU or group.
        """
        head = list(islice(_rows(path), PEEKED_RECORDS))
        columns = self._match(path, head)
        priced = any(_has_price(row, columns) for row in head if isinstance(row, RawRow))
        notes = [n for n in columns.notes() if not n.startswith("no price column")]
        if not priced:
            notes.append("no price in the first records: items are unpriced")
        return Inspection(priced, tuple(notes))

    def read(self, path: Path) -> Iterator[Event]:
        rows = _rows(path)
        head = list(islice(rows, PEEKED_RECORDS))
        columns = self._match(path, head)
        seen = {key for row in head if isinstance(row, RawRow) for key in row.cells}
        for row in chain(head, rows):
            if isinstance(row, Reject):
                yield row
                continue
            if not seen.issuperset(row.cells):
                new = [key for key in row.cells if key not in seen]
                columns = columns.extended(new) if len(seen) < _MAX_KEYS else columns
                seen.update(new[: _MAX_KEYS - len(seen)])
            yield from to_records(row, columns)

    def _match(self, path: Path, head: list[RawRow | Reject]) -> ColumnMap:
        keys = dict.fromkeys(key for row in head if isinstance(row, RawRow) for key in row.cells)
        if not keys:
            first = next((r for r in head if isinstance(r, Reject)), None)
            where = f": line {first.line}: {first.reason}" if first else ""
            raise FeedError(f"{path}: no JSON object with keys in the first {PEEKED_RECORDS} lines{where}")
        return match_columns(list(keys), self.mapping)


_MAX_KEYS = 5_000  # keys that are data (ids as keys) must not grow the column map without end


def _rows(path: Path) -> Iterator[RawRow | Reject]:
    for found in read_objects(path):
        if isinstance(found, Reject):
            yield found
            continue
        line, value = found
        try:
            yield RawRow(line, flatten(value))
        except RecursionError:
            yield Reject(line, "", "", "nested too deep")


def _has_price(row: RawRow, columns: ColumnMap) -> bool:
    names = ("price", "sale_price")
    return any(
        record.get(name)
        for record in to_records(row, columns)
        if isinstance(record, Record)
        for name in names
    )
