"""The store as plain CSV, JSON Lines and Parquet: one row per variant under self-explaining names.

Knows products and these three formats; knows no shop system.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from inventory_samples.store import Product

CURRENCY = "EUR"

SCHEMA = pa.schema(
    [
        ("sku", pa.string()),
        ("group_id", pa.string()),
        ("title", pa.string()),
        ("brand", pa.string()),
        ("category", pa.string()),
        ("product_type", pa.string()),
        ("department", pa.string()),
        ("color", pa.string()),
        ("size", pa.string()),
        ("material", pa.string()),
        ("pattern", pa.string()),
        ("season", pa.list_(pa.string())),
        ("occasion", pa.string()),
        ("tags", pa.list_(pa.string())),
        ("price", pa.float64()),
        ("sale_price", pa.float64()),
        ("currency", pa.string()),
        ("quantity", pa.int32()),
        ("image_url", pa.string()),
        ("url", pa.string()),
        ("description", pa.string()),
    ]
)


def rows(products: Sequence[Product]) -> Iterator[dict[str, Any]]:
    """One mapping per variant with native types; None where the product does not say."""
    for product in products:
        for colourway in product.colourways:
            for size in colourway.sizes:
                yield {
                    "sku": size.sku,
                    "group_id": product.group_id,
                    "title": product.title,
                    "brand": product.brand,
                    "category": product.category,
                    "product_type": product.type,
                    "department": product.audience or None,
                    "color": colourway.color or None,
                    "size": size.name or None,
                    "material": product.material or None,
                    "pattern": product.pattern or None,
                    "season": list(product.seasons) or None,
                    "occasion": product.occasion or None,
                    "tags": list(product.all_tags),
                    "price": product.price,
                    "sale_price": product.sale_price,
                    "currency": CURRENCY,
                    "quantity": size.quantity,
                    "image_url": colourway.image_url,
                    "url": product.url,
                    "description": product.description,
                }


def write_csv(products: Sequence[Product], path: Path) -> None:
    """Comma separated, UTF-8, one header line, LF line ends; lists are joined by ", "."""
    write_table(path, SCHEMA.names, (_texts(row) for row in rows(products)))


def write_jsonl(products: Sequence[Product], path: Path) -> None:
    """One JSON object per line, UTF-8; what a variant does not say is left out."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for row in rows(products):
            said = {name: value for name, value in row.items() if value is not None}
            stream.write(json.dumps(said, ensure_ascii=False) + "\n")


def write_parquet(products: Sequence[Product], path: Path) -> None:
    """Typed columns, zstd, one row group; what a variant does not say is null."""
    table = pa.Table.from_pylist(list(rows(products)), schema=SCHEMA)
    pq.write_table(table, path, compression="zstd")


def write_table(
    path: Path,
    header: Sequence[str],
    table: Iterator[Mapping[str, str]],
    delimiter: str = ",",
) -> None:
    """Delimited text with LF line ends; cells that a row does not have are empty.

    Raises ValueError for a row with a cell that the header does not know.
    """
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header, restval="", delimiter=delimiter, lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)


def money(amount: float) -> str:
    """59.0 -> "59.00"."""
    return f"{amount:.2f}"


def _texts(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(name, value) for name, value in row.items() if value is not None}


def _text(name: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return money(value) if name in ("price", "sale_price") else str(value)
