"""Formats are recognised by content; what is no feed is named and refused."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from reading_feeds import WriteFeed

from indexer.errors import FeedError
from indexer.feeds.detect import detect
from indexer.feeds.open import open_feed


@pytest.mark.parametrize(
    ("content", "format_"),
    [
        ("sku,title\n1,a\n", "csv"),
        ("Handle,Title,Option1 Name,Variant Price\n", "shopify"),
        ("Title,URL handle,Option1 name,Price\n", "shopify"),
        ("handle,title,price\n", "csv"),
        ("ID,Type,SKU,Name,Published,In stock?,Parent\n", "woocommerce"),
        ("id,type,sku,name,price\n", "csv"),
        ("id\ttitle\tlink\timage_link\tprice\tavailability\tgtin\n", "google"),
        ("id,title,price,color\n", "csv"),
        ('\ufeff  {"id": 1}\n', "jsonl"),
        ("[\n {}]", "jsonl"),
        ("<?xml version='1.0'?>\n<!-- hi --><rss version='2.0'/>", "google"),
        ("<feed xmlns='http://www.w3.org/2005/Atom'/>", "google"),
    ],
)
@pytest.mark.parametrize("name", ["feed.csv", "feed.dat"])
def test_the_content_decides(feed_file: WriteFeed, content: str, format_: str, name: str) -> None:
    found = detect(feed_file(content, name))
    assert found.format == format_
    assert found.why


def test_parquet_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    pq.write_table(pa.table({"id": [1]}), path)
    assert detect(path).format == "parquet"
    with pytest.raises(FeedError, match="the file is Parquet"):
        detect(path, "csv")


def test_an_asked_format_is_taken(feed_file: WriteFeed) -> None:
    assert detect(feed_file("Handle,Title,Option1 Name\n"), "csv").format == "csv"
    with pytest.raises(FeedError, match="unknown format 'xls'; use auto or one of csv, xlsx, jsonl"):
        detect(feed_file("a,b\n"), "xls")


def _zip(member: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(member, "x")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf \n\r\n", "the file is empty"),
        (gzip.compress(gzip.compress(b"sku,title\n")), "packed with gzip twice; unpack it first"),
        (gzip.compress(b"sku,title\n1,a\n" * 99)[:-20], "the gzip file is damaged or cut off"),
        (_zip("feed.csv"), "packed with zip; unpack it first"),
        (_zip("xl/workbook.xml"), "no whole Excel workbook"),
        (_zip("feed.csv")[:40], "the zip is damaged or cut off"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "an old Excel workbook"),
        (random.Random(1).randbytes(5000), "binary data"),
        (b"%PDF-1.7\n%...", "binary data"),
        (b"<!DOCTYPE html><html><body>Login</body></html>", "this is a web page"),
        (b"<catalog><product/></catalog>", "XML with root <catalog>"),
    ],
)
def test_what_is_no_feed_is_refused_by_name(feed_file: WriteFeed, content: bytes, message: str) -> None:
    path = feed_file(content)
    with pytest.raises(FeedError, match=message) as caught:
        open_feed(path)
    assert str(caught.value).startswith(str(path))


def test_missing_files_folders_and_wrong_currencies(tmp_path: Path, feed_file: WriteFeed) -> None:
    with pytest.raises(FeedError, match="no such file"):
        open_feed(tmp_path / "nope.csv")
    with pytest.raises(FeedError, match="is a folder"):
        open_feed(tmp_path)
    with pytest.raises(FeedError, match="currency 'EURO1' is no ISO 4217 code"):
        open_feed(feed_file("sku,title\n1,a\n"), currency="EURO1")


def test_a_map_for_a_fixed_format_says_how_to_use_it(feed_file: WriteFeed) -> None:
    path = feed_file("Handle,Title,Option1 Name,Variant Price\nh,t,Size,3\n")
    with pytest.raises(FeedError, match=r"this is shopify .* add --format csv"):
        open_feed(path, mapping=["title=Title"])
    feed = open_feed(path, "csv", ["title=Title", "sku=Handle", "price=Variant Price"])
    assert feed.detection.why == "asked for"
