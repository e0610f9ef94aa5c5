"""The snapshots that are kept, as staff see them, and the way back to one. Knows no HTTP and no recommender."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from indexer.errors import SnapshotError, StylistError
from indexer.item import SLOTS, Slot
from indexer.storage.manifest import Embedding, Manifest
from indexer.storage.snapshot import SnapshotStore
from service.errors import ConflictError, NotFoundError

NO_INDEX = "no index yet: run `stylist index FEED`, or POST /v1/admin/reindex"


@dataclass(frozen=True, slots=True)
class Version:
    """One snapshot. Only `version`, `current`, `intact` and `damage` are known of one whose manifest is damaged.

    `intact` is None where the files were not compared with their checksums; `age_seconds` counts from `created`.
    """

    version: str
    current: bool
    intact: bool | None = None
    damage: str | None = None
    created: str | None = None
    age_seconds: float | None = None
    items: int | None = None
    variants: int | None = None
    counts: dict[Slot, int] | None = None
    model: Embedding | None = None


def versions(store: SnapshotStore, *, verify: bool) -> list[Version]:
    """Every snapshot, oldest first. `verify` reads all their files."""
    current = store.current_version()
    return [_version(store, version, version == current, verify) for version in store.versions()]


def describe(manifest: Manifest, *, current: bool, intact: bool | None = None) -> Version:
    """What a manifest says."""
    contents = manifest.contents
    age = datetime.now(UTC) - datetime.fromisoformat(manifest.created)
    return Version(
        version=manifest.version,
        current=current,
        intact=intact,
        created=manifest.created,
        age_seconds=round(max(age.total_seconds(), 0.0), 1),
        items=contents.items,
        variants=contents.variants,
        counts={slot: contents.by_slot.get(slot, 0) for slot in SLOTS},
        model=contents.embedding,
    )


def roll_back(store: SnapshotStore, to: str | None, serve: Callable[[], None]) -> str:
    """Make an older snapshot current and `serve` it; returns its version. `to` None: the newest intact before.

    Where it cannot be served, the former one is current again. Raises NotFoundError when there is no index, or no
    version `to`; ConflictError when that is damaged or cannot be served, or nothing older is intact.
    """
    former = store.current_version()
    if former is None:
        raise NotFoundError(NO_INDEX)
    if to is not None and to not in store.versions():
        raise NotFoundError(f"no index version {to!r}; GET /v1/admin/index lists those that are kept")
    try:
        version = store.rollback(to)
    except SnapshotError as error:
        raise ConflictError(str(error)) from error
    try:
        serve()
    except StylistError as error:
        raise ConflictError(f"{version} cannot be served: {error}; {_restored(store, former)}") from error
    return version


def _restored(store: SnapshotStore, former: str) -> str:
    try:
        store.rollback(former)
    except SnapshotError as error:
        return f"the former one is damaged as well: {error}"
    return f"{former} is current as before"


def _version(store: SnapshotStore, version: str, current: bool, verify: bool) -> Version:
    try:
        manifest = store.verify(version) if verify else store.manifest(version)
    except SnapshotError as error:
        return Version(version, current, intact=False, damage=str(error))
    return describe(manifest, current=current, intact=True if verify else None)
