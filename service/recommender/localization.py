"""An answer in the shopper's own language: which one that is, and the answer with its texts and prices in it.

Pure: an answer comes back as a copy. Prices as texts are never stored, and no id follows from any of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency

from service.localization.catalogues import ENGLISH, spoken
from service.localization.text import said
from service.negotiation import ranked
from service.query.wording.wish_language import surely_in
from service.schemas.catalog import ItemPage, ItemView
from service.schemas.outfits import Outfit, OutfitResponse, Unmet

_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_CODE = re.compile(r"[A-Z]{3}")


@lru_cache(maxsize=1_000)
def language(header: str) -> str:
    """The first language of an `Accept-Language` header that prices can be written in, as a BCP 47 tag such as
    "de" or "en-GB"; English for a header that names none, or is broken. Ranges and weights after RFC 9110, 12.5.4.
    """
    known = (_known(tag) for tag, weight in ranked(header).items() if weight > 0)
    return next(filter(None, known), ENGLISH)


@lru_cache(maxsize=1_000)
def header_tag(header: str) -> str | None:
    """The first language of an `Accept-Language` header that texts are translated to, as its tag; None for none."""
    tags = (tag for tag, weight in ranked(header).items() if weight > 0 and spoken(tag))
    return next(filter(None, map(_known, tags)), None)


def header_language(header: str) -> str | None:
    """The same as one of the languages of the catalogues."""
    tag = header_tag(header)
    return None if tag is None else spoken(tag)


@dataclass(frozen=True, slots=True)
class Tongue:
    """BCP 47 tags of the languages that an answer's texts and its prices are written in."""

    texts: str
    prices: str

    @property
    def language(self) -> str:
        """The catalogues' language of the texts."""
        return spoken(self.texts) or ENGLISH

    @property
    def tags(self) -> str:
        """Both, as `Content-Language` lists them."""
        return ", ".join(dict.fromkeys((self.texts, self.prices)))


def tongue(header: str, *words: str) -> Tongue:
    """What to answer in: what the header asks for, else the language of the first words that leave no doubt of it."""
    texts = header_tag(header) or next(filter(None, map(surely_in, words)), ENGLISH)
    prices = next(
        (known for tag, weight in ranked(header).items() if weight > 0 and (known := _known(tag))), texts
    )
    return Tongue(texts, prices)


def worded(response: OutfitResponse, language: str) -> OutfitResponse:
    """The answer with its texts in one of the languages of the catalogues."""
    outfits = [worded_outfit(outfit, language) for outfit in response.outfits]
    unmet = [
        Unmet(constraint=u.constraint, reason=said(u.reason, language), hint=said(u.hint, language))
        for u in response.unmet
    ]
    return response.model_copy(update={"outfits": outfits, "unmet": unmet})


def worded_outfit(outfit: Outfit, language: str) -> Outfit:
    """The outfit with its texts in one of the languages of the catalogues."""
    texts = {"title": said(outfit.title, language), "explanation": said(outfit.explanation, language)}
    return outfit.model_copy(update=texts)


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
