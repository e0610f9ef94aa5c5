"""Feeds inside gzip, and as workbooks: read as what is in them, bounded, and named as they were given."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook, load_workbook
from reading_feeds import WriteFeed

from indexer.errors import FeedError
from indexer.feeds.files import sheet
from indexer.feeds.open import open_feed
from indexer.record import Reject, Row, Skipped

HEADER = ["sku", "title", "size", "price", "quantity"]


def workbook(path: Path, *rows: Sequence[Any], **others: Sequence[Sequence[Any]]) -> Path:
    book = Workbook()
    book.active.title = "Stock"
    for row in rows:
        book.active.append(list(row))
    for name, table in others.items():
        extra = book.create_sheet(name)
        for row in table:
            extra.append(list(row))
    book.save(path)
    return path


def altered(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """The workbook with one part of it rewritten."""
    packed = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, change(content) if name == part else content)
    path.write_bytes(packed.getvalue())
    return path


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("content", "format_"),
    [
        (b"sku,title\n1,Shirt\n", "csv"),
        (b'{"sku": 1, "title": "Shirt"}\n', "jsonl"),
        (b"<channel><item><id>1</id><title>Shirt</title></item></channel>", "google"),
        (json.dumps({"products": [{"sku": 1, "title": "Shirt"}]}, indent=1).encode(), "jsonl"),
    ],
)
def test_gzip_is_read_as_what_is_inside_and_leaves_nothing(
    tmp_path: Path, content: bytes, format_: str
) -> None:
    path, scratch = tmp_path / "feed.gz", tmp_path / "scratch"
    scratch.mkdir()
    path.write_bytes(gzip.compress(content))
    feed = open_feed(path, scratch=scratch)
    assert (feed.detection.format, feed.detection.why[:13]) == (format_, "gzip; inside,")
    (row,) = feed.rows()
    assert isinstance(row, Row)
    assert (row.sku, row.title, row.file) == ("1", "Shirt", str(path))
    assert len(list(scratch.iterdir())) == 1
    del feed
    assert list(scratch.iterdir()) == []


def test_parquet_and_workbooks_inside_gzip(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["1"], "title": ["Shirt"]}), tmp_path / "a")
    workbook(tmp_path / "b.xlsx", HEADER, ["1", "Shirt", "M", 5, 1])
    for name, format_ in (("a", "parquet"), ("b.xlsx", "xlsx")):
        packed = tmp_path / f"{name}.gz"
        packed.write_bytes(gzip.compress((tmp_path / name).read_bytes()))
        feed = open_feed(packed)
        assert feed.detection.format == format_
        assert [row.title for row in feed.rows() if isinstance(row, Row)] == ["Shirt"]


def test_errors_inside_gzip_name_the_file_that_was_given(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl.gz"
    path.write_bytes(gzip.compress(b'[\n{"id":1,"title":"a"},\n{"id":2,"ti'))
    with pytest.raises(FeedError) as caught:
        open_feed(path)
    assert str(caught.value) == f"{path}: line 3: not valid JSON"


def test_a_workbook_is_read_from_its_header_on(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "stock.xlsx",
        ["Moss & Sons", None, "as of", date(2026, 1, 2)],
        [],
        HEADER,
        ["0012", "Shirt", 38, 59.9, 3],
        [],
        [13, "Coat", "M", 120, None],
        [14, None, None, None, None],
        Notes=[["to do", "by whom"], ["count the hats", "Ann"]],
    )
    feed = open_feed(path)
    assert (feed.detection.format, feed.detection.why) == ("xlsx", "a workbook of 5 columns")
    assert feed.notes[0] == "sheet 'Stock', header in row 3; other sheets are not read: 'Notes'"
    shirt, empty, coat, nameless = feed.rows()
    assert isinstance(shirt, Row)
    assert isinstance(coat, Row)
    assert (shirt.line, shirt.sku, shirt.size, shirt.price, shirt.quantity) == (4, "0012", "38", 59.9, 3)
    assert isinstance(empty, Skipped)
    assert (empty.line, empty.reason) == (5, "empty row")
    assert (coat.line, coat.sku, coat.price, coat.quantity) == (6, "13", 120.0, None)
    assert isinstance(nameless, Reject)
    assert nameless.reason == "title missing"


def test_the_sheet_with_the_products_is_found_and_hidden_ones_are_not_read(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "b.xlsx", ["hello", "there"], ["x", "y"], Produkte=[HEADER, ["1", "Hut", "", 5, 1]]
    )
    assert open_feed(path).notes[0].startswith("sheet 'Produkte', header in row 1")
    book = load_workbook(path)
    book["Produkte"].sheet_state = "hidden"
    book.save(path)
    with pytest.raises(FeedError, match="no column is recognised as title; the columns are 'hello', 'there'"):
        open_feed(path)


def test_a_workbook_may_hold_a_shop_systems_export(tmp_path: Path) -> None:
    header = ["Handle", "Title", "Option1 Name", "Option1 Value", "Variant SKU", "Variant Price"]
    path = workbook(
        tmp_path / "s.xlsx", header, ["hat", "Hat", "Size", "S", "A", 5], ["hat", "", "", "M", "B", 5]
    )
    feed = open_feed(path)
    assert feed.detection.format == "shopify"
    assert [(r.title, r.size) for r in feed.rows() if isinstance(r, Row)] == [("Hat", "S"), ("Hat", "M")]
    assert open_feed(path, "xlsx", ["title=Title", "sku=Variant SKU"]).detection.format == "xlsx"


def test_cells_become_texts_as_a_shop_would_write_them(tmp_path: Path) -> None:
    values = [1.0, 2.5, True, date(2026, 1, 2), datetime(2026, 1, 2, 3, 4), "#N/A", "=1+1", None, " x "]
    path = workbook(tmp_path / "c.xlsx", [f"c{n}" for n in range(len(values))], values, ["end", "of it"])
    rows = dict(sheet.sheet_records(path))
    assert rows[2] == ["1", "2.5", "true", "2026-01-02", "2026-01-02T03:04:00", "", "", "", "x"]


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        (SHEET, lambda b: b[:400], "the workbook is damaged after row|no sheet with a table"),
        ("xl/workbook.xml", lambda b: b"<oops", "no whole Excel workbook"),
        (
            SHEET,
            lambda b: b.replace(b"<sheetData>", b'<!DOCTYPE x [<!ENTITY a "b">]><sheetData>'),
            "damaged|no whole",
        ),
    ],
)
def test_damage_is_said(tmp_path: Path, part: str, change: Callable[[bytes], bytes], message: str) -> None:
    path = altered(workbook(tmp_path / "d.xlsx", HEADER, ["1", "Hat", "", 5, 1]), part, change)
    with pytest.raises(FeedError, match=message) as caught:
        list(open_feed(path).rows())
    assert str(caught.value).startswith(str(path))


def test_absurd_sheets_are_refused_or_end_where_their_data_ends(tmp_path: Path) -> None:
    far = b'<row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData>'
    path = altered(
        workbook(tmp_path / "far.xlsx", HEADER, ["1", "Hat", "", 5, 1]),
        SHEET,
        lambda b: b.replace(b"</sheetData>", far),
    )
    (row,) = open_feed(path).rows()
    assert isinstance(row, Row)
    wide = b'<row r="3"><c r="XFD3"><v>1</v></c></row></sheetData>'
    path = altered(
        workbook(tmp_path / "wide.xlsx", HEADER, ["1", "Hat", "", 5, 1]),
        SHEET,
        lambda b: b.replace(b"</sheetData>", wide),
    )
    with pytest.raises(FeedError, match="row 3: over 5,000 columns"):
        list(open_feed(path).rows())


@pytest.mark.parametrize(
    ("filler", "message"),
    [
        (b'<row r="9"><c r="A9"><v>1</v></c></row>' * 600_000, "packed far tighter"),
        (b'<row r="9" x="' + bytes(range(48, 58)) * 500_000 + b'"/>', "holds a text of over 4,194,304 bytes"),
    ],
)
def test_a_workbook_that_is_a_bomb_is_refused(tmp_path: Path, filler: bytes, message: str) -> None:
    path = workbook(tmp_path / "bomb.xlsx", HEADER, ["1", "Hat", "", 5, 1])
    altered(path, SHEET, lambda b: b.replace(b"</sheetData>", filler + b"</sheetData>"))
    assert path.stat().st_size < 200_000
    with pytest.raises(FeedError, match=message):
        open_feed(path)
    with pytest.raises(FeedError, match=r"unpacks to more than 4,000,000 bytes"):
        open_feed(path, max_unpacked=4_000_000)


def test_a_format_that_is_not_what_the_file_is(tmp_path: Path, feed_file: WriteFeed) -> None:
    path = workbook(tmp_path / "b.xlsx", HEADER, ["1", "Hat", "", 5, 1])
    with pytest.raises(FeedError, match="format jsonl was asked for, but the file is an Excel workbook"):
        open_feed(path, "jsonl")
    with pytest.raises(FeedError, match="format xlsx was asked for, but the file is no Excel workbook"):
        open_feed(feed_file("sku,title\n1,a\n"), "xlsx")
    assert open_feed(path, "csv").detection.format == "csv"
