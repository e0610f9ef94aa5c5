"""The item: one colourway of one product, with its sizes. Knows no feed format, no storage and no model."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, get_args

Slot = Literal["top", "bottom", "dress", "outerwear", "shoes", "bag", "jewelry", "accessory"]
Department = Literal["women", "men", "unisex", "kids"]
Season = Literal["spring", "summer", "autumn", "winter"]

SLOTS: tuple[Slot, ...] = get_args(Slot)
DEPARTMENTS: tuple[Department, ...] = get_args(Department)
SEASONS: tuple[Season, ...] = get_args(Season)

DESCRIPTION_CHARS = 240
TAGS_CHARS = 120
LABEL_WORDS = 12


@dataclass(frozen=True, slots=True)
class Variant:
    """One size of an item.

    `size` is None when the feed names no size. `quantity` is None when the feed does not count stock and does
    not say that it is out: such a variant counts as in stock. `price` is None only when the whole feed has no
    prices. `sku` equals the item's where the feed gives
    sizes no SKU of their own. `cost` is what the store paid, in the currency of the price, None when not known. It is
    the store's secret: it is in no text, no answer and no log.
    """

    sku: str
    size: str | None
    quantity: int | None
    price: float | None
    cost: float | None = field(default=None, repr=False)

    @property
    def in_stock(self) -> bool:
        return self.quantity is None or self.quantity > 0


@dataclass(frozen=True, slots=True)
class Item:
    """One colourway of one product. Attributes in `derived` were read out of text, not given by the feed.

    `slot` is None for what is not composed (gift cards, candles, underwear); `kind` is a key of the kinds
    table; `formality` runs from 1 (gym, lounge) to 5 (black tie), `warmth` from 0 (swimwear) to 4 (deep
    winter); an empty `seasons` means all year. Prices are in units of `currency` (12.5 is twelve and a half).
    """

    sku: str
    group_id: str
    title: str
    variants: tuple[Variant, ...]
    currency: str
    slot: Slot | None
    kind: str
    department: Department
    brand: str = ""
    description: str = ""
    category: str = ""
    kids_line: Literal["girls", "boys", ""] = ""
    colors: tuple[str, ...] = ()
    material: str = ""
    pattern: str = ""
    seasons: tuple[Season, ...] = ()
    formality: int = 2
    warmth: int = 1
    tags: tuple[str, ...] = ()
    image_url: str = ""
    url: str = ""
    slot_confidence: float = 1.0
    slot_source: Literal["feed", "table", "nearest"] = "table"
    derived: tuple[str, ...] = ()

    @property
    def price(self) -> float | None:
        """The lowest price among the sizes in stock, else among all sizes; None for an unpriced feed."""
        shown = self._shown
        return shown[1] if shown else None

    @property
    def cost(self) -> float | None:
        """The cost of the size whose `price` is shown, the dearest where several sell at it; None when not known."""
        shown = self._shown
        sizes = (v for v in self.variants if (not v.in_stock, v.price) == shown)
        return max((v.cost for v in sizes if v.cost is not None), default=None)

    @property
    def _shown(self) -> tuple[bool, float] | None:
        """Of the size whose price is shown: whether it is out of stock, and the price."""
        return min(((not v.in_stock, v.price) for v in self.variants if v.price is not None), default=None)

    @property
    def in_stock(self) -> bool:
        return any(v.in_stock for v in self.variants)

    def text(self) -> str:
        """The only string that is ever embedded. Stable: it has no price, stock, SKU or URL in it."""
        facts = [
            " ".join(self.colors),
            self.material,
            self.pattern,
            self.kind.replace("-", " "),
            self.department if self.department != "unisex" else "",
            " ".join(self.seasons) if 0 < len(self.seasons) < len(SEASONS) else "",
        ]
        parts = [
            self.title,
            ", ".join(f for f in facts if f),
            _shorten(", ".join(self.tags), TAGS_CHARS),  # the shop's own words for style and occasion
            _shorten(self.description, DESCRIPTION_CHARS),
        ]
        return ". ".join(p.rstrip(". ") for p in parts if p.strip())

    def label(self) -> str:
        """A short, lower-case name for prompts: the title without brand or markup, with its colour.

        At most `LABEL_WORDS` words; characters that chat templates use for their markers never survive.
        """
        title = _plain(self.title)
        brand = _plain(self.brand)
        if brand and title.startswith(brand + " "):
            title = title[len(brand) + 1 :]
        words = title.split()[:LABEL_WORDS]
        known = set(words)
        lead = [c for c in map(_plain, self.colors[:2]) if c and not known & set(c.split())]
        return " ".join([*lead, *words]) or self.kind.replace("-", " ")


_MARKUP = re.compile(r"<[^>]*>|[<>|\[\]{}#`*_~\\\"\x00-\x1f]+")
_EDGE = re.compile(r"[\s,;:.!?/–—-]+$")


def _plain(text: str) -> str:
    return _EDGE.sub("", " ".join(_MARKUP.sub(" ", text).lower().split()))


def _shorten(text: str, limit: int) -> str:
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    return text[:limit].rsplit(" ", 1)[0]
