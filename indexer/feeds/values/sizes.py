"""Sizes and their stock told in one cell -> one set of fields per size. Knows no file and no columns."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from indexer.feeds.values.choices import split_choice, without_product
from indexer.feeds.values.flatten import flatten
from indexer.feeds.values.synonyms import canonical_field

_PART = re.compile(r"[;|,\n]+")
_PAIR = re.compile(r"\s*([^:=]{1,24}?)\s*[:=]\s*(-?\d{1,9}(?:[.,]\d+)?)\s*")
_LIKE_PAIR = re.compile(r"[^:=]{1,24}[:=]\s*-?\d")
_TOKEN = re.compile(
    r"\d?x{0,4}[sml]|[2-6]xl|\d{1,3}(?:[.]5)?(?:[/x-]\d{2,3})?|\d{1,2}[a-h]{1,2}|w\d{2} ?/? ?l\d{2}"
    r"|(?:x{0,2}-?)?(?:small|large)|medium|one ?size",
    re.IGNORECASE,
)
_DECIMAL_COMMA = re.compile(r"\d{1,2},5")
# "EU:38" names a size in one country's system; it does not say that 38 pieces of size EU are left.
_SYSTEM_NAMES = "eu uk us it fr de es jp au int intl br kr cn mx ru w l"
_SYSTEMS = frozenset(_SYSTEM_NAMES.split())


class Sized(NamedTuple):
    """The fields of one size. `hidden`: it was read out of a variant's title, for want of a size of its own."""

    fields: dict[str, str]
    hidden: bool = False


class SizesError(ValueError):
    """The cell tells sizes in a way that cannot be understood. Its message is a short, countable reason."""


def split_sizes(fields: Mapping[str, str]) -> list[Sized]:
    """The fields of each size that a record names; one entry, unchanged, when it names one size or none.

    Understood are "S:3;M:0", "S=3|M=0", "S, M, L", {"S": 3} and [{"size": "S", "quantity": 3, "sku": "..."}]. The title
    of a variant ("Red / S") never is the product's; where it alone names the size, it is read for it.
    Raises SizesError for a cell that is partly sizes with stock.
    """
    text = fields.get("size", "")
    if text.startswith(("{", "[")):
        found = _from_json(text)
    elif text:
        found = _from_pairs(text) or _from_list(text)
    else:
        found = _from_stock(fields.get("quantity", ""))
    if not found:
        empty = text.startswith(("{", "["))
        return [Sized({k: v for k, v in fields.items() if not (empty and k == "size")})]
    return [_sized(fields, size) for size in found]


def _sized(fields: Mapping[str, str], entry: dict[str, str]) -> Sized:
    """The record with one of its sizes. An entry that names none may have it in its title."""
    title = entry.get("title", "")
    if fields.get("title"):
        entry = {k: v for k, v in entry.items() if k != "title"}
    if entry.get("size") or not title:
        return Sized(_merged(fields, entry))
    size, rest = split_choice(without_product(title, fields.get("title", "")))
    if not size:
        return Sized(_merged(fields, entry))
    color = {"color": rest} if rest and not entry.get("color") and not fields.get("color") else {}
    return Sized(_merged(fields, entry | {"size": size} | color), hidden=True)


def _merged(fields: Mapping[str, str], size: Mapping[str, str]) -> dict[str, str]:
    merged = {k: v for k, v in fields.items() if k != "size"} | {k: v for k, v in size.items() if v}
    if "quantity" not in size and _positive(fields.get("quantity", "")):
        merged.pop("quantity", None)  # a total over all sizes says nothing about any one of them
    if "sku" in size and not fields.get("group_id") and fields.get("sku"):
        merged["group_id"] = fields["sku"]
    return merged


def _positive(text: str) -> bool:
    return text.strip().isdecimal() and int(text.strip()[:9]) > 0


def _from_stock(text: str) -> list[dict[str, str]]:
    """The same pairs in a stock column: "S:3;M:0"."""
    if text.startswith(("{", "[")):
        return _from_json(text)
    return _from_pairs(text) if ":" in text or "=" in text else []


def _from_pairs(text: str) -> list[dict[str, str]]:
    parts = [p for p in _PART.split(text) if p.strip()]
    pairs = [_PAIR.fullmatch(p) for p in parts]
    matched = [m for m in pairs if m is not None]
    if not any(_LIKE_PAIR.match(p.strip()) for p in parts):
        return []
    if all(p.split(":")[0].split("=")[0].strip().casefold() in _SYSTEMS for p in parts):
        return []
    if len(matched) < len(parts):
        if len(parts) == 1:
            return []
        raise SizesError("sizes not understood")
    return [{"size": m[1], "quantity": m[2]} for m in matched]


def _from_list(text: str) -> list[dict[str, str]]:
    parts = [p.strip() for p in _PART.split(text) if p.strip()]
    if len(parts) < 2 or _DECIMAL_COMMA.fullmatch(text.strip()):
        return []
    if not all(_TOKEN.fullmatch(p) for p in parts):
        return []
    return [{"size": p} for p in dict.fromkeys(parts)]


def _from_json(text: str) -> list[dict[str, str]]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        bare = re.sub(r"[\[\]{}'\"]", "", text)  # ['S', 'M'], as scripts print their lists
        if found := _from_pairs(bare) or _from_list(bare):
            return found
        raise SizesError("sizes not understood") from error
    if isinstance(value, dict):
        return [_named(size, stock) for size, stock in value.items()]
    if isinstance(value, list):
        return [_fields(v) if isinstance(v, dict) else {"size": str(v)} for v in value if v not in (None, "")]
    raise SizesError("sizes not understood")


def _named(size: str, stock: object) -> dict[str, str]:
    if isinstance(stock, dict):
        return _fields(stock) | {"size": size}
    text = flatten({"n": stock}).get("n", "")
    return {"size": size, "availability" if text in ("true", "false") else "quantity": text}


def _fields(entry: Mapping[str, object]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for key, text in flatten(entry).items():
        name = canonical_field(key)
        if name is not None and text and name not in fields:
            fields[name] = text
    return fields
