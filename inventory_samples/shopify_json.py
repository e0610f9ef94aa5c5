"""The store as Shopify's JSON: a storefront's products.json, and a bulk operation's lines. Knows products and those.

A storefront tells neither gender nor stock: gender is a tag there, as shops do it, and stock a yes or no. A bulk
operation writes the variants behind their product, and metafields and pictures as lines of their own; here they come in
another order, since readers must not rely on any.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from inventory_samples.packed import write_packed
from inventory_samples.plain import money
from inventory_samples.store import Colourway, Product, Size

_GENDERS = {"Women": "female", "Girls": "female", "Men": "male", "Boys": "male", "Unisex": "unisex"}
_PUBLISHED = "2026-01-02T09:00:00+01:00"
_FIRST_ID = 7_100_000_001


def write_products(products: Sequence[Product], path: Path) -> None:
    """{"products": [...]}, one product per line."""
    lines = [json.dumps(_product(p, n), ensure_ascii=False) for n, p in enumerate(products)]
    path.write_text('{"products": [\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8")


def write_bulk(products: Sequence[Product], path: Path) -> None:
    """JSON lines with `__parentId`, packed with gzip: variants first, then metafields and pictures, then products."""
    lines = [
        json.dumps(line, ensure_ascii=False, separators=(",", ":"))
        for part in (_bulk_variants, _bulk_parts, _bulk_product)
        for number, product in enumerate(products)
        for line in part(product, number)
    ]
    write_packed("\n".join(lines) + "\n", path)


def _product(product: Product, number: int) -> dict[str, Any]:
    names = option_names(product)
    pictures = [
        {"id": _identity(number, n), "src": c.image_url, "variant_ids": []}
        for n, c in enumerate(product.colourways)
    ]
    return {
        "id": _FIRST_ID + number,
        "title": product.title,
        "handle": product.handle,
        "body_html": f"<p>{html.escape(product.description, quote=False)}</p>",
        "published_at": _PUBLISHED,
        "vendor": product.brand,
        "product_type": product.type,
        "tags": [*product.all_tags, *([product.audience] if product.audience else [])],
        "variants": [
            _variant(product, colourway, size, _identity(number, position), position)
            for position, (colourway, size) in enumerate(_sizes(product), 1)
        ],
        "images": pictures,
        "options": [{"name": name, "position": n} for n, name in enumerate(names, 1)],
    }


def _variant(
    product: Product, colourway: Colourway, size: Size, identity: int, position: int
) -> dict[str, Any]:
    options = [value for _, value in chosen(product, colourway, size)]
    now, was = prices(product)
    return {
        "id": identity,
        "title": " / ".join(options),
        **{f"option{n}": options[n - 1] if n <= len(options) else None for n in (1, 2, 3)},
        "sku": size.sku,
        "available": size.quantity != 0,
        "price": now,
        "compare_at_price": was,
        "position": position,
        "featured_image": {"src": colourway.image_url},
    }


def _bulk_variants(product: Product, number: int) -> Iterator[dict[str, Any]]:
    now, was = prices(product)
    for position, (colourway, size) in enumerate(_sizes(product), 1):
        options = [(name, value) for name, value in chosen(product, colourway, size) if name != "Material"]
        stock = {"inventoryQuantity": size.quantity} if size.quantity is not None else {}
        yield {
            "id": f"gid://shopify/ProductVariant/{_identity(number, position)}",
            "title": " / ".join(value for _, value in options),
            "sku": size.sku,
            "price": now,
            "compareAtPrice": was,
            "inventoryPolicy": "DENY",
            **stock,
            "inventoryItem": {"tracked": size.quantity is not None},
            "selectedOptions": [{"name": name, "value": value} for name, value in options],
            "image": {"url": colourway.image_url},
            "__parentId": _gid(number),
        }


def _bulk_parts(product: Product, number: int) -> Iterator[dict[str, Any]]:
    age = "" if not product.department else "kids" if product.department == "kids" else "adults"
    gender = _GENDERS.get(product.audience, "unisex" if age == "kids" else "")
    told = (("fabric", product.material), ("target-gender", gender), ("age-group", age))
    for key, text in told:
        if text:
            yield {
                "id": f"gid://shopify/Metafield/{_identity(number, 500)}{key}",
                "namespace": "shopify",
                "key": key,
                "value": text,
                "__parentId": _gid(number),
            }
    yield {
        "id": f"gid://shopify/MediaImage/{_identity(number, 1)}",
        "image": {"url": product.colourways[0].image_url},
        "__parentId": _gid(number),
    }


def _bulk_product(product: Product, number: int) -> Iterator[dict[str, Any]]:
    yield {
        "id": _gid(number),
        "title": product.title,
        "handle": product.handle,
        "status": "ACTIVE",
        "vendor": product.brand,
        "productType": product.type,
        "category": {"fullName": product.category},
        "tags": list(product.all_tags),
        "onlineStoreUrl": product.url,
        "descriptionHtml": f"<p>{html.escape(product.description, quote=False)}</p>",
    }


def option_names(product: Product) -> list[str]:
    """The options of a product; one without any has the option that Shopify makes up."""
    return [name for name, _ in chosen(product, product.colourways[0], product.colourways[0].sizes[0])]


def chosen(product: Product, colourway: Colourway, size: Size) -> list[tuple[str, str]]:
    """The option values of one variant; the material is an option of one value."""
    options = (("Color", colourway.color), ("Size", size.name), ("Material", product.material))
    return [(name, value) for name, value in options if value] or [("Title", "Default Title")]


def prices(product: Product) -> tuple[str, str | None]:
    """What is paid now, and the former price of what is reduced."""
    if product.sale_price is None:
        return money(product.price), None
    return money(product.sale_price), money(product.price)


def _sizes(product: Product) -> list[tuple[Colourway, Size]]:
    return [(colourway, size) for colourway in product.colourways for size in colourway.sizes]


def _identity(number: int, position: int) -> int:
    return (_FIRST_ID + number) * 1000 + position


def _gid(number: int) -> str:
    return f"gid://shopify/Product/{_FIRST_ID + number}"
