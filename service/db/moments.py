"""Whether the clock may be trusted to say what is old: it is held against when this state was last seen.

A machine that starts with a clock a hundred days ahead would else delete, for good, all that is younger than that. The
moments are kept with the state, so that a restart forgets nothing. Deletes nothing itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from service.db.session import State, to_text, upsert
from service.db.tables import StockMomentRow

_SEEN, _SINCE = "clock seen", "clock doubted since"
JUMP = timedelta(days=2)
"""More than this since the state was last seen, or less, and the clock is doubted."""
DOUBTED = timedelta(days=7)
"""For so long after: then it has gone on evenly, and is believed."""


def doubt(state: State, now: datetime) -> str | None:
    """Why nothing may be deleted for its age at this moment; None when it may. Notes that the state was seen."""
    with state.session() as session:
        seen, since = _read(session, _SEEN), _read(session, _SINCE)
        _write(session, _SEEN, now)
        if (
            seen is None or (seen - now) > JUMP
        ):  # new, or back from a clock that was ahead: then all is as before
            _write(session, _SINCE, None)
            return None
        if now - seen > JUMP:
            _write(session, _SINCE, now)
            return _reason(now, (now - seen).days)
        if since is None:
            return None
        if now - since < DOUBTED:
            return _reason(since, None)
        _write(session, _SINCE, None)
        return None


def _reason(since: datetime, days: int | None) -> str:
    ahead = f"{days} days " if days else ""
    return (
        f"the clock was found {ahead}ahead of when this state was last seen, on {since:%Y-%m-%d} by itself: nothing is"
        f" deleted for its age until it has gone on evenly for {DOUBTED.days} days"
    )


def _read(session: Session, name: str) -> datetime | None:
    row = session.get(StockMomentRow, name)
    return None if row is None or not row.at else datetime.fromisoformat(row.at)


def _write(session: Session, name: str, at: datetime | None) -> None:
    upsert(session, StockMomentRow, {"name": name, "at": "" if at is None else to_text(at)})
