"""The catalogue: items and their sizes in SQL tables, by position. Knows no feed, no vectors, no folder layout.

SQLite by default; the schema and every statement are portable to PostgreSQL. An item's `position` is its row in
the vector index.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import quote

from sqlalchemy import (
    URL,
    ColumnElement,
    Engine,
    Table,
    create_engine,
    event,
    func,
    insert,
    inspect,
    null,
    select,
)
from sqlalchemy.exc import SQLAlchemyError

from indexer.errors import SnapshotError
from indexer.item import COVERED_BY_DRESS, Item, Variant
from indexer.storage.schema import ITEMS, METADATA, VARIANTS

_PLAIN = tuple(f.name for f in dataclasses.fields(Item) if f.name != "variants")
_LISTS = ("colors", "seasons", "tags", "derived", "materials", "attributes", "covers", "nearest")
_BLOCK = 500  # rows per statement when reading: under every database's limit of bound parameters


class Found(NamedTuple):
    """An item by one of its SKUs. `variant` is the one size that bears the SKU, None when none or several do."""

    position: int
    item: Item
    variant: Variant | None


class Catalogue:
    """Items of one snapshot. Safe to read from several threads. Raises SnapshotError where SQL fails."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def create(cls, url: str | URL) -> Self:
        """New empty tables, for one writer. On SQLite a crash may damage the file: it is no snapshot yet."""
        engine = _engine(url)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _fast_and_unsafe)
        METADATA.create_all(engine)
        return cls(engine)

    @classmethod
    def open(cls, url: str | URL) -> Self:
        """An existing catalogue."""
        return cls(_engine(url))

    def close(self) -> None:
        self._engine.dispose()

    def __len__(self) -> int:
        return int(self._rows(select(func.count()).select_from(ITEMS))[0][0])

    def write_items(self, items: Sequence[Item], text_hashes: Sequence[str], first: int) -> None:
        """Append items at positions `first`, `first` + 1, ..., all or none. SKUs must be new to the table."""
        if not items:
            return
        numbered = list(enumerate(items, start=first))
        rows = [_item_row(p, i, h) for (p, i), h in zip(numbered, text_hashes, strict=True)]
        sizes = [_variant_row(p, n, v) for p, item in numbered for n, v in enumerate(item.variants)]
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(ITEMS), rows)
                if sizes:
                    connection.execute(insert(VARIANTS), sizes)
        except SQLAlchemyError as error:
            raise SnapshotError(f"catalogue cannot be written: {error}") from error

    def iter_items(self) -> Iterator[Item]:
        """All items in order of position, streamed."""
        for start in range(0, len(self), _BLOCK):
            yield from self._load(range(start, start + _BLOCK)).values()

    def at(self, positions: Iterable[int]) -> list[Item]:
        """The items at these positions, in the order asked for. Raises KeyError for a position without item."""
        wanted = [int(p) for p in positions]
        loaded: dict[int, Item] = {}
        for block in _blocks(list(dict.fromkeys(wanted))):
            loaded |= self._load(block)
        return [loaded[p] for p in wanted]

    def get(self, sku: str) -> Found | None:
        """The item whose own SKU this is, else the first with a size of this SKU; None when unknown."""
        rows = self._rows(select(ITEMS.c.position).where(ITEMS.c.sku == sku))
        if not rows:
            rows = self._rows(select(func.min(VARIANTS.c.position)).where(VARIANTS.c.sku == sku))
        position = rows[0][0]
        if position is None:
            return None
        item = self._load([position])[position]
        bearers = [v for v in item.variants if v.sku == sku]
        return Found(position, item, bearers[0] if len(bearers) == 1 else None)

    def known_skus(self, skus: Iterable[str]) -> set[str]:
        """Those of `skus` that are an item's own already."""
        found: set[str] = set()
        for block in _blocks(list(skus)):
            query = select(ITEMS.c.sku).where(ITEMS.c.sku.in_(block))
            found.update(row[0] for row in self._rows(query))
        return found

    def positions_by_text(self, text_hashes: Iterable[str]) -> dict[str, int]:
        """Text hash -> a position whose item has that text, for the hashes that occur."""
        found: dict[str, int] = {}
        for block in _blocks(list(text_hashes)):
            query = select(ITEMS.c.text_hash, func.min(ITEMS.c.position))
            query = query.where(ITEMS.c.text_hash.in_(block)).group_by(ITEMS.c.text_hash)
            found.update({row[0]: int(row[1]) for row in self._rows(query)})
        return found

    def _load(self, positions: Sequence[int]) -> dict[int, Item]:
        if isinstance(positions, range):
            in_items = ITEMS.c.position.between(positions.start, positions.stop - 1)
            in_sizes = VARIANTS.c.position.between(positions.start, positions.stop - 1)
        else:
            in_items, in_sizes = ITEMS.c.position.in_(positions), VARIANTS.c.position.in_(positions)
        sizes = self._rows(
            select(*self._size_columns).where(in_sizes).order_by(VARIANTS.c.position, VARIANTS.c.ordinal)
        )
        grouped = {
            position: tuple(Variant(r.sku, r.size, r.quantity, r.price, r.cost) for r in rows)
            for position, rows in itertools.groupby(sizes, key=lambda r: r.position)
        }
        rows = self._rows(select(*self._item_columns).where(in_items).order_by(ITEMS.c.position))
        return {row.position: _item(row, grouped.get(row.position, ())) for row in rows}

    @cached_property
    def _item_columns(self) -> list[ColumnElement[Any]]:
        return self._columns_of(ITEMS)

    @cached_property
    def _size_columns(self) -> list[ColumnElement[Any]]:
        return self._columns_of(VARIANTS)

    def _columns_of(self, table: Table) -> list[ColumnElement[Any]]:
        """The columns of a table; one that the catalogue was made without reads as NULL."""
        try:
            there = {column["name"] for column in inspect(self._engine).get_columns(table.name)}
        except SQLAlchemyError as error:
            raise SnapshotError(f"catalogue cannot be read: {error}") from error
        return [c if c.name in there else null().label(c.name) for c in table.c]

    def _rows(self, statement: Any) -> Sequence[Any]:
        try:
            with self._engine.connect() as connection:
                return connection.execute(statement).all()
        except SQLAlchemyError as error:
            raise SnapshotError(f"catalogue cannot be read: {error}") from error


def sqlite_url(path: Path, *, immutable: bool = False) -> URL:
    """The URL of a SQLite file; `immutable` opens it read-only and promises that nobody writes it."""
    if not immutable:
        return URL.create("sqlite", database=str(path))
    name = "file:" + quote(str(path.absolute()))
    return URL.create("sqlite", database=name, query={"mode": "ro", "immutable": "1", "uri": "true"})


def _engine(url: str | URL) -> Engine:
    dumps = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))
    # Errors are told to people and logs: the values of a statement, costs among them, are not part of them.
    return create_engine(url, json_serializer=dumps, hide_parameters=True)


def _fast_and_unsafe(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode = MEMORY")
    connection.execute("PRAGMA synchronous = OFF")


def _item_row(position: int, item: Item, text_hash: str) -> dict[str, Any]:
    row = {name: getattr(item, name) for name in _PLAIN}
    return row | {"position": position, "text_hash": text_hash}


def _variant_row(position: int, ordinal: int, variant: Variant) -> dict[str, Any]:
    return {"position": position, "ordinal": ordinal} | {
        name: getattr(variant, name) for name in ("sku", "size", "quantity", "price", "cost")
    }


def _item(row: Any, variants: tuple[Variant, ...]) -> Item:
    values = dict(row._mapping)
    del values["position"], values["text_hash"]
    if values["materials"] is None:  # a catalogue of before these were read
        values["materials"] = [values["material"]] if values["material"] else []
        values["covers"] = COVERED_BY_DRESS if values["slot"] == "dress" else ()
        values["doubtful"] = False
    for name in _LISTS:
        values[name] = tuple(values[name] or ())
    return Item(variants=variants, **values)


def _blocks(values: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), _BLOCK):
        yield values[start : start + _BLOCK]
