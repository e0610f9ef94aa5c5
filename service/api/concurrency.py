"""How many calls may be under way at once, and what becomes of those that nobody waits for any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from math import ceil
from typing import TypeVar

from anyio import CapacityLimiter, create_task_group, to_thread
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from service.errors import UnavailableError
from service.localization.text import phrase

_RETRY_SECONDS = 2
_MOST_RETRY_SECONDS = 60
_NEWEST = 0.1
"""The share of the newest call in how long one usually takes."""

T = TypeVar("T")


class Gate:
    """Lets at most `places` calls be under way, each in a worker thread; more are turned away, not queued.

    Those under way wait for the language model in turn, in `service.registry.styles`. `on_full` is told of each that is
    turned away.
    """

    def __init__(self, places: int, on_full: Callable[[], None] = lambda: None) -> None:
        self._places = places
        self._on_full = on_full
        self._taken = 0
        self._lock = threading.Lock()
        self._limiter = CapacityLimiter(places)
        self._usual = 0.0

    @property
    def places(self) -> int:
        """Calls that may be under way."""
        return self._places

    @property
    def taken(self) -> int:
        """Calls under way."""
        return self._taken

    async def run(self, call: Callable[[], T], receive: Receive | None = None) -> T:
        """`call()`, off the event loop. Raises UnavailableError when all places are taken.

        With the `receive` of a request whose body was read, raises ClientDisconnect as soon as its client is gone.
        A call that was given up keeps its place until its thread is done with it.
        """
        place = _Place(self._enter, self._leave)

        def work() -> T:
            place.begin()
            began = time.monotonic()
            try:
                return call()
            finally:
                self._took(time.monotonic() - began)
                place.free()

        try:
            if receive is None:
                return await to_thread.run_sync(work, limiter=self._limiter, abandon_on_cancel=True)
            return await self._while_connected(work, receive)
        finally:
            place.give_up()

    async def _while_connected(self, work: Callable[[], T], receive: Receive) -> T:
        outcome: list[T] = []
        failure: list[Exception] = []
        async with create_task_group() as tasks:

            async def follow() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                tasks.cancel_scope.cancel()

            tasks.start_soon(follow)
            try:
                outcome.append(await to_thread.run_sync(work, limiter=self._limiter, abandon_on_cancel=True))
            except Exception as error:  # out of the group as it is, not in a group of one
                failure.append(error)
            tasks.cancel_scope.cancel()
        if failure:
            raise failure[0]
        if not outcome:
            raise ClientDisconnect
        return outcome[0]

    def _enter(self) -> None:
        with self._lock:
            full = self._taken >= self._places
            self._taken += not full
        if full:
            self._on_full()
            raise UnavailableError(
                phrase("{number} requests are waiting for the stylist", number=self._places),
                retry_after=self._come_again(),
            )

    def _took(self, seconds: float) -> None:
        with self._lock:
            self._usual = (1 - _NEWEST) * self._usual + _NEWEST * seconds if self._usual else seconds

    def _come_again(self) -> int:
        """Seconds after which half of those who are under way should be done."""
        return min(_MOST_RETRY_SECONDS, max(_RETRY_SECONDS, ceil(self._usual / 2)))

    def _leave(self) -> None:
        with self._lock:
            self._taken -= 1


class _Place:
    """One place, freed exactly once: by the thread that uses it, or by the caller when no thread ever began."""

    def __init__(self, enter: Callable[[], None], leave: Callable[[], None]) -> None:
        self._leave = leave
        self._lock = threading.Lock()
        self._state = "waiting"
        enter()

    def begin(self) -> None:
        """The thread begins. Raises ClientDisconnect when the caller gave up before."""
        with self._lock:
            if self._state != "waiting":
                raise ClientDisconnect
            self._state = "used"

    def free(self) -> None:
        """The thread is done."""
        self._leave()

    def give_up(self) -> None:
        """The caller does not wait any longer."""
        with self._lock:
            unused, self._state = self._state == "waiting", "over"
        if unused:
            self._leave()
