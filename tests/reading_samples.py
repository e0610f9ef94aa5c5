"""The sample feeds as the standard library reads them: SKU -> what a shopper sees. Knows nothing of the indexer."""

from __future__ import annotations

import csv
import gzip
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from openpyxl import load_workbook

# SKU -> title, what the shopper pays, pieces left (None: not counted), colour, size
Stock = dict[str, tuple[str, float, int | None, str, str]]


def plain(rows: Iterator[dict[str, object]]) -> Stock:
    stock: Stock = {}
    for row in rows:
        price = row.get("sale_price") or row["price"]
        count = row.get("quantity")
        stock[str(row["sku"])] = (
            str(row["title"]),
            float(str(price)),
            None if count in (None, "") else int(str(count)),
            str(row.get("color") or ""),
            str(row.get("size") or ""),
        )
    return stock


def table(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=delimiter, strict=True))


def read_csv(path: Path) -> Stock:
    return plain(dict(row) for row in table(path))


def read_jsonl(path: Path) -> Stock:
    return plain(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


def read_parquet(path: Path) -> Stock:
    return plain(iter(pq.read_table(path).to_pylist()))


def read_shopify(path: Path) -> Stock:
    stock: Stock = {}
    first: dict[str, str] = {}
    for row in table(path):
        if row["Title"]:
            first = row
        assert row["Handle"] == first["Handle"]
        if row["Variant SKU"]:
            options = {first[f"Option{n} Name"]: row[f"Option{n} Value"] for n in (1, 2)}
            count = row["Variant Inventory Qty"] if row["Variant Inventory Tracker"] else ""
            stock[row["Variant SKU"]] = (
                first["Title"],
                float(row["Variant Price"]),
                int(count) if count else None,
                options.get("Color", ""),
                options.get("Size", ""),
            )
    return stock


def google(rows: Iterator[dict[str, str]]) -> Stock:
    stock: Stock = {}
    for row in rows:
        amount, currency = (row.get("sale_price") or row["price"]).split()
        count = row.get("sell_on_google_quantity")
        assert currency == "EUR"
        assert row["availability"] == ("out_of_stock" if count == "0" else "in_stock")
        stock[row["id"]] = (
            row["title"],
            float(amount),
            int(count) if count else None,
            row.get("color", ""),
            row.get("size", ""),
        )
    return stock


def read_google_xml(path: Path) -> Stock:
    space = "{http://base.google.com/ns/1.0}"
    items = ET.parse(path).getroot().iter("item")
    return google({e.tag.removeprefix(space): e.text or "" for e in item} for item in items)


def read_google_tsv(path: Path) -> Stock:
    return google(iter(table(path, "\t")))


def read_woocommerce(path: Path) -> Stock:
    rows = table(path)
    titles = {row["SKU"]: row["Name"] for row in rows if row["Type"] == "variable"}
    stock: Stock = {}
    for row in rows:
        if row["Type"] == "variable":
            continue
        attributes = {row[f"Attribute {n} name"]: row[f"Attribute {n} value(s)"] for n in (1, 2)}
        assert row["In stock?"] == ("0" if row["Stock"] == "0" else "1")
        stock[row["SKU"]] = (
            titles[row["Parent"]] if row["Type"] == "variation" else row["Name"],
            float(row["Sale price"] or row["Regular price"]),
            int(row["Stock"]) if row["Stock"] else None,
            attributes.get("Color", ""),
            attributes.get("Size", ""),
        )
    return stock


def read_workbook(path: Path) -> Stock:
    book = load_workbook(path)
    assert book.sheetnames == ["Notes", "Stock"]
    (name,), _, header, *rows = (
        [c.value for c in r if c.value or n > 1] for n, r in enumerate(book["Stock"].rows)
    )
    assert name.startswith("Quillmoor")
    return plain(dict(zip(header, row, strict=True)) for row in rows)


def read_products(path: Path) -> Stock:
    stock: Stock = {}
    for product in json.loads(path.read_text(encoding="utf-8"))["products"]:
        names = [option["name"] for option in product["options"]]
        for variant in product["variants"]:
            options = dict(zip(names, (variant[f"option{n}"] for n in (1, 2, 3)), strict=False))
            told = (product["title"], float(variant["price"]), None if variant["available"] else 0)
            stock[variant["sku"]] = (*told, options.get("Color", ""), options.get("Size", ""))
    return stock


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]


def read_bulk(path: Path) -> Stock:
    told = lines(path)
    titles = {line["id"]: line["title"] for line in told if "handle" in line}
    stock: Stock = {}
    for line in told:
        if "sku" in line:
            options = {option["name"]: option["value"] for option in line["selectedOptions"]}
            counted = line["inventoryItem"]["tracked"]
            count = line["inventoryQuantity"] if counted else None
            colour, size = options.get("Color", ""), options.get("Size", "")
            stock[line["sku"]] = (titles[line["__parentId"]], float(line["price"]), count, colour, size)
    return stock


def agreed(products: list[Any], sku: str, options: str, label: str) -> Stock:
    stock: Stock = {}
    for product in products:
        for variant in product["variants"]:
            chosen = {option["name"]: option[label] for option in variant[options]}
            assert variant["price"]["currency"] == "EUR"
            price = variant["price"]["amount"] / 100
            count = None if variant["availability"]["available"] else 0
            told = (chosen.get("Color", ""), chosen.get("Size", ""))
            stock[variant[sku]] = (product["title"], price, count, *told)
    return stock


def read_acp(path: Path) -> Stock:
    return agreed(lines(path), "id", "variant_options", "value")


def read_ucp(path: Path) -> Stock:
    answer = json.loads(gzip.decompress(path.read_bytes()))
    return agreed(answer["products"], "sku", "options", "label")


READERS: dict[str, Callable[[Path], Stock]] = {
    "store.csv": read_csv,
    "store.jsonl": read_jsonl,
    "store.parquet": read_parquet,
    "store.shopify.csv": read_shopify,
    "store.google.xml": read_google_xml,
    "store.google.tsv": read_google_tsv,
    "store.woocommerce.csv": read_woocommerce,
    "store.xlsx": read_workbook,
    "store.products.json": read_products,
    "store.bulk.jsonl.gz": read_bulk,
    "store.acp.jsonl.gz": read_acp,
    "store.ucp.json.gz": read_ucp,
}
UNCOUNTED = frozenset({"store.products.json", "store.acp.jsonl.gz", "store.ucp.json.gz"})
"""Formats that say whether a size is there, not how many of it."""
