"""Changes of stock are seen by everything and every process, and overruled by newer feeds alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from waiting import wait_until

from indexer.embedder import load_embedder
from indexer.pipeline.read import FeedSource
from indexer.storage.snapshot import SnapshotStore
from service.catalog.live import LiveCatalog
from service.catalog.stock_patches import Said, StockPatch
from service.cli.compose import run as compose_here
from service.db.repositories import stock as stock_module
from service.db.repositories.stock import StockRepository
from service.db.session import State
from service.errors import UnavailableError
from service.indexing.build import build_index
from service.indexing.order import BuildOrder
from service.indexing.runner import JobRunner
from service.recommender.recommender import StoreRecommender, open_recommender
from service.schemas.catalog import ItemQuery
from service.schemas.outfits import OutfitRequest
from service.settings import Settings

FEED = """sku,group_id,title,category,gender,color,size,price,currency,quantity
T1-S,T1,Silk camisole,Tops,women,black,S,40,EUR,3
T1-M,T1,Silk camisole,Tops,women,black,M,40,EUR,3
T2,T2,Linen shirt,Shirts,women,white,M,45,EUR,2
B1,B1,Wide trousers,Trousers,women,white,38,60,EUR,5
B2,B2,Denim jeans,Jeans,women,blue,38,70,EUR,5
S1,S1,Strappy sandals,Sandals,women,black,39,50,EUR,4
S2,S2,White sneakers,Sneakers,women,white,39,55,EUR,1
D1,D1,Slip dress,Dresses,women,red,M,80,EUR,2
"""


def said(sku: str, quantity: int | None = None, price: float | None = None, size: str = "") -> Said:
    return Said(sku, size, quantity, price)


def known(book: StockRepository, since: str = "", floor: str = "") -> dict[tuple[str, str], tuple[Any, Any]]:
    return {(n.sku, n.size): (n.quantity, n.price) for n in book.since(since, floor)}


@pytest.fixture
def store(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(stock_module, "POLL_SECONDS", 0.0)
    monkeypatch.setattr("service.catalog.live.POLL_SECONDS", 0.0)
    updated = settings.model_copy(update={"composer": "retrieval", "adapters_dir": tmp_path / "adapters"})
    index(updated, FEED)
    return updated


def index(settings: Settings, feed: str) -> None:
    path = settings.data_dir.parent / "feed.csv"
    path.write_text(feed)
    build_index(settings, [FeedSource(path)])


@pytest.fixture
def holders(store: Settings) -> Iterator[list[LiveCatalog]]:
    """Two processes that serve one data folder."""
    with ExitStack() as stack:
        states = [stack.enter_context(closing(State.of(store))) for _ in range(2)]
        snapshots = SnapshotStore(store.data_dir)
        yield [
            stack.enter_context(closing(LiveCatalog(snapshots, load_embedder(), StockRepository(state))))
            for state in states
        ]


def patch(sku: str, size: str | None = None, **values: Any) -> StockPatch:
    return StockPatch(sku=sku, size=size, **values)


def sold(holder: LiveCatalog, sku: str) -> list[tuple[int | None, float | None]] | None:
    with holder.lease() as view:
        found = view.find(sku)
    return None if found is None else [(v.quantity, v.price) for v in found.item.variants]


def test_a_change_is_seen_at_once_here_and_soon_elsewhere(holders: list[LiveCatalog]) -> None:
    here, elsewhere = holders
    with here.lease() as under_way:
        result = here.patch_stock(
            [patch("T1-S", "M", quantity=0), patch("X", quantity=1), patch("B1", price=60.0)]
        )
        assert (result.applied, result.items) == (2, 1)
        assert [(u.index, u.sku) for u in result.unknown] == [(1, "X")]
        assert under_way.find("T1-M").variant.in_stock  # type: ignore[union-attr]
    for holder in (here, elsewhere):
        assert sold(holder, "T1-S") == [(3, 40.0), (0, 40.0)]
        with holder.lease() as view:
            assert view.find("T1-M").variant.quantity == 0  # type: ignore[union-attr]
            assert view.columns.in_size(["S"]).sum() == 1
    elsewhere.patch_stock([patch("T1-M", price=12.0)])
    assert sold(here, "T1-S") == [(3, 40.0), (0, 12.0)]


def test_newer_feeds_overrule_older_changes_and_no_others(
    holders: list[LiveCatalog], store: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, elsewhere = holders
    here.patch_stock([patch("B1", quantity=0, price=9.0), patch("D1", quantity=0)])
    version = SnapshotStore(store.data_dir).current_version()
    mark = StockRepository.mark

    def mark_then_sell(book: StockRepository) -> str:
        started = mark(book)
        here.patch_stock([patch("B1", quantity=1), patch("S2", quantity=0)])  # while the build is under way
        return started

    monkeypatch.setattr(StockRepository, "mark", mark_then_sell)
    index(store, FEED.replace("Slip dress", "Slip gown"))
    for holder in holders:
        assert sold(holder, "B1") == [
            (1, 60.0)
        ]  # the quantity was said after the feeds were read, the price before
        assert sold(holder, "D1") == [(2, 80.0)]
        assert sold(holder, "S2") == [(0, 55.0)]
    SnapshotStore(store.data_dir).rollback(version)
    here.reload()
    assert sold(here, "B1") == [(1, 9.0)]
    assert sold(elsewhere, "D1") == [(0, 80.0)]


def test_feeds_that_say_the_same_again_overrule_too(holders: list[LiveCatalog], store: Settings) -> None:
    here, elsewhere = holders
    here.patch_stock([patch("B1", quantity=0)])
    assert sold(elsewhere, "B1") == [(0, 60.0)]
    version = SnapshotStore(store.data_dir).current_version()
    index(store, FEED)
    assert SnapshotStore(store.data_dir).current_version() == version
    assert sold(here, "B1") == sold(elsewhere, "B1") == [(5, 60.0)]
    here.patch_stock([patch("B1", quantity=2)])
    assert sold(elsewhere, "B1") == [(2, 60.0)]


def test_a_build_that_is_taken_up_again_is_as_of_its_order(store: Settings) -> None:
    began, orders = threading.Event(), []

    def build(order: BuildOrder, progress: Any) -> Any:
        orders.append(order)
        progress.start("read", 1)
        began.set()
        while len(orders) == 1:
            progress.advance(0)  # raises once the runner stops
        return build_index(store, order.feeds, started=order.started)

    with closing(State.of(store)) as state:
        book = StockRepository(state)
        asked = BuildOrder((FeedSource(store.data_dir.parent / "feed.csv"),))
        first = JobRunner(state, build, lambda: None, store.data_dir)
        job = first.submit(asked)
        assert began.wait(30)
        said_meanwhile = book.write([said("B1", 0)])
        first.close()
        second = JobRunner(state, build, lambda: None, store.data_dir)
        second.start()
        wait_until(lambda: second.get(job.id).finished)
        assert second.get(job.id).error is None
        assert orders[0].started == orders[1].started < said_meanwhile
        assert known(book, floor=book.confirmed(second.get(job.id).report["version"])) == {
            ("B1", ""): (0, None)
        }
        second.close()


def test_what_no_kept_index_needs_is_dropped(store: Settings) -> None:
    with closing(State.of(store)) as state:
        book = StockRepository(state)
        book.write([said("B1", 0)])
        for n in range(6):  # more than are kept
            index(store, FEED.replace("M,80", f"M,{81 + n}"))
        assert book.since("", "") == []
        book.write([said("B1", 4)])
        assert [note.quantity for note in book.since("", "")] == [4]


def test_a_snapshot_of_before_has_no_start_and_is_read(store: Settings) -> None:
    snapshots = SnapshotStore(store.data_dir)
    manifest = snapshots.manifest(snapshots.current_version() or "")
    assert manifest.started
    old = manifest.model_copy(update={"started": ""}).render()
    assert "started" not in old
    assert type(manifest).parse(old.encode(), "old").started == ""


def test_without_a_database_nothing_can_be_said(store: Settings) -> None:
    with (
        closing(LiveCatalog(SnapshotStore(store.data_dir), load_embedder())) as holder,
        pytest.raises(UnavailableError),
    ):
        holder.patch_stock([patch("B1", quantity=0)])


def test_the_command_line_sees_changes(store: Settings) -> None:
    with closing(State.of(store)) as state:
        StockRepository(state).write([said("D1", price=3.0), said("T1-S", 0), said("T1-M", 0), said("T2", 0)])
    options = {"vibe": "evening", "department": "women", "seed": 1, "count": 1}
    answer = compose_here(store, options, as_json=True)
    assert '"sku":"D1"' in answer
    assert '"price":3.0' in answer


SKUS = ["T1-S", "T1-M", "T2", "B1", "B2", "S1", "S2", "D1"]
rows = st.builds(
    StockPatch,
    sku=st.sampled_from(SKUS),
    quantity=st.integers(0, 1),
    price=st.none() | st.sampled_from([10.0, 30.0, 99.0]),
)


@pytest.fixture
def served(store: Settings) -> Iterator[StoreRecommender]:
    with (
        closing(State.of(store)) as state,
        closing(open_recommender(store, book=StockRepository(state))) as opened,
    ):
        yield opened


def ask(**body: Any) -> OutfitRequest:
    values = {"vibe": "summer evening", "seed": 3, "department": "women"}
    return OutfitRequest.model_validate({**values, **body})


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(rows, min_size=1, max_size=8), st.none() | st.integers(20, 200))
def test_no_outfit_is_sold_out_or_of_a_stale_price(served: StoreRecommender, drawn: Any, budget: Any) -> None:
    served.patch_stock(drawn)
    items = served.items(ItemQuery(limit=100)).items
    stock = {v.sku: v for i in items for v in i.variants}
    for sku in {row.sku for row in drawn}:
        assert stock[sku].quantity == [r.quantity for r in drawn if r.sku == sku][-1]
        prices = [r.price for r in drawn if r.sku == sku and r.price is not None]
        assert not prices or stock[sku].price == prices[-1]
    limit = {} if budget is None else {"budget": {"max": budget}}
    for anchors in ([], [drawn[0].sku]):
        answer = served.compose(ask(anchors=anchors, **limit), "r")
        pieces = [piece for outfit in answer.outfits for piece in outfit.items]
        assert all(stock[p.sku].in_stock and stock[p.sku].price == p.price for p in pieces)
        assert answer.outfits or answer.unmet
    cheap = {i.sku for i in served.items(ItemQuery(max_price=30.0, in_stock=True)).items}
    assert cheap == {i.sku for i in items if i.in_stock and (i.price or 0) <= 30.0}


def test_outfits_of_another_stock_have_other_ids(served: StoreRecommender) -> None:
    before = served.compose(ask(), "r").outfits
    served.patch_stock([patch("D1", quantity=0)])
    assert not {o.id for o in served.compose(ask(), "r").outfits} & {o.id for o in before}
    served.patch_stock([patch("D1", quantity=2)])
    assert served.compose(ask(), "r").outfits == before
