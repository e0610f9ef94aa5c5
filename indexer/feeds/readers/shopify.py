"""Shopify's product export: one row per variant or image, product cells only on a handle's first row.

Reads both header generations ("Handle, Variant SKU" and "URL handle, SKU"). Knows that an option's name, in any
language, says what it is; stock that is not tracked, or may be oversold, is sellable without a count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.errors import FeedError
from indexer.feeds.columns.aliases import Aliases, Cells
from indexer.feeds.files.table import RawRow, read_header, read_table
from indexer.feeds.readers.google_taxonomy import google_category
from indexer.feeds.values.choices import HIDDEN_SIZE
from indexer.feeds.values.html_text import html_to_text
from indexer.feeds.values.options import option_fields, size_is_hidden
from indexer.record import Event, Inspection, Record, Reject, Skipped

SHOPIFY = Aliases(
    {
        "handle": "handle|url handle",
        "title": "title",
        "body": "body html|body|description",
        "vendor": "vendor",
        "category": "product category|standardized product type|standard product type",
        "type": "type|custom product type",
        "tags": "tags",
        "published": "published|published on online store",
        "status": "status",
        "gift": "gift card",
        "sku": "variant sku|sku",
        "price": "variant price|price",
        "cost": "cost per item",
        "quantity": "variant inventory qty|variant inventory quantity|inventory quantity",
        "tracker": "variant inventory tracker|inventory tracker",
        "policy": "variant inventory policy",
        "oversell": "continue selling when out of stock",
        "image": "image src|product image url",
        "variant_image": "variant image|variant image url",
        "google_category": "google shopping / google product category",
        "gender": "google shopping / gender",
        "age": "google shopping / age group",
        **{f"option{n}_name": f"option{n} name" for n in (1, 2, 3)},
        **{f"option{n}": f"option{n} value" for n in (1, 2, 3)},
    }
)
_METAFIELD = re.compile(r"\(product\.metafields\.shopify\.([a-z-]+)\)\s*$")
_METAFIELDS = {
    "fabric": "fabric",
    "color-pattern": "meta_color",
    "target-gender": "meta_gender",
    "age-group": "meta_age",
}
_VARIANT_KEYS = ("sku", "price", "option1", "option2", "option3")
_MAX_GROUP_ROWS = 10_000  # several times what a product may have; a bound on memory, not on products
_HIDDEN = frozenset({"draft", "archived", "unlisted"})


def shopify_columns(header: Sequence[str]) -> dict[str, str]:
    """The columns of a Shopify export by key; enough of them, with handle and title, identify one."""
    columns = SHOPIFY.resolve(header)
    for column in header:
        match = _METAFIELD.search(column)
        if match is not None and match[1] in _METAFIELDS:
            columns.setdefault(_METAFIELDS[match[1]], column)
    return columns


@dataclass(frozen=True, slots=True)
class ShopifyReader:
    """Streams an export handle by handle: the rows of one product are held, never the file."""

    def inspect(self, path: Path) -> Inspection:
        """Check the header. Raises FeedError when handle or title is missing."""
        columns = shopify_columns(read_header(path))
        missing = [name for name in ("handle", "title") if name not in columns]
        if missing:
            raise FeedError(
                f"{path}: no Shopify product export: column {missing[0]!r} is missing; to match its columns yourself,"
                " add --format csv"
            )
        notes = ["variants are grouped by handle"]
        if "quantity" not in columns:
            notes.append("no inventory column: stock is not counted")
        if "price" not in columns:
            notes.append("no price column: items are unpriced")
        return Inspection("price" in columns, tuple(notes))

    def read(self, path: Path) -> Iterator[Event]:
        columns = shopify_columns(read_header(path))
        pending: list[Cells] = []
        for row in read_table(path):
            if not isinstance(row, RawRow):
                yield row
                continue
            cells = Cells(row.line, row.cells, columns)
            done = pending and (
                cells.get("handle") != pending[0].get("handle") or len(pending) >= _MAX_GROUP_ROWS
            )
            if done:
                yield from _product(pending)
                pending = []
            pending.append(cells)
        yield from _product(pending)


def _product(rows: list[Cells]) -> Iterator[Event]:
    if not rows:
        return
    if not rows[0].get("handle"):
        for row in rows:
            yield Reject(row.line, "group_id", "", "handle missing", row.get("sku"), row=row.raw())
        return
    hidden = _hidden(rows)
    variants = [row for row in rows if any(row.get(key) for key in _VARIANT_KEYS)] or rows[:1]
    lines = {row.line for row in variants}
    shared = _shared_fields(rows)
    names = [_first(rows, f"option{n}_name") for n in (1, 2, 3)]
    for row in rows:
        if hidden:
            yield Skipped(row.line, hidden)
        elif row.line not in lines:
            yield Skipped(row.line, "image only")
        else:
            yield _record(row, shared, names)


def _hidden(rows: list[Cells]) -> str:
    status = _first(rows, "status").casefold()
    if status in _HIDDEN:
        return f"status {status}"
    return "not published" if _first(rows, "published").casefold() == "false" else ""


def _first(rows: list[Cells], key: str) -> str:
    return next((text for row in rows if (text := row.get(key))), "")


def _shared_fields(rows: list[Cells]) -> dict[str, str]:
    """What all variants of a product inherit, wherever among its rows it stands."""
    gift = _first(rows, "gift").casefold() == "true"
    age = _first(rows, "age") or _first(rows, "meta_age")
    return {
        "group_id": rows[0].get("handle"),
        "title": _first(rows, "title"),
        "description": html_to_text(_first(rows, "body")),
        "brand": _first(rows, "vendor"),
        "category": _first(rows, "category") or google_category(_first(rows, "google_category")),
        "product_type": _first(rows, "type") or ("Gift Card" if gift else ""),
        "tags": _first(rows, "tags"),
        "department": " ".join(p for p in (_first(rows, "gender") or _first(rows, "meta_gender"), age) if p),
        "material": _first(rows, "fabric").replace(";", ","),
        "color": _first(rows, "meta_color").replace(";", ","),
        "image_url": _first(rows, "image"),
    }


def _record(row: Cells, shared: Mapping[str, str], names: Sequence[str]) -> Record:
    options = [(name, row.get(f"option{n}")) for n, name in enumerate(names, 1)]
    options = [(name, value) for name, value in options if value and value.casefold() != "default title"]
    fields = {
        **shared,
        **option_fields(options),
        "sku": row.get("sku"),
        "price": row.get("price"),
        "cost_of_goods_sold": row.get("cost"),
        **_stock(row),
    }
    if row.get("variant_image"):
        fields["image_url"] = row.get("variant_image")
    remarks = (HIDDEN_SIZE,) if size_is_hidden(options) else ()
    return Record(row.line, {name: text for name, text in fields.items() if text}, remarks)


def _stock(row: Cells) -> dict[str, str]:
    quantity = row.get("quantity")
    oversold = quantity.startswith("-")
    if not oversold and quantity.strip("0.") != "":
        return {"quantity": quantity}
    untracked = row.has("tracker") and not row.get("tracker")
    sellable = row.get("policy").casefold() == "continue" or row.get("oversell").casefold() == "true"
    if untracked or sellable:
        return {"availability": "in stock"}
    return {"quantity": "0"} if quantity else {}
