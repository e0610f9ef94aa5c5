"""How much a Parquet file unpacks to, before and while it is read. Knows no column names.

A few kilobytes of Parquet can hold a billion rows, or one long text a million times over: what is packed is bounded by
what it unpacks to. Text is read as dictionaries, so that a batch can be measured before it is written out in full.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from indexer.errors import FeedError
from indexer.feeds.files.packed import too_large
from indexer.record import MAX_COLUMNS, MAX_ROWS

BATCH_ROWS = 1024
_BATCH_BYTES = 256 * 1024 * 1024  # far above what 1024 honest products hold
_VALUE_BYTES = 8  # of a number, and of what tells that a value is missing


def open_bounded(path: Path, limit: int) -> Any:
    """The file, ready for `bounded_batches`.

    Raises FeedError when it says itself that it unpacks to over `limit` bytes, or has absurdly many rows or columns,
    and what pyarrow raises for no Parquet.
    """
    file = pq.ParquetFile(path)
    if file.metadata.num_rows > MAX_ROWS or file.metadata.num_columns > MAX_COLUMNS:
        rows, columns = file.metadata.num_rows, file.metadata.num_columns
        raise FeedError(f"{path}: {rows:,} rows of {columns:,} columns; that is no product feed")
    if _declared(file.metadata) > limit:
        raise too_large(path, limit)
    leaves = [file.schema.column(i) for i in range(len(file.schema))]
    texts = [c.path for c in leaves if c.physical_type == "BYTE_ARRAY" and c.logical_type.type != "DECIMAL"]
    file.close()
    return pq.ParquetFile(path, read_dictionary=texts)


def bounded_batches(file: Any, path: Path, limit: int) -> Iterator[Any]:
    """Record batches; raises FeedError before more than `limit` bytes came out in all, or far too many at once."""
    seen = 0
    for batch in file.iter_batches(batch_size=BATCH_ROWS):
        size = sum(_unpacked(column) for column in batch.columns)
        seen += size
        if seen > limit:
            raise too_large(path, limit)
        if size > _BATCH_BYTES:
            raise FeedError(f"{path}: {len(batch):,} rows of it hold {size:,} bytes; that is no product feed")
        yield batch


def _declared(metadata: Any) -> int:
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    chunks = [group.column(i) for group in groups for i in range(group.num_columns)]
    return sum(int(c.total_uncompressed_size) + _VALUE_BYTES * int(c.num_values) for c in chunks)


def _unpacked(array: Any) -> int:
    """Bytes of an array with every text written out."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        lengths = pc.binary_length(array.dictionary)
        return int(pc.sum(lengths.take(array.indices)).as_py() or 0) + _VALUE_BYTES * len(array)
    if pa.types.is_struct(kind):
        return sum(_unpacked(child) for child in array.flatten()) + len(array)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _unpacked(array.flatten()) + _VALUE_BYTES * len(array)
    return int(array.nbytes)
