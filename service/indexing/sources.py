"""Feeds that already lie in the service's feed folder: named by a request, by a setting, or by the current index."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from indexer.errors import SnapshotError
from indexer.storage.snapshot import SnapshotStore
from service.errors import InvalidError
from service.settings import Settings

_NO_FOLDER = "this service takes uploads only; STYLIST_FEED_DIR would allow paths"
_NO_SOURCE = "no source is configured: name feeds, upload them, or set STYLIST_FEED_SOURCES"


def confined(feed_dir: Path | None, path: str, field: str) -> Path:
    """The file in the feed folder that `path` names, symbolic links followed.

    Raises InvalidError of `field` when there is no feed folder, the path leads out of it, or no file is there.
    """
    if feed_dir is None:
        raise InvalidError.at(field, _NO_FOLDER)
    root = feed_dir.resolve()
    try:
        found = (root / path).resolve()
        inside, is_file = found.is_relative_to(root), found.is_file()
    except (OSError, ValueError, RuntimeError) as error:  # too long, NUL inside, a loop of links
        raise InvalidError.at(field, "not a usable path") from error
    if not inside:  # said of files that exist and of files that do not alike
        raise InvalidError.at(field, "leads out of the feed folder")
    if not is_file:
        raise InvalidError.at(field, "no such file in the feed folder")
    return found


def configured(settings: Settings, field: str) -> list[str]:
    """The feeds that a request without any means: those of the settings, else those of the current index.

    The index knows its feeds by name: they must all lie in the feed folder. Raises InvalidError of `field`.
    """
    names = settings.feed_sources or _of_the_index(SnapshotStore(settings.data_dir))
    if settings.feed_dir is None or not names:
        raise InvalidError.at(field, _NO_SOURCE)
    for name in names:
        _require(settings.feed_dir, name, field)
    return list(names)


def _require(feed_dir: Path, name: str, field: str) -> None:
    try:
        confined(feed_dir, name, field)
    except InvalidError as error:
        reason = error.errors[0].message
        raise InvalidError.at(field, f"{name}: {reason}; set STYLIST_FEED_SOURCES") from error


def _of_the_index(store: SnapshotStore) -> Sequence[str]:
    version = store.current_version()
    if version is None:
        return ()
    try:
        return [source.file for source in store.manifest(version).contents.sources]
    except SnapshotError:  # damaged: it tells nothing
        return ()
