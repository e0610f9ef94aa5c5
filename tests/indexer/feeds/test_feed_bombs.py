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
