"""Which format a feed is in, by its content: first bytes, XML root, header columns. Reads only the head."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from indexer.errors import FeedError
from indexer.feeds.files.table import read_header
from indexer.feeds.files.textfile import decode_head, encoding_of, read_head
from indexer.feeds.readers.google_fields import attribute_name
from indexer.feeds.readers.shopify import shopify_columns
from indexer.feeds.readers.woo_columns import looks_like_woo

Format = Literal["csv", "jsonl", "parquet", "shopify", "google", "woocommerce"]
FORMATS: tuple[Format, ...] = get_args(Format)

_PACKED = {
    b"\x1f\x8b": "gzip",
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
_WORKBOOK = re.compile(rb"xl/(?:workbook|worksheets|styles|sharedStrings|theme|_rels)")
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

    Raises FeedError for what is no feed: missing, a folder, empty, packed, a workbook, binary; and for an
    unknown `format`.
    """
    head = _checked_head(path)
    if format != "auto":
        chosen = next((f for f in FORMATS if f == format), None)
        if chosen is None:
            raise FeedError(f"unknown format {format!r}; use auto or one of {', '.join(FORMATS)}")
        if (head.startswith(b"PAR1")) != (chosen == "parquet"):
            actual = "Parquet" if chosen != "parquet" else "no Parquet"
            raise FeedError(f"{path}: format {chosen} was asked for, but the file is {actual}")
        return Detection(chosen, "asked for")
    if head.startswith(b"PAR1"):
        return Detection("parquet", "begins with the bytes PAR1")
    text = decode_head(head).lstrip()
    if text.startswith("<"):
        return _of_xml(path, text)
    if text.startswith(("{", "[")):
        return Detection("jsonl", "begins with a JSON " + ("object" if text[0] == "{" else "array"))
    return _of_header(path)


def _of_xml(path: Path, text: str) -> Detection:
    prolog = _PROLOG.match(text)
    root = _ROOT.match(text, prolog.end() if prolog else 0)
    name = root[1] if root else "?"
    if name.casefold() in ("rss", "feed", "rdf"):
        return Detection("google", f"XML with root <{name}>")
    if name.casefold() == "html":
        raise FeedError(f"{path}: this is a web page, not a feed; is it the answer of a login or an error?")
    raise FeedError(f"{path}: XML with root <{name}>; only Google Merchant RSS and Atom are understood")


def _of_header(path: Path) -> Detection:
    header = read_header(path)
    columns = shopify_columns(header)
    if {"handle", "title"} <= columns.keys() and columns.keys() & {"option1", "option1_name", "price"}:
        own = [columns[k] for k in ("option1_name", "option1", "price") if k in columns]
        if "option1" in columns or "option1_name" in columns or own[-1].casefold().startswith("variant"):
            return Detection("shopify", f"has the columns {columns['handle']} and {own[0]}")
    if looks_like_woo(header):
        return Detection("woocommerce", "has the columns of a WooCommerce product export")
    names = {attribute_name(c) for c in header}
    if {"id", "title"} <= names and len(names & _MERCHANT) >= 2 and names & {"link", "availability", "price"}:
        return Detection("google", "has the columns of a Google Merchant table")
    return Detection("csv", f"a table of {len(header)} columns")


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
    if head.startswith(b"PK\x03\x04"):
        raise FeedError(_about_zip(path))
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise FeedError(f"{path}: an old Excel workbook; save it as CSV (UTF-8) first")
    if not head.startswith(b"PAR1") and _is_binary(head):
        raise FeedError(f"{path}: binary data of no known format; feeds are CSV, JSON lines, Parquet or XML")
    return head


def _about_zip(path: Path) -> str:
    # By its first bytes, where names lie in the open: the directory of a hostile archive may be of any size.
    if _WORKBOOK.search(read_head(path)):
        return f"{path}: an Excel workbook; save it as CSV (UTF-8) first"
    return f"{path}: packed with zip; unpack it first"


def _is_binary(head: bytes) -> bool:
    if encoding_of(head) != "utf-8-sig":
        return _odd_share(decode_head(head)) > 0.3
    controls = sum(head.count(c) for c in _CONTROLS)
    return controls > max(8, len(head) * 0.02) or head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff"))


_CONTROLS = [bytes([c]) for c in range(32) if c not in (9, 10, 11, 12, 13, 26, 27)]


def _odd_share(text: str) -> float:
    return sum(not (c.isprintable() or c.isspace()) for c in text) / max(1, len(text))
