"""The sample store's authored source (TOML) -> its products, colourways and sizes with stock.

Knows the source files and the SKU scheme. Knows no feed format.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parent / "source"
STORE_FILE = "store.toml"

_LETTERS = ("XXS", "XS", "S", "M", "L", "XL", "XXL", "3XL", "4XL")
_STEPS = re.compile(r"(\d+)-(\d+)(?:/(\d+))?")
_SOLD_OUT_SHARE = 0.06  # of sizes, beside the colourways that the source says are gone
_STOCK_BY_PRICE = ((50.0, 24), (150.0, 12), (float("inf"), 5))
_NEEDED = frozenset(
    {"no", "title", "brand", "type", "price", "material", "colors", "sizes", "occasion", "tags", "text"}
    | {"slot", "department", "category"}
)
_ALLOWED = _NEEDED | {"sale", "season", "pattern", "line", "sold_out", "uncounted"}


class SourceError(ValueError):
    """The authored source contradicts itself. The message names the file, the product and the field."""


@dataclass(frozen=True, slots=True)
class Size:
    """One sellable variant. `name` is "" where the product has no sizes; `quantity` None where not counted."""

    sku: str
    name: str
    quantity: int | None


@dataclass(frozen=True, slots=True)
class Colourway:
    """One colour of a product; `color` is "" where the product has none."""

    sku: str
    color: str
    image_url: str
    sizes: tuple[Size, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """What a buyer wrote. Prices are in EUR; `slot` and `occasion` are the author's own ground truth.

    `slot` is "" for what nobody wears; `line` is "girls" or "boys" where a kids' piece is made for one.
    `tags` are the author's alone; `all_tags` adds what some feed formats have no column for.
    """

    group_id: str
    title: str
    brand: str
    description: str
    slot: str
    department: str
    line: str
    category: str
    type: str
    material: str
    pattern: str
    seasons: tuple[str, ...]
    occasion: str
    tags: tuple[str, ...]
    price: float
    sale_price: float | None
    url: str
    colourways: tuple[Colourway, ...]

    @property
    def handle(self) -> str:
        return self.url.rsplit("/", 1)[-1]

    @property
    def all_tags(self) -> tuple[str, ...]:
        extra = (self.occasion, *self.seasons, self.pattern)
        return tuple(dict.fromkeys(t for t in (*self.tags, *extra) if t))

    @property
    def audience(self) -> str:
        """Whom the shop floor says it is for: Women, Men, Unisex, Girls, Boys or Kids."""
        return (self.line or self.department).capitalize()


def load_products(source: Path = SOURCE) -> list[Product]:
    """Every product, by file name and then in authored order.

    Raises SourceError for an unknown or missing key, colour or brand, and for a style number or title used twice.
    """
    store = tomllib.loads((source / STORE_FILE).read_text(encoding="utf-8"))
    products = []
    for path in sorted(source.glob("*.toml")):
        if path.name == STORE_FILE:
            continue
        for group in tomllib.loads(path.read_text(encoding="utf-8"))["group"]:
            shared = {key: value for key, value in group.items() if key != "product"}
            for own in group["product"]:
                products.append(_product(path.name, {**shared, **own}, store))
    for what in ("group_id", "title", "description", "url"):
        _require_unique(what, [getattr(p, what) for p in products])
    return products


def expand_sizes(spec: str) -> tuple[str, ...]:
    """ "XS-XL", "34-44/2", "36-41" or an explicit list "28/30, 30/32" -> size names; "" has none.

    Raises ValueError for a range of letters that does not exist.
    """
    if steps := _STEPS.fullmatch(spec):
        first, last, step = int(steps[1]), int(steps[2]), int(steps[3] or 1)
        return tuple(str(size) for size in range(first, last + 1, step))
    first_letter, dash, last_letter = spec.partition("-")
    if dash and first_letter in _LETTERS and last_letter in _LETTERS:
        return _LETTERS[_LETTERS.index(first_letter) : _LETTERS.index(last_letter) + 1]
    return _words(spec)


def _product(file: str, raw: Mapping[str, Any], store: Mapping[str, Any]) -> Product:
    where = f"{file}: style {raw.get('no')}"
    unknown, missing = sorted(raw.keys() - _ALLOWED), sorted(_NEEDED - raw.keys())
    if unknown or missing:
        raise SourceError(f"{where}: unknown keys {unknown}, missing keys {missing}")
    if raw["brand"] not in store["brands"]:
        raise SourceError(f"{where}: brand {raw['brand']!r} is not in {STORE_FILE}")
    handle = re.sub(r"[^a-z0-9]+", "-", _ascii(raw["title"]).lower().replace("'", "")).strip("-")
    return Product(
        group_id=f"{raw['brand']}-{raw['no']}",
        title=raw["title"],
        brand=store["brands"][raw["brand"]],
        description=raw["text"],
        slot=raw["slot"],
        department=raw["department"],
        line=raw.get("line", ""),
        category=raw["category"],
        type=raw["type"],
        material=raw["material"],
        pattern=raw.get("pattern", ""),
        seasons=_words(raw.get("season", "")),
        occasion=raw["occasion"],
        tags=_words(raw["tags"]),
        price=float(raw["price"]),
        sale_price=float(raw["sale"]) if "sale" in raw else None,
        url=f"{store['store']['site']}/products/{handle}",
        colourways=_colourways(where, raw, store),
    )


def _colourways(where: str, raw: Mapping[str, Any], store: Mapping[str, Any]) -> tuple[Colourway, ...]:
    gone = _words(raw.get("sold_out", ""))
    colors = _words(raw["colors"]) or ("",)
    strange = [c for c in (*colors, *gone) if c and (c not in store["colors"] or c not in colors)]
    if strange:
        raise SourceError(f"{where}: colour {strange[0]!r} is not in {STORE_FILE} or not one of its colours")
    colourways = []
    for color in colors:
        sku = "-".join(p for p in (raw["brand"], str(raw["no"]), store["colors"].get(color, "")) if p)
        image_url = f"{store['store']['images']}/{sku.lower()}.jpg"
        sizes = tuple(_size(sku, name, raw, color in gone) for name in expand_sizes(raw["sizes"]) or ("",))
        colourways.append(Colourway(sku, color, image_url, sizes))
    return tuple(colourways)


def _size(item_sku: str, name: str, raw: Mapping[str, Any], gone: bool) -> Size:
    code = "OS" if name == "One Size" else re.sub(r"[^A-Z0-9]", "", name.upper())
    sku = f"{item_sku}-{code}" if code else item_sku
    if raw.get("uncounted"):
        return Size(sku, name, None)
    return Size(sku, name, 0 if gone else _stock(sku, float(raw["price"])))


def _stock(sku: str, price: float) -> int:
    """Pieces on the shelf: drawn from the SKU itself, so that no size depends on any other."""
    digest = hashlib.sha256(sku.encode()).digest()
    if int.from_bytes(digest[:4], "big") / 2**32 < _SOLD_OUT_SHARE:
        return 0
    most = next(pieces for limit, pieces in _STOCK_BY_PRICE if price < limit)
    return 1 + int.from_bytes(digest[4:8], "big") % most


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for part in text.split(",") if (word := part.strip()))


def _ascii(text: str) -> str:
    return text.translate(str.maketrans("éèêëàâôöüñ", "eeeeaaooun"))


def _require_unique(what: str, values: list[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise SourceError(f"two products have the {what} {value!r}")
        seen.add(value)
