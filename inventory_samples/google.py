"""The store as a Google Merchant feed, in XML (RSS 2.0) and tab-separated. Knows products and those attributes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from inventory_samples.plain import CURRENCY, money, write_table
from inventory_samples.store import Colourway, Product, Size

HEADER = (
    "id", "item_group_id", "title", "description", "link", "image_link", "condition", "availability",
    "price", "sale_price", "brand", "google_product_category", "product_type", "gender",
    "age_group", "color", "size", "material", "pattern", "product_highlight",
    "sell_on_google_quantity", "custom_label_0", "custom_label_1",
)  # fmt: skip

_GENDERS = {"Women": "female", "Girls": "female", "Men": "male", "Boys": "male", "Unisex": "unisex"}
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">
  <channel>
    <title>Quillmoor</title>
    <link>https://shop.example.com</link>
    <description>Everything on the floor and in the stock room</description>
"""
_TAIL = "  </channel>\n</rss>\n"


def write_xml(products: Sequence[Product], path: Path) -> None:
    """RSS 2.0 with the g: namespace, one <item> per variant; each tag is a product_highlight of its own."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(_HEAD)
        for product, colourway, size in _variants(products):
            stream.write("    <item>\n")
            for name, values in _attributes(product, colourway, size):
                for value in values:
                    stream.write(f"      <g:{name}>{escape(value)}</g:{name}>\n")
            stream.write("    </item>\n")
        stream.write(_TAIL)


def write_tsv(products: Sequence[Product], path: Path) -> None:
    """Tab separated with attribute names as headers; values given several times are joined by ", "."""
    table = (
        {name: ", ".join(values) for name, values in _attributes(product, colourway, size)}
        for product, colourway, size in _variants(products)
    )
    write_table(path, HEADER, table, delimiter="\t")


def _variants(products: Sequence[Product]) -> Iterator[tuple[Product, Colourway, Size]]:
    for product in products:
        for colourway in product.colourways:
            for size in colourway.sizes:
                yield product, colourway, size


def _attributes(product: Product, colourway: Colourway, size: Size) -> Iterator[tuple[str, Sequence[str]]]:
    """Attributes in the order of the specification, without those that have no value."""
    gender, age = _audience(product, size)
    values: dict[str, Sequence[str]] = {
        "id": [size.sku],
        "item_group_id": [product.group_id],
        "title": [product.title],
        "description": [product.description],
        "link": [f"{product.url}?variant={size.sku.lower()}"],
        "image_link": [colourway.image_url],
        "condition": ["new"],
        "availability": ["out_of_stock" if size.quantity == 0 else "in_stock"],
        "price": [f"{money(product.price)} {CURRENCY}"],
        "sale_price": [f"{money(product.sale_price)} {CURRENCY}"] if product.sale_price else [],
        "brand": [product.brand],
        "google_product_category": [product.category],
        "product_type": [product.type],
        "gender": [gender],
        "age_group": [age],
        "color": [colourway.color],
        "size": [size.name],
        "material": [product.material],
        "pattern": [product.pattern],
        "product_highlight": product.all_tags,
        "sell_on_google_quantity": [str(size.quantity)] if size.quantity is not None else [],
        "custom_label_0": [", ".join(product.seasons)],
        "custom_label_1": [product.occasion],
    }
    for name in HEADER:
        given = [value for value in values[name] if value]
        if given:
            yield name, given


def _audience(product: Product, size: Size) -> tuple[str, str]:
    if not product.department:
        return "", ""
    if product.department != "kids":
        return _GENDERS[product.audience], "adult"
    return _GENDERS.get(product.audience, "unisex"), "infant" if size.name.endswith("M") else "kids"
