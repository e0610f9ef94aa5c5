"""The product images of a snapshot: files named by their content, and an index that says whose they are.

    images.json              image address -> SHA-256 of the file, for every image that could be had
    images/<sha256>.webp     the image

The index is in the manifest, and so checked when a snapshot is opened; a file is checked when it is read, by its name.
Knows no address and fetches nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from indexer.errors import SnapshotError

MAX_BYTES = 8 * 1024 * 1024
"""Most bytes that an image may weigh before it is made small, unless a store says otherwise."""
IMAGES, IMAGE_INDEX = "images", "images.json"
_NAME = re.compile(r"[0-9a-f]{64}")


class ImageFolder:
    """The images of one snapshot, or of a draft of one."""

    def __init__(self, snapshot: Path) -> None:
        self._folder = snapshot / IMAGES
        self._index = snapshot / IMAGE_INDEX
        self._known: dict[str, str] | None = None

    @property
    def exists(self) -> bool:
        """Whether images were wanted for this snapshot, though there may be none."""
        return self._index.is_file()

    def addresses(self) -> dict[str, str]:
        """Image address -> file name. Raises SnapshotError for an index that is none."""
        if not self.exists:
            return {}
        try:
            said = json.loads(self._index.read_text(encoding="utf-8"))
            if not isinstance(said, dict) or not all(_NAME.fullmatch(str(name)) for name in said.values()):
                raise ValueError("not a table of addresses and file names")
        except (OSError, ValueError) as error:
            raise SnapshotError(f"{self._index} cannot be read: {error}") from error
        return {str(address): str(name) for address, name in said.items()}

    def of(self, address: str) -> bytes | None:
        """The image of an address, None where it could not be had."""
        if self._known is None:
            self._known = self.addresses()
        name = self._known.get(address)
        return None if name is None else self.read(name)

    def read(self, name: str) -> bytes | None:
        """The image of a file name; None where it is missing or damaged, since a picture can do without."""
        if not _NAME.fullmatch(name):
            return None
        try:
            data = (self._folder / f"{name}.webp").read_bytes()
        except OSError:
            return None
        return data if hashlib.sha256(data).hexdigest() == name else None

    def write(self, data: bytes) -> str:
        """Keeps an image and returns its file name. The same image twice is kept once."""
        name = hashlib.sha256(data).hexdigest()
        self._folder.mkdir(exist_ok=True)
        part = self._folder / f".{name}.{os.getpid()}"
        part.write_bytes(data)
        part.replace(self._folder / f"{name}.webp")
        return name

    def take(self, other: ImageFolder, name: str) -> bool:
        """Keeps an image that another snapshot has, sharing its file where the disk can. False where it has not."""
        source, target = other._folder / f"{name}.webp", self._folder / f"{name}.webp"
        if target.exists():
            return True
        if other.read(name) is None:
            return False
        self._folder.mkdir(exist_ok=True)
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)
        return True

    def seal(self, addresses: Mapping[str, str]) -> None:
        """Write down whose the images are."""
        self._index.write_text(json.dumps(addresses, sort_keys=True, indent=0), encoding="utf-8")
