"""The store as WooCommerce's product export. Knows products and that layout.

A variable product is followed by its variations, which name it as their parent. What has one variant only is a
simple product. The shop's own type is the last level of the category, for want of a column. Commas inside a
value are escaped by a backslash, as the exporter does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from inventory_samples.plain import money, write_table
from inventory_samples.store import Colourway, Product, Size

ATTRIBUTES = ("Color", "Size", "Gender", "Material", "Pattern", "Season", "Occasion")
HEADER = (
    "ID", "Type", "SKU", "GTIN, UPC, EAN, or ISBN", "Name", "Published", "Is featured?",
    "Visibility in catalog", "Short description", "Description", "Date sale price starts",
    "Date sale price ends", "Tax status", "Tax class", "In stock?", "Stock", "Low stock amount",
    "Backorders allowed?", "Sold individually?", "Weight (kg)", "Length (cm)", "Width (cm)", "Height (cm)",
    "Allow customer reviews?", "Purchase note", "Sale price", "Regular price", "Categories", "Tags",
    "Shipping class", "Images", "Download limit", "Download expiry days", "Parent", "Grouped products",
    "Upsells", "Cross-sells", "External URL", "Button text", "Position", "Brands",
    *(
        f"Attribute {n} {what}"
        for n in range(1, len(ATTRIBUTES) + 1)
        for what in ("name", "value(s)", "visible", "global")
    ),
)  # fmt: skip
_FIRST_ID = 1000


def write_woocommerce(products: Sequence[Product], path: Path) -> None:
    """An export as WooCommerce writes it: variations after their parent, prices without a currency."""
    write_table(path, HEADER, _rows(products))


def _rows(products: Sequence[Product]) -> Iterator[dict[str, str]]:
    post = _FIRST_ID
    for product in products:
        sizes = [(colourway, size) for colourway in product.colourways for size in colourway.sizes]
        if len(sizes) == 1:
            simple = _selling(product, *sizes[0]) | _description(product) | _attributes(product)
            yield {"ID": str(post), "Type": "simple", "Position": "0", **simple}
            post += 1
            continue
        pictures = ", ".join(c.image_url for c in product.colourways)
        parent = {"SKU": product.group_id, "Tax status": "taxable", "In stock?": "1", "Images": pictures}
        parent |= _description(product) | _attributes(product)
        yield {"ID": str(post), "Type": "variable", "Position": "0", **_always(), **parent}
        for position, (colourway, size) in enumerate(sizes, 1):
            row = _selling(product, colourway, size) | _chosen(colourway, size)
            row["Name"] = " - ".join([product.title, _list((colourway.color, size.name))])
            yield {
                "ID": str(post + position),
                "Type": "variation",
                "Parent": product.group_id,
                "Position": str(position),
                **row,
            }
        post += len(sizes) + 1


def _always() -> dict[str, str]:
    return {
        "Published": "1",
        "Is featured?": "0",
        "Visibility in catalog": "visible",
        "Backorders allowed?": "0",
        "Sold individually?": "0",
    }


def _description(product: Product) -> dict[str, str]:
    return {
        "Name": product.title,
        "Description": f"<p>{product.description}</p>",
        "Categories": _list([_category(product)]),
        "Tags": _list(product.all_tags),
        "Brands": _list([product.brand]),
        "Allow customer reviews?": "1",
    }


def _category(product: Product) -> str:
    last = product.category.rpartition(" > ")[2]
    return product.category if last == product.type else f"{product.category} > {product.type}"


def _selling(product: Product, colourway: Colourway, size: Size) -> dict[str, str]:
    return _always() | {
        "SKU": size.sku,
        "Tax status": "taxable",
        "In stock?": "0" if size.quantity == 0 else "1",
        "Stock": "" if size.quantity is None else str(size.quantity),
        "Regular price": money(product.price),
        "Sale price": money(product.sale_price) if product.sale_price is not None else "",
        "Images": colourway.image_url,
    }


def _attributes(product: Product) -> dict[str, str]:
    """All attributes of a product, each with every value that its variations have."""
    values = {
        "Color": [c.color for c in product.colourways],
        "Size": [s.name for s in product.colourways[0].sizes],
        "Gender": [product.audience],
        "Material": [product.material],
        "Pattern": [product.pattern],
        "Season": list(product.seasons),
        "Occasion": [product.occasion],
    }
    return _numbered({name: _list(given) for name, given in values.items()}, visible=True)


def _chosen(colourway: Colourway, size: Size) -> dict[str, str]:
    return _numbered({"Color": _list([colourway.color]), "Size": _list([size.name])}, visible=False)


def _numbered(values: dict[str, str], *, visible: bool) -> dict[str, str]:
    cells: dict[str, str] = {}
    for name, text in values.items():
        if text:
            column = f"Attribute {ATTRIBUTES.index(name) + 1}"
            cells |= {f"{column} name": name, f"{column} value(s)": text, f"{column} global": "1"}
            if visible:  # the exporter leaves this cell of a variation empty
                cells[f"{column} visible"] = "1"
    return cells


def _list(values: Sequence[str]) -> str:
    return ", ".join(value.replace(",", "\\,") for value in values if value)
