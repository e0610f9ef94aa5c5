"""Generic CSV: delimiters, encodings, line numbers, broken rows."""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading_feeds import ReadFeed, WriteFeed

from indexer.errors import FeedError
from indexer.feeds.open import open_feed
from indexer.record import Reject, Row, Skipped

PLAIN = "sku,title,color,price,quantity\nA1,Linen Shirt,Écru,59.00,3\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_delimiter(read_feed: ReadFeed, delimiter: str) -> None:
    (row,) = read_feed(PLAIN.replace(",", delimiter))
    assert isinstance(row, Row)
    assert (row.sku, row.title, row.color, row.price, row.quantity, row.line) == (
        ("A1", "Linen Shirt", "Écru", 59.0, 3, 2)
    )


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"]
)
def test_any_encoding(read_feed: ReadFeed, encoding: str) -> None:
    (row,) = read_feed(PLAIN.encode(encoding))
    assert isinstance(row, Row)
    assert (row.sku, row.color) == ("A1", "Écru")


def test_one_stray_byte_does_not_spoil_the_rest(read_feed: ReadFeed) -> None:
    content = PLAIN.encode() + "A2,Größe €,x,1,1\n".encode("cp1252")
    rows = read_feed(content)
    assert [r.color for r in rows if isinstance(r, Row)] == ["Écru", "x"]
    assert isinstance(rows[1], Row)
    assert rows[1].title == "Größe €"


def test_german_numbers_in_a_semicolon_file(read_feed: ReadFeed) -> None:
    (row,) = read_feed(
        "Artikelnummer;Titel;Preis in €;Verfügbarkeit\n7;Kleid;1.059,90;ausverkauft\n", currency="CHF"
    )
    assert isinstance(row, Row)
    assert (row.price, row.currency, row.quantity) == (1059.9, "EUR", 0)


def test_lines_are_counted_through_quoted_newlines(read_feed: ReadFeed) -> None:
    rows = read_feed('sku,title,description\r\n1,a,"x\r\ny\r\n\r\nz"\r\n\r\n2,b,c\r\n3,"d\ne",f\r\n4,,g\r\n')
    assert [r.line for r in rows] == [2, 7, 8, 10]
    assert isinstance(rows[0], Row)
    assert rows[0].description == "x\ny\nz"
    assert isinstance(rows[3], Reject)
    assert rows[3].reason == "title missing"


def test_ragged_rows_are_rejected_with_all_they_hold(read_feed: ReadFeed) -> None:
    rows = read_feed("sku,title,color\n1,a\n2,b,red,more\n3,c,blue,,\n,,\n")
    short, wide, padded, empty = rows
    assert isinstance(short, Reject)
    assert (short.line, short.reason, short.row) == (2, "wrong number of cells", {"sku": "1", "title": "a"})
    assert isinstance(wide, Reject)
    assert wide.row == {"sku": "2", "title": "b", "color": "red", "(column 4)": "more"}
    assert isinstance(padded, Row)
    assert empty == Skipped(5, "empty row", file=padded.file)


def test_an_unclosed_quote_costs_one_row(read_feed: ReadFeed) -> None:
    good = "".join(f"{n},shirt,red\n" for n in range(5000))
    rows = read_feed('sku,title,color\nx,"broken,red\n' + good)
    assert isinstance(rows[0], Reject)
    assert (rows[0].line, rows[0].reason) == (2, "quote not closed")
    assert [r.sku for r in rows[1:] if isinstance(r, Row)] == [str(n) for n in range(5000)]
    assert rows[-1].line == 5002


def test_a_stray_quote_does_not_swallow_the_rows_up_to_the_next_quote(read_feed: ReadFeed) -> None:
    rows = read_feed('sku,title,color\n1,"5"" heel,red\n2,b,red\n3,c,red\n4,"d, e",red\n')
    assert isinstance(rows[0], Reject)
    assert [(r.sku, r.line) for r in rows if isinstance(r, Row)] == [("2", 3), ("3", 4), ("4", 5)]


def test_quotes_broken_in_every_row_lose_no_row(read_feed: ReadFeed) -> None:
    rows = read_feed("sku,title,color\n" + 'x,y"z,"\n' * 5000)
    assert [r.line for r in rows] == list(range(2, 5002))
    assert {r.reason for r in rows if isinstance(r, Reject)} == {"quote not closed"}


def test_nul_bytes_and_control_characters_go(read_feed: ReadFeed) -> None:
    (row,) = read_feed(b"sku,title\nA\x001,Sh\x07irt\x00 \xe2\x80\xaered\n")
    assert isinstance(row, Row)
    assert (row.sku, row.title) == ("A1", "Shirt red")


def test_a_huge_cell_is_cut_or_rejected_but_breaks_nothing(read_feed: ReadFeed) -> None:
    rows = read_feed(f"sku,title,description\n1,a,{'x' * 300_000}\n2,b,{'y' * 2_000_000}\n3,c,d\n")
    assert isinstance(rows[0], Row)
    assert len(rows[0].description) == 5_000
    assert isinstance(rows[1], Reject)
    assert (rows[1].line, rows[1].reason) == (3, "cell too long")
    assert isinstance(rows[2], Row)


def test_a_spreadsheets_sep_line_names_the_delimiter(read_feed: ReadFeed) -> None:
    (row,) = read_feed("sep=|\nsku|title\n1|a;b\n")
    assert isinstance(row, Row)
    assert (row.title, row.line) == ("a;b", 3)


@pytest.mark.parametrize(
    "cell", ["S:3;M:0;L:2", "S=3|M=0|L=2", '{"S": 3, "M": 0, "L": 2}', "S: 3, M: 0, L: 2"]
)
@pytest.mark.parametrize("column", ["size", "sizes", "stock"])
def test_sizes_with_their_stock_in_one_cell(read_feed: ReadFeed, cell: str, column: str) -> None:
    quoted = cell.replace('"', '""')
    rows = read_feed(f'sku,title,{column}\nA,Shirt,"{quoted}"\n')
    assert [(r.sku, r.size, r.quantity, r.line) for r in rows if isinstance(r, Row)] == [
        ("A", "S", 3, 2),
        ("A", "M", 0, 2),
        ("A", "L", 2, 2),
    ]


def test_listed_sizes_share_no_total(read_feed: ReadFeed) -> None:
    rows = read_feed(
        'sku,title,size,quantity\nA,Shirt,"S, M",5\nB,Shirt,"36,38",0\nC,Shoe,"37,5",1\nD,Coat,S/M,2\n'
    )
    assert [(r.sku, r.size, r.quantity) for r in rows if isinstance(r, Row)] == [
        ("A", "S", None),
        ("A", "M", None),
        ("B", "36", 0),
        ("B", "38", 0),
        ("C", "37,5", 1),
        ("D", "S/M", 2),
    ]


def test_half_understood_sizes_are_rejected(read_feed: ReadFeed) -> None:
    (row,) = read_feed("sku,title,size\nA,Shirt,S:3;M\n")
    assert isinstance(row, Reject)
    assert (row.field, row.value, row.reason) == ("size", "S:3;M", "sizes not understood")


def test_a_header_alone_is_an_error(feed_file: WriteFeed) -> None:
    feed = open_feed(feed_file("sku,title\n"))
    with pytest.raises(FeedError, match="no rows"):
        list(feed.rows())


def test_notes_tell_matched_ignored_and_missing_columns(feed_file: WriteFeed) -> None:
    feed = open_feed(feed_file("sku,title,warehouse\n1,a,x\n"))
    assert feed.notes == (
        "columns: sku <- sku, title <- title",
        "ignored columns: 'warehouse'",
        "no price column: items are unpriced",
    )
    (row,) = feed.rows()
    assert isinstance(row, Row)
    assert row.price is None


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12) | st.sampled_from(
    ['a"b', "x,y", "l1\nl2", ";", '"', "'", "|", "\t"]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(titles=st.lists(CELLS, min_size=1, max_size=8), delimiter=st.sampled_from(",;\t|"))
def test_a_written_catalogue_reads_back_row_by_row(tmp_path: Path, titles: list[str], delimiter: str) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(["sku", "title", "description", "color"])
    for number, title in enumerate(titles):
        writer.writerow([f"sku-{number}", f"t {title}", "d", "red"])
    path = tmp_path / "catalogue.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    rows = list(open_feed(path).rows())
    assert [r.sku for r in rows if isinstance(r, Row)] == [f"sku-{n}" for n in range(len(titles))]
    visible = [" ".join(f"t {t}".split()) for t in titles]
    for row, title in zip(rows, visible, strict=True):
        assert isinstance(row, Row)
        hidden = "\xad\u200b\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
        assert row.title.split() == title.translate(dict.fromkeys(map(ord, hidden))).split()


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200) | st.text(alphabet='ab",;\n\r\t\0|:1é{[', max_size=200).map(str.encode))
def test_any_bytes_become_events_with_rising_lines(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "any.csv"
    path.write_bytes(b"sku,title,size,price\n" + body)
    try:
        events = list(open_feed(path, "csv").rows())
    except FeedError:
        return
    lines = [event.line for event in events]
    assert lines == sorted(lines)
    assert all(line >= 2 for line in lines)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_byte_order_marks_are_no_part_of_the_first_column(feed_file: WriteFeed, encoding: str) -> None:
    bom = codecs.BOM_UTF8 if encoding == "utf-8" else b""
    path = feed_file(bom + '"sku","title"\n1,a\n'.encode(encoding))
    assert open_feed(path).notes[0] == "columns: sku <- sku, title <- title"
