"""Out-of-core grouping: rows come in any order and go out by group. Knows no feed format and no item.

Rows lie in a throwaway SQLite file, so memory stays constant for millions of them; only one group, or one
chunk of groups, is ever held.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from operator import attrgetter, itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from indexer.feeds.validate import MAX_ID_CHARS
from indexer.record import Reject, Row

DUPLICATE_SKU = "duplicate sku"
DUPLICATE_VARIANT = "duplicate variant"
SKU_OF_ANOTHER = "duplicate sku in another product"
MAX_QUANTITY = 2**31 - 1  # the catalogue's integer; a larger count is a barcode in the wrong column

_NAMES = tuple(f.name for f in dataclasses.fields(Row))
_VALUES = attrgetter(*_NAMES)
_TAGS = _NAMES.index("tags")
_CHUNK_ROWS = 20_000  # a chunk ends here even when its groups are huge

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -65536;
CREATE TABLE groups (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
CREATE TABLE rows (
    sequence INTEGER PRIMARY KEY, grp INTEGER NOT NULL, sku TEXT NOT NULL, size TEXT NOT NULL,
    color TEXT NOT NULL, file TEXT NOT NULL, line INTEGER NOT NULL, payload TEXT NOT NULL);
CREATE INDEX rows_by_sku ON rows (sku, size, color);
"""


class Staging:
    """Rows of all feeds, grouped by `group_id` in order of first appearance; the first of two duplicates wins.

    `path` must not exist; it is scratch, without any crash safety, and is the caller's to delete.
    """

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(_SCHEMA)
        self._db.execute("BEGIN")  # one transaction for everything: the file is never reopened
        self._last_group = ("", 0)
        self._count = 0
        self.renamed: Counter[str] = Counter()
        """Rows whose SKU another product had first, by file; they bear it with their group behind."""

    def __len__(self) -> int:
        return self._count

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    def add(self, row: Row, rename: bool = False) -> Reject | None:
        """Keep the row, or say why it cannot be kept (its values cannot be stored, or it came before).

        With `rename`, a row whose SKU another product has is kept under an SKU of its own: SKUs are not unique in all
        shop systems.
        """
        payload = json.dumps(_VALUES(row), ensure_ascii=False, separators=(",", ":"))
        bad = _unstorable(row, payload)
        if bad is not None:
            return bad
        group = self._group_number(row.group_id)
        size, color = row.size.casefold(), row.color.casefold()
        if rename and self._is_taken(row.sku, group):
            row = dataclasses.replace(row, sku=self._free(row, group))
            payload = json.dumps(_VALUES(row), ensure_ascii=False, separators=(",", ":"))
            self.renamed[row.file] += 1
        taken = self._duplicate(row, group, size, color)
        if taken is not None:
            return taken
        self._db.execute(
            "INSERT INTO rows (grp, sku, size, color, file, line, payload) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (group, row.sku, size, color, row.file, row.line, payload),
        )
        self._count += 1
        return None

    def chunks(self, groups: int) -> Iterator[list[list[Row]]]:
        """All groups, up to `groups` at a time, in order of first appearance; rows within in feed order."""
        self._db.execute("CREATE INDEX IF NOT EXISTS rows_by_group ON rows (grp, sequence)")
        cursor = self._db.execute("SELECT grp, payload FROM rows ORDER BY grp, sequence")
        chunk: list[list[Row]] = []
        held = 0
        for _, rows in itertools.groupby(cursor, key=itemgetter(0)):
            chunk.append([_row(payload) for _, payload in rows])
            held += len(chunk[-1])
            if len(chunk) >= groups or held >= _CHUNK_ROWS:
                yield chunk
                chunk, held = [], 0
        if chunk:
            yield chunk

    def _group_number(self, group_id: str) -> int:
        if group_id == self._last_group[0]:
            return self._last_group[1]
        found = self._db.execute("SELECT number FROM groups WHERE id = ?", (group_id,)).fetchone()
        if found is None:
            number = self._db.execute("INSERT INTO groups (id) VALUES (?)", (group_id,)).lastrowid or 0
        else:
            number = int(found[0])
        self._last_group = (group_id, number)
        return number

    def _is_taken(self, sku: str, group: int) -> bool:
        first = self._db.execute("SELECT grp FROM rows WHERE sku = ? LIMIT 1", (sku,)).fetchone()
        return first is not None and first[0] != group

    def _free(self, row: Row, group: int) -> str:
        """The SKU with the product's own name behind: the same in each run, whatever the other products are."""
        ending = f"-{row.group_id}"[: MAX_ID_CHARS // 2]
        stem = row.sku[: MAX_ID_CHARS - len(ending) - 4]
        candidate, number = stem + ending, 2
        while self._is_taken(candidate, group):
            candidate, number = f"{stem}{ending}-{number}", number + 1
        return candidate

    def _duplicate(self, row: Row, group: int, size: str, color: str) -> Reject | None:
        # All kept rows of one SKU are of one group, so any of them names it.
        by_sku = "SELECT grp, file, line FROM rows WHERE sku = ?"
        first = self._db.execute(f"{by_sku} LIMIT 1", (row.sku,)).fetchone()
        if first is None:
            return None
        if first[0] != group:
            return _reject(row, "sku", f"{row.sku} (first in {first[1]} line {first[2]})", SKU_OF_ANOTHER)
        same = self._db.execute(
            f"{by_sku} AND size = ? AND color = ? LIMIT 1", (row.sku, size, color)
        ).fetchone()
        if same is None:
            return None
        reason = DUPLICATE_SKU if row.sku_given else DUPLICATE_VARIANT
        return _reject(row, "sku", f"{row.sku} (first in {same[1]} line {same[2]})", reason)


def raw(row: Row) -> dict[str, str]:
    """The row's values as text, for the rejects file: only what the feed gave."""
    values = zip(_NAMES, _VALUES(row), strict=True)
    return {name: _text(value) for name, value in values if value not in ("", None, ())}


def _text(value: Any) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _row(payload: str) -> Row:
    values = json.loads(payload)
    values[_TAGS] = tuple(values[_TAGS])
    return Row(*values)


def _reject(row: Row, field: str, value: str, reason: str) -> Reject:
    return Reject(row.line, field, value, reason, sku=row.sku, file=row.file, row=raw(row))


def _unstorable(row: Row, payload: str) -> Reject | None:
    """What neither SQLite nor PostgreSQL can keep: huge counts, lone surrogates, NUL characters."""
    if row.quantity is not None and row.quantity > MAX_QUANTITY:
        return _reject(row, "quantity", str(row.quantity), "quantity too large")
    if _encodes(payload) and "\\u0000" not in payload:  # the whole row at once: nearly always enough
        return None
    for name, text in raw(row).items():
        if "\0" in text or not _encodes(text):
            return _reject(row, name, text, "text is not valid Unicode")
    return None


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
