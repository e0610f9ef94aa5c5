"""How often something that others may have changed is looked at again. Knows not what is looked at."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pace:
    """Tells one caller in so many seconds that it is time to look; the others go on with what is known.

    `seconds` is asked each time, so that a setting or a test may change it. Safe to use from any thread.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._looked = float("-inf")

    def due(self) -> bool:
        """Whether it is time. Who is told so has to look: nobody else is told before the time has passed again."""
        with self._lock:
            if time.monotonic() - self._looked < self._seconds():
                return False
            self._looked = time.monotonic()
            return True

    def looked(self) -> None:
        """Somebody has looked just now."""
        with self._lock:
            self._looked = time.monotonic()

    def again(self) -> None:
        """It is time, however short the last look is ago."""
        with self._lock:
            self._looked = float("-inf")
