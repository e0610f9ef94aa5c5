"""A store's own looks and orders become styled looks; whatever does not is reported or refused by name."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from importer_store import SLOTS_BY_SKU, catalogue_of, pieces, write

from indexer.storage.catalogue import Catalogue
from training.data.looks import StyledLook, split_by_time
from training.importers.orders import OrderLine, read_orders
from training.importers.rows import ImportFileError, read_json_lines, read_rows
from training.importers.store_looks import read_store_looks


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    with catalogue_of(pieces(), tmp_path_factory.mktemp("catalogue")) as opened:
        yield opened


def look(**changes: Any) -> dict[str, Any]:
    return {"id": "a", "vibe": "jazz", "skus": ["T1", "B1", "S1"]} | changes


def test_a_look_has_the_labels_that_serving_scores(tmp_path: Path, catalogue: Catalogue) -> None:
    path = write(
        tmp_path / "looks.jsonl", look(skus=["T1", "B1", "Z1-39"], season="summer", created="2025-04-02")
    )
    (found,), report = read_store_looks(path, catalogue)
    assert found == StyledLook(
        id="store/a",
        group="jazz",
        source="store",
        pieces={"top": "black piece t1", "bottom": "black piece b1", "shoes": "black sized sandals"},
        phrasings=("jazz",),
        department="women",
        season="summer",
        created="2025-04-02T00:00:00+00:00",
    )
    assert report.lines() == ["1 rows, 1 looks"]


def test_what_is_left_out_is_counted_and_named(tmp_path: Path, catalogue: Catalogue) -> None:
    path = write(
        tmp_path / "looks.jsonl",
        look(id="whole", skus=["D1", "GONE", "GIFT", "S1", "S2"]),
        look(id="torn", skus=["T1", "GONE", "S1"]),
    )
    (found,), report = read_store_looks(path, catalogue)
    assert dict(found.pieces) == {"dress": "black piece d1", "shoes": "black piece s1"}
    assert report.unknown == {"GONE": 2}
    assert report.uncomposed == {"GIFT": 1}
    assert report.repeated == {"S2": 1}
    assert report.dropped == {"neither a dress nor top and bottom": ["torn"]}
    assert report.lines() == [
        "2 rows, 1 looks",
        "SKUs not in the catalogue: 2 (GONE)",
        "SKUs that are not composed: 1 (GIFT)",
        "second pieces of a slot: 1 (S2)",
        "left out, neither a dress nor top and bottom: 1 (torn)",
    ]


def test_looks_that_share_a_phrasing_share_a_group(tmp_path: Path, catalogue: Catalogue) -> None:
    rows = [
        look(id="a", vibe="Rooftop jazz!"),
        look(id="b", vibe=["night at the opera"]),
        look(id="c", vibe=["opera", "Night at the Opera"]),
        look(id="d", vibe=["rooftop  jazz", "opera"]),
        look(id="e", vibe="beach"),
    ]
    looks, _ = read_store_looks(write(tmp_path / "looks.jsonl", *rows), catalogue)
    assert [found.group for found in looks] == ["rooftop-jazz"] * 4 + ["beach"]
    fewer, _ = read_store_looks(write(tmp_path / "fewer.jsonl", *rows[:3]), catalogue)
    assert [found.group for found in fewer] == ["rooftop-jazz", "night-at-the-opera", "night-at-the-opera"]


def test_rows_of_one_look_need_not_stand_together(tmp_path: Path, catalogue: Catalogue) -> None:
    path = write(
        tmp_path / "looks.csv",
        "id;vibe;sku;season",
        "a;jazz|blues;T1;",
        "b;sea;D1;",
        "a;;B1;summer",
        ";;;",
        "b;;S1;",
    )
    (first, second), report = read_store_looks(path, catalogue)
    assert (first.phrasings, set(first.pieces), first.season) == (
        ("jazz", "blues"),
        {"top", "bottom"},
        "summer",
    )
    assert (second.id, set(second.pieces)) == ("store/b", {"dress", "shoes"})
    assert report.rows == 4


WORDS = st.text("abc xyz,;\"'é\n", min_size=1, max_size=12).filter(str.strip)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.builds(
            lambda vibe, occasion, skus: {"vibe": vibe, "occasion": occasion, "skus": skus},
            st.lists(WORDS, min_size=1, max_size=3),
            WORDS,
            st.lists(st.sampled_from([*SLOTS_BY_SKU, "GONE"]), min_size=1, max_size=5),
        ),
        max_size=4,
    )
)
def test_csv_and_json_lines_say_the_same(
    tmp_path: Path, catalogue: Catalogue, looks: list[dict[str, Any]]
) -> None:
    rows = [row | {"id": f"look {n}"} for n, row in enumerate(looks)]
    as_json, as_csv = tmp_path / "looks.jsonl", tmp_path / "looks.csv"
    as_json.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["id", "vibe", "occasion", "sku"])
    for row in rows:
        table.writerows([row["id"], "|".join(row["vibe"]), row["occasion"], sku] for sku in row["skus"])
    as_csv.write_text(text.getvalue(), encoding="utf-8-sig", newline="")
    assert read_store_looks(as_csv, catalogue)[0] == read_store_looks(as_json, catalogue)[0]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.one_of(
        st.binary(max_size=60),
        st.text('{}[]",:;\n\r\t idskuvbe01\x00é', max_size=80).map(lambda t: f"id,sku,vibe\n{t}".encode()),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner) | st.dictionaries(st.sampled_from(["id", "vibe", "skus", "x"]), inner)
            ),
            max_leaves=8,
        ).map(lambda value: json.dumps(value).encode()),
    ),
    st.sampled_from([".csv", ".jsonl"]),
)
def test_any_bytes_are_read_or_refused_with_the_files_name(
    tmp_path: Path, catalogue: Catalogue, content: bytes, suffix: str
) -> None:
    path = tmp_path / f"any{suffix}"
    path.write_bytes(content)
    try:
        looks, report = read_store_looks(path, catalogue)
    except ImportFileError as error:
        assert str(error).startswith(f"{path}: ")  # noqa: PT017
    else:
        assert report.looks == len(looks) <= report.rows


@pytest.mark.parametrize(
    ("name", "rows", "message"),
    [
        ("l.jsonl", [look(), look(id="b", department="ladies")], "line 2: department: Input should be"),
        ("l.jsonl", [look(), look()], "line 2: id: 'a' is already at line 1"),
        ("l.jsonl", [look(vibe=["ok", " "])], "line 1: vibe.1: String should have at least 1"),
        ("l.jsonl", [look(skus=[])], "line 1: skus: Tuple should have at least 1"),
        ("l.jsonl", [look(colour="red")], "line 1: colour: Extra inputs are not permitted"),
        ("l.jsonl", [look(created="02.04.2025")], "line 1: created: no ISO 8601 date"),
        ("l.jsonl", ["{"], "line 1: Invalid JSON"),
        ("l.csv", ["id,sku,vibe", "a,T1,jazz", "a,B1,blues"], "line 3: vibe: look 'a' has another at line 2"),
        ("l.csv", ["id,sku,vibe", "a,T1,"], "line 2: vibe: look 'a' has none"),
        ("l.csv", ["id,sku,vibe", "a,T1"], "line 2: 2 cells under 3 columns"),
        ("l.csv", ["id,vibe", "a,jazz"], "line 1: sku: column is missing"),
        ("l.csv", ["id,sku,sku", "a,T1,T2"], "line 1: sku: two columns of this name"),
        ("l.csv", ["id,sku,e-mail", "a,T1,x"], "line 1: e-mail: not one of id, sku, vibe"),
        ("l.csv", ["id,sku,vibe", 'a,T1,"jazz'], "line 2: not CSV: unexpected end of data"),
        ("l.xlsx", ["x"], "neither .csv nor .jsonl"),
    ],
)
def test_a_mistake_is_named_by_file_line_and_field(
    tmp_path: Path, catalogue: Catalogue, name: str, rows: list[Any], message: str
) -> None:
    path = write(tmp_path / name, *rows)
    with pytest.raises(ImportFileError, match=re.escape(f"{path}: {message}")):
        read_store_looks(path, catalogue)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, catalogue: Catalogue) -> None:
    with pytest.raises(ImportFileError, match=r"none\.csv: cannot be read: No such file"):
        read_store_looks(tmp_path / "none.csv", catalogue)
    path = tmp_path / "excel.csv"
    path.write_text("id,sku,vibe\n", encoding="utf-16")
    with pytest.raises(ImportFileError, match="not UTF-8"):
        read_store_looks(path, catalogue)


def test_an_order_is_a_look_of_what_was_kept(tmp_path: Path, catalogue: Catalogue) -> None:
    path = write(
        tmp_path / "orders.csv",
        "order_id,sku,ordered_at,customer,returned",
        "1,T1,2025-05-03T01:00:00+02:00,c-1,",
        "2,D1,2025-05-04,,no",
        "1,B1,2025-05-03T01:00:00+02:00,c-1,false",
        "1,S1,2025-05-03T01:00:00+02:00,c-1,true",
        "1,T2,2025-05-03T01:00:00+02:00,c-1,",
        "2,GIFT,2025-05-04,,",
    )
    (found,), report = read_orders(path, catalogue)
    assert found.pieces == {"top": "black piece t1", "bottom": "black piece b1"}
    assert (found.id, found.source, found.phrasings, found.department) == (
        "order/1/women",
        "order",
        (),
        "women",
    )
    assert found.created == "2025-05-02T23:00:00+00:00"
    assert "c-1" not in repr(found)
    assert report.repeated == {"T2": 1}
    assert report.uncomposed == {"GIFT": 1}
    assert report.dropped == {"fewer than two slots": ["2"]}
    assert report.ignored == {"returned": 1}


def test_a_couples_order_is_two_looks(tmp_path: Path, catalogue: Catalogue) -> None:
    rows = [
        {"order_id": "1", "sku": sku, "ordered_at": "2025-05-03"} for sku in ("T1", "M1", "U1", "B1", "M2")
    ]
    looks, report = read_orders(write(tmp_path / "orders.jsonl", *rows), catalogue)
    assert [(found.id, set(found.pieces)) for found in looks] == [
        ("order/1/women", {"top", "bottom"}),
        ("order/1/men", {"top", "bottom"}),
    ]
    assert {found.group for found in looks} == {"order/1"}
    assert report.ignored == {"unisex pieces of an order for several": 1}
    with_bag, _ = read_orders(write(tmp_path / "one.jsonl", *rows[:1], rows[2]), catalogue)
    assert set(with_bag[0].pieces) == {"top", "bag"}


def test_orders_of_one_customer_share_a_group_and_sort_by_time(tmp_path: Path, catalogue: Catalogue) -> None:
    times = {"1": "2025-01-01T23:30:00-05:00", "2": "2025-01-02T01:00:00Z", "3": "2024-12-31"}
    rows = [
        {"order_id": order, "sku": sku, "ordered_at": at, "customer": "c-2" if order == "3" else "c-1"}
        for order, at in times.items()
        for sku in ("T1", "S1")
    ]
    looks, _ = read_orders(write(tmp_path / "orders.jsonl", *rows), catalogue)
    groups = {found.id: found.group for found in looks}
    assert groups["order/1/women"] == groups["order/2/women"] != groups["order/3/women"]
    splits = split_by_time(looks, test_share=0.34)
    assert [found.id for found in splits["train"]] == ["order/3/women"]
    assert min(looks, key=lambda found: found.created).id == "order/3/women"
    assert max(looks, key=lambda found: found.created).id == "order/1/women"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"customer": "Ada Lovelace"}, "customer: no pseudonym"),
        ({"customer": "ada@example.com"}, "customer: no pseudonym"),
        ({"ordered_at": "20250230"}, "ordered_at: no ISO 8601"),
        ({"returned": "perhaps"}, "returned: Input should be a valid boolean"),
        ({"customer": "c-2"}, "customer: order '1' at line 1 is another's"),
    ],
)
def test_a_wrong_order_line_is_named_without_its_value(
    tmp_path: Path, catalogue: Catalogue, change: dict[str, str], message: str
) -> None:
    row = {"order_id": "1", "sku": "T1", "ordered_at": "2025-05-03", "customer": "c-1"}
    path = write(tmp_path / "orders.jsonl", row, row | change)
    with pytest.raises(ImportFileError, match=re.escape(f"{path}: line 2: {message}")) as raised:
        read_orders(path, catalogue)
    assert not any(value in str(raised.value) for value in change.values())


def test_rows_are_given_as_they_are_read(tmp_path: Path) -> None:
    row = {"order_id": "1", "sku": "T1", "ordered_at": "2025-05-03"}
    rows = read_rows(write(tmp_path / "orders.jsonl", row, "no JSON"), OrderLine)
    assert next(rows)[0] == 1
    with pytest.raises(ImportFileError, match="line 2"):
        next(rows)
    assert [n for n, _ in read_json_lines(write(tmp_path / "gaps.jsonl", "", row, "", row), OrderLine)] == [
        2,
        4,
    ]
