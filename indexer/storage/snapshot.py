"""Snapshots on disk. The one module that owns the layout under DATA_DIR/index: it writes, and it reads.

    index/current                       the version that is served, replaced by one atomic rename
    index/snapshots/<version>/          immutable: manifest.json, catalogue.sqlite, vectors.faiss,
                                        rejects.jsonl, report.json; with images wanted,
                                        images.json and images/
    index/.draft-<pid>-<random>/        a build under way, swept by the next one if it dies
    index/rejects-failed.jsonl          the rejects of the last run, if that run failed for them

A crash at any moment leaves the old snapshot current. Knows nothing of how a snapshot is computed.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from indexer.errors import SnapshotError
from indexer.storage.catalogue import Catalogue, sqlite_url
from indexer.storage.draft import CATALOGUE, DATA_FILES, MANIFEST, REJECTS, REPORT, VECTORS, Draft
from indexer.storage.durable import keep_from_others, locked, replace_text, sha256_file, sync, try_lock
from indexer.storage.images import ImageFolder
from indexer.storage.manifest import Manifest
from indexer.storage.vectors import VectorIndex

KEEP = 5  # snapshots that stay for rollback

_VERSION = re.compile(r"\d{8}T\d{12}Z-[0-9a-f]{12}")


@dataclass(frozen=True)
class Snapshot:
    """One committed, verified snapshot, open for reading. Close it, or use it in a `with`."""

    version: str
    path: Path
    manifest: Manifest
    catalogue: Catalogue
    vectors: VectorIndex

    @property
    def rejects(self) -> Path:
        return self.path / REJECTS

    @cached_property
    def images(self) -> ImageFolder:
        return ImageFolder(self.path)

    @property
    def report(self) -> Path:
        return self.path / REPORT

    def require_embedder(self, name: str, digest: str) -> None:
        """Raises SnapshotError when the vectors are not of the encoder with this digest."""
        own = self.manifest.contents.embedding
        if own.digest != digest:
            raise SnapshotError(
                f"snapshot {self.version} was embedded with {own.name} ({own.digest}), not with {name}"
                f" ({digest}): run `stylist index FEED` again"
            )

    def close(self) -> None:
        self.catalogue.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class SnapshotStore:
    """All snapshots of one data directory. Readers need no lock; one build at a time holds the build lock."""

    def __init__(self, data_dir: Path) -> None:
        self.root = Path(data_dir) / "index"
        self.snapshots = self.root / "snapshots"
        self.rejects_failed = self.root / "rejects-failed.jsonl"
        self._pointer = self.root / "current"
        self._pointer_lock = self.root / ".pointer.lock"

    def begin(self, started: str = "") -> Draft:
        """Start a build; `started` is when, for the manifest. Raises SnapshotError while another one runs on the same
        data directory.
        """
        try:
            self.snapshots.mkdir(parents=True, exist_ok=True)
            keep_from_others(self.root)
            lock = try_lock(self.root / ".build.lock")
        except OSError as error:
            raise SnapshotError(f"data directory {self.root} cannot be written: {error}") from error
        if lock is None:
            raise SnapshotError(f"another build is running in {self.root}: wait for it to end")
        try:
            self._sweep()
            path = self.root / f".draft-{os.getpid()}-{secrets.token_hex(4)}"
            return Draft(path, lock, self._publish, max(self.versions(), default=None), started)
        except BaseException:
            os.close(lock)
            raise

    def versions(self) -> list[str]:
        """All committed versions, oldest first, damaged ones included."""
        if not self.snapshots.is_dir():
            return []
        return sorted(p.name for p in self.snapshots.iterdir() if _VERSION.fullmatch(p.name))

    def current_version(self) -> str | None:
        """The version that the pointer names, None before the first build. It may be missing or damaged."""
        try:
            return self._pointer.read_text(encoding="utf-8", errors="replace").strip()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def current(self) -> Snapshot:
        """The snapshot to serve. Raises SnapshotError when there is none or it is damaged."""
        version = self.current_version()
        if version is None:  # a lost pointer loses no index
            version = self.newest_intact()
        if version is None:
            raise SnapshotError("no index yet: run `stylist index FEED`")
        try:
            return self.open(version)
        except SnapshotError as error:
            good = self._newest_intact(lambda other: other != version)
            hint = f"roll back to {good}" if good else "no other snapshot is left: run `stylist index FEED`"
            raise SnapshotError(f"current {error}; {hint}") from error

    def newest_intact(self) -> str | None:
        """The newest version whose files are as they were written; None when there is none. Reads them all."""
        return self._newest_intact(lambda _: True)

    def open(self, version: str) -> Snapshot:
        """A verified snapshot. Raises SnapshotError naming the file that is missing or damaged."""
        manifest = self.verify(version)
        path = self.snapshots / version
        catalogue = Catalogue.open(sqlite_url(path / CATALOGUE, immutable=True))
        return Snapshot(version, path, manifest, catalogue, VectorIndex.load(path / VECTORS))

    def manifest(self, version: str) -> Manifest:
        """What a snapshot says of itself, its files unread. Raises SnapshotError when it is missing or damaged."""
        path = self.snapshots / version
        if not _VERSION.fullmatch(version) or not path.is_dir():
            raise SnapshotError(f"snapshot {version!r} does not exist")
        where = f"snapshot {version}: {MANIFEST}"
        try:
            manifest = Manifest.parse((path / MANIFEST).read_bytes(), where)
        except OSError as error:
            raise SnapshotError(f"{where} cannot be read: {error.strerror}") from error
        if manifest.version != version or not {*DATA_FILES, REPORT} <= manifest.files.keys():
            raise SnapshotError(f"{where} is damaged: it describes another snapshot")
        return manifest

    def verify(self, version: str) -> Manifest:
        """Compare every file with its checksum. Raises SnapshotError naming the first that differs."""
        manifest = self.manifest(version)
        path, where = self.snapshots / version, f"snapshot {version}"
        try:
            for name, stored in manifest.files.items():
                if (path / name).stat().st_size != stored.size or sha256_file(path / name) != stored.sha256:
                    raise SnapshotError(f"{where}: {name} is damaged: it does not match its checksum")
        except OSError as error:
            name = Path(error.filename or path).name
            raise SnapshotError(f"{where}: {name} cannot be read: {error.strerror}") from error
        return manifest

    def rollback(self, to: str | None = None) -> str:
        """Make an older snapshot current and return its version: `to`, or the newest intact before current.

        Raises SnapshotError when `to` is missing or damaged, or nothing older is intact.
        """
        with self._changing_pointer():
            current = self.current_version()
            target = to or self._newest_intact(lambda other: current is None or other < current)
            if target is None:
                raise SnapshotError("there is no earlier intact snapshot to roll back to")
            self.verify(target)
            replace_text(self._pointer, target + "\n")
        return target

    def prune(self, keep: int = KEEP) -> list[str]:
        """Delete all but the newest `keep` snapshots and the current one; returns what was deleted."""
        if keep < 1:
            raise ValueError(f"keep must be at least 1, not {keep}")
        with self._changing_pointer():
            current = self.current_version()
            doomed = [v for v in self.versions()[:-keep] if v != current]
            for version in doomed:  # renamed first, so that no half of a snapshot is ever seen
                trash = self.root / f".trash-{version}-{secrets.token_hex(4)}"
                (self.snapshots / version).rename(trash)
                shutil.rmtree(trash, ignore_errors=True)
        return doomed

    def _publish(self, draft: Path, version: str) -> None:
        """Move a finished, synced draft into place and point `current` at it."""
        with self._changing_pointer():
            draft.rename(self.snapshots / version)
            sync(self.snapshots)
            replace_text(self._pointer, version + "\n")

    def _sweep(self) -> None:
        """Delete what dead processes left. Under the build lock no draft but one's own can be alive."""
        for pattern in (".draft-*", ".trash-*"):
            for leftover in self.root.glob(pattern):
                shutil.rmtree(leftover, ignore_errors=True)

    def _newest_intact(self, wanted: Callable[[str], bool]) -> str | None:
        for version in filter(wanted, reversed(self.versions())):
            try:
                self.verify(version)
            except SnapshotError:
                continue
            return version
        return None

    @contextmanager
    def _changing_pointer(self) -> Iterator[None]:
        """Keep rollback, prune and commit apart: each looks at the pointer before it acts."""
        if not self.root.is_dir():
            raise SnapshotError("no index yet: run `stylist index FEED`")
        with locked(self._pointer_lock):
            yield
