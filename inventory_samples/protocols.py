"""The store as the shopping protocols of agents tell it: an Agentic Commerce Protocol feed, and a catalogue as the
Universal Commerce Protocol answers it. Knows products and those shapes; prices are minor units in both.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inventory_samples.packed import write_packed
from inventory_samples.plain import CURRENCY
from inventory_samples.store import Colourway, Product, Size

_SHOP = "Quillmoor"


def write_acp(products: Sequence[Product], path: Path) -> None:
    """JSON lines, one product each, packed with gzip. It has no brand but the seller's name, and no tags."""
    lines = [json.dumps(_acp_product(product), ensure_ascii=False) for product in products]
    write_packed("\n".join(lines) + "\n", path)


def write_ucp(products: Sequence[Product], path: Path) -> None:
    """The answer of a catalogue search that found everything, packed with gzip."""
    answer = {"ucp": {"version": "2026-08"}, "products": [_ucp_product(product) for product in products]}
    write_packed(json.dumps(answer, ensure_ascii=False, indent=1) + "\n", path)


def _acp_product(product: Product) -> dict[str, Any]:
    return {
        "id": product.group_id,
        "title": product.title,
        "description": {"plain": product.description},
        "url": product.url,
        "media": [_media(product.colourways[0])],
        "variants": [_acp_variant(product, c, s) for c in product.colourways for s in c.sizes],
    }


def _acp_variant(product: Product, colourway: Colourway, size: Size) -> dict[str, Any]:
    now, was = _prices(product)
    described = {
        "Color": colourway.color,
        "Size": size.name,
        "Material": product.material,
        "Pattern": product.pattern,
        "Gender": product.audience,
        "Season": ", ".join(product.seasons),
        "Occasion": product.occasion,
    }
    return {
        "id": size.sku,
        "title": _variant_title(product, colourway, size),
        "url": f"{product.url}?variant={size.sku.lower()}",
        "price": now,
        **({"list_price": was} if was else {}),
        "availability": _availability(size),
        "categories": [
            {"value": product.category, "taxonomy": "google_product_category"},
            {"value": product.type, "taxonomy": "merchant"},
        ],
        "condition": ["new"],
        "variant_options": [{"name": name, "value": value} for name, value in described.items() if value],
        "media": [_media(colourway)],
        "seller": {"name": product.brand},
        "marketplace": {"name": _SHOP},
    }


def _ucp_product(product: Product) -> dict[str, Any]:
    now, was = _prices(product)
    metadata = {
        "brand": product.brand,
        "material": product.material,
        "pattern": product.pattern,
        "gender": product.audience,
        "season": ", ".join(product.seasons),
        "occasion": product.occasion,
    }
    colors = [c.color for c in product.colourways if c.color]
    sizes = [s.name for s in product.colourways[0].sizes if s.name]
    options = {"Color": list(dict.fromkeys(colors)), "Size": sizes}
    return {
        "id": product.group_id,
        "handle": product.handle,
        "title": product.title,
        "description": {"html": f"<p>{product.description}</p>"},
        "url": product.url,
        "categories": [
            {"value": product.category, "taxonomy": "google_product_category"},
            {"value": product.type, "taxonomy": "merchant"},
        ],
        "price_range": {"min": now, "max": now},
        **({"list_price_range": {"min": was, "max": was}} if was else {}),
        "media": [_media(colourway) for colourway in product.colourways],
        "options": [
            {"name": name, "values": [{"label": value} for value in values]}
            for name, values in options.items()
            if values
        ],
        "variants": [_ucp_variant(product, c, s) for c in product.colourways for s in c.sizes],
        "tags": list(product.all_tags),
        "metadata": {name: text for name, text in metadata.items() if text},
    }


def _ucp_variant(product: Product, colourway: Colourway, size: Size) -> dict[str, Any]:
    now, was = _prices(product)
    chosen = {"Color": colourway.color, "Size": size.name}
    return {
        "id": f"gid://quillmoor/variant/{size.sku}",
        "sku": size.sku,
        "title": " / ".join(value for value in chosen.values() if value) or product.title,
        "description": {"plain": product.description},
        "price": now,
        **({"list_price": was} if was else {}),
        "availability": _availability(size),
        "options": [{"name": name, "label": value} for name, value in chosen.items() if value],
        "media": [_media(colourway)],
    }


def _prices(product: Product) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """What is paid now, and the former price of what is reduced, in cents."""
    if product.sale_price is None:
        return _cents(product.price), None
    return _cents(product.sale_price), _cents(product.price)


def _cents(amount: float) -> dict[str, Any]:
    return {"amount": round(amount * 100), "currency": CURRENCY}


def _availability(size: Size) -> dict[str, Any]:
    gone = size.quantity == 0
    return {"available": not gone, "status": "out_of_stock" if gone else "in_stock"}


def _media(colourway: Colourway) -> dict[str, str]:
    return {"type": "image", "url": colourway.image_url}


def _variant_title(product: Product, colourway: Colourway, size: Size) -> str:
    chosen = " / ".join(value for value in (colourway.color, size.name) if value)
    return f"{product.title} - {chosen}" if chosen else product.title
