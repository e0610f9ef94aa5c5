"""The folder of all styles: `<name>/<version>/` and, beside the versions, which of them is served.

One module owns this layout: it reads and it writes. Knows no weights and no model. `aliases.json` names the
`champion`, which answers to the style's name, the `candidate`, which answers to `name@candidate`, and earlier
champions to go back to. Without that file the newest version is the champion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from indexer.errors import ModelError
from indexer.storage.durable import locked, replace_text
from service.artifacts import WEIGHTS, read_file
from service.registry.adapter import ALIASES, MANIFEST, StyleName, Version

FILE = "aliases.json"
EVALUATION = "evaluation.json"
"""Beside the weights of a version that was measured."""
CHAMPION, CANDIDATE = ALIASES

_names = TypeAdapter(StyleName)


class Change(BaseModel):
    """One line of a style's history: what was done to which version, when (ISO 8601, UTC) and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: str
    action: Literal["publish", "promote", "rollback"]
    version: Version
    reason: str = ""


class Aliases(BaseModel):
    """Which versions of a style are served, and how that came about."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    champion: Version | None = None
    candidate: Version | None = None
    history: list[Version] = []
    """Earlier champions, newest last."""
    log: Annotated[list[Change], Field(description="oldest first")] = []

    def of(self, alias: str) -> str | None:
        """The version that an alias stands for; any other word is a version's own name."""
        return {CHAMPION: self.champion, CANDIDATE: self.candidate}.get(alias, alias or None)

    def changed(self, change: Change, **fields: object) -> Self:
        """The aliases after a change that the log then tells of."""
        return self.model_copy(update={**fields, "log": [*self.log, change]})

    def promoted(self, version: str, at: str, reason: str) -> Self:
        """The aliases with the version as champion; the champion before it can be gone back to."""
        return self.changed(
            Change(at=at, action="promote", version=version, reason=reason),
            champion=version,
            candidate=None if self.candidate == version else self.candidate,
            history=[*self.history, *filter(None, [self.champion])],
        )


@dataclass(frozen=True, slots=True)
class StyleFolder:
    """One style on disk."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    def versions(self) -> list[str]:
        """Folders that hold a manifest, oldest first in natural order: 2 comes before 10."""
        return sorted((path.parent.name for path in self.path.glob(f"[!.]*/{MANIFEST}")), key=natural)

    def aliases(self) -> Aliases:
        """Raises ModelError naming file and field."""
        path = self.path / FILE
        if not path.exists():
            return Aliases(champion=next(iter(reversed(self.versions())), None))
        return read_file(path, Aliases)

    def write(self, aliases: Aliases) -> None:
        """In one step: a reader finds the old aliases or the new ones."""
        replace_text(self.path / FILE, aliases.model_dump_json(indent=1) + "\n")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the style for a change; another process that changes it waits."""
        self.path.mkdir(parents=True, exist_ok=True)
        with locked(self.path / ".lock"):
            yield

    def fingerprint(self) -> tuple[object, ...]:
        """Differs after any change that could make another version served."""
        files = [self.path / v / name for v in self.versions() for name in (MANIFEST, WEIGHTS)]
        return (self.name, *((str(path), _stamp(path)) for path in [self.path / FILE, *files]))


def style_folders(root: Path) -> list[StyleFolder]:
    """The styles below `root`, by name: folders that hold a version or aliases. Others are no styles."""
    found = {path.parent.parent for path in root.glob(f"[!.]*/[!.]*/{MANIFEST}")}
    found |= {path.parent for path in root.glob(f"[!.]*/{FILE}")}
    return [StyleFolder(path) for path in sorted(found)]


def style_folder(root: Path, name: str) -> StyleFolder:
    """The folder that the style has or would have. Raises ModelError for what cannot be a style's name."""
    try:
        return StyleFolder(root / _names.validate_python(name))
    except ValidationError as error:
        raise ModelError(f"{name!r} is no name of a style: {error.errors()[0]['msg']}") from error


def fingerprint(root: Path) -> tuple[object, ...]:
    """Differs after any change below `root` that matters to what is served."""
    return tuple(folder.fingerprint() for folder in style_folders(root))


def natural(version: str) -> list[tuple[bool, int, str]]:
    """Sort key by which runs of digits compare as numbers."""
    parts = re.findall(r"\d+|\D+", version)
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
