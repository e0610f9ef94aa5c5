"""Products as the shopping protocols of agents tell them: the Agentic Commerce Protocol's feed (acp) and the Universal
Commerce Protocol's catalogue (ucp). Both hold variants inside products, and prices in ISO 4217 minor units.

They differ in names: an option's value is `value` to one and `label` to the other, options are `variant_options` or
`options`, and only ucp has an SKU, tags and free metadata.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from indexer.errors import FeedError
from indexer.feeds.files.json_text import read_objects
from indexer.feeds.readers.commerce.nodes import Node, inside, node, nodes, picture, text_of, texts
from indexer.feeds.readers.google_taxonomy import google_category
from indexer.feeds.values.choices import HIDDEN_SIZE, split_choice, without_choices, without_product
from indexer.feeds.values.html_text import html_to_text
from indexer.feeds.values.options import option_fields, size_is_hidden
from indexer.feeds.values.synonyms import canonical_field
from indexer.record import Event, Inspection, Record, Reject

PEEKED_PRODUCTS = 200

Protocol = Literal["acp", "ucp"]

_NAMES = {"acp": "Agentic Commerce Protocol", "ucp": "Universal Commerce Protocol"}
_ACP_PRODUCT = frozenset({"id", "title", "description", "url", "media", "variants"})
_ACP_VARIANT = frozenset(
    {"id", "title", "description", "url", "barcodes", "price", "list_price", "unit_price", "availability"}
    | {"categories", "condition", "variant_options", "media", "seller", "marketplace"}
)
_SHOP_TAXONOMIES = frozenset({"merchant", "shop", "store", "custom", "internal"})
_FREE = frozenset(
    {"brand", "material", "pattern", "season", "formality", "department", "product_type", "color", "quantity"}
)
_PRICES = frozenset({"price", "sale_price"})


def protocol_of(product: Node) -> Protocol | None:
    """The protocol whose product this is; None when it is no protocol's."""
    variants = list(islice(nodes(product.get("variants")), 20))
    if "id" not in product or not variants or not all({"id", "title"} <= v.keys() for v in variants):
        return None
    amounts = [node(v.get("price")) for v in variants if v.get("price") is not None]
    if not all({"amount", "currency"} <= amount.keys() for amount in amounts):
        return None
    if "price_range" in product or any("options" in v for v in variants):
        return "ucp" if amounts else None
    if amounts or any("variant_options" in v for v in variants):
        return "acp"
    plain = product.keys() <= _ACP_PRODUCT and all(v.keys() <= _ACP_VARIANT for v in variants)
    return "acp" if plain else None


@dataclass(frozen=True, slots=True)
class ProtocolReader:
    """Streams products with their variants inside."""

    protocol: Protocol

    def inspect(self, path: Path) -> Inspection:
        """Look at the first products. Raises FeedError when none of them has variants."""
        found = islice(read_objects(path), PEEKED_PRODUCTS)
        head = [value[1] for value in found if not isinstance(value, Reject)]
        variants = [v for product in head for v in nodes(product.get("variants"))]
        if not variants:
            keys = ", ".join(str(k)[:40] for k in list(head[0])[:20]) if head else "none"
            raise FeedError(
                f"{path}: no {_NAMES[self.protocol]} products: none of the first objects has variants; the keys are"
                f" {keys}. To match them yourself, add --format jsonl"
            )
        amounts = [amount for v in variants if (amount := inside(v, "price", "amount"))]
        notes = [f"prices are minor units, as the {_NAMES[self.protocol]} has them: 1999 USD is 19.99"]
        hints: tuple[str, ...] = ()
        if any("." in amount for amount in amounts):
            hints = ("prices with decimals are no minor units: read the file with --format jsonl",)
        if not amounts:
            notes = ["no price in the first products: items are unpriced"]
        return Inspection(bool(amounts), (*notes, *hints), _PRICES, hints)

    def read(self, path: Path) -> Iterator[Event]:
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
    variants = list(nodes(product.get("variants")))
    if not variants:
        yield Reject(line, "variants", "", "no variants", row={k: str(v)[:500] for k, v in product.items()})
        return
    shared = {
        "group_id": text_of(product, "id"),
        "title": _title(product, variants),
        "description": _description(product),
        "image_url": _picture(product),
        "url": text_of(product, "url"),
        **_categories(product),
        "tags": ", ".join(texts(product.get("tags"))),
        **_free(product),
    }
    for variant in variants:
        yield _record(line, variant, {name: text for name, text in shared.items() if text})


def _title(product: Node, variants: list[Node]) -> str:
    """The product's title; where it has none, a variant's without the options that it ends with."""
    title = html_to_text(text_of(product, "title"))
    if title:
        return title
    for variant in variants:
        own = html_to_text(text_of(variant, "title"))
        if bare := without_choices(own, [value for _, value in _options(variant)]):
            return bare
    return ""


def _record(line: int, variant: Node, shared: Mapping[str, str]) -> Record:
    options = _options(variant)
    chosen, hidden = option_fields(options), size_is_hidden(options)
    if not options:
        size, rest = split_choice(without_product(text_of(variant, "title"), shared.get("title", "")))
        chosen = {"size": size, **({"color": rest} if rest else {})} if size else {}
        hidden = bool(size)
    price, listed = node(variant.get("price")), node(variant.get("list_price"))
    fields = {
        **shared,
        **_free(variant),
        **chosen,
        "sku": text_of(variant, "sku", "id"),
        "price": text_of(price, "amount"),
        "currency": text_of(price, "currency") or text_of(listed, "currency"),
        **_stock(variant),
    }
    own = {
        "description": "" if shared.get("description") else _description(variant),
        "image_url": _picture(variant),
        **_categories(variant),
        "tags": ", ".join(texts(variant.get("tags"))),
        "url": "" if shared.get("url") else text_of(variant, "url"),
    }
    fields |= {name: text for name, text in own.items() if text}
    if "brand" not in fields:
        fields["brand"] = inside(variant, "seller", "name")
    return Record(line, {name: text for name, text in fields.items() if text}, (HIDDEN_SIZE,) * hidden)


def _options(variant: Node) -> list[tuple[str, str]]:
    listed = variant.get("variant_options") or variant.get("options")
    return [(text_of(o, "name"), v) for o in nodes(listed) if (v := text_of(o, "value", "label"))]


def _description(source: Node) -> str:
    told = source.get("description")
    if isinstance(told, str):
        return html_to_text(told)
    return html_to_text(text_of(node(told), "plain", "html", "markdown"))


def _picture(source: Node) -> str:
    media = [m for m in nodes(source.get("media")) if text_of(m, "type").casefold() in ("image", "")]
    return picture(media)


def _categories(source: Node) -> dict[str, str]:
    """The shop's own category is the product's type; those of public taxonomies are the category."""
    types: list[str] = []
    paths: list[str] = []
    for category in nodes(source.get("categories")):
        own = text_of(category, "taxonomy").casefold() in _SHOP_TAXONOMIES
        (types if own else paths).append(google_category(text_of(category, "value")))
    if not paths:
        types, paths = [], types
    found = {"category": paths, "product_type": types}
    return {name: " | ".join(filter(None, values)) for name, values in found.items() if any(values)}


def _free(source: Node) -> dict[str, str]:
    """What a shop adds: free metadata, and keys beyond the protocol, whose names mean a field."""
    found: dict[str, str] = {}
    for told in (node(source.get("metadata")), source):
        for key, value in told.items():
            name = canonical_field(str(key))
            if name in _FREE and key not in ("condition", "categories"):
                text = text_of(told, key) or ", ".join(texts(value))
                if text:
                    found.setdefault(name, text)
    return found


def _stock(variant: Node) -> dict[str, str]:
    told = node(variant.get("availability"))
    status, available = text_of(told, "status").casefold(), told.get("available")
    if available is False or status in ("out_of_stock", "discontinued", "sold_out"):
        return {"availability": "out of stock"}
    if available is True or status in ("in_stock", "limited_stock", "low_stock", "backorder"):
        return {"availability": "in stock"}
    return {"availability": status.replace("_", " ")} if status == "preorder" else {}
