"""A draft: the folder in which one snapshot is written before it is committed. Knows no older snapshot."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from indexer.storage.durable import keep_from_others, sha256_file, sync
from indexer.storage.images import IMAGE_INDEX, ImageFolder
from indexer.storage.manifest import Contents, Manifest, Stored

MANIFEST, CATALOGUE, VECTORS = "manifest.json", "catalogue.sqlite", "vectors.faiss"
REJECTS, REPORT = "rejects.jsonl", "report.json"
DATA_FILES = (CATALOGUE, VECTORS, REJECTS)

_SCRATCH = "scratch"
_STAMP = "%Y%m%dT%H%M%S%fZ"

Publish = Callable[[Path, str], None]


class Draft:
    """Write the data files, `seal`, write the report, `commit`; leaving the `with` block discards the rest.

    `lock` is an open descriptor that keeps other builds out; the draft releases it. `after` is the newest
    committed version: the draft's own sorts behind it whatever the clock says. `started` goes into the manifest.
    """

    def __init__(self, path: Path, lock: int, publish: Publish, after: str | None, started: str) -> None:
        self.path = path
        self.catalogue = path / CATALOGUE
        self.vectors = path / VECTORS
        self.rejects = path / REJECTS
        self.report = path / REPORT
        self.scratch = path / _SCRATCH
        self.images = ImageFolder(path)
        self._publish = publish
        self._after = after
        self._lock: int | None = lock
        self._version: str | None = None
        self._created = datetime.now(UTC)
        self._started = started
        self._contents: Contents | None = None
        self._stored: dict[str, Stored] = {}
        self.scratch.mkdir(parents=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()

    def seal(self, contents: Contents) -> str:
        """Fix the data files, which must not change from here on, and return the version they will have."""
        names = (*DATA_FILES, IMAGE_INDEX) if self.images.exists else DATA_FILES
        self._stored = {name: _stored(self.path / name) for name in names}
        content = hashlib.sha256("".join(s.sha256 for s in self._stored.values()).encode())
        self._contents = contents
        self._created = _later(datetime.now(UTC), self._after)
        self._version = f"{self._created.strftime(_STAMP)}-{content.hexdigest()[:12]}"
        return self._version

    def commit(self) -> str:
        """Make the draft the current snapshot and return its version. Everything is on the disk before."""
        if self._version is None or self._contents is None:
            raise RuntimeError("seal the draft before committing it")
        shutil.rmtree(self.scratch)
        self._stored[REPORT] = _stored(self.report)
        manifest = Manifest(
            version=self._version,
            created=self._created.isoformat(),
            started=self._started,
            contents=self._contents,
            files=self._stored,
        )
        (self.path / MANIFEST).write_text(manifest.render(), encoding="utf-8")
        for name in (*self._stored, MANIFEST):
            keep_from_others(self.path / name)  # costs and stock are nobody else's business
            sync(self.path / name)
        keep_from_others(self.path)
        sync(self.path)
        self._publish(self.path, self._version)
        self.discard()
        return self._version

    def discard(self) -> None:
        """Delete what was not committed and let other builds in. Does nothing the second time."""
        if self._lock is not None:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = None


def _stored(path: Path) -> Stored:
    return Stored(sha256=sha256_file(path), size=path.stat().st_size)


def _later(now: datetime, after: str | None) -> datetime:
    if after is None:
        return now
    last = datetime.strptime(after.split("-")[0], _STAMP).replace(tzinfo=UTC)
    return max(now, last + timedelta(microseconds=1))
