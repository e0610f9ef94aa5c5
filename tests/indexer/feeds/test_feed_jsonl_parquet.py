"""JSON lines, JSON arrays and Parquet: nested values, bad lines, files cut off."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading_feeds import ReadFeed, WriteFeed

from indexer.errors import FeedError
from indexer.feeds.files import json_text, textfile
from indexer.feeds.open import open_feed
from indexer.record import Reject, Row


def test_nested_values_become_text(read_feed: ReadFeed) -> None:
    record = {
        "id": 7,
        "name": "Dress",
        "category": ["Women", "Dresses"],
        "tags": ["party", "silk"],
        "price": {"amount": 1059.5, "currency": "CHF"},
        "images": [{"src": "https://x.test/1.jpg"}, {"src": "https://x.test/2.jpg"}],
        "in_stock": True,
    }
    (row,) = read_feed(json.dumps(record))
    assert isinstance(row, Row)
    assert (row.sku, row.category, row.tags) == ("7", "Women > Dresses", ("party", "silk"))
    assert (row.price, row.currency, row.quantity) == (1059.5, "CHF", None)
    assert row.image_url == "https://x.test/1.jpg"


def test_a_number_with_three_decimals_is_no_thousand(read_feed: ReadFeed) -> None:
    (row,) = read_feed('{"id": 1, "title": "a", "price": 12.345}')
    assert isinstance(row, Row)
    assert row.price == pytest.approx(12.345)


@pytest.mark.parametrize(
    "sizes",
    [
        {"S": 3, "M": 0},
        [{"size": "S", "quantity": 3}, {"size": "M", "quantity": 0}],
        {"S": {"qty": 3}, "M": {"stock": 0}},
        "S:3;M:0",
    ],
)
def test_sizes_become_records_that_share_the_sku(read_feed: ReadFeed, sizes: object) -> None:
    rows = read_feed(json.dumps({"sku": "A", "title": "Shirt", "sizes": sizes}))
    assert [(r.sku, r.group_id, r.size, r.quantity) for r in rows if isinstance(r, Row)] == [
        ("A", "A", "S", 3),
        ("A", "A", "M", 0),
    ]


def test_variants_with_skus_and_prices_of_their_own(read_feed: ReadFeed) -> None:
    variants = [
        {"sku": "A-S", "size": "S", "price": 10},
        {"sku": "A-M", "size": "M", "price": 12, "colour": "red"},
    ]
    rows = read_feed(json.dumps({"id": "A", "title": "Shirt", "color": "blue", "variants": variants}))
    assert [(r.sku, r.group_id, r.size, r.price, r.color) for r in rows if isinstance(r, Row)] == [
        ("A-S", "A", "S", 10.0, "blue"),
        ("A-M", "A", "M", 12.0, "red"),
    ]


def test_bad_lines_are_rejected_with_their_number(read_feed: ReadFeed) -> None:
    rows = read_feed('{"id":1,"title":"a"}\n\n{"id":2,\n[3]\n{"id":4,"title":"d"}\n' + "[" * 100_000 + "\n")
    assert [(r.line, getattr(r, "reason", None)) for r in rows] == [
        (1, None),
        (3, "not valid JSON"),
        (4, "not a JSON object"),
        (5, None),
        (6, "nested too deep"),
    ]
    assert isinstance(rows[1], Reject)
    assert rows[1].row == {"": '{"id":2,\n'}


def test_lone_surrogates_do_not_reach_the_catalogue(read_feed: ReadFeed) -> None:
    (row,) = read_feed('{"id": 1, "title": "a\\ud800b"}')
    assert isinstance(row, Row)
    assert row.title == "ab"


def test_keys_that_first_appear_late_are_used(read_feed: ReadFeed) -> None:
    lines = [json.dumps({"sku": str(n), "title": "t", "price": 20}) for n in range(300)]
    lines.append(json.dumps({"sku": "last", "title": "t", "price": 20, "sale_price": 15}))
    last = read_feed("\n".join(lines))[-1]
    assert isinstance(last, Row)
    assert last.price == 15.0


def test_a_feed_with_prices_rejects_records_without_and_one_without_is_unpriced(read_feed: ReadFeed) -> None:
    rows = read_feed('{"id":1,"title":"a"}\n{"id":2,"title":"b","price":5}\n')
    assert isinstance(rows[0], Reject)
    assert (rows[0].reason, rows[0].field, rows[0].sku) == ("price missing", "price", "1")
    (row,) = read_feed('{"id":1,"title":"a","price":null}\n')
    assert isinstance(row, Row)
    assert row.price is None


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("count", [1, 3000])
def test_one_array_is_read_element_by_element(read_feed: ReadFeed, indent: int | None, count: int) -> None:
    items = [{"id": n, "title": "shirt ] , [" + "x" * 40, "note": 12.5} for n in range(count)]
    rows = read_feed(json.dumps(items, indent=indent))
    assert [r.sku for r in rows if isinstance(r, Row)] == [str(n) for n in range(count)]
    if indent:
        assert [r.line for r in rows] == [2 + 5 * n for n in range(count)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[\n{"id":1,"title":"a"},\n{"id":2,"ti', r"line 3: not valid JSON"),
        ('[\n{"id":1,"title":"a"}\n', r"line 3: the JSON array is not closed"),
        ('{\n"id":1,"title":"a"}\n', r"line 1: the JSON object spans lines"),
        ('{"foo":1}\n', r"no column is recognised as title; the columns are 'foo'"),
        ("[]", r"no JSON object"),
    ],
)
def test_what_cannot_be_read_on_fails_as_a_whole(feed_file: WriteFeed, content: str, message: str) -> None:
    path = feed_file(content)
    with pytest.raises(FeedError, match=message) as caught:
        list(open_feed(path).rows())
    assert str(caught.value).startswith(str(path))


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["size", "qty", "sku", "S", "price"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(JSON | st.text(max_size=20), max_size=6), size=JSON, price=JSON, quantity=JSON)
def test_any_json_becomes_events_of_every_line(
    tmp_path: Path, values: list[object], size: object, price: object, quantity: object
) -> None:
    odd = {"sku": "x", "title": "t", "sizes": size, "price": price, "quantity": quantity}
    lines = [
        json.dumps({"sku": "first", "title": "t", "price": 1}),
        *map(json.dumps, values),
        json.dumps(odd),
    ]
    path = tmp_path / "any.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert {event.line for event in open_feed(path).rows()} == set(range(1, len(lines) + 1))


def _parquet(path: Path, columns: dict[str, list[object]]) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_parquet_rows_lists_and_structs(tmp_path: Path) -> None:
    path = _parquet(
        tmp_path / "feed.bin",
        {
            "id": [1.0, 2.0],
            "name": ["a", "b"],
            "price": [{"amount": 10.0, "currency": "USD"}, {"amount": None, "currency": "USD"}],
            "tags": [["x", "y"], []],
            "sizes": [[{"size": "S", "quantity": 1}, {"size": "M", "quantity": 0}], []],
        },
    )
    feed = open_feed(path)
    assert feed.detection.format == "parquet"
    small, medium, unpriced = feed.rows()
    assert isinstance(small, Row)
    assert isinstance(medium, Row)
    assert (small.sku, small.size, small.quantity, small.price, small.currency) == ("1", "S", 1, 10.0, "USD")
    assert (medium.size, medium.quantity, medium.line, medium.tags) == ("M", 0, 1, ("x", "y"))
    assert isinstance(unpriced, Reject)
    assert (unpriced.line, unpriced.reason) == (2, "price missing")


def test_parquet_without_a_price_column_is_unpriced(tmp_path: Path) -> None:
    feed = open_feed(_parquet(tmp_path / "f.parquet", {"id": ["1"], "name": ["a"]}))
    assert "no price column: items are unpriced" in feed.notes
    (row,) = feed.rows()
    assert isinstance(row, Row)
    assert row.price is None


def test_a_truncated_parquet_file_fails_with_its_offset(tmp_path: Path) -> None:
    path = _parquet(tmp_path / "f.parquet", {"id": ["1"] * 1000, "name": ["a"] * 1000})
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FeedError, match=rf"no whole Parquet file.* offset {len(whole) // 2}"):
        open_feed(path)


def test_a_line_that_is_too_long_says_so(read_feed: ReadFeed, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (textfile, json_text):
        monkeypatch.setattr(module, "MAX_LINE_CHARS", 200)
    short = json.dumps({"id": 1, "title": "Shirt"})
    long = json.dumps({"id": 2, "title": "Shirt", "description": "x" * 500})
    rows = read_feed("\n".join([short, long, short.replace("1", "3")]))
    assert [getattr(row, "reason", "") for row in rows] == ["", "line too long", ""]
    assert [row.line for row in rows] == [1, 2, 3]


def test_an_object_of_attributes_describes_the_record(read_feed: ReadFeed) -> None:
    attributes = {"Color": "Navy", "title": "not this one", "sizes": ["S", "M"], "wash": 30}
    record = {"sku": "A", "title": "Shirt", "price": 9.5, "attributes": attributes}
    rows = [row for row in read_feed(json.dumps(record)) if isinstance(row, Row)]
    assert [(row.title, row.color, row.size) for row in rows] == [
        ("Shirt", "Navy", "S"),
        ("Shirt", "Navy", "M"),
    ]


@given(
    st.lists(
        st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=9), max_size=3), max_size=6
    ),
    st.dictionaries(
        st.text(max_size=4).filter(lambda k: k != "products"), st.integers() | st.text(), max_size=2
    ),
    st.sampled_from([None, 0, 2, "\t"]),
    st.integers(1, 40),
)
def test_products_in_an_object_are_read_whatever_stands_around_them(
    products: list[dict[str, object]], around: dict[str, object], indent: int | str | None, piece: int
) -> None:
    text = json.dumps({**around, "products": products, "after": [{"products": [1]}]}, indent=indent)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder) / "feed.json"
        path.write_bytes(text.encode())
        pieces = [text[at : at + piece] for at in range(0, len(text), piece)]
        patch.setattr(json_text, "read_chunks", lambda _: iter(pieces))
        found = list(json_text.read_objects(path))
    assert [value for _, value in found] == products
    assert all(1 <= line <= text.count("\n") + 1 for line, _ in found)
