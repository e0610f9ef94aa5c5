"""Feeds that a request does not bring along: in the service's feed folder, or at an address whose host is allowed.

Named by a request, by a setting, or by the current index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.errors import FeedError, SnapshotError
from indexer.storage.snapshot import SnapshotStore
from service.errors import InvalidError
from service.indexing.addresses import is_address, is_allowed, parse_address
from service.indexing.download import FOLDER, kept_at
from service.settings import Settings

_NO_FOLDER = "this service takes uploads only; STYLIST_FEED_DIR would allow paths"
_NO_SOURCE = "no source is configured: name feeds, upload them, or set STYLIST_FEED_SOURCES"
_NO_HOSTS = "this service fetches no feeds; STYLIST_FEED_HOSTS would allow their hosts"


@dataclass(frozen=True, slots=True)
class Located:
    """A feed's file, what people call it, and the address it is to be fetched from, "" for a file that is there."""

    path: Path
    name: str
    url: str = ""


def located(settings: Settings, name: str, field: str) -> Located:
    """The feed of that name. Raises InvalidError of `field` when it is none that this service may read."""
    if not is_address(name):
        return Located(confined(settings.feed_dir, name, field), name)
    try:
        address = parse_address(name)
        path = kept_at(settings.data_dir / FOLDER, name)
    except FeedError as error:
        raise InvalidError.at(field, str(error)) from error
    if not settings.feed_hosts:
        raise InvalidError.at(field, _NO_HOSTS)
    if not is_allowed(address, settings.feed_hosts):
        raise InvalidError.at(field, f"the host {address.netloc} is not among STYLIST_FEED_HOSTS")
    if address.target.endswith("?..."):
        raise InvalidError.at(field, "what stands behind the ? is not kept; name the whole address")
    return Located(path, address.label, name)


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

    The index knows its feeds by name: each must be one that this service may read. Raises InvalidError of `field`.
    """
    names = settings.feed_sources or _of_the_index(SnapshotStore(settings.data_dir))
    if not names or (settings.feed_dir is None and not settings.feed_hosts):
        raise InvalidError.at(field, _NO_SOURCE)
    for name in names:
        _require(settings, name, field)
    return list(names)


def _require(settings: Settings, name: str, field: str) -> None:
    try:
        located(settings, name, field)
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
