"""What a build changes: a new catalogue against the current one, by SKU. Knows no feed and no snapshot.

Both catalogues are compared inside SQLite, so memory stays constant for millions of items. Positions do not count, nor
do the hashes of texts, which change with the encoder.
"""
# ruff: noqa: S608 - only names of our own tables and columns are put into statements

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from indexer.storage.schema import ITEMS

LISTED = 100
"""Entries that a list names at most; counts are always exact."""

_COMPARED = tuple(c.name for c in ITEMS.columns if c.name not in ("position", "sku", "text_hash"))
_SIZES = {
    "sizes": "v.sku, v.size",
    "quantity": "v.sku, v.size, v.quantity",
    "price": "v.sku, v.size, v.price",
    "cost": "v.sku, v.size, v.cost",
}
_SHOWN_OF_A_REJECT = ("file", "line", "sku", "field", "reason")


@dataclass(frozen=True, slots=True)
class Items:
    """`count` items, of which `listed` names the first in order of SKU; `complete` when it names them all."""

    count: int = 0
    listed: tuple[str, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class SlotChange:
    """An item that is worn elsewhere now; None: not composed."""

    sku: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class SlotChanges:
    count: int = 0
    listed: tuple[SlotChange, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Rejected:
    """Rows that were not used, by reason; `listed` holds file, line, SKU, field and reason of the first."""

    count: int = 0
    reasons: Mapping[str, int] | None = None
    listed: tuple[Mapping[str, Any], ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Diff:
    """A new catalogue against the current one. `before` and `after` count items.

    `changed` are items of both with another value; `fields` says of which field and for how many items.
    """

    before: int
    after: int
    added: Items
    removed: Items
    changed: Items
    fields: Mapping[str, int]
    slots: SlotChanges
    rejected: Rejected

    @property
    def removed_share(self) -> float:
        """Share of the current items that would be gone, 0 to 1."""
        return self.removed.count / self.before if self.before else 0.0


def compare(old: Path | None, new: Path, scratch: Path, rejected: Rejected) -> Diff:
    """The difference of two catalogue files, which nobody writes any more. `old` is None before the first build.

    `scratch` is a file that must not exist yet. Raises sqlite3.Error when a file cannot be read.
    """
    with closing(sqlite3.connect(_uri(scratch, "rwc"), uri=True)) as db:
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("ATTACH ? AS new", (_uri(new, "ro&immutable=1"),))
        if old is None:
            db.execute("ATTACH ':memory:' AS old")
            db.execute("CREATE TABLE old.items AS SELECT * FROM new.items WHERE 0")
            db.execute("CREATE TABLE old.variants AS SELECT * FROM new.variants WHERE 0")
        else:
            db.execute("ATTACH ? AS old", (_uri(old, "ro&immutable=1"),))
        db.execute("CREATE TABLE changes (sku TEXT, field TEXT, PRIMARY KEY (sku, field)) WITHOUT ROWID")
        _find_changes(db)
        return Diff(
            before=_count(db, "old.items"),
            after=_count(db, "new.items"),
            added=_items(db, "new.items", "sku NOT IN (SELECT sku FROM old.items)"),
            removed=_items(db, "old.items", "sku NOT IN (SELECT sku FROM new.items)"),
            changed=_items(db, "(SELECT DISTINCT sku FROM changes)"),
            fields=dict(db.execute("SELECT field, count(*) FROM changes GROUP BY field ORDER BY field")),
            slots=_slots(db),
            rejected=rejected,
        )


def no_difference(items: int, rejected: Rejected) -> Diff:
    """The difference of a catalogue to its equal."""
    return Diff(items, items, Items(), Items(), Items(), {}, SlotChanges(), rejected)


def read_rejects(path: Path, reasons: Mapping[str, int]) -> Rejected:
    """The account of a rejects file, whose rows `reasons` counts; only its first lines are read."""
    with path.open(encoding="ascii") as stream:
        entries = [json.loads(line) for line in itertools.islice(stream, LISTED)]
    listed = tuple({name: entry[name] for name in _SHOWN_OF_A_REJECT} for entry in entries)
    count = sum(reasons.values())
    return Rejected(count, dict(reasons), listed, len(listed) == count)


def _find_changes(db: sqlite3.Connection) -> None:
    both = "new.items n JOIN old.items o ON o.sku = n.sku"
    kept = {row[1] for row in db.execute("PRAGMA old.table_info(items)")}
    compared = [name for name in _COMPARED if name in kept]  # a field that is read since then is no change
    flags = ", ".join(f"n.{name} IS NOT o.{name}" for name in compared)
    differs = " OR ".join(f"n.{name} IS NOT o.{name}" for name in compared)
    for sku, *changed in db.execute(f"SELECT n.sku, {flags} FROM {both} WHERE {differs}"):
        _note(db, sku, [name for name, is_other in zip(compared, changed, strict=True) if is_other])
    costs_were_kept = "cost" in {row[1] for row in db.execute("PRAGMA old.table_info(variants)")}
    for field, columns in _SIZES.items():
        sizes = f"SELECT i.sku AS item, {columns} FROM {{0}}.items i JOIN {{0}}.variants v USING (position)"
        new, old = sizes.format("new"), sizes.format("old")
        if field == "cost" and not costs_were_kept:
            old = old.replace("v.cost", "NULL")
        other = f"SELECT item FROM ({new} EXCEPT {old}) UNION SELECT item FROM ({old} EXCEPT {new})"
        known = "item IN (SELECT sku FROM new.items) AND item IN (SELECT sku FROM old.items)"
        db.execute(f"INSERT INTO changes SELECT item, '{field}' FROM ({other}) WHERE {known}")


def _note(db: sqlite3.Connection, sku: str, fields: Sequence[str]) -> None:
    db.executemany("INSERT INTO changes VALUES (?, ?)", [(sku, field) for field in fields])


def _items(db: sqlite3.Connection, table: str, where: str = "1") -> Items:
    count = _count(db, f"{table} WHERE {where}")
    listed = db.execute(f"SELECT sku FROM {table} WHERE {where} ORDER BY sku LIMIT {LISTED}").fetchall()
    return Items(count, tuple(sku for (sku,) in listed), len(listed) == count)


def _slots(db: sqlite3.Connection) -> SlotChanges:
    moved = "old.items o JOIN new.items n ON n.sku = o.sku WHERE n.slot IS NOT o.slot"
    count = _count(db, moved)
    rows = db.execute(f"SELECT o.sku, o.slot, n.slot FROM {moved} ORDER BY o.sku LIMIT {LISTED}").fetchall()
    return SlotChanges(count, tuple(SlotChange(*row) for row in rows), len(rows) == count)


def _count(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _uri(path: Path, mode: str) -> str:
    return f"file:{quote(str(path.absolute()))}?mode={mode}"
