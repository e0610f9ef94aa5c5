"""A Shopify product and its variants as JSON -> fields, under the names of all its APIs: the storefront's, the
admin's REST and GraphQL, and what themes print. Knows no file and no order of lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from indexer.feeds.readers.commerce.nodes import Node, inside, node, nodes, picture, text_of, texts
from indexer.feeds.values.choices import HIDDEN_SIZE, split_choice
from indexer.feeds.values.html_text import html_to_text
from indexer.feeds.values.options import option_fields, size_is_hidden
from indexer.feeds.values.synonyms import canonical_field
from indexer.record import Record

_HIDDEN = frozenset({"draft", "archived", "unlisted"})
_PLAIN_NAMES = frozenset({"default title", "default"})
# What shops keep in metafields, or in aliases of a query, and nowhere else.
_DESCRIBING = frozenset({"department", "material", "pattern", "season", "formality", "color"})
_META_FIELDS = {
    "target-gender": "department",
    "age-group": "department",
    "fabric": "material",
    "color-pattern": "color",
}
# A tag that is nothing but this says whom a piece is for, for want of a field; a word inside a title says less.
_FOR_WHOM = re.compile(
    r"(?:gender|geschlecht|genre|g[eé]nero|for)?[\s:_-]*"
    r"(wom[ae]n'?s?|m[ae]n'?s?|ladies|female|male|unisex|girls?'?|boys?'?|kids?'?|children|damen|herren|kinder|m(?:ä|ae)dchen"
    r"|jungen|femmes?|hommes?|filles?|gar[cç]ons?|enfants?|mujer(?:es)?|hombres?|ni[nñ][oa]s?|donna|uomo|bambin[oaie])",
    re.IGNORECASE,
)
_MINOR_KEYS = frozenset({"price_varies", "compare_at_price_varies", "price_min"})


@dataclass(frozen=True, slots=True)
class ShopProduct:
    """What all variants of a product share. `hidden` says why it is not for sale, "" when it is."""

    fields: dict[str, str]
    names: tuple[str, ...] = ()
    hidden: str = ""
    images: dict[str, str] = field(default_factory=dict)  # of single variants, by their id


def in_minor_units(product: Node) -> bool:
    """Whether a product is as themes print it: its prices are cents."""
    return bool(product.keys() & _MINOR_KEYS)


def shop_product(product: Node) -> ShopProduct:
    """The shared fields of a product's variants, and the names of its options."""
    gift = text_of(product, "isGiftCard", "gift_card").casefold() == "true"
    fields = {
        "group_id": text_of(product, "handle", "id"),
        "title": html_to_text(text_of(product, "title")),
        "description": html_to_text(
            text_of(product, "body_html", "descriptionHtml", "bodyHtml", "description", "content")
        ),
        "brand": text_of(product, "vendor"),
        "category": _category(product),
        "product_type": text_of(product, "product_type", "productType", "type")
        or ("Gift Card" if gift else ""),
        "tags": ", ".join(texts(product.get("tags"))),
        "image_url": picture(
            product.get("featuredImage"),
            product.get("featured_image"),
            product.get("image"),
            product.get("images"),
            product.get("featuredMedia"),
            product.get("media"),
        ),
        "url": text_of(product, "onlineStoreUrl", "url"),
        "currency": inside(product, "priceRangeV2", "minVariantPrice", "currencyCode")
        or inside(product, "priceRange", "minVariantPrice", "currencyCode"),
    }
    described = {"department": _for_whom(product)} | described_fields(product)
    images = {
        str(variant): picture(image)
        for image in nodes(product.get("images"))
        for variant in _listed(image.get("variant_ids"))
    }
    return ShopProduct(
        {name: text for name, text in (described | fields).items() if text},
        tuple(_option_names(product.get("options"))),
        _hidden(product),
        images,
    )


def variant_record(line: int, variant: Node, product: ShopProduct) -> Record:
    """One variant. Its own title ("Red / S") is read for a size where no option names one, and is no title."""
    options = _options(variant, product.names)
    hidden = size_is_hidden(options)
    chosen = option_fields(options)
    if not options:
        size, rest = split_choice(text_of(variant, "title"))
        chosen = {"size": size, **({"color": rest} if rest else {})} if size else {}
        hidden = bool(size)
    amount, currency = _price(variant)
    fields = {
        **product.fields,
        **chosen,
        "sku": text_of(variant, "sku") or inside(variant, "inventoryItem", "sku"),
        "price": amount,
        "cost_of_goods_sold": inside(variant, "inventoryItem", "unitCost", "amount"),
        **_stock(variant),
    }
    if currency:
        fields["currency"] = currency
    own = picture(variant.get("featured_image"), variant.get("image"), variant.get("media"))
    own = own or product.images.get(text_of(variant, "id"), "")
    if own:
        fields["image_url"] = own
    remarks = (HIDDEN_SIZE,) if hidden else ()
    return Record(line, {name: text for name, text in fields.items() if text}, remarks)


def product_record(line: int, product: Node, shared: ShopProduct) -> Record:
    """A product whose variants are not told: its lowest price stands for it."""
    lowest = node(node(product.get("priceRangeV2") or product.get("priceRange")).get("minVariantPrice"))
    variant = {"price": lowest or product.get("price")} | {
        name: product[name] for name in ("available", "availableForSale") if name in product
    }
    variant |= {"inventory_quantity": product.get("totalInventory")}
    return variant_record(line, variant, shared)


def described_fields(product: Node) -> dict[str, str]:
    """Gender, material and the like out of metafields, and out of keys of such names."""
    fields: dict[str, list[str]] = {}
    for key, value in product.items():
        name = canonical_field(str(key))
        text = text_of(node(value), "value") if isinstance(value, Mapping) else ""
        text = text or text_of(product, str(key)) or ", ".join(texts(value))
        if name in _DESCRIBING and text:
            fields.setdefault(name, []).append(text)
    for meta in nodes(product.get("metafields")):
        pair = metafield(meta)
        if pair is not None:
            fields.setdefault(pair[0], []).append(pair[1])
    return joined(fields)


def metafield(meta: Node) -> tuple[str, str] | None:
    """The field that a metafield tells, and its text; None for one that tells nothing that is used."""
    key = text_of(meta, "key")
    name = _META_FIELDS.get(key) or canonical_field(key)
    text = text_of(meta, "value").strip("[]").replace('"', "")
    if name not in _DESCRIBING or not text or "gid://" in text:
        return None
    return name, text


def joined(fields: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Several texts of one field in one."""
    separators = {"department": " "}
    return {name: separators.get(name, ", ").join(dict.fromkeys(values)) for name, values in fields.items()}


def _for_whom(product: Node) -> str:
    """The tags that say nothing but whom a piece is for, without what "gender:" stands before."""
    found = [_FOR_WHOM.fullmatch(tag) for tag in texts(product.get("tags"))[:200]]
    return " ".join(match[1] for match in found if match)


def _category(product: Node) -> str:
    return (
        inside(product, "category", "fullName")
        or inside(product, "productCategory", "productTaxonomyNode", "fullName")
        or inside(product, "standardizedProductType", "productTaxonomyNode", "fullName")
        or inside(product, "category", "full_name")
        or text_of(product, "category")
    )


def _hidden(product: Node) -> str:
    status = text_of(product, "status").casefold()
    if status in _HIDDEN:
        return f"status {status}"
    for key in ("published_at", "publishedAt"):
        if key in product and product[key] is None:
            return "not published"
    return "not published" if text_of(product, "published").casefold() == "false" else ""


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _option_names(options: object) -> list[str]:
    return [
        text_of(option, "name") if isinstance(option, Mapping) else str(option) for option in _listed(options)
    ]


def _options(variant: Node, names: Sequence[str]) -> list[tuple[str, str]]:
    selected = [(text_of(o, "name"), text_of(o, "value")) for o in nodes(variant.get("selectedOptions"))]
    if not selected:
        values = [text_of(variant, f"option{n}") for n in (1, 2, 3)]
        if not any(values):
            values = [str(v) for v in _listed(variant.get("options")) if not isinstance(v, Mapping | list)]
        padded = [*names, "Title", "Title", "Title"]
        selected = list(zip(padded, values, strict=False))
    return [(name, value) for name, value in selected if value and value.casefold() not in _PLAIN_NAMES]


def _price(variant: Node) -> tuple[str, str]:
    """The amount as text, and its currency where that is said."""
    for key in ("price", "priceV2"):
        value = variant.get(key)
        if isinstance(value, Mapping):
            return text_of(value, "amount"), text_of(value, "currencyCode", "currency_code", "currency")
        if value is not None:
            break
    presented = next(nodes(variant.get("presentment_prices")), {})
    currency = inside(presented, "price", "currency_code") or inside(variant, "priceV2", "currencyCode")
    return text_of(variant, "price"), currency or text_of(variant, "price_currency", "currency")


def _stock(variant: Node) -> dict[str, str]:
    quantity = text_of(variant, "inventory_quantity", "inventoryQuantity")
    words = ""
    for key in ("available", "availableForSale"):
        if isinstance(variant.get(key), bool):
            words = "in stock" if variant[key] else "out of stock"
    if words == "out of stock":
        return {"quantity": "0", "availability": words}
    if not quantity.startswith("-") and quantity.strip("0.") != "":
        return {"quantity": quantity}
    untracked = ("inventory_management" in variant and not variant["inventory_management"]) or (
        node(variant.get("inventoryItem")).get("tracked") is False
    )
    oversold = text_of(variant, "inventory_policy", "inventoryPolicy").casefold() == "continue"
    if words or untracked or oversold:
        return {"availability": "in stock"}
    return {"quantity": "0"} if quantity else {}
