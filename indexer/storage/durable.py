"""Durable files: checksums, fsync, atomic replacement and an advisory lock. Knows no snapshot layout."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def sha256_file(path: Path) -> str:
    """Hex sha256 of a file's bytes, streamed."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Force a file's bytes, or a directory's entries, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def keep_from_others(path: Path) -> None:
    """Takes every right from those who are neither the owner of a file or folder nor of its group."""
    with suppress(OSError):  # not there, or not ours to change
        if (mode := path.stat().st_mode & 0o777) & 0o007:
            path.chmod(mode & ~0o007)


def replace_text(path: Path, text: str) -> None:
    """Give `path` new content in one step: whoever reads sees the old text or the new, also after a crash."""
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(text, encoding="utf-8")
    sync(draft)
    os.replace(draft, path)  # noqa: PTH105 - the atomic primitive itself, by its own name
    sync(path.parent)


def try_lock(path: Path) -> int | None:
    """An exclusive lock on `path` as an open descriptor, or None when another holder has it.

    The kernel drops the lock when the holder dies, so a lock never goes stale. Release it with `os.close`.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    except BaseException:
        os.close(handle)
        raise
    return handle


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path`, waiting for it: for changes that take milliseconds."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
