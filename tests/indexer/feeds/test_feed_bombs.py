"""Small files that would fill a disk or a memory: refused, in words, before they do."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.errors import FeedError
from indexer.feeds.open import open_feed

LIMIT = 1024 * 1024


def parquet(path: Path, columns: dict[str, object]) -> Path:
    pq.write_table(pa.table(columns), path, compression="zstd")
    return path


def one_text_many_times(path: Path) -> Path:
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 2000, pa.int32()), pa.array(["x" * LIMIT]))
    return parquet(path, {"id": pa.array(range(2000)), "title": text})


def rows_of_nothing(path: Path) -> Path:
    return parquet(path, {"id": pa.nulls(500_000, pa.string()), "title": pa.nulls(500_000, pa.string())})


def one_endless_list(path: Path) -> Path:
    sizes = pa.ListArray.from_arrays([0, 500_000], pa.array(["M"] * 500_000))
    return parquet(path, {"id": ["1"], "title": ["a"], "size": sizes})


@pytest.mark.parametrize("bomb", [one_text_many_times, rows_of_nothing, one_endless_list])
def test_a_parquet_bomb_is_refused(tmp_path: Path, bomb) -> None:
    path = bomb(tmp_path / "bomb.parquet")
    assert path.stat().st_size < LIMIT / 20
    with pytest.raises(FeedError, match=r"bomb\.parquet: unpacks to more than 1,048,576 bytes"):
        list(open_feed(path, max_unpacked=LIMIT).rows())


def test_one_text_many_times_is_refused_before_it_is_written_out(tmp_path: Path) -> None:
    path = one_text_many_times(tmp_path / "bomb.parquet")
    before = pa.total_allocated_bytes()
    tracemalloc.start()
    try:
        with pytest.raises(FeedError, match=r"1,024 rows of it hold 1,073,[0-9,]+ bytes"):
            open_feed(path, max_unpacked=4000 * LIMIT)
        assert tracemalloc.get_traced_memory()[1] < 20 * LIMIT
    finally:
        tracemalloc.stop()
    assert pa.total_allocated_bytes() - before < 50 * LIMIT


def test_an_honest_file_comes_out_whole_under_the_same_limit(tmp_path: Path) -> None:
    columns = {
        "id": ["1", "2"],
        "title": ["Shirt", None],
        "tags": [["linen", "summer"], []],
        "size": [[{"size": "M", "quantity": 1}], [{"size": "L", "quantity": 2}]],
        "price": [1.5, 2.0],
    }
    rows = list(open_feed(parquet(tmp_path / "f.parquet", columns), max_unpacked=LIMIT).rows())
    assert [(type(r).__name__, r.sku) for r in rows] == [("Row", "1"), ("Reject", "2")]
    assert (rows[0].size, rows[0].tags) == ("M", ("linen", "summer"))


@pytest.mark.parametrize(
    ("limit", "message"),
    [(20 * LIMIT, "unpacks to more than 20,971,520 bytes"), (1000 * LIMIT, "bytes unpack to over")],
)
def test_a_gzip_bomb_is_given_up_early_and_leaves_nothing(tmp_path: Path, limit: int, message: str) -> None:
    path, scratch = tmp_path / "bomb.csv.gz", tmp_path / "scratch"
    scratch.mkdir()
    path.write_bytes(gzip.compress(b"a" * 100_000_000, 1))
    tracemalloc.start()
    try:
        with pytest.raises(FeedError, match=message):
            open_feed(path, max_unpacked=limit, scratch=scratch)
        assert tracemalloc.get_traced_memory()[1] < 10 * LIMIT
    finally:
        tracemalloc.stop()
    assert list(scratch.iterdir()) == []


def test_a_billion_laughs_are_refused(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    path = tmp_path / "laughs.xml"
    path.write_text(
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "ha">{entities}]>'
        "<rss><channel><item><id>1</id><title>&l9;</title></item></channel></rss>"
    )
    with pytest.raises(FeedError, match="a document type or entity is declared"):
        open_feed(path)


def test_millions_of_empty_rows_are_given_up(tmp_path: Path) -> None:
    path = parquet(
        tmp_path / "nulls.parquet",
        {name: pa.nulls(20_000_000, pa.string()) for name in ("id", "title", "price")},
    )
    assert path.stat().st_size < 200_000
    with pytest.raises(FeedError, match="20,000,000 rows of 3 columns; that is no product feed"):
        open_feed(path)


def test_rows_that_are_all_rejected_end_the_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.feeds.open._UNUSABLE", 500)
    path = tmp_path / "feed.csv"
    path.write_text("sku,title\n" + "1,Shirt\n" * 5 + ",\n" * 400 + ",x\n" * 400)
    with pytest.raises(FeedError, match="of the first 505 rows only 5 can be used; reading stops"):
        list(open_feed(path).rows())


def test_more_rows_than_any_shop_has_end_the_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.feeds.open.MAX_ROWS", 50)
    path = tmp_path / "feed.csv"
    path.write_text("sku,title\n" + "".join(f"{n},Shirt\n" for n in range(60)))
    with pytest.raises(FeedError, match="over 50 rows; that is no product feed"):
        list(open_feed(path).rows())


@pytest.mark.parametrize(
    "content",
    [
        ",".join(f"c{n}" for n in range(6000)) + "\n1\n",
        "[" + "{" + ",".join(f'"k{n}": {n}' for n in range(6000)) + "}]",
    ],
)
def test_too_many_columns_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "wide"
    path.write_text(content)
    with pytest.raises(FeedError, match=r"6,000 columns|too many keys"):
        open_feed(path)


ITEM = b"<item><id>1</id><title>Hat</title></item>"
ENDLESS = b"x" * 8_000_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b'<rss><channel><item a="' + ENDLESS + b'"><id>1</id></item></channel></rss>',
            "a tag, attribute or comment",
        ),
        (
            b"<rss><channel><!--" + ENDLESS + b"-->" + ITEM + b"</channel></rss>",
            "a tag, attribute or comment",
        ),
        (b"<rss><" + ENDLESS + b"/>" + ITEM + b"</rss>", "a tag, attribute or comment"),
        (b"<rss>" + b"<a>" * 1_000_000, "nested too deep"),
        (b"<rss><channel><item>" + b"<a>1</a>" * 20_000 + b"</item></channel></rss>", "an item has no end"),
        (
            b"<rss><channel><item>" + (b"<a>" + b"x" * 90_000 + b"</a>") * 60 + b"</item></channel></rss>",
            "an item has no end",
        ),
    ],
)
def test_xml_without_end_is_refused_in_passing(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "feed.xml"
    path.write_bytes(content)
    with pytest.raises(FeedError, match=rf"feed\.xml: line 1: the XML is refused: .*{message}"):
        open_feed(path)


def test_a_long_text_is_no_bomb(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    path.write_bytes(
        b"<channel><item><id>1</id><title>Hat</title><description>"
        + b"warm " * 500_000
        + b"</description></item></channel>"
    )
    (row,) = open_feed(path).rows()
    assert row.title == "Hat"


@pytest.mark.parametrize("content", ['{"products": ' + "[" * 100_000, '{"products": [{"a": ' + "[" * 100_000])
def test_json_without_end_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "feed.json"
    path.write_text(content)
    with pytest.raises(FeedError, match=r"nested too deep|cut off|not valid JSON"):
        open_feed(path)
