"""Records -> rows: the one place where a feed's text becomes numbers and is found usable or not.

Control characters and HTML go, over-long texts are cut, addresses that are not http(s) are dropped. Knows no format.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from indexer.feeds.values.availability import availability_of
from indexer.feeds.values.choices import is_only_choice
from indexer.feeds.values.currency import currency_code
from indexer.feeds.values.html_text import html_to_text
from indexer.feeds.values.money import MoneyError, parse_money
from indexer.record import COST, Record, Reject, Row

_NOTHING = frozenset({"", "-", "na", "n/a", "nan", "null", "none", "undefined", "untitled"})
MAX_CHARS = {"description": 5_000, "title": 300, "tags": 2_000, "image_url": 2_048, "url": 2_048}
MAX_OTHER_CHARS = 500
# Readers take the HTML out of descriptions, where it is; the rest are addresses and numbers.
_NO_MARKUP = frozenset(
    {"description", "url", "image_url", "price", "sale_price", COST, "quantity", "currency"}
)
MAX_ID_CHARS = 200  # an id is never cut: two could become one
MAX_TAGS = 50
MAX_QUANTITY = 10_000_000

# Controls, lone surrogates, and characters that reorder or hide text.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u200b\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_COUNT = re.compile(r"[>≥+]?\s*(-?\d+)(?:[.,]0+)?\s*\+?")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+")
_FRACTION = re.compile(r"-?\d*[.,]\d+")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a feed does not say of each row. `currency` is ISO 4217; `priced` is False when no row has prices; `minor`
    are the fields among price, sale price and cost whose amounts are minor units (cents)."""

    file: str = ""
    currency: str = "EUR"
    priced: bool = True
    minor: frozenset[str] = frozenset()


class _Invalid(Exception):
    def __init__(self, field: str, value: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.value, self.reason = field, value, reason


def to_row(record: Record, defaults: Defaults) -> Row | Reject:
    """The validated row, or why there is none; the reason is a short phrase that can be counted."""
    fields = {name: _clean(name, text) for name, text in record.fields.items()}
    try:
        return _row(record.line, fields, defaults)
    except _Invalid as why:
        return Reject(
            record.line, why.field, why.value, why.reason, fields.get("sku", ""), defaults.file, record.fields
        )


def _row(line: int, fields: dict[str, str], defaults: Defaults) -> Row:
    def get(name: str) -> str:
        return fields.get(name, "")

    sku, group_id = get("sku"), get("group_id")
    for name, text in (("sku", sku), ("group_id", group_id)):
        if len(text) > MAX_ID_CHARS:
            raise _Invalid(name, text, f"{name} too long")
    if get("title").casefold() in _NOTHING:
        raise _Invalid("title", get("title"), "title missing")
    if is_only_choice(get("title"), get("color"), get("size")):
        raise _Invalid("title", get("title"), "title names only the variant")
    if not sku and not group_id:
        raise _Invalid("sku", "", "sku missing")
    currency = _currency(get("currency"), defaults.currency)
    price, currency = _price(fields, currency, defaults)
    return Row(
        file=defaults.file,
        line=line,
        sku=sku or _made_sku(group_id, get("color"), get("size")),
        sku_given=bool(sku),
        group_id=group_id or sku,
        title=get("title"),
        price=price,
        currency=currency,
        quantity=_quantity(get("quantity"), get("availability")),
        tags=tuple(dict.fromkeys(t for p in re.split(r"[,;|]", get("tags")) if (t := p.strip())))[:MAX_TAGS],
        image_url=_address(get("image_url")),
        url=_address(get("url")),
        cost=_cost(get(COST), currency, COST in defaults.minor),
        **{name: get(name) for name in _PLAIN_FIELDS},
    )


_PLAIN_FIELDS = (
    "description", "brand", "category", "product_type", "slot", "department", "color", "size", "material",
    "pattern", "season", "formality",
)  # fmt: skip


def _clean(name: str, text: str) -> str:
    text = _UNWANTED.sub("", text)
    if name in ("sku", "group_id"):
        return text.strip()
    if name not in _NO_MARKUP and ("<" in text or "&" in text):
        text = html_to_text(text) or text  # a title of nothing but markup is a title all the same
    lines = (" ".join(part.split()) for part in text.splitlines())
    joined = ("\n" if name == "description" else " ").join(part for part in lines if part)
    limit = MAX_CHARS.get(name, MAX_OTHER_CHARS)
    return joined if len(joined) <= limit else joined[:limit].rstrip()


def _currency(text: str, default: str) -> str:
    if not text:
        return default
    code = currency_code(text, default)
    if code is None:
        raise _Invalid("currency", text, "currency unknown")
    return code


def _price(fields: dict[str, str], currency: str, defaults: Defaults) -> tuple[float | None, str]:
    """What the shopper pays now. A sale price that is no price, or no lower, is passed over."""
    if not defaults.priced:
        return None, currency
    regular, sale = fields.get("price", ""), fields.get("sale_price", "")
    reduced = _money_or_none(sale, currency, "sale_price" in defaults.minor)
    if not regular and reduced is not None:
        amount, named = reduced
    else:
        try:
            amount, named = parse_money(regular, currency, in_minor_units="price" in defaults.minor)
        except MoneyError as error:
            raise _Invalid("price", regular, str(error)) from error
        if reduced is not None and reduced[0] < amount and reduced[1] in (None, named or currency):
            amount = reduced[0]
    if named and fields.get("currency") and named != currency:
        raise _Invalid("currency", fields["currency"], "currency contradictory")
    return amount, named or currency


def _cost(text: str, currency: str, minor: bool) -> float | None:
    """What the store paid, in the currency of the price. What is no such amount is passed over, as a sale price is; so
    is zero, which exports write for a cost that nobody entered. A cost above the price is one.
    """
    amount, named = _money_or_none(text, currency, minor) or (None, None)
    return amount if named in (None, currency) else None


def _money_or_none(text: str, currency: str, minor: bool) -> tuple[float, str | None] | None:
    try:
        return parse_money(text, currency, in_minor_units=minor)
    except MoneyError:
        return None


def _quantity(count: str, words: str) -> int | None:
    """Pieces left; None when not counted. Words that say "out" win over any count."""
    stated = availability_of(words) if words else None
    if words and stated is None:
        if _COUNT.fullmatch(words) is None:
            raise _Invalid("availability", words, "availability unknown")
        count = count or words
    if any(c.isalpha() for c in count) and availability_of(count) is not None:
        stated, count = stated or availability_of(count), ""
    quantity = _count(count) if count else None
    return 0 if stated in ("out", "later") else quantity


def _count(text: str) -> int:
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    match = _COUNT.fullmatch(text)
    if match is None:
        fraction = _FRACTION.fullmatch(text) is not None
        raise _Invalid("quantity", text, "quantity fractional" if fraction else "quantity not a number")
    if len(match[1]) > len(str(MAX_QUANTITY)) + 1 or int(match[1]) > MAX_QUANTITY:
        raise _Invalid("quantity", text, "quantity too large")
    if int(match[1]) < 0:
        raise _Invalid("quantity", text, "quantity negative")
    return int(match[1])


def _made_sku(group_id: str, color: str, size: str) -> str:
    """The same group, colour and size give the same SKU in every run."""
    parts = (re.sub(r"[\W_]+", "-", part.casefold()).strip("-") for part in (color, size))
    return "-".join(part for part in (group_id, *parts) if part)


def _address(text: str) -> str:
    if text.startswith("//"):
        return "https:" + text
    scheme = _SCHEME.match(text)
    if len(text) >= MAX_CHARS["url"] or (scheme and scheme[0].casefold() not in ("http:", "https:")):
        return ""
    return text
