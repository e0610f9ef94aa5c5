"""The manifest: what a snapshot holds and the checksums that prove it. Knows no folder and no pointer."""

from __future__ import annotations

import hashlib
import json
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from indexer.errors import SnapshotError
from indexer.item import Slot

LAYOUT = 1  # raised when a reader of today could not use the files of tomorrow


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Frozen):
    """One feed file that the snapshot was built from. `rows` counts every row, used or not."""

    file: str
    format: str
    sha256: str
    rows: int


class Embedding(_Frozen):
    """The encoder of the vectors; `digest` is the identity of its weights."""

    name: str
    digest: str
    dim: int


class Contents(_Frozen):
    """What the builder knows of a snapshot."""

    items: int
    variants: int
    by_slot: dict[Slot, int]
    embedding: Embedding
    sources: tuple[Source, ...]


class Stored(_Frozen):
    """One file of the snapshot; `size` in bytes."""

    sha256: str
    size: int


class Manifest(_Frozen):
    """`created` is UTC in ISO 8601. `checksum` covers all the other fields.

    `started` is the moment from which on the feeds were read, as whoever ordered the build counts time: text that
    sorts by time. It is empty, and left out of the file, in snapshots of before it was kept.
    """

    layout: int = LAYOUT
    version: str
    created: str
    started: str = ""
    contents: Contents
    files: dict[str, Stored]
    checksum: str = Field(default="")

    def render(self) -> str:
        """The text of manifest.json, checksum included; no newline ends it, so no byte of it is idle."""
        return self._sealed().model_dump_json(indent=2, exclude=self._unsaid())

    def _unsaid(self) -> set[str]:
        return set() if self.started else {"started"}

    def _sealed(self) -> Self:
        said = self.model_dump(mode="json", exclude={"checksum"} | self._unsaid())
        body = json.dumps(said, sort_keys=True)
        return self.model_copy(update={"checksum": hashlib.sha256(body.encode()).hexdigest()})

    @classmethod
    def parse(cls, text: bytes, where: str) -> Self:
        """Raises SnapshotError, beginning with `where`, when the text is not exactly what was rendered."""
        try:
            layout = json.loads(text).get("layout")
        except (ValueError, AttributeError) as error:
            raise SnapshotError(f"{where} is damaged: not a manifest") from error
        if layout != LAYOUT:
            raise SnapshotError(f"{where} is of layout {layout!r}, this version reads layout {LAYOUT}")
        try:
            manifest = cls.model_validate_json(text)
        except ValidationError as error:
            raise SnapshotError(f"{where} is damaged: {error.errors()[0]['msg']}") from error
        if manifest.render().encode() != text:
            raise SnapshotError(f"{where} is damaged: its checksum does not match")
        return manifest
