"""Which format a feed is in, by its content: first bytes, XML root, header columns, shape of the JSON.

Reads only the head. What is packed with gzip is unpacked by whoever asks. A new format begins here, in `Format` and
`detect`; its reader goes to `indexer.feeds.readers`, and `indexer.feeds.open` brings both together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal, get_args

from indexer.errors import FeedError
from indexer.feeds.files.encodings import encoding_of
from indexer.feeds.files.json_text import LISTS, is_array, is_envelope, read_objects
from indexer.feeds.files.sheet import is_workbook, is_zip
from indexer.feeds.files.table import read_header
from indexer.feeds.files.textfile import decode_head, read_head
from indexer.feeds.readers.commerce.protocol import protocol_of
from indexer.feeds.readers.commerce.shopify_bulk import PARENT
from indexer.feeds.readers.commerce.shopify_json import is_shopify
from indexer.feeds.readers.google_fields import attribute_name
from indexer.feeds.readers.shopify import shopify_columns
from indexer.feeds.readers.woo_columns import looks_like_woo
from indexer.record import Reject

Format = Literal[
    "csv", "xlsx", "jsonl", "parquet", "shopify", "shopify-json", "google", "woocommerce", "acp", "ucp"
]
FORMATS: tuple[Format, ...] = get_args(Format)

_PACKED = {
    b"\x1f\x8b": "gzip twice",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "rar",
}
_PROLOG = re.compile(
    r"\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[[^\]]*\][^\[>]*)?>|\s)*", re.DOTALL | re.IGNORECASE
)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)")
_PEEKED_OBJECTS = 20
_TABLES = frozenset({"csv", "shopify", "google", "woocommerce"})
"""Formats that a workbook's sheet may be in, as delimited text may."""
_MERCHANT = frozenset(
    {"item_group_id", "google_product_category", "image_link", "age_group", "mpn", "gtin", "condition"}
)


@dataclass(frozen=True, slots=True)
class Detection:
    """The format of a feed, and what it was recognised by, in words for a person."""

    format: Format
    why: str


def detect(path: Path, format: str = "auto") -> Detection:
    """Decide the format of `path`, or take `format` when it is not "auto".

    Raises FeedError for what is no feed: missing, a folder, empty, packed, an old workbook, binary; and for an
    unknown `format`.
    """
    head = _checked_head(path)
    if format != "auto":
        chosen = next((f for f in FORMATS if f == format), None)
        if chosen is None:
            raise FeedError(f"unknown format {format!r}; use auto or one of {', '.join(FORMATS)}")
        _require_kind(path, head, chosen)
        return Detection(chosen, "asked for")
    if head.startswith(b"PAR1"):
        return Detection("parquet", "begins with the bytes PAR1")
    if is_zip(head):
        return _of_header(path, "xlsx")
    text = decode_head(head).lstrip()
    if text.startswith("<"):
        return _of_xml(path, text)
    if text.startswith(("{", "[")):
        return _of_json(path, text)
    return _of_header(path, "csv")


def _of_xml(path: Path, text: str) -> Detection:
    prolog = _PROLOG.match(text)
    root = _ROOT.match(text, prolog.end() if prolog else 0)
    name = root[1] if root else "?"
    if name.casefold() in ("rss", "feed", "rdf", "channel"):
        return Detection("google", f"XML with root <{name}>")
    if name.casefold() == "html":
        raise FeedError(f"{path}: this is a web page, not a feed; is it the answer of a login or an error?")
    raise FeedError(f"{path}: XML with root <{name}>; only Google Merchant RSS and Atom are understood")


def _require_kind(path: Path, head: bytes, chosen: Format) -> None:
    """Raises FeedError when a file is of another kind altogether than the format asked for."""
    binary = {"parquet": head.startswith(b"PAR1"), "xlsx": is_zip(head)}
    for kind, found in binary.items():
        name = "Parquet" if kind == "parquet" else "Excel workbook"
        if chosen == kind and not found:
            raise FeedError(f"{path}: format {chosen} was asked for, but the file is no {name}")
        if found and chosen != kind and (kind == "parquet" or chosen not in _TABLES):
            article = "an " if kind == "xlsx" else ""
            raise FeedError(f"{path}: format {chosen} was asked for, but the file is {article}{name}")


def _of_json(path: Path, text: str) -> Detection:
    """By the first products; what is broken is left to the reader of JSON lines to say."""
    shape = "array" if is_array(text) else "object"
    if is_envelope(text):
        shape = f"object around a list of {' or '.join(sorted(LISTS))}"
    try:
        found = islice(read_objects(path), _PEEKED_OBJECTS)
        products = [value[1] for value in found if not isinstance(value, Reject)]
    except FeedError:
        products = []
    for product in products:
        if is_shopify(product):
            own = PARENT if PARENT in product else "handle, vendor and variants"
            return Detection("shopify-json", f"a JSON {shape}, with Shopify's {own}")
        protocol = protocol_of(product)
        if protocol is not None:
            return Detection(protocol, f"a JSON {shape}, of products whose variants are that protocol's")
    return Detection("jsonl", f"begins with a JSON {shape}")


def _of_header(path: Path, plain: Format) -> Detection:
    """By the columns of delimited text, or of a workbook's sheet; `plain` is what it is without a shop's own."""
    header = read_header(path)
    where = "a workbook with" if plain == "xlsx" else "has"
    columns = shopify_columns(header)
    if {"handle", "title"} <= columns.keys() and columns.keys() & {"option1", "option1_name", "price"}:
        own = [columns[k] for k in ("option1_name", "option1", "price") if k in columns]
        if "option1" in columns or "option1_name" in columns or own[-1].casefold().startswith("variant"):
            return Detection("shopify", f"{where} the columns {columns['handle']} and {own[0]}")
    if looks_like_woo(header):
        return Detection("woocommerce", f"{where} the columns of a WooCommerce product export")
    names = {attribute_name(c) for c in header}
    if {"id", "title"} <= names and len(names & _MERCHANT) >= 2 and names & {"link", "availability", "price"}:
        return Detection("google", f"{where} the columns of a Google Merchant table")
    kind = "a workbook" if plain == "xlsx" else "a table"
    return Detection(plain, f"{kind} of {len(header)} columns")


def _checked_head(path: Path) -> bytes:
    if path.is_dir():
        raise FeedError(f"{path}: is a folder; name the feed file in it")
    if not path.exists():
        raise FeedError(f"{path}: no such file")
    head = read_head(path)
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise FeedError(f"{path}: the file is empty")
    for magic, name in _PACKED.items():
        if head.startswith(magic):
            raise FeedError(f"{path}: packed with {name}; unpack it first")
    if is_zip(head):
        if not is_workbook(path):
            raise FeedError(f"{path}: packed with zip; unpack it first, or pack it with gzip")
        return head
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise FeedError(f"{path}: an old Excel workbook; save it as .xlsx or as CSV (UTF-8) first")
    if not head.startswith(b"PAR1") and _is_binary(head):
        raise FeedError(
            f"{path}: binary data of no known format; feeds are CSV, Excel (.xlsx), JSON, Parquet or XML"
        )
    return head


def _is_binary(head: bytes) -> bool:
    if encoding_of(head).startswith("utf-16"):
        return _odd_share(decode_head(head)) > 0.3
    controls = sum(head.count(c) for c in _CONTROLS)
    return controls > max(8, len(head) * 0.02) or head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff"))


_CONTROLS = [bytes([c]) for c in range(32) if c not in (9, 10, 11, 12, 13, 26, 27)]


def _odd_share(text: str) -> float:
    return sum(not (c.isprintable() or c.isspace()) for c in text) / max(1, len(text))
