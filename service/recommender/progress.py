"""How somebody follows an answer while it is made, and ends it when nobody waits for it any more.

Knows bodies of answers; nothing of composing, threads or HTTP.
"""

from __future__ import annotations

import threading
from typing import Protocol

from indexer.errors import StylistError
from service.schemas.outfits import OutfitItem, OutfitResponse


class AbandonedError(StylistError):
    """Nobody waits for the answer any more."""


class ProgressListener(Protocol):
    """Told from the thread that composes, between two steps of it. What it raises ends the work."""

    def check(self) -> None:
        """Raises AbandonedError once the work is in vain."""
        ...

    def piece(self, outfit_id: str, item: OutfitItem) -> None:
        """A piece was chosen for an outfit that is not whole yet, and that may yet come to nothing."""
        ...

    def ready(self, answer: OutfitResponse) -> None:
        """The one outfit of `answer` is whole: what the final answer says of it is the same."""
        ...


class Unwatched:
    """Nobody looks on."""

    def check(self) -> None:
        pass

    def piece(self, outfit_id: str, item: OutfitItem) -> None:
        pass

    def ready(self, answer: OutfitResponse) -> None:
        pass


class Stoppable(Unwatched):
    """A watch that any thread may end."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def stop(self) -> None:
        """The work ends at its next step."""
        self._stopped.set()

    def check(self) -> None:
        if self._stopped.is_set():
            raise AbandonedError("nobody waits for this answer any more")
