"""Shopify's bulk-operation JSONL: products, variants, metafields and pictures as lines of their own, in any order.

A line names its parent by `__parentId`. A first pass keeps the products in a scratch database of SQLite's own, which
spills to disk; the second yields the variants.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from indexer.feeds.files.json_text import read_objects
from indexer.feeds.readers.commerce.nodes import Node, inside, nodes, picture, text_of
from indexer.feeds.readers.commerce.shopify_product import (
    ShopProduct,
    joined,
    metafield,
    product_record,
    shop_product,
    variant_record,
)
from indexer.record import Event, Reject, Skipped

PARENT = "__parentId"

_SCHEMA = """
CREATE TABLE products (id TEXT PRIMARY KEY, told TEXT NOT NULL);
CREATE TABLE parts (parent TEXT NOT NULL, kind TEXT NOT NULL, told TEXT NOT NULL);
CREATE TABLE parents (id TEXT PRIMARY KEY);
"""


def kind_of(line: Node) -> str:
    """What a line is, by its id or by what it holds: Product, ProductVariant, Image, Metafield, InventoryLevel ..."""
    kind = text_of(line, "id").removeprefix("gid://shopify/").partition("/")[0] if _is_gid(line) else ""
    kind = kind or text_of(line, "__typename")
    if kind in ("MediaImage", "ProductImage", "ImageSource"):
        return "Image"
    if kind or PARENT not in line:
        return kind or "Product"
    if {"namespace", "key"} <= line.keys():
        return "Metafield"
    if line.keys() & {"sku", "price", "selectedOptions", "inventoryQuantity"}:
        return "ProductVariant"
    return "Image" if line.keys() & {"url", "src", "originalSrc", "image"} else "?"


def read_bulk(path: Path) -> Iterator[Event]:
    """Every line of an export: variants as records, products as what they share, the rest passed over."""
    with closing(sqlite3.connect("")) as db:  # a database of this connection's own, on disk once it has grown
        db.executescript(_SCHEMA)
        _keep_products(db, path)
        shared: tuple[str, ShopProduct | None] = ("", None)
        for found in read_objects(path):
            if isinstance(found, Reject):
                yield found
                continue
            line, told = found
            kind = kind_of(told)
            if kind == "Product":
                yield from _of_product(db, line, told)
            elif kind == "ProductVariant":
                parent = text_of(told, PARENT)
                if shared[0] != parent:  # variants mostly stand together
                    shared = (parent, _shared(db, parent))
                yield _of_variant(db, line, told, shared[1])
            else:
                yield Skipped(line, "no product or variant")


def _of_product(db: sqlite3.Connection, line: int, told: Node) -> Iterator[Event]:
    identity = text_of(told, "id")
    shared = _shared(db, identity) or shop_product(told)
    inner = list(nodes(told.get("variants")))
    if shared.hidden:
        yield Skipped(line, shared.hidden)
    elif inner:
        yield from (variant_record(line, variant, shared) for variant in inner)
    elif db.execute("SELECT 1 FROM parents WHERE id = ?", (identity,)).fetchone():
        yield Skipped(line, "parent of variations")
    else:
        yield product_record(line, told, shared)


def _of_variant(db: sqlite3.Connection, line: int, told: Node, shared: ShopProduct | None) -> Event:
    nested = told.get("product")
    if shared is None and isinstance(nested, dict):
        shared = shop_product(nested)
    if shared is None:
        parent = text_of(told, PARENT)
        return Reject(line, "group_id", parent, "parent not found", text_of(told, "sku"), row=_shown(told))
    if shared.hidden:
        return Skipped(line, shared.hidden)
    parts = _parts(db, text_of(told, "id"))
    levels = [node for kind, node in parts if kind == "InventoryLevel"]
    if levels and "inventoryQuantity" not in told:
        told = {**told, "inventoryQuantity": sum(_available(level) for level in levels)}
    pictures = [node for kind, node in parts if kind == "Image"]
    if pictures and not told.get("image"):
        told = {**told, "image": pictures[0]}
    return variant_record(line, told, shared)


def _keep_products(db: sqlite3.Connection, path: Path) -> None:
    for found in read_objects(path):
        if isinstance(found, Reject):
            continue
        _, told = found
        kind, parent = kind_of(told), text_of(told, PARENT)
        if kind == "Product":
            shared = shop_product(told)
            kept = json.dumps([shared.fields, shared.names, shared.hidden])
            db.execute("INSERT OR IGNORE INTO products VALUES (?, ?)", (text_of(told, "id"), kept))
        elif kind == "ProductVariant":
            db.execute("INSERT OR IGNORE INTO parents VALUES (?)", (parent,))
        elif kind in ("Image", "Metafield", "InventoryLevel"):
            db.execute("INSERT INTO parts VALUES (?, ?, ?)", (parent, kind, json.dumps(told)))
    db.execute("CREATE INDEX parts_by_parent ON parts (parent)")


def _shared(db: sqlite3.Connection, identity: str) -> ShopProduct | None:
    found = db.execute("SELECT told FROM products WHERE id = ?", (identity,)).fetchone()
    if found is None:
        return None
    fields, names, hidden = json.loads(found[0])
    product = ShopProduct(fields, tuple(names), hidden)
    parts = _parts(db, identity)
    pictures = [p for kind, told in parts if kind == "Image" and (p := picture(told))]
    described: dict[str, list[str]] = {}
    for kind, told in parts:
        if kind == "Metafield" and (pair := metafield(told)):
            described.setdefault(pair[0], []).append(pair[1])
    more = joined(described) | ({"image_url": pictures[0]} if pictures else {})
    return replace(product, fields=more | fields)


def _parts(db: sqlite3.Connection, parent: str) -> list[tuple[str, Node]]:
    found = db.execute("SELECT kind, told FROM parts WHERE parent = ? LIMIT 500", (parent,))
    return [(kind, json.loads(told)) for kind, told in found]


def _available(level: Node) -> int:
    counts = [inside(q, "quantity") for q in nodes(level.get("quantities")) if q.get("name") == "available"]
    text = counts[0] if counts else text_of(level, "available")
    return int(text) if text.lstrip("-").isdecimal() and len(text) < 10 else 0


def _is_gid(line: Node) -> bool:
    return text_of(line, "id").startswith("gid://shopify/")


def _shown(told: Node) -> dict[str, str]:
    return {str(key): str(value)[:500] for key, value in told.items()}
