"""What staff said of stock is durable, in one order, and lost by no other process."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from service.catalog.stock_overlay import StockUpdate
from service.catalog.stock_patches import Said
from service.db.repositories import stock as stock_module
from service.db.repositories.stock import StockRepository
from service.db.session import State, to_text
from service.settings import Settings


@pytest.fixture
def books(any_settings: Settings) -> Iterator[list[StockRepository]]:
    """Two processes' view of one database, of either kind."""
    with ExitStack() as stack:
        yield [StockRepository(stack.enter_context(closing(State.of(any_settings)))) for _ in range(2)]


def said(sku: str, quantity: int | None = None, price: float | None = None, size: str = "") -> Said:
    return Said(sku, size, quantity, price)


def known(book: StockRepository, since: str = "", floor: str = "") -> dict[tuple[str, str], tuple[Any, Any]]:
    return {(n.sku, n.size): (n.quantity, n.price) for n in book.since(since, floor)}


def test_quantity_and_price_are_kept_apart_and_the_last_word_counts(books: list[StockRepository]) -> None:
    book, other = books
    first = book.write([said("A", 3), said("A", 2), said("A", price=9.5, size="M")])
    second = other.write([said("A", price=7.0), said("B", 1)])
    assert known(book) == {("A", ""): (2, 7.0), ("A", "M"): (None, 9.5), ("B", ""): (1, None)}
    assert known(book, since=first) == {("A", ""): (2, 7.0), ("B", ""): (1, None)}
    assert known(book, floor=first) == {("A", ""): (None, 7.0), ("B", ""): (1, None)}
    assert known(book, since=second) == {}
    assert book.read_now() == other.now() == second


def test_a_clock_that_jumps_changes_no_order(
    books: list[StockRepository], monkeypatch: pytest.MonkeyPatch
) -> None:
    book, other = books
    moments = []
    for year in (2031, 2026, 2019):
        now = to_text(datetime(year, 1, 1, tzinfo=UTC))
        monkeypatch.setattr(stock_module, "utc_now", lambda now=now: now)
        moments += [book.write([said("A", year)]), other.mark()]
    assert moments == sorted(set(moments))
    assert known(book) == {("A", ""): (2019, None)}
    assert known(book, floor=moments[-1]) == {}
    assert book.write([said("A", 5)], after="2040-01-01T00:00:00.000000Z") > "2040"


def test_writers_at_once_lose_nothing(books: list[StockRepository]) -> None:
    def write(n: int) -> str:
        return books[n % 2].write([said(f"s{n}", n), said("all", n)])

    with ThreadPoolExecutor(4) as pool:
        moments = list(pool.map(write, range(24)))
    assert len(set(moments)) == 24
    last = max(range(24), key=lambda n: moments[n])
    assert known(books[0]) == {**{(f"s{n}", ""): (n, None) for n in range(24)}, ("all", ""): (last, None)}


def test_a_call_that_fails_midway_keeps_nothing(books: list[StockRepository]) -> None:
    book, other = books
    book.write([said("A", 1)])

    def fail(*arguments: object) -> None:
        if "INSERT INTO stock" in str(arguments[2]) and "DO NOTHING" not in str(arguments[2]):
            raise ValueError("the power is out")

    engine = book._state._engine
    event.listen(engine, "before_cursor_execute", fail)
    with pytest.raises(ValueError, match="power"):
        book.write([said("A", 2), said("B", 2)])
    event.remove(engine, "before_cursor_execute", fail)
    assert known(other) == {("A", ""): (1, None)}


def test_what_was_acknowledged_survives_a_killed_process(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from service.db.session import State\n"
        "from service.db.repositories.stock import StockRepository; from service.catalog.stock_patches import Said\n"
        "book = StockRepository(State(Path(sys.argv[1])))\n"
        "book.write([Said(f's{n}', '', n, None) for n in range(1000)]); print('kept', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process:
        assert process.stdout.readline() == "kept\n"
        process.send_signal(signal.SIGKILL)
    with closing(State(tmp_path)) as state:
        assert known(StockRepository(state)) == {(f"s{n}", ""): (n, None) for n in range(1000)}


def test_notes_compare_by_moment() -> None:
    older, newer = StockUpdate("A", "", 1, "1", 5.0, "1"), StockUpdate("A", "", 2, "2")
    assert older.followed_by(newer) == StockUpdate("A", "", 2, "2", 5.0, "1")
