"""Checks answers against the rows of a feed alone: raw columns, words and numbers; nothing that the product derived.

It reads a CSV feed, or the authored stores of `training/stores` after `as_csv`, with a reading of its own: small tables
of words, whole-word matches in title, type, colour and material, and compositions in descriptions. What such words
cannot tell it does not judge.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from service.schemas.outfits import Outfit, OutfitRequest, OutfitResponse

Words = Mapping[str, str]

COLORS: Words = {
    "black": "black|schwarz|noir|blk",
    "white": "white|wht",
    "red": "red|burgundy|scarlet|crimson",
    "blue": "blue|navy|sky|indigo|cobalt",
    "navy": "navy",
    "green": "green|olive|emerald|sage|khaki",
    "pink": "pink|fuchsia|blush",
    "brown": "brown|chocolate",
}
MATERIALS: Words = {
    "denim": "denim|jeans?|jeggings?|chambray",
    "wool": "wool(?:len|len)?|woollen|merino|lambswool|tweed",
    "leather": "leather|suede|nubuck|nappa|calfskin",
    "silk": "silk",
    "cotton": "cotton",
    "polyester": "polyester",
    "linen": "linen",
    "cashmere": "cashmere",
}
KINDS: Words = {
    "boots": "boots?|chelseas?|booties?",
    "heels": "heels?|stilettos?|pumps?",
    "skirt": "skirts?",
    "jeans": "jeans?|jeggings?",
    "dress": "dress(?:es)?|gowns?|frocks?",
    "blazer": "blazers?",
    "sneakers": "sneakers?|trainers?",
    "scarf": "scarf|scarves",
    "coat": "coats?|overcoats?",
}
PATTERNS: Words = {
    "striped": "strip(?:es?|ed)|pinstripes?d?|breton",
    "floral": "floral|flowers?",
    "checked": "check(?:s|ed)?|plaid|tartan|gingham",
    "polka dot": "polka[ -]dots?",
}
# More words for what a piece is: one that has none of them may be anything.
_OTHER_KINDS = (
    "|tops?|tees?|t-shirts?|shirts?|blouses?|polos?|jumpers?|sweaters?|cardigans?|knitwear|trousers|pants|shorts|"
    "chinos|leggings|sandals?|loafers?|derby|derbies|oxfords?|flats?|mules?|bags?|totes?|clutch(?:es)?|backpacks?|"
    "necklaces?|earrings?|bracelets?|rings?|hats?|caps?|beanies?|belts?|ties?|gloves?|jackets?|watch(?:es)?|parkas?"
)
_WOMEN = re.compile(r"\b(?:women'?s?|woman|womens|ladies|female|damen|femme)\b", re.I)
_MEN = re.compile(r"\b(?:men'?s?|man|mens|male|herren|homme)\b", re.I)
_KIDS = re.compile(r"\b(?:kids?|girls?'?s?|boys?'?s?|baby|babies|children'?s?)\b", re.I)
_SHARE = re.compile(r"\d{1,3}\s*%\s*[^\d%,;/|.]+")
# A negation, or a look alike, says that the word is not meant: "non-wool", "heel-less".
_NOT_BEFORE = r"(?<!no )(?<!non )(?<!non-)(?<!not )"


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row of the feed, as it stands there."""

    sku: str
    title: str
    kind: str
    color: str
    material: str
    pattern: str
    brand: str
    department: str
    size: str
    price: float
    quantity: int
    description: str

    @property
    def type(self) -> str:
        """What says what the piece is: the shop's type, or, of one for several ("Trousers & Jeans"), the title."""
        return self.title if not self.kind or re.search(r"[&/,>]", self.kind) else self.kind

    def says(self, pattern: str, *texts: str) -> bool:
        """Whether one of the texts has a word of the pattern."""
        return any(re.search(rf"{_NOT_BEFORE}\b(?:{pattern})\b", text, re.I) for text in texts)


def read_rows(path: Path) -> dict[str, list[RawRow]]:
    """SKU -> its rows."""
    found: dict[str, list[RawRow]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            price = float(row.get("sale_price") or row["price"])
            raw = RawRow(
                sku=row["sku"],
                title=row["title"],
                kind=row.get("product_type") or "",
                color=row.get("color") or "",
                material=row.get("material") or "",
                pattern=row.get("pattern") or "",
                brand=row.get("brand") or "",
                department=row.get("department") or "",
                size=row.get("size") or "",
                price=price,
                quantity=int(row.get("quantity") or 0),
                description=row.get("description") or "",
            )
            found.setdefault(raw.sku, []).append(raw)
    return found


def as_csv(store: Path, out: Path) -> Path:
    """An authored store as a CSV feed, one row a size."""
    with out.open("w", encoding="utf-8", newline="") as file:
        columns = (
            "sku group_id title description brand product_type department color size material price currency"
        )
        writer = csv.DictWriter(file, [*columns.split(), "quantity"])
        writer.writeheader()
        for number, line in enumerate(store.read_text(encoding="utf-8").splitlines()):
            item = json.loads(line)
            for place, size in enumerate(item["s"] or [""]):
                writer.writerow(
                    {
                        "sku": f"R{number}-{place}",
                        "group_id": f"R{number}",
                        "title": item["t"],
                        "description": item["d"],
                        "brand": item["b"],
                        "product_type": item["pt"],
                        "department": item["g"],
                        "color": item["c"],
                        "size": size,
                        "material": item["m"],
                        "price": item["p"],
                        "currency": "EUR",
                        "quantity": item["q"],
                    }
                )
    return out


def violations(
    request: OutfitRequest, response: OutfitResponse, rows: Mapping[str, list[RawRow]]
) -> Iterator[str]:
    """What is wrong with a response by the words and numbers of the feed, one phrase per broken promise."""
    for outfit in response.outfits:
        yield from _of_outfit(request, response, outfit, rows)


def _of_outfit(
    request: OutfitRequest, response: OutfitResponse, outfit: Outfit, rows: Mapping[str, list[RawRow]]
) -> Iterator[str]:
    worn: list[RawRow] = []
    for piece in outfit.items:
        named = rows.get(piece.sku)
        if named is None:
            yield f"an invented SKU: {piece.sku}"
            continue
        row = next((r for r in named if r.size == (piece.size or "")), named[0])
        worn.append(row)
        yield from _of_piece(request, row, request.sizes.get(piece.slot, []))
    if request.budget is not None and sum(r.price for r in worn) > request.budget.max + 0.005:
        yield f"over budget: {sum(r.price for r in worn):.2f} of {request.budget.max:g}"
    told = {unmet.constraint for unmet in response.unmet}
    for kind in request.include.kinds:
        telling = all(r.says("|".join(KINDS.values()) + _OTHER_KINDS, r.type) for r in worn)
        if (
            telling
            and "include.kinds" not in told
            and not any(r.says(KINDS[kind], r.title, r.kind) for r in worn)
        ):
            yield f"no {kind} and no word of it"
    for color in request.include.colors:
        telling = all(r.says("|".join(COLORS.values()), r.color) for r in worn)
        said = any(r.says(COLORS[color], r.title, r.color) for r in worn)
        if telling and not said and "include.colors" not in told:
            yield f"nothing {color} and no word of it"


def _of_piece(request: OutfitRequest, row: RawRow, sizes: Sequence[str]) -> Iterator[str]:
    exclude = request.exclude
    shares = " ; ".join(_SHARE.findall(row.description))
    where: list[tuple[str, Sequence[str], Words, tuple[str, ...]]] = [
        ("colour", exclude.colors, COLORS, (row.color, row.title)),
        ("material", exclude.materials, MATERIALS, (row.material, row.title, row.type, shares)),
        ("kind", exclude.kinds, KINDS, (row.type,)),
        ("pattern", exclude.patterns, PATTERNS, (row.title, row.pattern)),
    ]
    for name, wanted, table, texts in where:
        for word in wanted:
            if row.says(table[word], *texts):
                yield f"excluded {name} {word}: {row.title!r} | {row.color} | {row.material} | {row.kind}"
    if row.brand and row.brand.casefold() in {b.casefold() for b in exclude.brands}:
        yield f"excluded brand: {row.brand}"
    if row.quantity <= 0:
        yield f"sold out: {row.sku}"
    if sizes and _is_another_size(row.size, sizes):
        yield f"wrong size: {row.size} for {', '.join(sizes)}"
    text = row.department
    others = {"women": (_MEN, _KIDS), "men": (_WOMEN, _KIDS), "kids": (_WOMEN, _MEN)}
    own = {"women": _WOMEN, "men": _MEN, "kids": _KIDS}
    if request.department in own and not own[request.department].search(text):
        for other in others[request.department]:
            if other.search(text):
                yield f"wrong department: {text} for {request.department}"


def _is_another_size(size: str, wanted: Sequence[str]) -> bool:
    """Whether a size is of the very way of writing that all wanted ones have, and none of them."""
    written = {_way(s) for s in wanted}
    plain = [_plain(s) for s in wanted]
    return written == {_way(size)} and _way(size) != "" and _plain(size) not in plain


def _plain(size: str) -> str:
    return size.strip().casefold().removeprefix("eu ").strip()


def _way(size: str) -> str:
    text = _plain(size)
    if re.fullmatch(r"\d+(?:\.5)?", text):
        return "number"
    return "letter" if re.fullmatch(r"x{0,4}[sl]|m|\dx[sl]", text) else ""
