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
COVERED_BY_DRESS: tuple[Slot, ...] = ("top", "bottom")

# What a piece is for, beside dressing anybody for anything: among `Item.tags`, as read from the feed's fields and text.
PURPOSES: tuple[str, ...] = (
    "underwear",
    "sleep",
    "sport",
    "swim",
    "maternity",
    "nursing",
    "plus",
    "petite",
    "tall",
    "costume",
    "household",
)

# What `Item.attributes` may hold. A missing word means that nothing says so, not that the piece is otherwise.
ATTRIBUTES: tuple[str, ...] = (
    "heel-flat",  # up to 2 cm
    "heel-low",  # up to 6 cm, and block or kitten heels without a figure
    "heel-high",
    "sleeveless",
    "short-sleeve",
    "long-sleeve",
    "strapless",
    "off-shoulder",
    "backless",
    "low-cut",
    "high-neck",
    "cut-out",
    "slit",
    "cropped",
    "mini",  # above the knee
    "midi",
    "maxi",  # ankle or floor
    "high-waist",
    "low-waist",
    "hooded",
    "sheer",
    "tight",
    "loose",
    "stretch",
    "lined",
    "unlined",
    "water-resistant",
    "waterproof",  # such pieces have "water-resistant" too
    "washable",  # by machine
    "hand-wash",
    "dry-clean",
    "pockets",
    "open-toe",
    "closed-toe",
    "wide-fit",
    "vegan",
    "organic",
    "recycled",
)

DESCRIPTION_CHARS = 240
TAGS_CHARS = 120
LABEL_WORDS = 12
TEXT_COLORS = 3

_NOT_IN_TEXT = frozenset(
    {"underwear", "maternity", "nursing", "plus", "petite", "tall", "costume", "household"}
)


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

    `material` is the main one, `materials` are all that the feed names, trims and blends among them, and `colors` all
    colours, the first ones first. `attributes` are of `ATTRIBUTES`; `tags` are the shop's own, those of the kind, and
    what the piece is for (`PURPOSES`). `covers` are the slots that the piece fills where they are more than its own:
    a dress has top and bottom, a whole suit outerwear and bottom. A `doubtful` piece is unlike everything that is sold
    as what it is said to be: it is not to be composed before somebody looked; `nearest` are the kinds that it is most
    like, the likeliest first. `slot_source` "staff": somebody did, and said what it is.
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
    slot_source: Literal["feed", "table", "trained", "staff"] = "table"
    derived: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    covers: tuple[Slot, ...] = ()
    doubtful: bool = False
    nearest: tuple[str, ...] = ()

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
            " ".join(self.colors[:TEXT_COLORS]),
            self.material,
            self.pattern,
            self.kind.replace("-", " "),
            self.department if self.department != "unisex" else "",
            " ".join(self.seasons) if 0 < len(self.seasons) < len(SEASONS) else "",
        ]
        parts = [
            self.title,
            ", ".join(f for f in facts if f),
            _shorten(
                ", ".join(t for t in self.tags if t not in _NOT_IN_TEXT), TAGS_CHARS
            ),  # style and occasion
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
