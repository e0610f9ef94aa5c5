"""What staff decided of styles: which are retired, and which one is composed with when a request names none.

Keeps rows; knows neither adapters nor whether a style is there.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from sqlalchemy import select, update

from indexer.errors import StylistError
from service.db.session import State, upsert, utc_now
from service.db.tables import StyleRow
from service.polling import Pace

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
"""How old the choices may be that a request goes by; those made through the same book count at once."""


@dataclass(frozen=True, slots=True)
class Choices:
    """The staff's decisions at one moment. `default` is None while the setting decides."""

    default: str | None = None
    retired: frozenset[str] = frozenset()


class StylePolicyRepository:
    """The choices of one state, as this process and others make them. Safe to use from any thread."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._choices = Choices()
        self._pace = Pace(lambda: POLL_SECONDS)

    def choices(self) -> Choices:
        """What holds now. While the database cannot be read, what held before."""
        if self._pace.due():
            try:
                with self._lock:
                    self._look()
            except StylistError as error:
                log.warning("the choice of styles cannot be read: %s", error)
        return self._choices

    def decide(self, name: str, *, default: bool | None, retired: bool | None) -> Choices:
        """Change what is not None, and answer what holds then. A new default takes the place of the one before."""
        given = {"is_default": default, "retired": retired}
        changed = {column: value for column, value in given.items() if value is not None}
        with self._lock:
            with self._state.session() as session:
                if default:
                    session.execute(update(StyleRow).where(StyleRow.name != name).values(is_default=False))
                row = session.get(StyleRow, name)
                before = {"is_default": row.is_default, "retired": row.retired} if row else {}
                now = {"is_default": False, "retired": False, **before, **changed}
                upsert(session, StyleRow, {"name": name, "updated": utc_now(), **now})
            self._look()
        return self._choices

    def _look(self) -> None:
        self._pace.looked()
        with self._state.session() as session:
            rows = session.execute(select(StyleRow.name, StyleRow.is_default, StyleRow.retired)).all()
        default = next((name for name, is_default, _ in sorted(rows) if is_default), None)
        self._choices = Choices(default, frozenset(name for name, _, retired in rows if retired))
