"""The life of an adapter version: published as candidate, promoted past the gate, rolled back. Knows no model.

Versions are immutable: another training run is another version. What is served changes in one step, when the
aliases of `service.registry.store` are replaced; a running service follows by itself.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from indexer.errors import StylistError
from indexer.storage.durable import sync
from service.artifacts import CONFIG, WEIGHTS
from service.lm.score_head import HEAD
from service.registry.adapter import MANIFEST, Adapter, Manifest, check_files, read_manifest
from service.registry.store import Aliases, Change, StyleFolder, style_folder
from training.evaluation import result
from training.evaluation.result import Evaluation
from training.gate import Refusal

_NEEDED = (MANIFEST, CONFIG, WEIGHTS)
_TOLD = ("README.md", result.FILE, "curve.jsonl", "curve.png")
"""Goes with the weights where a run has it; checkpoints stay behind."""


class RegistryError(StylistError):
    """A version that cannot be published, promoted or gone back to; says why."""


class GateError(RegistryError):
    """The gate refused a promotion; says every reason."""


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """One version on the shelf. `role` is champion, candidate, earlier (a champion once) or nothing."""

    manifest: Manifest
    role: Literal["champion", "candidate", "earlier", ""]
    evaluated: bool


def publish(folder: Path, adapters_dir: Path) -> Adapter:
    """Copy the finished adapter of a run to `<name>/<version>` and make it the candidate.

    What was served goes on being served. Raises ModelError when files are missing or do not fit together,
    RegistryError when the version is there already.
    """
    manifest = read_manifest(folder)
    check_files(folder, manifest)
    style = style_folder(adapters_dir, manifest.name)
    target = style.path / manifest.version
    with style.locked():
        if target.exists():
            raise RegistryError(
                f"{manifest.name}@{manifest.version} is published already; versions never change"
            )
        aliases = style.aliases()
        draft = style.path / f".{manifest.version}.new"
        shutil.rmtree(draft, ignore_errors=True)
        _copy(folder, draft)
        check_files(draft, manifest)
        style.write(aliases)  # first of all: without aliases the newest folder would be served
        draft.replace(target)
        sync(style.path)
        style.write(aliases.changed(_change("publish", manifest.version), candidate=manifest.version))
    return Adapter(target, manifest)


def promote(
    adapters_dir: Path, name: str, version: str, refusals: Sequence[Refusal], force: str = ""
) -> Aliases:
    """Make the version the champion, if the gate has nothing against it or `force` says why it is done even so.

    The reason is kept in the style's log. Raises GateError with the refusals, RegistryError when there is no such
    version or it is the champion already.
    """
    style = style_folder(adapters_dir, name)
    if refusals and not force.strip():
        raise GateError(
            f"{name}@{version} is not promoted: " + "; ".join(str(refusal) for refusal in refusals)
        )
    with style.locked():
        aliases = style.aliases()
        if version not in style.versions():
            raise RegistryError(f"there is no {name}@{version}; {_known(style)}")
        if version == aliases.champion:
            raise RegistryError(f"{name}@{version} is the champion already")
        overridden = "; ".join(refusal.metric for refusal in refusals)
        reason = f"forced: {force.strip()} (refused: {overridden})" if refusals else "passed the gate"
        changed = aliases.promoted(version, now(), reason)
        style.write(changed)
    return changed


def rollback(adapters_dir: Path, name: str) -> Aliases:
    """Make the last of the earlier champions the champion again. Raises RegistryError when there is none."""
    style = style_folder(adapters_dir, name)
    with style.locked():
        aliases = style.aliases()
        if not aliases.history:
            raise RegistryError(f"{name}: there is no earlier champion to go back to")
        *history, version = aliases.history
        if version not in style.versions():
            raise RegistryError(f"{name}@{version}, the champion before, is no longer there; {_known(style)}")
        reason = f"in place of {aliases.champion}"
        changed = aliases.changed(_change("rollback", version, reason), champion=version, history=history)
        style.write(changed)
    return changed


def versions(adapters_dir: Path, name: str) -> list[VersionInfo]:
    """Every version of a style, oldest first. Raises ModelError for a manifest or aliases that cannot be read."""
    style = style_folder(adapters_dir, name)
    aliases = style.aliases()
    return [
        VersionInfo(
            read_manifest(style.path / version),
            _role(aliases, version),
            (style.path / version / result.FILE).is_file(),
        )
        for version in style.versions()
    ]


def evaluation_of(adapter: Adapter) -> Evaluation:
    """The evaluation beside a version's weights. Raises EvaluationError, RegistryError when it is of other weights."""
    found = result.load(adapter.folder)
    if found.subject.digest != adapter.digest:
        raise RegistryError(
            f"{adapter.folder / result.FILE}: subject.digest is {found.subject.digest!r},"
            f" but the adapter's is {adapter.digest!r}; evaluate it again"
        )
    return found


def find(adapters_dir: Path, key: str) -> Adapter:
    """The adapter of `name` (its champion), `name@candidate` or `name@version`, its files checked.

    Raises RegistryError when there is none, ModelError when its files do not fit together.
    """
    name, at, alias = key.partition("@")
    style = style_folder(adapters_dir, name)
    version = style.aliases().of(alias if at else "champion")
    if version is None or version not in style.versions():
        raise RegistryError(f"there is no {key}; {_known(style)}")
    folder = style.path / version
    return check_files(folder, read_manifest(folder))


def _copy(folder: Path, draft: Path) -> None:
    draft.mkdir(parents=True)
    for name in (*_NEEDED, HEAD, *_TOLD):
        if (folder / name).is_file():
            shutil.copyfile(folder / name, draft / name)
            sync(draft / name)


def _change(action: Literal["publish", "promote", "rollback"], version: str, reason: str = "") -> Change:
    return Change(at=now(), action=action, version=version, reason=reason)


def now() -> str:
    """ISO 8601, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _role(aliases: Aliases, version: str) -> Literal["champion", "candidate", "earlier", ""]:
    if version == aliases.champion:
        return "champion"
    if version == aliases.candidate:
        return "candidate"
    return "earlier" if version in aliases.history else ""


def _known(style: StyleFolder) -> str:
    found = style.versions()
    return f"there are: {', '.join(found)}" if found else f"no version of {style.name} is published"
