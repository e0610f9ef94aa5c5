"""Shopify's products as JSON: products.json, object or array, and bulk-operation JSONL, told apart by first lines.

Prices are whole units with decimals ("65.00") everywhere but in what themes print, where they are cents.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from indexer.errors import FeedError
from indexer.feeds.files.json_text import read_objects
from indexer.feeds.readers.commerce.nodes import Node, inside, nodes, text_of
from indexer.feeds.readers.commerce.shopify_bulk import PARENT, kind_of, read_bulk
from indexer.feeds.readers.commerce.shopify_product import (
    in_minor_units,
    product_record,
    shop_product,
    variant_record,
)
from indexer.feeds.values.minor_units import is_whole
from indexer.record import Event, Inspection, Reject, Skipped

PEEKED_OBJECTS = 200
_PRICE_KEYS = ("price", "priceV2", "priceRangeV2", "priceRange")
_PRICES = frozenset({"price", "sale_price"})


def is_shopify(product: Node) -> bool:
    """Whether an object is a product, or a line of a bulk export, as Shopify writes it."""
    if text_of(product, "id").startswith("gid://shopify/") or "gid://shopify/" in text_of(product, PARENT):
        return True
    first = next(nodes(product.get("variants")), None)
    if first is None or "title" not in product:
        return False
    own = {
        "handle",
        "vendor",
        "product_type",
        "productType",
        "body_html",
        "bodyHtml",
        "published_at",
        "options",
    }
    return len(own & product.keys()) >= 2 and bool(
        first.keys()
        & {"option1", "selectedOptions", "inventory_policy", "featured_image", "compare_at_price"}
    )


@dataclass(frozen=True, slots=True)
class ShopifyJsonReader:
    """Streams products with their variants inside; a bulk export is read twice, as its lines stand in any order."""

    def inspect(self, path: Path) -> Inspection:
        """Look at the first objects. Raises FeedError when none of them is Shopify's."""
        head = _head(path)
        if not any(is_shopify(product) for product in head):
            keys = ", ".join(str(k)[:40] for k in list(head[0])[:20]) if head else "none"
            raise FeedError(
                f"{path}: no Shopify products: none of the first objects has a handle and variants; the keys are"
                f" {keys}. To match them yourself, add --format jsonl"
            )
        is_bulk = _is_bulk(head)
        notes = ["bulk export: variants find their products by __parentId"] if is_bulk else []
        variants = [v for p in head for v in (nodes(p.get("variants")) if "variants" in p else [p])]
        priced = any(told.get(key) is not None for told in (*variants, *head) for key in _PRICE_KEYS)
        minor = _minor(head)
        if minor:
            notes.append(f"prices are minor units (cents), {minor}")
        if not priced:
            notes.append("no price in the first products: items are unpriced")
        return Inspection(priced, tuple(notes), _PRICES if minor else frozenset())

    def read(self, path: Path) -> Iterator[Event]:
        if _is_bulk(_head(path)):
            yield from read_bulk(path)
            return
        for found in read_objects(path):
            if isinstance(found, Reject):
                yield found
                continue
            line, product = found
            try:
                yield from list(_events(line, product))
            except RecursionError:
                yield Reject(line, "", "", "nested too deep")


def _events(line: int, product: Node) -> Iterator[Event]:
    shared = shop_product(product)
    variants = list(nodes(product.get("variants")))
    if shared.hidden:
        yield Skipped(line, shared.hidden)
    elif variants:
        yield from (variant_record(line, variant, shared) for variant in variants)
    else:
        yield product_record(line, product, shared)


def _head(path: Path) -> list[Node]:
    found = islice(read_objects(path), PEEKED_OBJECTS)
    return [value[1] for value in found if not isinstance(value, Reject)]


def _is_bulk(head: list[Node]) -> bool:
    return any(PARENT in told or kind_of(told) == "ProductVariant" for told in head)


def _minor(head: list[Node]) -> str:
    """How it is known that prices are cents: by the shape, or by a second price; "" when they are not."""
    if head and all(in_minor_units(product) for product in head):
        return "as themes print them"
    pairs = [pair for product in head for v in nodes(product.get("variants")) if (pair := _two_prices(v))]
    if len(pairs) > 2 and sum(abs(a - 100 * b) < 1.1 for a, b in pairs) >= 0.9 * len(pairs):
        return "for a second price of the same variants says a hundredth of them"
    return ""


def _two_prices(variant: Node) -> tuple[float, float] | None:
    presented = next(nodes(variant.get("presentment_prices")), {})
    second = inside(presented, "price", "amount") or inside(variant, "priceV2", "amount")
    second = second or text_of(variant, "price_formatted", "price_decimal")
    first = text_of(variant, "price")
    try:
        return (float(first), float(second)) if is_whole(first) and second else None
    except ValueError:
        return None
