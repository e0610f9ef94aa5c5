"""Holds the snapshot that is served, and swaps it while requests go on. Knows no requests."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from indexer.embedder import Embedder
from indexer.errors import SnapshotError
from indexer.snapshot import SnapshotStore
from service.problems import UnavailableError
from service.retriever import Retriever

log = logging.getLogger(__name__)

POLL_SECONDS = 2.0
"""How often a request looks whether another process has made another snapshot current."""


class _Held:
    """A retriever and the number of requests that use it; closed by the last one after it was replaced."""

    def __init__(self, retriever: Retriever) -> None:
        self.retriever = retriever
        self.users = 0
        self.retired = False


class SnapshotHolder:
    """The current snapshot, ready to search. Requests keep the one they began with; the old one closes after them."""

    def __init__(self, store: SnapshotStore, embedder: Embedder) -> None:
        self._store = store
        self._embedder = embedder
        self._held: _Held | None = None
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._looked = 0.0
        self._failed: str | None = None
        """The version that could not be opened, so that it is not tried again at every request."""
        self.why_not = ""
        try:
            self.reload()
        except SnapshotError as error:
            self.why_not = str(error)

    @property
    def ready(self) -> bool:
        return self._held is not None

    def reload(self) -> None:
        """Open the current snapshot and serve it from now on. On SnapshotError the old one is served as before."""
        with self._loading:
            snapshot = self._store.current()
            snapshot.require_embedder(self._embedder.name, self._embedder.digest)
            self._swap(_Held(Retriever(snapshot)))

    @contextmanager
    def lease(self) -> Iterator[Retriever]:
        """The snapshot to serve one request from. Raises UnavailableError while there is none."""
        self._follow()
        with self._lock:
            held = self._held
            if held is None:
                raise UnavailableError(self.why_not, retry_after=10)
            held.users += 1
        try:
            yield held.retriever
        finally:
            with self._lock:
                held.users -= 1
            self._close_if_unused(held)

    def close(self) -> None:
        """Stop serving; the snapshot closes with its last request."""
        self._swap(None)

    def _follow(self) -> None:
        """Pick up a snapshot that another process made current. One request does it, the others go on."""
        now = time.monotonic()
        if now - self._looked < POLL_SECONDS:
            return
        self._looked = now
        version = self._store.current_version()
        held = self._held
        if version in (None, self._failed) or (held and held.retriever.snapshot.version == version):
            return
        if self._loading.locked():
            return
        try:
            self.reload()
        except SnapshotError as error:
            self._failed, self.why_not = version, str(error)
            log.error("snapshot %s cannot be served: %s", version, error)

    def _swap(self, new: _Held | None) -> None:
        with self._lock:
            old, self._held = self._held, new
        if old is not None:
            old.retired = True
            self._close_if_unused(old)

    def _close_if_unused(self, held: _Held) -> None:
        with self._lock:
            unused = held.retired and held.users == 0
        if unused:
            held.retriever.snapshot.close()
