"""Amounts in minor units (cents, pence, paise) and in whole ones, by ISO 4217. Knows no feed and no columns."""

from __future__ import annotations

import re

from indexer.feeds.values.synonyms import normalise

# ISO 4217 gives every other currency two decimals.
_BY_EXPONENT = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_EXPONENTS = {code: digits for digits, codes in _BY_EXPONENT.items() for code in codes.split()}
_WHOLE = re.compile(r"-?[0-9]{1,15}(?:[.,]0+)?")
_UNIT_WORDS = (
    "cents cent minorunits minorunit minor pence pennies centimes centime centimos centimo centesimi paise"
    " grosze groszy ore haleru subunits"
)
_UNITS = tuple(_UNIT_WORDS.split())
_PREPOSITIONS = ("in", "en", "w", "v", "i")
_MEANS_A_UNIT = frozenset({"unitamount", "amountminor", "minoramount", "amountcents", "amountincents"})


def exponent(currency: str) -> int:
    """How many decimals a currency (ISO 4217) has: 2 for EUR, 0 for JPY, 3 for KWD."""
    return _EXPONENTS.get(currency.upper(), 2)


def is_whole(text: str) -> bool:
    """Whether a price text is a bare whole number, as counts of minor units are written."""
    return _WHOLE.fullmatch(text.strip()) is not None


def named_in_minor_units(header: str) -> str | None:
    """What is left of a header that says that its numbers are minor units: "price_in_cents" -> "price".

    None for a header that does not say so; "price" for one that is nothing but such a unit ("unit_amount").
    """
    key = normalise(header)
    if key in _MEANS_A_UNIT:
        return "price"
    for unit in _UNITS:
        rest = key.removesuffix(unit)
        if rest != key and rest:
            return next(
                (r for p in _PREPOSITIONS if (r := rest.removesuffix(p)) != rest and len(r) > 2), rest
            )
    return None
