"""The log of answered outfit requests, and what falls out of the state with age. Knows no HTTP and no summary.

Rows are written by a thread of their own, some together, so that no request waits for the disk; where that fails or
cannot keep up, rows are lost rather than requests.
"""

from __future__ import annotations

import json
import logging
import queue
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from service.db.moments import doubt
from service.db.session import State, insert_new, to_text, utc_now
from service.db.tables import OutfitRow, RequestRow
from service.schemas.outfits import OutfitRequest, OutfitResponse

log = logging.getLogger(__name__)

_WAITING = 10_000
_TOGETHER = 200
_PRUNE_SECONDS = 6 * 3600.0
_PRUNED_TOGETHER = 1_000
"""Rows that one transaction deletes: others must not wait long for the database."""
_VIBE_CHARS = 500


@dataclass(frozen=True, slots=True)
class _Mark:
    """Comes after everything noted before it."""

    reached: threading.Event


class RequestRepository:
    """Writes to one state until it is closed. `keep_vibes`: whether what shoppers typed is kept with the rows.

    Rows of requests, and stored outfits, older than `keep_days` are deleted, at the start and every few hours. `also`
    are told the moment with them: each deletes what is older, and answers how many rows that was.
    """

    def __init__(
        self,
        state: State,
        keep_days: int,
        *,
        keep_vibes: bool = False,
        also: Sequence[Callable[[str], int]] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._clock = clock
        self.doubt: str | None = None
        """Why nothing is deleted for its age, where the clock has jumped."""
        self._state = state
        self._keep = timedelta(days=keep_days)
        self._keep_vibes = keep_vibes
        self._also = tuple(also)
        self._waiting: queue.Queue[dict[str, Any] | _Mark | None] = queue.Queue(_WAITING)
        self._pruned = float("-inf")
        self._thread = threading.Thread(target=self._run, name="requests-log", daemon=True)
        self._thread.start()

    def note(self, request: OutfitRequest, response: OutfitResponse, ms: float) -> None:
        """An answered request, and how long it took in milliseconds. Never waits, never raises."""
        row = {
            "request_id": response.request_id,
            "created": utc_now(),
            "vibe": plain(request.vibe) if self._keep_vibes else None,
            "wanted": request.count,
            "outfits": len(response.outfits),
            "unmet": json.dumps([unmet.constraint for unmet in response.unmet]),
            "composer": response.composer,
            "style": response.style.name,
            "experiment": request.experiment and request.experiment.replace("\0", ""),
            "ms": ms,
        }
        try:
            self._waiting.put_nowait(row)
        except queue.Full:
            log.warning("the log of requests cannot keep up: a row is lost")

    def settle(self, seconds: float = 2.0) -> None:
        """Wait, so long at most, until what was noted so far is written."""
        mark = _Mark(threading.Event())
        try:
            self._waiting.put(mark, timeout=seconds)
        except queue.Full:
            return
        mark.reached.wait(seconds)

    def close(self) -> None:
        """Write what is waiting, and stop."""
        self._waiting.put(None)
        self._thread.join(10.0)

    def prune(self) -> int:
        """Delete what is too old; how many rows that was. None while the clock is doubted."""
        now = self._clock()
        self.doubt = doubt(self._state, now)
        if self.doubt is not None:
            log.warning("%s", self.doubt)
            return 0
        before = to_text(now - self._keep)
        rows = self._forget(RequestRow, before) + self._forget(OutfitRow, before)
        return rows + sum(prune(before) for prune in self._also)

    def _run(self) -> None:
        while True:
            if time.monotonic() - self._pruned >= _PRUNE_SECONDS:
                self._prune_quietly()
            try:
                batch = [self._waiting.get(timeout=60.0)]
            except queue.Empty:
                continue
            while len(batch) < _TOGETHER and not self._waiting.empty():
                batch.append(self._waiting.get())
            self._write([entry for entry in batch if isinstance(entry, dict)])
            for entry in batch:
                if isinstance(entry, _Mark):
                    entry.reached.set()
            if None in batch:
                return

    def _write(self, rows: Sequence[dict[str, Any]]) -> None:
        try:
            with self._state.session() as session:
                for row in rows:
                    if not insert_new(session, RequestRow, row):
                        # Clients may send a request id of their own, and some send the same with every request.
                        row = {**row, "request_id": f"{row['request_id']}.{secrets.token_hex(4)}"}
                        insert_new(session, RequestRow, row)
        except Exception as error:  # whatever it is, the next rows may do better
            log.warning("%d rows of the log of requests are lost: %s", len(rows), type(error).__name__)

    def _prune_quietly(self) -> None:
        self._pruned = time.monotonic()
        try:
            if count := self.prune():
                log.info("%d rows older than %d days are deleted", count, self._keep.days)
        except Exception as error:  # likewise: the thread must go on
            log.warning("old rows cannot be deleted: %s", type(error).__name__)

    def _forget(self, table: type[RequestRow] | type[OutfitRow], before: str) -> int:
        key = RequestRow.request_id if table is RequestRow else OutfitRow.id
        old = select(key).where(table.created < before).limit(_PRUNED_TOGETHER)
        count = 0
        while True:
            with self._state.session() as session:
                gone = session.scalars(delete(table).where(key.in_(old)).returning(key)).all()
            count += len(gone)
            if len(gone) < _PRUNED_TOGETHER:
                return count


def plain(vibe: str) -> str:
    """A vibe without what tells two ways of typing it apart: case and spaces."""
    return " ".join(vibe.replace("\0", "").casefold().split())[:_VIBE_CHARS]
