"""The store as Shopify's product export. Knows products and that layout.

Product cells and option names stand only on a handle's first row; pictures fill the rows from the top, and
those left over get rows of their own.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from pathlib import Path

from inventory_samples.plain import money, write_table
from inventory_samples.store import Product

_FABRIC = "Fabric (product.metafields.shopify.fabric)"
_TARGET_GENDER = "Target gender (product.metafields.shopify.target-gender)"
_AGE_GROUP = "Age group (product.metafields.shopify.age-group)"

HEADER = (
    "Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published",
    "Option1 Name", "Option1 Value", "Option1 Linked To",
    "Option2 Name", "Option2 Value", "Option2 Linked To",
    "Option3 Name", "Option3 Value", "Option3 Linked To",
    "Variant SKU", "Variant Grams", "Variant Inventory Tracker", "Variant Inventory Qty",
    "Variant Inventory Policy", "Variant Fulfillment Service", "Variant Price", "Variant Compare At Price",
    "Variant Requires Shipping", "Variant Taxable", "Variant Barcode", "Image Src", "Image Position",
    "Image Alt Text", "Gift Card", "SEO Title", "SEO Description",
    "Google Shopping / Google Product Category", "Google Shopping / Gender", "Google Shopping / Age Group",
    "Google Shopping / MPN", "Google Shopping / Condition", "Google Shopping / Custom Product",
    _AGE_GROUP, _FABRIC, _TARGET_GENDER,
    "Variant Image", "Variant Weight Unit", "Variant Tax Code", "Cost per item", "Status",
)  # fmt: skip

_GENDERS = {"Women": "female", "Girls": "female", "Men": "male", "Boys": "male", "Unisex": "unisex"}
_BACK_VIEW_EVERY = 6  # products with a second picture: enough to have rows that hold nothing else


def write_shopify(products: Sequence[Product], path: Path) -> None:
    """A product export as Shopify's admin writes it. Prices have no currency there."""
    table = (row for number, product in enumerate(products) for row in _rows(product, number))
    write_table(path, HEADER, table)


def _rows(product: Product, number: int) -> Iterator[dict[str, str]]:
    rows = _variants(product)
    pictures = [c.image_url for c in product.colourways]
    if number % _BACK_VIEW_EVERY == 0:
        pictures += [picture.replace(".jpg", "-back.jpg") for picture in pictures]
    rows += [{} for _ in range(len(pictures) - len(rows))]
    rows[0] |= _shared(product)
    for position, picture in enumerate(pictures):
        rows[position] |= {
            "Image Src": picture,
            "Image Position": str(position + 1),
            "Image Alt Text": product.title,
        }
    for row in rows:
        yield {"Handle": product.handle, **row}


def _shared(product: Product) -> dict[str, str]:
    gender, age = _GENDERS.get(product.audience, ""), "kids" if product.department == "kids" else "adult"
    if product.department == "kids":
        gender = gender or "unisex"
    worn = bool(product.department)
    shared = {
        "Title": product.title,
        "Body (HTML)": _body(product.description),
        "Vendor": product.brand,
        "Product Category": product.category,
        "Type": product.type,
        "Tags": ", ".join(product.all_tags),
        "Published": "true",
        "Gift Card": "true" if product.type == "Gift Cards" else "false",
        "Google Shopping / Condition": "new",
        "Google Shopping / Custom Product": "false",
        "Google Shopping / Gender": gender,
        "Google Shopping / Age Group": age if worn else "",
        _TARGET_GENDER: gender,
        _AGE_GROUP: {"adult": "adults", "kids": "kids"}[age] if worn else "",
        _FABRIC: product.material.replace(", ", "; "),
        "Status": "active",
    }
    names = _option_names(product)
    return shared | {f"Option{n} Name": name for n, name in enumerate(names, 1)}


def _variants(product: Product) -> list[dict[str, str]]:
    names = _option_names(product)
    now, was = product.price, ""
    if product.sale_price is not None:
        now, was = product.sale_price, money(product.price)
    rows = []
    for colourway in product.colourways:
        for size in colourway.sizes:
            values = {"Title": "Default Title", "Color": colourway.color, "Size": size.name}
            counted = size.quantity is not None
            row = {f"Option{n} Value": values[name] for n, name in enumerate(names, 1)}
            row |= {
                "Variant SKU": size.sku,
                "Variant Grams": "0",
                "Variant Inventory Tracker": "shopify" if counted else "",
                "Variant Inventory Qty": str(size.quantity) if counted else "",
                "Variant Inventory Policy": "deny",
                "Variant Fulfillment Service": "manual",
                "Variant Price": money(now),
                "Variant Compare At Price": was,
                "Variant Requires Shipping": "true" if counted else "false",
                "Variant Taxable": "true",
                "Variant Image": colourway.image_url,
                "Variant Weight Unit": "kg",
            }
            rows.append(row)
    return rows


def _option_names(product: Product) -> tuple[str, ...]:
    first = product.colourways[0]
    names = (("Color", first.color), ("Size", first.sizes[0].name))
    return tuple(name for name, value in names if value) or ("Title",)


def _body(description: str) -> str:
    lead, stop, rest = description.partition(". ")
    if not stop:
        return f"<p>{html.escape(description, quote=False)}</p>"
    return f"<p><strong>{html.escape(lead, quote=False)}.</strong> {html.escape(rest, quote=False)}</p>"
