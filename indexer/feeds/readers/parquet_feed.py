"""Parquet feeds, row batch by row batch; lists and structs are read like JSON. Lines are row numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from indexer.errors import FeedError
from indexer.feeds.columns.columns import match_columns
from indexer.feeds.files.table import RawRow
from indexer.feeds.readers.generic import PEEKED_ROWS, Reading, look
from indexer.feeds.readers.parquet_size import bounded_batches, open_bounded
from indexer.feeds.values.flatten import flatten
from indexer.feeds.values.synonyms import canonical_field
from indexer.record import MAX_UNPACKED, Event, Inspection


@dataclass(frozen=True, slots=True)
class ParquetReader:
    """Reads a Parquet file whose columns can be matched by name or by `mapping` (FIELD=COLUMN texts).

    Raises FeedError for one that unpacks to more than `max_unpacked` bytes.
    """

    mapping: tuple[str, ...] = ()
    max_unpacked: int = MAX_UNPACKED

    def inspect(self, path: Path) -> Inspection:
        """Match the columns. Raises FeedError when the title, or SKU and group, have none."""
        with _opened(path, self.max_unpacked) as file:
            _, inspection = self._look(file, path)
            in_sizes = any(canonical_field(p) in ("price", "sale_price") for p in _nested_names(file))
        notes = inspection.notes
        if in_sizes:
            notes = tuple(n for n in notes if not n.startswith("no price column"))
        return replace(inspection, priced=inspection.priced or in_sizes, notes=notes)

    def read(self, path: Path) -> Iterator[Event]:
        with _opened(path, self.max_unpacked) as file:
            reading, _ = self._look(file, path)
        with _opened(path, self.max_unpacked) as file:
            for row, value in enumerate(_values(file, path, self.max_unpacked), 1):
                yield from reading.records(RawRow(row, flatten(value)))

    def _look(self, file: Any, path: Path) -> tuple[Reading, Inspection]:
        values = islice(_values(file, path, self.max_unpacked), PEEKED_ROWS)
        head = [RawRow(row, flatten(value)) for row, value in enumerate(values, 1)]
        columns = match_columns(_column_names(file), self.mapping, [row.cells for row in head])
        return look(columns, head)


def _opened(path: Path, max_unpacked: int) -> Any:
    try:
        return open_bounded(path, max_unpacked)
    except (pa.ArrowException, OSError, ValueError) as error:
        size = path.stat().st_size if path.exists() else 0
        raise FeedError(
            f"{path}: no whole Parquet file: its footer cannot be read at the end, offset {size}: "
            f"{_first_line(error)}"
        ) from error


def _values(file: Any, path: Path, max_unpacked: int) -> Iterator[dict[str, object]]:
    done = 0
    try:
        for batch in bounded_batches(file, path, max_unpacked):
            values = batch.to_pylist()
            yield from values
            done += len(values)
    except (pa.ArrowException, OSError, ValueError) as error:  # ValueError: text that is no UTF-8
        raise FeedError(f"{path}: damaged after row {done}: {_first_line(error)}") from error


def _column_names(file: Any) -> list[str]:
    """Column names as `flatten` writes them: "price.amount" for the field of a struct."""
    names = []
    for field in file.schema_arrow:
        if pa.types.is_struct(field.type) and canonical_field(field.name) not in ("size", "quantity"):
            names += [f"{field.name}.{field.type.field(i).name}" for i in range(field.type.num_fields)]
        else:
            names.append(field.name)
    return names


def _nested_names(file: Any) -> list[str]:
    """The names of what a sizes column holds for each size."""
    names = []
    for field in file.schema_arrow:
        kind = field.type
        if pa.types.is_list(kind) or pa.types.is_large_list(kind):
            kind = kind.value_type
            if pa.types.is_struct(kind) and canonical_field(field.name) == "size":
                names += [kind.field(i).name for i in range(kind.num_fields)]
    return names


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:200]
