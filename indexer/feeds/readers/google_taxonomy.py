"""The apparel part of Google's product taxonomy: numeric ids, which feeds use in place of the path."""

from __future__ import annotations

_ROOT = "Apparel & Accessories"

_PATHS: dict[str, str] = {
    "166": "",
    "1604": "Clothing",
    "5322": "Clothing > Activewear",
    "182": "Clothing > Baby & Toddler Clothing",
    "2271": "Clothing > Dresses",
    "5182": "Clothing > One-Pieces",
    "203": "Clothing > Outerwear",
    "5598": "Clothing > Outerwear > Coats & Jackets",
    "1831": "Clothing > Outerwear > Vests",
    "204": "Clothing > Pants",
    "212": "Clothing > Shirts & Tops",
    "207": "Clothing > Shorts",
    "1581": "Clothing > Skirts",
    "208": "Clothing > Sleepwear & Loungewear",
    "1594": "Clothing > Suits",
    "211": "Clothing > Swimwear",
    "213": "Clothing > Underwear & Socks",
    "209": "Clothing > Underwear & Socks > Socks",
    "167": "Clothing Accessories",
    "169": "Clothing Accessories > Belts",
    "170": "Clothing Accessories > Gloves & Mittens",
    "173": "Clothing Accessories > Hats",
    "176": "Clothing Accessories > Neckties",
    "177": "Clothing Accessories > Scarves & Shawls",
    "178": "Clothing Accessories > Sunglasses",
    "6551": "Handbags, Wallets & Cases",
    "3032": "Handbags, Wallets & Cases > Handbags",
    "188": "Jewelry",
    "191": "Jewelry > Bracelets",
    "194": "Jewelry > Earrings",
    "196": "Jewelry > Necklaces",
    "200": "Jewelry > Rings",
    "201": "Jewelry > Watches",
    "187": "Shoes",
}


def google_category(text: str) -> str:
    """The path for a numeric id ("" for an id outside apparel); a path comes back as it is."""
    text = text.strip()
    if not text.isdecimal():
        return text
    if text not in _PATHS:
        return ""
    return " > ".join(part for part in (_ROOT, _PATHS[text]) if part)
