"""What one build is asked to do, and what its stages share. Does nothing itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from indexer.embedder import Embedder
from indexer.pipeline.corrections import Corrections
from indexer.pipeline.images import ImageOptions
from indexer.pipeline.prices import PriceLevels
from indexer.pipeline.rejects import RejectLog
from indexer.pipeline.report import Census
from indexer.storage.draft import Draft
from indexer.storage.snapshot import KEEP, Snapshot, SnapshotStore


@dataclass(frozen=True)
class BuildOptions:
    """`allow_rejects` lets a build pass whose rows were mostly rejected; `keep` snapshots stay afterwards.

    `dry_run` ends the build once its difference to the current snapshot is known. `max_removed` is the share of the
    current items that may go (0 to 1); None allows any. `started` is what the manifest says of when feeds were read.
    `confirm_prices`: prices are right, however high they are for what is sold. `images` None fetches no images.
    """

    allow_rejects: bool = False
    keep: int = KEEP
    dry_run: bool = False
    max_removed: float | None = None
    started: str = ""
    confirm_prices: bool = False
    images: ImageOptions | None = None


DEFAULTS = BuildOptions()


class ProgressSink(Protocol):
    """Told how a build goes on."""

    def start(self, stage: str, total: int | None) -> None:
        """A stage begins (before a build "fetch"; then read, normalise, compare, embed, index, images, commit);
        `total` None: not known."""
        ...

    def advance(self, count: int) -> None:
        """`count` more bytes (of "fetch"), rows (of "read" and "normalise") or items (of "embed") are done."""
        ...


class Silent:
    """Tells nobody."""

    def start(self, stage: str, total: int | None) -> None: ...

    def advance(self, count: int) -> None: ...


@dataclass
class Run:
    """What the stages of one build share."""

    store: SnapshotStore
    draft: Draft
    previous: Snapshot | None
    embedder: Embedder
    options: BuildOptions
    progress: ProgressSink
    rejects: RejectLog
    corrections: Corrections = field(default_factory=lambda: Corrections({}))
    census: Census = field(default_factory=Census)
    prices: PriceLevels = field(default_factory=PriceLevels)
    confirmed: bool = False
    seconds: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[None]:
        self.progress.start(name, total)
        started = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - started, 3)
