"""Price text -> amount and currency, as shops around the world write it. Knows no feed and no exchange rate."""

from __future__ import annotations

import re
import unicodedata

from indexer.feeds.values.currency import currency_code
from indexer.feeds.values.minor_units import exponent, is_whole

MAX_AMOUNT = 100_000_000.0  # above any garment's price, even in rupiah or dong

_PARTS = re.compile(r"(?P<before>[^0-9]*?)(?P<number>[0-9](?:[0-9.,'\s]*[0-9])?)(?P<after>[^0-9]*)")
_NOT_FINITE = re.compile(r"[+-]?\s*(nan|inf|infinity)\b", re.IGNORECASE)
_MINUS = "-−–—"
_EMPTY_CENTS = re.compile(rf"^\s*[.,]?\s*(?:/\s*(?=[{_MINUS}]))?[{_MINUS}]*")
_GROUPED = re.compile(r"[0-9]{1,3}(?:([.,'\s])[0-9]{3})(?:\1[0-9]{3})*")
_INDIAN = re.compile(r"[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}")  # 1,00,000: a lakh


class MoneyError(ValueError):
    """The text is no price. Its message is a short, countable reason such as "price not a number"."""


def parse_money(
    text: str, home: str | None = None, *, in_minor_units: bool = False
) -> tuple[float, str | None]:
    """The amount in units of the currency (12.5 is twelve and a half) and its ISO code, None when unnamed.

    "1.299,00 €", "CHF 1'299.-", "1,299.00", "₹1,00,000/-" and "59" are all prices; a lone separator before three digits
    groups thousands. `home` is the shop's currency, which says what a bare "$" or "kr" means. A text
    `in_minor_units` counts cents: "1999" is 19.99.
    Raises MoneyError for what is missing, not a number, negative, zero, too large or of unknown currency.
    """
    # A mark of quotation or a narrow space between thousands is folded to its plain form first.
    plain = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'").strip()
    if not plain:
        raise MoneyError("price missing")
    if _NOT_FINITE.match(plain):
        raise MoneyError("price not a number")
    if plain[0] in ".,":
        plain = "0" + plain
    match = _PARTS.fullmatch(plain)
    if match is None:
        raise MoneyError("price not a number")
    before = match["before"].strip()
    negative = before[:1] in _MINUS or before[-1:] in _MINUS if before else False
    after = _EMPTY_CENTS.sub("", match["after"])
    currency = _currency(before.strip(_MINUS + "+ "), after.strip(), home)
    amount = _number(match["number"])
    if in_minor_units:
        if not is_whole(match["number"]):
            raise MoneyError("price not in minor units")
        amount /= 10 ** exponent(currency or home or "")
    if negative and amount > 0:
        raise MoneyError("price negative")
    if amount < 0.005:
        raise MoneyError("price is zero")
    if amount > MAX_AMOUNT:
        raise MoneyError("price too large")
    return amount, currency


def _currency(before: str, after: str, home: str | None) -> str | None:
    # Twice around, so that in "$12 CAD" and "CAD 12 $" the code says which dollar the sign means.
    leading = _code(before, home)
    trailing = _code(after, leading or home)
    leading = _code(before, trailing or home)
    if leading and trailing and leading != trailing:
        raise MoneyError("currency contradictory")
    return leading or trailing


def _code(word: str, home: str | None) -> str | None:
    if not word:
        return None
    code = currency_code(word, home)
    if code is None:
        looks_like_code = len(word) == 3 and word.isalpha() and word.isupper()
        raise MoneyError("currency unknown" if looks_like_code else "price not a number")
    return code


def _number(text: str) -> float:
    """Digits with separators -> float. The last separator is the decimal one unless it groups thousands."""
    text = re.sub(r"\s+", " ", text)
    if re.fullmatch(r"[0-9]+", text):
        return float(text[:400])
    if _is_grouped(text) and not text.startswith("0"):
        return float(re.sub(r"[^0-9]", "", text)[:400])
    whole, mark, cents = text[: _last(text)], text[_last(text)], text[_last(text) + 1 :]
    plain_whole = re.fullmatch(r"[0-9]+", whole) is not None
    grouped_whole = _is_grouped(whole) and mark not in whole
    if mark not in ".," or not (plain_whole or grouped_whole):
        raise MoneyError("price not a number")
    return float(re.sub(r"[^0-9]", "", whole)[:400] + "." + cents)


def _is_grouped(text: str) -> bool:
    return _GROUPED.fullmatch(text) is not None or _INDIAN.fullmatch(text) is not None


def _last(text: str) -> int:
    return max(text.rfind(mark) for mark in ".,' ")
