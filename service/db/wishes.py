"""What shoppers typed, where it may not be stored: in memory, for as long as this process lives. Knows no table.

A request is stored without its words then; who changes an outfit soon after, in the same process, is still understood.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from service.schemas.fields import NOT_KEPT
from service.schemas.outfits import OutfitRequest

_MOST = 5_000
_NO_WISH = "an outfit"
"""What is composed for where nobody knows the words any more: everything else that was asked still holds."""


class Wishes:
    """The words of the newest outfits. Thread-safe. `kept`: the database has them, and nothing is done here."""

    def __init__(self, *, kept: bool) -> None:
        self.kept = kept
        self._lock = threading.Lock()
        self._known: OrderedDict[str, OutfitRequest] = OrderedDict()

    def stored(self, request: OutfitRequest) -> OutfitRequest:
        """The request as it may be stored."""
        return request if self.kept else without_words(request)

    def note(self, outfit_id: str, request: OutfitRequest) -> None:
        """Remember for a while what an outfit was asked for with."""
        if self.kept:
            return
        with self._lock:
            self._known[outfit_id] = request
            self._known.move_to_end(outfit_id)
            if len(self._known) > _MOST:
                self._known.popitem(last=False)

    def recall(self, outfit_id: str, stored: OutfitRequest) -> tuple[OutfitRequest, bool]:
        """The request with its words, or as good as it is known; and whether all of it is."""
        if stored.vibe != NOT_KEPT:
            return stored, True
        with self._lock:
            known = self._known.get(outfit_id)
        if known is not None:
            return known, True
        return stored.model_copy(update={"vibe": _NO_WISH}), False

    def forget(self, shopper: str) -> None:
        """Nothing is known of this shopper's words any more."""
        with self._lock:
            for outfit_id in [name for name, asked in self._known.items() if asked.shopper == shopper]:
                del self._known[outfit_id]


def without_words(request: OutfitRequest) -> OutfitRequest:
    """The request without what was typed: the wish, and pieces of the shopper's own."""
    return request.model_copy(update={"vibe": NOT_KEPT, "own": []})
