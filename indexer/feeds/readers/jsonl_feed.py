"""JSON lines, one JSON array of objects, or one in an object ({"products": [...]}).

Keys are matched like the columns of a CSV file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

from indexer.errors import FeedError
from indexer.feeds.columns.columns import match_columns
from indexer.feeds.files.json_text import read_objects
from indexer.feeds.files.table import RawRow
from indexer.feeds.readers.generic import PEEKED_ROWS, Reading, look
from indexer.feeds.values.flatten import flatten
from indexer.record import MAX_COLUMNS, Event, Inspection, Record, Reject


@dataclass(frozen=True, slots=True)
class JsonlReader:
    """Reads objects whose keys can be matched by name or by `mapping` (FIELD=COLUMN texts)."""

    mapping: tuple[str, ...] = ()

    def inspect(self, path: Path) -> Inspection:
        """Match the keys of the first records; priced when one of them has a price.

        Raises FeedError when no key can be the title, or none the SKU or group.
        """
        head = list(islice(_rows(path), PEEKED_ROWS))
        reading, inspection = self._look(path, head)
        priced = any(_has_price(row, reading) for row in head if isinstance(row, RawRow))
        notes = [n for n in inspection.notes if not n.startswith("no price column")]
        if not priced:
            notes.append("no price in the first records: items are unpriced")
        return replace(inspection, priced=priced, notes=tuple(notes))

    def read(self, path: Path) -> Iterator[Event]:
        rows = _rows(path)
        head = list(islice(rows, PEEKED_ROWS))
        reading, _ = self._look(path, head)
        seen = {key for row in head if isinstance(row, RawRow) for key in row.cells}
        for row in chain(head, rows):
            if isinstance(row, Reject):
                yield row
                continue
            if not seen.issuperset(row.cells):
                new = [key for key in row.cells if key not in seen]
                if len(seen) < _MAX_KEYS:
                    reading = replace(reading, columns=reading.columns.extended(new))
                seen.update(new[: _MAX_KEYS - len(seen)])
            yield from reading.records(row)

    def _look(self, path: Path, head: list[RawRow | Reject]) -> tuple[Reading, Inspection]:
        rows = [row for row in head if isinstance(row, RawRow)]
        keys = dict.fromkeys(key for row in rows for key in row.cells)
        if not keys:
            first = next((r for r in head if isinstance(r, Reject)), None)
            where = f": line {first.line}: {first.reason}" if first else ""
            raise FeedError(f"{path}: no JSON object with keys in the first {PEEKED_ROWS} lines{where}")
        return look(match_columns(list(keys), self.mapping, [row.cells for row in rows]), rows)


_MAX_KEYS = MAX_COLUMNS  # keys that are data (ids as keys) must not grow the column map without end


def _rows(path: Path) -> Iterator[RawRow | Reject]:
    for found in read_objects(path):
        if isinstance(found, Reject):
            yield found
            continue
        line, value = found
        try:
            cells = flatten(value)
        except RecursionError:
            yield Reject(line, "", "", "nested too deep")
            continue
        if len(cells) > MAX_COLUMNS:
            yield Reject(line, "", f"{len(cells):,} keys", "too many keys")
        else:
            yield RawRow(line, cells)


def _has_price(row: RawRow, reading: Reading) -> bool:
    records = (record for record in reading.records(row) if isinstance(record, Record))
    return any(record.get(name) for record in records for name in ("price", "sale_price"))
