"""Changes of stock, kept in the database, in one order for all processes. Knows no items and no HTTP.

Moments are text of the form of `utc_now`, but they come from a clock of the database's own that only goes forward
(a hybrid logical clock: Kulkarni et al. 2014): every change and every start of a build gets a later one than all
before it, whatever the machine's clock does.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

from service.catalog.stock_overlay import StockUpdate
from service.catalog.stock_patches import Said
from service.db.session import State, insert_new, to_text, upsert, utc_now
from service.db.tables import StockMomentRow, StockRow
from service.polling import Pace

POLL_SECONDS = 1.0
"""How often a request looks whether another process has changed the stock."""

_BLOCK = 500  # values per statement: under every database's limit of bound parameters
_CLOCK = "clock"
_TABLE = StockRow.metadata.tables[StockRow.__tablename__]
_NOTES = select(
    StockRow.sku,
    StockRow.size,
    StockRow.quantity,
    StockRow.quantity_at,
    StockRow.price,
    StockRow.price_at,
)


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
            found = _moment(session, _CLOCK)
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
                session.execute(insert(_TABLE), [asdict(note) for note in notes.values()])
        return self._advance(moments[-1])

    def since(self, moment: str, floor: str) -> list[StockUpdate]:
        """What was said after the moment, as far as it was said after `floor` as well."""
        query = _NOTES.where(or_(StockRow.quantity_at > moment, StockRow.price_at > moment))
        with self._state.session() as session:
            notes = [StockUpdate(*row) for row in session.execute(query)]
        return [kept for note in notes if (kept := note.after(floor)) is not None]

    def mark(self) -> str:
        """The moment from which on a build reads its feeds: what was said before it, the feeds overrule."""
        with self._state.session() as session:
            return _tick(session, 1)[0]

    def confirm(self, version: str, moment: str) -> None:
        """Feeds read from `moment` on hold what the index of this version has, so that no new one was made."""
        with self._state.session() as session:
            _tick(session, 1)
            upsert(session, StockMomentRow, {"name": version, "at": moment})

    def confirmed(self, version: str) -> str:
        """The latest moment of `confirm` for the version, "" without one."""
        with self._state.session() as session:
            return _moment(session, version)

    def forget(self, before: str) -> None:
        """Drops what was said up to the moment: every index that is kept was read from its feeds after it."""
        with self._state.session() as session:
            session.execute(
                delete(StockRow).where(StockRow.quantity_at <= before, StockRow.price_at <= before)
            )
            old = delete(StockMomentRow).where(StockMomentRow.at <= before)
            session.execute(old.where(StockMomentRow.name != _CLOCK))

    def _advance(self, moment: str) -> str:
        with self._lock:
            self._now = max(self._now, moment)
            return self._now


def _moment(session: Session, name: str) -> str:
    return session.scalar(select(StockMomentRow.at).filter_by(name=name)) or ""


def _tick(session: Session, count: int, after: str = "") -> list[str]:
    """`count` moments that are nobody else's. Holds the clock, and with it all other writers, to the end of the
    transaction.
    """
    # A write first, because SQLite gives the lock to no reader whose view is old by then.
    insert_new(session, StockMomentRow, {"name": _CLOCK, "at": ""})
    now = session.scalars(select(StockMomentRow.at).filter_by(name=_CLOCK).with_for_update()).one()
    first = max(utc_now(), _later(now, 1), _later(after, 1))
    moments = [_later(first, n) for n in range(count)]
    session.execute(update(StockMomentRow).filter_by(name=_CLOCK).values(at=moments[-1]))
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
        yield from (StockUpdate(*row) for row in session.execute(_NOTES.where(StockRow.sku.in_(block))))


def _blocks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[i : i + _BLOCK] for i in range(0, len(values), _BLOCK))
