"""The folder of all adapters: `<name>/<version>/` and, beside the versions, which of them is served.

One module owns this layout: it reads and it writes, for styles and for the query encoder alike. Knows no weights and
no model. `aliases.json` names the `champion`, which answers to the bare name, the `candidate`, which answers to
`name@candidate`, and earlier champions to go back to. Without that file the newest version is the champion.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field

from indexer.errors import ModelError
from indexer.storage.durable import locked, replace_text
from service.artifacts import CONFIG, WEIGHTS, must_be, read_file
from service.lm.score_head import HEAD
from service.query.encoder import MANIFEST as RETRIEVER_MANIFEST
from service.registry.adapter import MANIFEST, check_adapter, read_adapter
from service.registry.query_adapter import checked_query_adapter, read_query_adapter
from service.registry.style_key import CANDIDATE, CHAMPION, RETRIEVER, StyleKey, Version

ALIASES_FILE = "aliases.json"
FORCED = "forced: "
"""What the reason of a promotion begins with that the gate had refused."""


class Artifact(Protocol):
    """One version on disk, of either kind."""

    @property
    def folder(self) -> Path: ...

    @property
    def key(self) -> StyleKey:
        """Its name and version, as its manifest says."""
        ...

    @property
    def digest(self) -> str:
        """Identity of everything in it that decides an outfit."""
        ...

    @property
    def description(self) -> str: ...

    @property
    def created(self) -> str:
        """ISO 8601, UTC; empty where the manifest does not say."""
        ...

    @property
    def parent(self) -> str:
        """The key of the version that training went on from, or empty."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """What differs between the kinds of artifacts: the files of a version, and how they are read and checked."""

    name: Literal["style", "retriever"]
    manifest: str
    files: tuple[str, ...]
    """What a version is made of, the manifest included, where it has that."""
    read: Callable[[Path], Artifact]
    """What the manifest in the folder says; the weights are not looked at. Raises ModelError."""
    check: Callable[[Path], Artifact]
    """The same, if the weights are those of the manifest. Raises ModelError naming both values."""


STYLE = Kind("style", MANIFEST, (MANIFEST, CONFIG, WEIGHTS, HEAD), read_adapter, check_adapter)
QUERY_ENCODER = Kind(
    "retriever",
    RETRIEVER_MANIFEST,
    (RETRIEVER_MANIFEST, CONFIG, WEIGHTS),
    read_query_adapter,
    checked_query_adapter,
)


Role = Literal["champion", "candidate", "earlier", ""]


class Change(BaseModel):
    """One line of a history: what was done to which version, when (ISO 8601, UTC) and why.

    `by` says who, where that is known. `refused` is what the gate had against a version that was promoted by force.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: str
    action: Literal["publish", "promote", "rollback"]
    version: Version
    reason: str = ""
    by: str = ""
    refused: list[str] = []

    @property
    def forced(self) -> str | None:
        """Why the version was promoted past the gate; None where it passed, or nothing was promoted."""
        promoted = self.action == "promote" and self.reason.startswith(FORCED)
        return self.reason.removeprefix(FORCED) if promoted else None


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

    def promoted(self, change: Change) -> Self:
        """The aliases with the version as champion; the champion before it can be gone back to."""
        return self.changed(
            change,
            champion=change.version,
            candidate=None if self.candidate == change.version else self.candidate,
            history=[*self.history, *filter(None, [self.champion])],
        )

    def role(self, version: str) -> Role:
        """What the version is at present, or was."""
        if version == self.champion:
            return "champion"
        if version == self.candidate:
            return "candidate"
        return "earlier" if version in self.history else ""

    def forced(self, version: str) -> str | None:
        """Why the version was promoted past the gate when it was promoted last; None when it passed, or never was."""
        last = next((c for c in reversed(self.log) if (c.action, c.version) == ("promote", version)), None)
        return last.forced if last else None


@dataclass(frozen=True, slots=True)
class ArtifactFolder:
    """One style on disk, or the query encoder, with all its versions."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def kind(self) -> Kind:
        return QUERY_ENCODER if self.name == RETRIEVER else STYLE

    def versions(self) -> list[str]:
        """Folders that hold a manifest, oldest first in natural order: 2 comes before 10."""
        found = self.path.glob(f"[!.]*/{self.kind.manifest}")
        return sorted((path.parent.name for path in found), key=natural)

    def read(self, version: str) -> Artifact:
        """What the manifest of the version says. Raises ModelError naming file and field."""
        return self.kind.read(self.path / version)

    def checked(self, version: str) -> Artifact:
        """The version, whose files fit together and lie where they belong. Raises ModelError naming both values."""
        found = self.kind.check(self.path / version)
        manifest = self.path / version / self.kind.manifest
        must_be(manifest, "name", found.key.name, self.name)
        must_be(manifest, "version", found.key.version, version)
        return found

    def aliases(self) -> Aliases:
        """Raises ModelError naming file and field, or saying how to bring an old layout into this one."""
        if (self.path / self.kind.manifest).is_file():
            raise ModelError(_flat(self.path, self.kind))
        path = self.path / ALIASES_FILE
        if not path.exists():
            return Aliases(champion=next(iter(reversed(self.versions())), None))
        return read_file(path, Aliases)

    def write(self, aliases: Aliases) -> None:
        """In one step: a reader finds the old aliases or the new ones."""
        replace_text(self.path / ALIASES_FILE, aliases.model_dump_json(indent=1) + "\n")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for a change; another process that changes it waits."""
        self.path.mkdir(parents=True, exist_ok=True)
        with locked(self.path / ".lock"):
            yield

    def fingerprint(self) -> tuple[object, ...]:
        """Differs after any change that could make another version served."""
        manifest = self.kind.manifest
        files = [self.path / v / name for v in self.versions() for name in (manifest, WEIGHTS)]
        found = [self.path / ALIASES_FILE, self.path / manifest, *files]
        return (self.name, *((str(path), _stamp(path)) for path in found))


def artifact_folders(root: Path) -> list[ArtifactFolder]:
    """Everything below `root` that has versions, by name: the styles, and the query encoder last."""
    retriever = ArtifactFolder(root / RETRIEVER)
    files = (retriever.path / name for name in (ALIASES_FILE, RETRIEVER_MANIFEST))
    there = bool(retriever.versions()) or any(path.is_file() for path in files)
    return [*style_folders(root), *([retriever] if there else [])]


def style_folders(root: Path) -> list[ArtifactFolder]:
    """The styles below `root`, by name: folders that hold a version or aliases. Others are no styles."""
    found = {path.parent.parent for path in root.glob(f"[!.]*/[!.]*/{MANIFEST}")}
    found |= {path.parent for path in root.glob(f"[!.]*/{ALIASES_FILE}")}
    return [ArtifactFolder(path) for path in sorted(found - {root / RETRIEVER})]


def artifact_folder(root: Path, key: StyleKey) -> ArtifactFolder:
    """The folder that the style, or the query encoder, has or would have."""
    return ArtifactFolder(root / key.name)


def fingerprint(root: Path) -> tuple[object, ...]:
    """Differs after any change below `root` that matters to which styles are served."""
    return tuple(folder.fingerprint() for folder in style_folders(root))


def natural(version: str) -> list[tuple[bool, int, str]]:
    """Sort key by which runs of digits compare as numbers."""
    parts = re.findall(r"\d+|\D+", version)
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


def _flat(path: Path, kind: Kind) -> str:
    """What to do where one version lies in the place of its folder, as query adapters once did."""
    try:
        version = kind.read(path).key.version
    except ModelError:
        version = "VERSION"
    own = " ".join(str(path / name) for name in kind.files if (path / name).is_file())
    return (
        f"{path / kind.manifest} lies where the versions should be; "
        f"run: mkdir {path / version} && mv {own} {path / version}"
    )


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
