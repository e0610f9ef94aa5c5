"""Turns at something that only one thread can use at a time, given in the order of asking. Knows no model.

A plain lock gives no order: under load, a request could be passed over until its deadline.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

_CHECK_SECONDS = 0.1
_NEWEST = 0.3
"""The share of the newest turn in how long one usually takes."""


class FifoLock:
    """A lock that is handed on first come, first served."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._usual = 0.0
        self._since = 0.0
        self._lock = threading.Lock()
        self._queue: deque[threading.Event] = deque()
        self._taken = False

    def take(self, seconds: float, check: Callable[[], None] = lambda: None) -> bool:
        """Waits for a turn, at most so long; False when none came. Who gets True calls `give_back`.

        `check` is called while waiting; what it raises ends the wait.
        """
        with self._lock:
            if not self._taken:
                self._taken, self._since = True, self._clock()
                return True
            mine = threading.Event()
            self._queue.append(mine)
        until = time.monotonic() + seconds
        try:
            while not mine.wait(min(_CHECK_SECONDS, max(0.0, until - time.monotonic()))):
                if time.monotonic() >= until:
                    return self._leave(mine)
                check()
        except BaseException:
            if self._leave(mine):
                self.give_back()
            raise
        return True

    def give_back(self) -> None:
        """The turn is over; whoever has waited longest is next."""
        with self._lock:
            now = self._clock()
            took = now - self._since
            self._usual = took if self._usual == 0.0 else (1 - _NEWEST) * self._usual + _NEWEST * took
            self._since = now
            if self._queue:
                self._queue.popleft().set()
            else:
                self._taken = False

    def expected_wait(self) -> float:
        """Seconds until a turn would come, by how long turns took lately and how many wait; 0 before the first."""
        with self._lock:
            if not self._taken:
                return 0.0
            left = max(0.0, self._usual - (self._clock() - self._since))
            return left + self._usual * len(self._queue)

    def _leave(self, mine: threading.Event) -> bool:
        """Stop waiting; True when the turn came at the last moment."""
        with self._lock:
            if mine.is_set():
                return True
            self._queue.remove(mine)
            return False
