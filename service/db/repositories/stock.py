"""Changes of stock, kept in the database, in one order for all processes. Knows no items and no HTTP.

Moments are text of the form of `utc_now`, but they come from a clock of the database's own that only goes forward
(a hybrid logical clock: Kulkarni et al. 2014): every change and every start of a build gets a later one than all
before it, whatever the machine's clock does. The row of an empty SKU and size is that clock. A row of an empty SKU
and an index version as size says when feeds were last found to hold just what that version has.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from indexer.errors import SnapshotError
from service.catalog.stock_overlay import StockUpdate
from service.catalog.stock_patches import Said
from service.db.session import State, insert_new, to_text, upsert, utc_now
from service.db.tables import StockRow
from service.polling import Pace

if TYPE_CHECKING:
    from indexer.pipeline.report import BuildReport
    from indexer.storage.snapshot import SnapshotStore

POLL_SECONDS = 1.0
"""How often a request looks whether another process has changed the stock."""

_BLOCK = 500  # values per statement: under every database's limit of bound parameters
_CLOCK = {"sku": "", "size": ""}
_TABLE = StockRow.metadata.tables[StockRow.__tablename__]
_NOTES = select(StockRow.sku, StockRow.size, StockRow.quantity, StockRow.price, StockRow.updated)


class StockRepository:
    """What staff said of stock. Thread-safe. Raises UnavailableError when the database fails."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._now = ""
        self._pace = Pace(lambda: POLL_SECONDS)

    def now(self) -> str:
        """The moment of the last change that is known here; "" before any. Asks the database once a second."""
        if self._pace.due():
            self.read_now()
        return self._now

    def read_now(self) -> str:
        """The moment of the last change of any process."""
        with self._state.session() as session:
            found = session.scalar(select(StockRow.updated).filter_by(**_CLOCK)) or ""
        self._pace.looked()
        return self._advance(found)

    def write(self, said: Sequence[Said], after: str = "") -> str:
        """Keeps what was said, in order, all or nothing; the moment of the last of it, which is later than `after`."""
        with self._state.session() as session:
            moments = _tick(session, max(len(said), 1), after)
            notes = {(note.sku, note.size): note for note in _read(session, {s.sku for s in said})}
            for one, moment in zip(said, moments, strict=False):
                note = _note(one, moment)
                former = notes.get((one.sku, one.size))
                notes[one.sku, one.size] = note if former is None else former.followed_by(note)
            for skus in _blocks(list({s.sku for s in said})):
                session.execute(delete(StockRow).where(StockRow.sku.in_(skus)))
            if notes:
                session.execute(insert(_TABLE), [_row(note) for note in notes.values()])
        return self._advance(moments[-1])

    def since(self, moment: str, floor: str) -> list[StockUpdate]:
        """What was said after the moment, as far as it was said after `floor` as well."""
        query = _NOTES.where(StockRow.updated > moment, StockRow.sku != "")
        with self._state.session() as session:
            notes = [_parse(*row) for row in session.execute(query)]
        return [kept for note in notes if (kept := note.after(floor)) is not None]

    def mark(self) -> str:
        """The moment from which on a build reads its feeds: what was said before it, the feeds overrule."""
        with self._state.session() as session:
            return _tick(session, 1)[0]

    def confirm(self, version: str, moment: str) -> None:
        """Feeds read from `moment` on hold what the index of this version has, so that no new one was made."""
        with self._state.session() as session:
            _tick(session, 1)
            upsert(session, StockRow, {"sku": "", "size": version, "updated": moment})

    def confirmed(self, version: str) -> str:
        """The latest moment of `confirm` for the version, "" without one."""
        with self._state.session() as session:
            return session.scalar(select(StockRow.updated).filter_by(sku="", size=version)) or ""

    def forget(self, before: str) -> None:
        """Drops what was said up to the moment: every index that is kept was read from its feeds after it."""
        with self._state.session() as session:
            old = delete(StockRow).where(StockRow.updated <= before)
            session.execute(old.where((StockRow.sku != "") | (StockRow.size != "")))

    def _advance(self, moment: str) -> str:
        with self._lock:
            self._now = max(self._now, moment)
            return self._now


def settle(book: StockRepository, store: SnapshotStore, report: BuildReport, started: str) -> None:
    """After a build that began at the moment `started`: what it overruled is not used, or dropped, from now on."""
    if report.dry_run or report.version is None:
        return
    if report.unchanged:
        book.confirm(report.version, started)
    with suppress(SnapshotError):  # a damaged one tells nothing: what was said stays for now
        book.forget(min(store.manifest(version).started for version in store.versions()))


def _tick(session: Session, count: int, after: str = "") -> list[str]:
    """`count` moments that are nobody else's. Holds the clock, and with it all other writers, to the end of the
    transaction.
    """
    # A write first, because SQLite gives the lock to no reader whose view is old by then.
    insert_new(session, StockRow, {**_CLOCK, "updated": ""})
    now = session.scalars(select(StockRow.updated).filter_by(**_CLOCK).with_for_update()).one()
    first = max(utc_now(), _later(now, 1), _later(after, 1))
    moments = [_later(first, n) for n in range(count)]
    session.execute(update(StockRow).filter_by(**_CLOCK).values(updated=moments[-1]))
    return moments


def _later(moment: str, microseconds: int) -> str:
    if not moment:
        return ""
    return to_text(datetime.fromisoformat(moment) + timedelta(microseconds=microseconds))


def _note(said: Said, moment: str) -> StockUpdate:
    return StockUpdate(
        said.sku,
        said.size,
        said.quantity,
        "" if said.quantity is None else moment,
        said.price,
        "" if said.price is None else moment,
    )


def _read(session: Session, skus: set[str]) -> Iterator[StockUpdate]:
    for block in _blocks(list(skus)):
        yield from (_parse(*row) for row in session.execute(_NOTES.where(StockRow.sku.in_(block))))


def _row(note: StockUpdate) -> dict[str, object]:
    """`updated` is the later moment; behind it comes the earlier one, where there are two, with what it is of."""
    (earlier, part), (last, _) = sorted([(note.quantity_at, "quantity"), (note.price_at, "price")])
    updated = f"{last} {part} {earlier}" if earlier and earlier != last else last
    return {
        "sku": note.sku,
        "size": note.size,
        "quantity": note.quantity,
        "price": note.price,
        "updated": updated,
    }


def _parse(sku: str, size: str, quantity: int | None, price: float | None, updated: str) -> StockUpdate:
    last, *earlier = updated.split(" ")
    quantity_at = price_at = last
    if earlier:
        part, moment = earlier
        quantity_at, price_at = (moment, last) if part == "quantity" else (last, moment)
    return StockUpdate(
        sku,
        size,
        quantity,
        "" if quantity is None else quantity_at,
        price,
        "" if price is None else price_at,
    )


def _blocks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[i : i + _BLOCK] for i in range(0, len(values), _BLOCK))
