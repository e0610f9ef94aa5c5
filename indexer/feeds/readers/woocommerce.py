"""WooCommerce's product export: simple products, and variable ones whose variations are rows of their own.

Variations may stand before or far from their parent: a first pass keeps the parents' rows alone. Prices have no
currency in this format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from indexer.errors import FeedError
from indexer.feeds.columns.aliases import Cells
from indexer.feeds.files.table import RawRow, read_header, read_table
from indexer.feeds.readers.generic import first_url
from indexer.feeds.readers.woo_columns import attribute_numbers, same_text, woo_columns
from indexer.feeds.values.html_text import html_to_text
from indexer.feeds.values.options import option_field, option_fields
from indexer.feeds.values.sale_window import on_sale
from indexer.record import Event, Inspection, Record, Reject, Skipped

_LIST = re.compile(r"(?<!\\),")
_YES = frozenset({"1", "yes", "true", "notify"})


@dataclass(frozen=True, slots=True)
class WooReader:
    """Reads the file twice: parents first, then every row. `now` (aware) decides on dated sale prices."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def inspect(self, path: Path) -> Inspection:
        """Check the header. Raises FeedError when type, SKU or name is missing."""
        columns = woo_columns(read_header(path))
        missing = [name for name in ("type", "sku", "name") if name not in columns]
        if missing:
            raise FeedError(
                f"{path}: no WooCommerce product export: column {missing[0]!r} is missing; to match its columns"
                " yourself, add --format csv"
            )
        priced = "price" in columns or "sale_price" in columns
        return Inspection(priced, () if priced else ("no price column: items are unpriced",))

    def read(self, path: Path) -> Iterator[Event]:
        columns = woo_columns(read_header(path))
        parents = _Parents.of(path, columns)
        numbers = attribute_numbers([*columns])
        for row in read_table(path):
            if isinstance(row, RawRow):
                yield from self._events(Cells(row.line, row.cells, columns), parents, numbers)
            else:
                yield row

    def _events(self, row: Cells, parents: _Parents, numbers: list[str]) -> Iterator[Event]:
        kinds = _kinds(row)
        parent = parents.find(row.get("parent")) if "variation" in kinds else None
        hidden = _hidden(row) or (parent is not None and _hidden(parent) and "parent not published") or ""
        if hidden:
            yield Skipped(row.line, hidden)
        elif "grouped" in kinds:
            yield Skipped(row.line, "grouped product")
        elif "variable" in kinds and parents.has_variations(row):
            yield Skipped(row.line, "parent of variations")
        elif "variation" in kinds and parent is None:
            reason = "parent not found"
            yield Reject(row.line, "group_id", row.get("parent"), reason, row.get("sku"), row=row.raw())
        else:
            yield from _records(row, parent, numbers, self.now)


class _Parents:
    """Variable products by SKU and by "id:44", and which of them have variations."""

    def __init__(self) -> None:
        self._rows: dict[str, Cells] = {}
        self._referred: set[str] = set()

    @classmethod
    def of(cls, path: Path, columns: Mapping[str, str]) -> _Parents:
        parents = cls()
        for row in read_table(path):
            if not isinstance(row, RawRow):
                continue
            cells = Cells(row.line, row.cells, columns)
            if "variation" in _kinds(cells):
                parents._referred.add(cells.get("parent").casefold())
            elif "variable" in _kinds(cells):
                for name in _names(cells):
                    parents._rows.setdefault(name, cells)
        return parents

    def find(self, reference: str) -> Cells | None:
        return self._rows.get(reference.casefold()) if reference else None

    def has_variations(self, row: Cells) -> bool:
        return any(name in self._referred for name in _names(row))


def _names(row: Cells) -> list[str]:
    names = [row.get("sku").casefold(), f"id:{row.get('id')}" if row.get("id") else ""]
    return [name for name in names if name]


def _kinds(row: Cells) -> set[str]:
    return {kind.strip().casefold() for kind in row.get("type").split(",")}


def _hidden(row: Cells) -> str:
    if row.get("published") in ("0", "-1") or row.get("published").casefold() == "false":
        return "not published"
    return "hidden from the catalogue" if row.get("visibility").casefold() == "hidden" else ""


def _records(row: Cells, parent: Cells | None, numbers: list[str], now: datetime) -> Iterator[Record]:
    identity = row.get("sku") or row.get("id")
    group = (parent.get("sku") or f"id:{parent.get('id')}") if parent else identity
    source = parent or row
    fields = {
        "sku": identity,
        "group_id": group,
        "title": source.get("name") or row.get("name"),
        "description": _text(row) or _text(source),
        "brand": source.get("brand"),
        "category": _categories(source.get("categories") or row.get("categories")),
        "tags": source.get("tags") or row.get("tags"),
        "image_url": first_url(row.get("images") or source.get("images")),
        "url": row.get("url") or source.get("url"),
        "price": row.get("price"),
        "cost_of_goods_sold": row.get("cost") or source.get("cost"),
        **_stock(row, parent),
    }
    if on_sale(row.get("sale_start"), row.get("sale_end"), now):
        fields["sale_price"] = row.get("sale_price")
    values = _attributes(row, parent, numbers)
    fields |= option_fields(
        [(name, ", ".join(v)) for name, v in values if v and _describes(name, row, parent, numbers)]
    )
    sizes = next((v for name, v in values if option_field(name) == "size"), [])
    # A size left open ("any size"), or listed without variations, can be bought in each of the sizes listed.
    for size in sizes or [fields.get("size", "")]:
        yield Record(row.line, {k: v for k, v in {**fields, "size": size}.items() if v})


def _attributes(row: Cells, parent: Cells | None, numbers: list[str]) -> list[tuple[str, list[str]]]:
    """Every attribute with its values: a variation's own, else those that its parent lists."""
    own = _listed(row, numbers)
    if parent is None:
        return own
    inherited = _listed(parent, numbers)
    values = []
    for name, given in own:
        listed = next((v for n, v in inherited if same_text(n, name)), [])
        values.append((name, given or listed))
    return values + [(n, v) for n, v in inherited if not any(same_text(n, name) for name, _ in own)]


def _describes(name: str, row: Cells, parent: Cells | None, numbers: list[str]) -> bool:
    """Whether an attribute other than the size counts: a known one, or one that a variation is chosen by."""
    field = option_field(name)
    if field is None:
        return parent is not None and any(same_text(own, name) for own, _ in _listed(row, numbers))
    return field != "size"


def _listed(row: Cells, numbers: list[str]) -> list[tuple[str, list[str]]]:
    return [
        (
            row.get(f"name {n}"),
            [v.replace("\\,", ",").strip() for v in _LIST.split(row.get(f"value {n}")) if v],
        )
        for n in numbers
        if row.get(f"name {n}")
    ]


def _text(row: Cells) -> str:
    return html_to_text((row.get("description") or row.get("short")).replace("\\n", "\n"))


def _categories(text: str) -> str:
    """ "Clothing > Tshirts, Sale" is two paths; a comma inside a name is escaped."""
    return " | ".join(p.replace("\\,", ",").strip() for p in _LIST.split(text) if p.strip())


def _stock(row: Cells, parent: Cells | None) -> dict[str, str]:
    quantity = row.get("stock")
    status = row.get("in_stock").casefold()
    backorders = row.get("backorders").casefold() in _YES or status == "backorder"
    if quantity.casefold() == "parent":
        quantity = parent.get("stock") if parent else ""
        backorders = backorders or (parent is not None and parent.get("backorders").casefold() in _YES)
    oversold = quantity.startswith("-")
    if oversold or quantity.strip("0.") == "":
        if backorders and status not in ("0", "no"):
            return {"availability": "in stock"}
        quantity = "0" if quantity else ""
    if status in ("0", "no"):
        return {"availability": "out of stock", "quantity": "0"}
    return {"quantity": quantity} if quantity else {}
