"""A note beside the database, not in it, that keys were made: a lost database is told from one that never had keys.

Without it, an emptied database would look like a service that asks for no key. Knows no key.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from indexer.storage.durable import sync

MARKER_FILE = "keys.made"
_TEXT = "Keys were made for this service: where its state has none it refuses; see `stylist doctor`.\n"


class KeyMarker:
    """The note of one data folder. Raises OSError where it cannot be written."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / MARKER_FILE
        self._written = False

    def found(self) -> bool:
        """Whether keys were ever made, whatever the database says."""
        return self._path.exists()

    def write(self) -> None:
        """Note it, on the disk when this returns; costs nothing but the first time."""
        if self._written:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                os.write(handle, _TEXT.encode())
                os.fsync(handle)
            finally:
                os.close(handle)
            sync(self._path.parent)
        self._written = True
