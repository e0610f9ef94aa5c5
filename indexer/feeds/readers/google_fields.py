"""Google Merchant attributes -> canonical fields, the same for the XML and the tab-separated flavour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from indexer.feeds.readers.google_taxonomy import google_category
from indexer.feeds.values.html_text import html_to_text
from indexer.feeds.values.sale_window import on_sale

_COPIED = {
    "sku": ("id",),
    "group_id": ("item_group_id",),
    "title": ("title", "structured_title"),
    "brand": ("brand",),
    "color": ("color", "colour"),
    "size": ("size",),
    "material": ("material",),
    "pattern": ("pattern",),
    "season": ("season",),
    "price": ("price",),
    "cost_of_goods_sold": ("cost_of_goods_sold",),
    "quantity": ("quantity", "sell_on_google_quantity", "inventory"),
    "availability": ("availability",),
    "image_url": ("image_link",),
    "url": ("link",),
}


def attribute_name(name: str) -> str:
    """ "g:Image Link" and "image_link" are one attribute."""
    plain = name.strip().casefold().removeprefix("g:").strip()
    return "_".join(plain.replace("-", " ").replace("_", " ").split())


def google_fields(values: Mapping[str, Sequence[str]], now: datetime) -> dict[str, str]:
    """The fields of one item from its attributes, each with all values given for it.

    A sale price outside its effective dates at `now` (aware) is left out.
    """

    def first(name: str) -> str:
        return next((v.strip() for v in values.get(name, ()) if v.strip()), "")

    fields = {field: next((v for n in names if (v := first(n))), "") for field, names in _COPIED.items()}
    fields["description"] = html_to_text(first("description"))
    categories = [google_category(v) for v in values.get("google_product_category", ())]
    fields["category"] = " | ".join(c for c in categories if c)
    fields["product_type"] = " | ".join(v.strip() for v in values.get("product_type", ()) if v.strip())
    fields["department"] = " ".join(v for v in (first("gender"), first("age_group")) if v)
    fields["tags"] = ", ".join(v.strip() for v in values.get("product_highlight", ()) if v.strip())
    start, _, end = first("sale_price_effective_date").partition("/")
    if on_sale(start, end, now):
        fields["sale_price"] = first("sale_price")
    return {name: text for name, text in fields.items() if text}
