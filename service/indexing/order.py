"""What a job is to do, and how that is written down, so that another process can take the job up. Runs nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import TypeAdapter, ValidationError

from indexer.pipeline.read import FeedSource

if TYPE_CHECKING:
    from indexer.pipeline.build import ProgressSink
    from indexer.pipeline.report import BuildReport


@dataclass(frozen=True, slots=True)
class BuildOrder:
    """What to index. `scratch` is a folder that is deleted once the job has ended.

    `dry_run` only finds out what would change; `max_removed` is the share of the current items that may go (0 to 1),
    None any; `confirm_prices` says that prices are right, however high. `started` is the moment that the feeds are as
    of: what staff said of stock afterwards outlives the build, also one that is taken up again much later. "" leaves it
    to the build.
    """

    feeds: tuple[FeedSource, ...]
    allow_rejects: bool = False
    dry_run: bool = False
    max_removed: float | None = None
    scratch: Path | None = None
    started: str = ""
    confirm_prices: bool = False

    def discard(self) -> None:
        """Delete what was uploaded for it."""
        if self.scratch is not None:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def missing(self) -> list[str]:
        """The feeds whose files are gone, by the names that people know them by; what is fetched is never gone."""
        return [feed.label for feed in self.feeds if not feed.url and not feed.path.is_file()]


Build = Callable[[BuildOrder, "ProgressSink"], "BuildReport"]


@dataclass(frozen=True, slots=True)
class Idempotency:
    """The client's name for a request, and the digest of what it asked for."""

    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """An order as a job's row keeps it. `home` is the data folder's id, `attempts` how often it was begun."""

    order: BuildOrder
    home: str
    digest: str = ""
    attempts: int = 0

    def tried(self, more: int) -> Self:
        """The same with `more` attempts."""
        return replace(self, attempts=self.attempts + more)

    def to_json(self) -> str:
        return _STORED.dump_json(self).decode()


_STORED = TypeAdapter(StoredOrder)


def read_order(text: str | None) -> StoredOrder | None:
    """The order of a row; None when it has none that this version understands."""
    try:
        return _STORED.validate_json(text or "")
    except ValidationError:
        return None
