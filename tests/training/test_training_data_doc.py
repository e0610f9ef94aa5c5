"""docs/training-data.md shows files that can be imported, and lists every field."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from factories import item
from importer_store import catalogue_of
from pydantic import BaseModel

from indexer.item import Slot, Variant
from indexer.storage.catalogue import Catalogue
from training.importers.catalog import ImportReport
from training.importers.feedback import read_feedback
from training.importers.feedback_events import FeedbackEvent
from training.importers.orders import OrderLine, read_orders
from training.importers.store_looks import StoreLook, StoreLookRow, read_store_looks

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs" / "training-data.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    (text,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", DOC, re.MULTILINE | re.DOTALL)
    return str(text)


def examples(title: str, folder: Path) -> list[Path]:
    """The examples of a section, as files."""
    paths = []
    for n, (suffix, body) in enumerate(
        re.findall(r"^```(csv|jsonl)\n(.*?)^```$", section(title), re.MULTILINE | re.DOTALL)
    ):
        paths.append(folder / f"{n}.{suffix}")
        paths[-1].write_text(body, encoding="utf-8")
    return paths


@pytest.fixture(scope="module")
def sample_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """The products of the sample store that the document names, in all their colourways and sizes."""
    named = set(re.findall(r"\b[A-Z]{2}-\d{4}-[A-Z]{3}(?:-\w+)?\b", DOC))
    slots: dict[str, Slot] = {"MV-1008": "top", "MV-1121": "bottom", "CV-1405": "shoes", "OR-1603": "jewelry"}
    slots |= {"QM-1005": "top", "BW-1110": "bottom", "CV-1414": "shoes", "CM-1305": "outerwear"}
    slots |= {"SH-1509": "bag", "SH-1213": "dress"}
    sold: dict[str, tuple[str, list[str]]] = {}
    with (ROOT / "inventory_samples" / "store.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            colourway = row["sku"].rpartition("-")[0]
            if row["group_id"] in slots:
                sold.setdefault(colourway, (row["title"], []))[1].append(row["sku"])
    assert named <= {*sold, *(sku for _, sizes in sold.values() for sku in sizes)}
    items = [
        item(sku, slots[sku[:7]], title=title, variants=tuple(Variant(size, None, 1, 9.0) for size in sizes))
        for sku, (title, sizes) in sold.items()
    ]
    with catalogue_of(items, tmp_path_factory.mktemp("sample")) as opened:
        yield opened


def clean(report: ImportReport) -> bool:
    return not (report.unknown or report.uncomposed or report.repeated or report.dropped)


def test_the_documented_looks_can_be_imported(tmp_path: Path, sample_store: Catalogue) -> None:
    (first, second), report = read_store_looks(examples("The store's own looks", tmp_path)[0], sample_store)
    (same,), other = read_store_looks(examples("The store's own looks", tmp_path)[1], sample_store)
    assert clean(report)
    assert clean(other)
    assert first == same
    assert len(second.pieces) == 4


def test_the_documented_orders_can_be_imported(tmp_path: Path, sample_store: Catalogue) -> None:
    table, lines = examples("Orders", tmp_path)
    for path in (table, lines):
        (found,), report = read_orders(path, sample_store)
        assert clean(report)
        assert len(found.pieces) == 2


def test_the_documented_events_can_be_imported(tmp_path: Path, sample_store: Catalogue) -> None:
    found = read_feedback(examples("Feedback", tmp_path), sample_store)
    assert clean(found.report)
    assert [len(look.pieces) for look in found.looks] == [3]
    assert [(p.id, p.slot) for p in found.preferences] == [("swap/e-2", "bottom"), ("dislike/e-3", "shoes")]


@pytest.mark.parametrize(
    ("title", "schema"),
    [("The store's own looks", StoreLook), ("Orders", OrderLine), ("Feedback", FeedbackEvent)],
)
def test_the_tables_list_every_field(title: str, schema: type[BaseModel]) -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", section(title), re.MULTILINE)
    assert {name for name, _ in rows} == set(schema.model_fields)
    assert {name for name, needed in rows if needed == "yes"} == {
        name for name, field in schema.model_fields.items() if field.is_required()
    }
    if schema is StoreLook:
        in_a_row = set(StoreLook.model_fields) - {"skus", "near_misses"}
        assert set(StoreLookRow.model_fields) == in_a_row | {"sku"}
