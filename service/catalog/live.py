"""Holds the snapshot that is served, with changes of stock and corrections since, and swaps them while requests go on.

Knows no requests.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from indexer.embedder import Embedder
from indexer.errors import SnapshotError
from indexer.item import Item
from indexer.storage.snapshot import Snapshot, SnapshotStore
from service.catalog.corrections import CorrectionOverlay, CorrectionSource
from service.catalog.stock_overlay import StockUpdate
from service.catalog.stock_patches import Said, StockPatch, StockResult, resolve
from service.catalog.view import CatalogView
from service.errors import UnavailableError
from service.polling import Pace

log = logging.getLogger(__name__)

POLL_SECONDS = 2.0
"""How often a request looks whether another process has made another snapshot current."""

_ANEW = "anew"  # as a floor: no moment of any book, so that changes of stock are laid over again


class StockSource(Protocol):
    """What staff said of stock, in one order for all processes; `service.db.repositories.stock` keeps it.

    Moments are text that sorts by time. Raises UnavailableError when it cannot be read.
    """

    def now(self) -> str:
        """The moment of the last change that is known here; "" before any."""
        ...

    def read_now(self) -> str:
        """The moment of the last change of any process."""
        ...

    def write(self, said: Sequence[Said], after: str = "") -> str:
        """Keep it, all or nothing; the moment of the last of it, which is later than `after`."""
        ...

    def since(self, moment: str, floor: str) -> list[StockUpdate]:
        """What was said after the moment, as far as it was said after `floor` as well."""
        ...

    def confirmed(self, version: str) -> str:
        """From which moment on feeds were found to hold what the index of this version has; "" when never."""
        ...


class _Held:
    """A view and the number of requests that use it; closed by the last one after it was replaced.

    `now` is the moment up to which changes of stock are in it, `floor` the one from which on they count. `plain` is the
    snapshot alone, `indexed` that under the corrections of staff.
    """

    def __init__(self, indexed: CatalogView) -> None:
        self.plain = indexed
        self.indexed = indexed
        self.view = indexed
        self.now = ""
        self.floor = indexed.snapshot.manifest.started
        self.users = 0
        self.retired = False


class LiveCatalog:
    """The current snapshot, ready to search. Requests keep the one they began with; the old one closes after them.

    With a `book`, what staff said of stock since the snapshot's feeds were read is laid over it, and with `told`, what
    they said of pieces.
    """

    def __init__(
        self,
        store: SnapshotStore,
        embedder: Embedder,
        book: StockSource | None = None,
        told: CorrectionSource | None = None,
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._book = book
        self._told = told
        self._stocking = threading.Lock()  # held while stock changes, so that no swap loses a change
        self._held: _Held | None = None
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._pace = Pace(lambda: POLL_SECONDS)
        self._failed: str | None = None
        """The version that could not be opened, so that it is not tried again at every request."""
        self.why_not = ""
        self.instead: str | None = None
        """Why an older snapshot is served than the current one, where that is so."""
        try:
            self.reload()
        except SnapshotError as error:
            self.why_not = str(error)
            self._make_do(error)

    @property
    def ready(self) -> bool:
        return self._held is not None

    def served(self) -> tuple[str, str] | None:
        """Version of the snapshot that is served, and when it was made (ISO 8601, UTC); None without one."""
        held = self._held
        if held is None:
            return None
        return held.view.snapshot.version, held.view.snapshot.manifest.created

    def reload(self) -> None:
        """Open the current snapshot and serve it from now on. On SnapshotError the old one is served as before."""
        with self._loading:
            self._serve(self._store.current())
            self.instead = None

    def _serve(self, snapshot: Snapshot) -> None:
        snapshot.require_embedder(self._embedder.name, self._embedder.digest)
        held = _Held(CatalogView(snapshot))
        with self._stocking:
            self._correct(held)
            self._catch_up(held)
            self._swap(held)

    def _make_do(self, error: SnapshotError) -> None:
        """Serve the newest intact snapshot where the current one is damaged: better old stock than a closed shop."""
        version = self._store.newest_intact()
        if version is None or version == self._store.current_version():
            return
        try:
            with self._loading:
                self._serve(self._store.open(version))
        except SnapshotError:
            return
        self._failed = self._store.current_version()
        self.instead = f"serving {version} instead: {error}"
        log.error("snapshot %s is served instead of the current one: %s", version, error)

    @contextmanager
    def lease(self) -> Iterator[CatalogView]:
        """The snapshot to serve one request from. Raises UnavailableError while there is none."""
        self._follow()
        self._follow_corrections()
        self._follow_stock()
        with self._lock:
            held = self._held
            if held is None:
                raise UnavailableError(self.why_not, retry_after=10)
            held.users += 1
            view = held.view
        try:
            yield view
        finally:
            with self._lock:
                held.users -= 1
            self._close_if_unused(held)

    def patch_stock(self, patches: Sequence[StockPatch]) -> StockResult:
        """Keep the rows that this snapshot knows, all or none; every later lease sees them. Raises UnavailableError."""
        self._follow()
        self._follow_corrections()
        with self._stocking:
            held = self._held
            if held is None or self._book is None:
                raise UnavailableError(self.why_not or "no database is open to keep changes of stock in")
            self._catch_up(held)
            before = held.view
            indexed = before.bearers(patch.sku for patch in patches)
            by_sku = before.columns.inverted["sku"]
            known = resolve(patches, lambda sku: [indexed[int(p)] for p in by_sku.get(sku, ())])
            if known.said:
                self._book.write(known.said, after=held.floor)
                self._catch_up(held, indexed)
            after = held.view
            changed = sum(before.stock.sizes(i) != after.stock.sizes(i) for i in indexed.values())
        return StockResult(applied=known.applied, unknown=known.unknown, items=changed)

    def close(self) -> None:
        """Stop serving; the snapshot closes with its last request."""
        self._swap(None)

    def _follow(self) -> None:
        """Pick up a snapshot that another process made current. One request does it, the others go on."""
        if not self._pace.due():
            return
        version = self._store.current_version()
        held = self._held
        if version in (None, self._failed) or (held and held.view.snapshot.version == version):
            return
        if self._loading.locked():
            return
        try:
            self.reload()
        except SnapshotError as error:
            self._failed, self.why_not = version, str(error)
            log.error("snapshot %s cannot be served: %s", version, error)

    def _follow_corrections(self) -> None:
        """Pick up what staff corrected, here or in another process. Requests that come meanwhile wait: it is brief."""
        held = self._held
        if self._told is None or held is None or self._told.stamp() == held.indexed.corrections.stamp:
            return
        with self._stocking:
            if held is self._held and self._correct(held):
                self._catch_up(held)

    def _correct(self, held: _Held) -> bool:
        """Lay the corrections over the snapshot, and take off what was said of stock. Needs the lock."""
        if self._told is None or (stamp := self._told.stamp()) == held.indexed.corrections.stamp:
            return False
        held.indexed = held.plain.correcting(CorrectionOverlay.read(self._told, stamp))
        held.floor = _ANEW
        if self._book is None:
            held.view = held.indexed
        return True

    def _follow_stock(self) -> None:
        """Pick up what another process changed. One request does it, the others go on."""
        held = self._held
        if self._book is None or held is None or self._book.now() == held.now:
            return
        if self._stocking.acquire(blocking=False):
            try:
                self._catch_up(held)
            finally:
                self._stocking.release()

    def _catch_up(self, held: _Held, indexed: Mapping[int, Item] | None = None) -> None:
        """Lay over the snapshot what was said since; `indexed` may hold items that are concerned. Needs the lock."""
        if self._book is None:
            return
        now = self._book.read_now()
        version = held.indexed.snapshot.version
        floor = max(held.indexed.snapshot.manifest.started, self._book.confirmed(version))
        # After a higher floor, what was laid over has to go again: from the snapshot as it was indexed, then.
        view, seen = (held.view, held.now) if floor == held.floor else (held.indexed, "")
        if notes := self._book.since(seen, floor):
            view = view.noting(notes, indexed)
        held.view, held.now, held.floor = view, now, floor

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
            held.indexed.snapshot.close()
