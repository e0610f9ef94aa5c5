"""The same store in every feed format gives the same catalogue, but for what a format cannot say."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

import pytest

import inventory_samples
from indexer.feeds.open import open_feed
from indexer.item import Item
from indexer.pipeline.group import Staging
from indexer.pipeline.normalise import build_items
from indexer.record import Row

FOLDER = Path(inventory_samples.__file__).parent
SAME_EVERYWHERE = {
    "title",
    "variants",
    "currency",
    "department",
    "brand",
    "kids_line",
    "colors",
    "material",
    "image_url",
}
UNCOUNTED = {"store.products.json", "store.acp.jsonl.gz", "store.ucp.json.gz"}
"""Formats that say whether a size is there, not how many of it."""

LOST = {
    "store.jsonl": set(),
    "store.xlsx": set(),
    # Neither taxonomy nor metafields: category, season, occasion and pattern are read from tags and types.
    "store.products.json": {
        *(
            "group_id",
            "url",
            "category",
            "tags",
            "derived",
            "slot_confidence",
            "formality",
            "pattern",
            "slot",
        ),
        *("kind", "warmth", "nearest", "slot_source"),
    },
    "store.bulk.jsonl.gz": {"group_id", "derived", "formality", "pattern"},
    # No tags, which a few patterns, colours and occasions are read from.
    "store.acp.jsonl.gz": {
        *("tags", "slot_confidence", "derived", "formality", "pattern", "colors", "attributes"),
    },
    "store.ucp.json.gz": set(),
    "store.parquet": set(),
    # No season, occasion or pattern column: read from tags, where the shop put them. No page address.
    "store.shopify.csv": {"group_id", "url", "derived", "formality", "pattern"},
    "store.google.xml": {"url", "derived", "formality"},
    "store.google.tsv": {"url", "derived", "formality"},
    # No product type: a few kinds are known by the category alone, and follow it.
    "store.woocommerce.csv": {
        *(
            "category",
            "url",
            "derived",
            "slot_confidence",
            "group_id",
            "slot",
            "kind",
            "formality",
            "tags",
            "seasons",
            "warmth",
            "attributes",
            "covers",
        ),
    },
}


def catalogue(name: str, folder: Path) -> dict[str, Item]:
    staging = Staging(folder / f"{name}.sqlite")
    for event in open_feed(FOLDER / name).rows():
        assert isinstance(event, Row) or event.reason != "rejected", event
        if isinstance(event, Row):
            assert staging.add(event) is None
    items: dict[str, Item] = {}
    for chunk in staging.chunks(2000):
        for built in build_items(chunk):
            assert isinstance(built, Item), built
            items[built.sku] = built
    return items


def uncounted(item: Item) -> Item:
    """The item with stock as a yes or no."""
    sizes = (dataclasses.replace(v, quantity=int(v.in_stock)) for v in item.variants)
    return dataclasses.replace(item, variants=tuple(sizes))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Item]:
    return catalogue("store.csv", tmp_path_factory.mktemp("plain"))


@pytest.mark.parametrize("name", LOST)
def test_every_format_tells_of_the_same_store(name: str, plain: dict[str, Item], tmp_path: Path) -> None:
    found = catalogue(name, tmp_path)
    assert found.keys() == plain.keys()
    if name in UNCOUNTED:
        found = {sku: uncounted(item) for sku, item in found.items()}
        plain = {sku: uncounted(item) for sku, item in plain.items()}
    differing = Counter(
        field.name
        for sku, item in found.items()
        for field in dataclasses.fields(Item)
        if getattr(item, field.name) != getattr(plain[sku], field.name)
    )
    assert set(differing) <= LOST[name]
    assert not {name for name in SAME_EVERYWHERE if differing[name] > 1}
    same_slot = sum(item.slot == plain[sku].slot for sku, item in found.items())
    assert same_slot >= 0.98 * len(plain)
