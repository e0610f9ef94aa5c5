"""Currency words -> ISO 4217 codes. Knows no amounts and no exchange rates."""

from __future__ import annotations

_CODES = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD
    CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF
    GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK
    LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD
    OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN
    SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF
    XPF YER ZAR ZMW ZWG HRK
"""
ISO_CODES = frozenset(_CODES.split())

_WORDS = {
    "€": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP", "us$": "USD", "$us": "USD", "u$s": "USD",
    "sfr": "CHF", "fr": "CHF", "zł": "PLN", "zl": "PLN", "kč": "CZK", "ft": "HUF", "lei": "RON", "₹": "INR",
    "rs": "INR", "r$": "BRL", "₺": "TRY", "tl": "TRY", "₽": "RUB", "руб": "RUB", "₴": "UAH", "₪": "ILS",
    "₩": "KRW", "円": "JPY", "元": "CNY", "rmb": "CNY", "a$": "AUD", "au$": "AUD", "ca$": "CAD", "c$": "CAD",
    "nz$": "NZD", "hk$": "HKD", "s$": "SGD", "nt$": "TWD", "mx$": "MXN", "лв": "BGN", "₫": "VND", "฿": "THB",
    "₱": "PHP", "₦": "NGN",
}  # fmt: skip

# A sign that several countries use means the shop's own currency when that is one of them, else the first.
_SHARED = {
    "$": ("USD", "CAD", "AUD", "NZD", "HKD", "SGD", "TWD", "MXN", "ARS", "CLP", "COP", "UYU"),
    "dollar": ("USD", "CAD", "AUD", "NZD", "HKD", "SGD"),
    "dollars": ("USD", "CAD", "AUD", "NZD", "HKD", "SGD"),
    "¥": ("JPY", "CNY"),
    "kr": ("SEK", "NOK", "DKK", "ISK"),
}


def currency_code(word: str, home: str | None = None) -> str | None:
    """The ISO 4217 code that a sign, name or code stands for; None when it is none that is known.

    `home` is the shop's own currency, which decides what a shared sign such as "$" means.
    """
    key = word.strip().casefold().rstrip(".").strip()
    if key.upper() in ISO_CODES:
        return key.upper()
    if key in _SHARED:
        return home if home in _SHARED[key] else _SHARED[key][0]
    return _WORDS.get(key)
