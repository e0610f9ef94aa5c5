"""Prices as one reads them in one's own language: which language is asked for, and an answer with such prices in it.

Pure: an answer comes back as a copy. What is stored, and what an outfit's id follows from, never has these texts.
"""

from __future__ import annotations

import re
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency

from service.negotiation import ranked
from service.schemas.catalog import ItemPage, ItemView
from service.schemas.outfits import Outfit, OutfitResponse

DEFAULT_LANGUAGE = "en"
_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_CODE = re.compile(r"[A-Z]{3}")


@lru_cache(maxsize=1_000)
def language(header: str) -> str:
    """The first language of an `Accept-Language` header that prices can be written in, as a BCP 47 tag such as
    "de" or "en-GB"; English for a header that names none, or is broken. Ranges and weights after RFC 9110, 12.5.4.
    """
    known = (_known(tag) for tag, weight in ranked(header).items() if weight > 0)
    return next(filter(None, known), DEFAULT_LANGUAGE)


def price_text(amount: float | None, currency: str, language: str) -> str | None:
    """The amount as the language writes it: "59,00 €" in German, with a space that does not break."""
    return None if amount is None else _written(amount, currency, language)


def localised(response: OutfitResponse, language: str) -> OutfitResponse:
    """The answer with its prices as texts too."""
    outfits = [localised_outfit(outfit, language) for outfit in response.outfits]
    return response.model_copy(update={"outfits": outfits})


def localised_outfit(outfit: Outfit, language: str) -> Outfit:
    """The outfit with its prices as texts too."""
    items = [
        item.model_copy(update={"price_text": price_text(item.price, item.currency, language)})
        for item in outfit.items
    ]
    total = price_text(outfit.total_price, outfit.currency, language)
    return outfit.model_copy(update={"items": items, "total_price_text": total})


def localised_item(item: ItemView, language: str) -> ItemView:
    """The item with its prices as texts too."""
    variants = [
        variant.model_copy(update={"price_text": price_text(variant.price, item.currency, language)})
        for variant in item.variants
    ]
    text = price_text(item.price, item.currency, language)
    return item.model_copy(update={"price_text": text, "variants": variants})


def localised_page(page: ItemPage, language: str) -> ItemPage:
    """The page with the prices of its items as texts too."""
    return page.model_copy(update={"items": [localised_item(item, language) for item in page.items]})


@lru_cache(maxsize=1_000)
def _known(tag: str) -> str | None:
    """The tag as far as its language is known: all of it, else without region and script, else None."""
    if not _TAG.fullmatch(tag):
        return None
    parts = tag.split("-")
    for length in range(len(parts), 0, -1):
        try:
            return str(Locale.parse("-".join(parts[:length]), sep="-")).replace("_", "-")
        except (UnknownLocaleError, ValueError):
            continue
    return None


@lru_cache(maxsize=20_000)
def _written(amount: float, currency: str, language: str) -> str:
    if not _CODE.fullmatch(currency):
        return f"{amount:.2f} {currency}".strip()
    return format_currency(amount, currency, locale=Locale.parse(language, sep="-"))
