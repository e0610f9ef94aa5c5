"""Pages of the catalogue: whole, without repeats, and cursors that lead nowhere else."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quick_builds import QuickEmbedder

import inventory_samples
from indexer.pipeline.build import build_snapshot
from indexer.pipeline.read import FeedSource
from indexer.storage.snapshot import SnapshotStore
from service.catalog.browse import page
from service.catalog.view import CatalogView
from service.errors import InvalidError
from service.schemas.catalog import ItemPage, ItemQuery


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CatalogView]:
    folder: Path = tmp_path_factory.mktemp("pages")
    lines = (Path(inventory_samples.__file__).parent / "store.jsonl").read_text().splitlines()
    feed = folder / "store.jsonl"
    feed.write_text("\n".join(lines[::30]))
    build_snapshot(SnapshotStore(folder), [FeedSource(feed)], QuickEmbedder())
    snapshot = SnapshotStore(folder).current()
    yield CatalogView(snapshot)
    snapshot.close()


def ask(query: ItemQuery, view: CatalogView) -> ItemPage:
    return page(query, view, QuickEmbedder())


def walk(query: ItemQuery, view: CatalogView) -> Iterator[ItemPage]:
    while True:
        found = ask(query, view)
        yield found
        if found.next_cursor is None:
            return
        query = replace(query, cursor=found.next_cursor)


queries = st.builds(
    ItemQuery,
    q=st.sampled_from([None, "linen shirt", "  ", "black tie gala"]),
    slot=st.sampled_from([None, "top", "shoes"]),
    department=st.sampled_from([None, "women", "kids"]),
    color=st.sampled_from([None, "black"]),
    max_price=st.sampled_from([None, 60.0, 0.0]),
    in_stock=st.sampled_from([None, True, False]),
    limit=st.integers(7, 100),
)


@settings(max_examples=40, deadline=None)
@given(queries)
def test_pages_are_the_whole_list_in_one_order_and_nothing_twice(view: CatalogView, query: ItemQuery) -> None:
    pages = list(walk(query, view))
    groups = [item.sku for page in pages for item in page.items]
    assert len(groups) == len(set(groups)) == pages[0].total
    assert {page.total for page in pages} == {pages[0].total}
    assert all(len(page.items) == query.limit for page in pages[:-1])
    again = [i.sku for page in walk(replace(query, limit=100), view) for i in page.items]
    assert again == groups  # whatever the size of a page


def field_of(query: ItemQuery, view: CatalogView) -> tuple[str, str]:
    with pytest.raises(InvalidError) as caught:
        ask(query, view)
    (error,) = caught.value.errors
    return error.field, error.message


def test_a_cursor_belongs_to_its_query_and_its_index(view: CatalogView) -> None:
    query = ItemQuery(slot="top", limit=2)
    cursor = ask(query, view).next_cursor
    assert cursor is not None
    assert len(ask(ItemQuery(slot="top", limit=5, cursor=cursor), view).items) == 5
    assert field_of(ItemQuery(slot="shoes", cursor=cursor), view)[1].startswith(
        "was not given for this query"
    )
    version, last, check = json.loads(base64.urlsafe_b64decode(cursor))
    for content, message in [
        (["another", last, check], "belongs to another index"),
        ([version, last + 1, check], "was not given"),
        ([version, -1, check], "was not given"),
        ([version, True, check], "was not given"),
        ([version, None, None], "was not given"),
        ([version, last], "is not one"),
        ({}, "is not one"),
        (7, "is not one"),
    ]:
        tampered = base64.urlsafe_b64encode(json.dumps(content).encode()).decode()
        field, told = field_of(replace(query, cursor=tampered), view)
        assert (field, told.startswith(message)) == ("cursor", True), content


@given(st.text(min_size=1, max_size=60))
def test_no_text_breaks_a_cursor(view: CatalogView, text: str) -> None:
    assert field_of(ItemQuery(cursor=text), view)[0] == "cursor"


def test_what_ceases_to_match_between_two_pages_costs_no_other_item(view: CatalogView) -> None:
    first = ask(ItemQuery(q="coat", in_stock=True, limit=2), view)
    whole = [i.sku for p in walk(ItemQuery(q="coat", in_stock=True, limit=100), view) for i in p.items]
    sold_out = view.columns.stocked.copy()
    for item in first.items:
        sold_out[view.find(item.sku).position] = False
    later = CatalogView(view.snapshot)
    later.columns = replace(view.columns, stocked=sold_out)
    query = ItemQuery(q="coat", in_stock=True, limit=100, cursor=first.next_cursor)
    assert [i.sku for p in walk(query, later) for i in p.items] == whole[2:]
