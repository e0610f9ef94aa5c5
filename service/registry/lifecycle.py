"""The life of a version: published as candidate, promoted past the gate, rolled back. Knows no model.

The same for styles and for the query encoder. Versions are immutable: another training run is another version. What is
served changes in one step, when the aliases of `service.registry.store` are replaced; a running service follows by
itself. No promotion goes around the gate: what it has against a version is overridden with a reason, which stays in
the log with what was overridden.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from indexer.errors import ModelError, StylistError
from indexer.storage.durable import sync
from service.registry.adapter import Adapter
from service.registry.evaluation import EVALUATION, Evaluation, EvaluationError, read_evaluation
from service.registry.gate import Limits, Refusal, check
from service.registry.store import (
    FORCED,
    QUERY_ENCODER,
    STYLE,
    Aliases,
    Artifact,
    ArtifactFolder,
    Change,
    Kind,
    Role,
    artifact_folder,
)
from service.registry.style_key import CANDIDATE, CHAMPION, StyleKey

_TOLD = ("README.md", EVALUATION, "curve.jsonl", "curve.png")
"""Goes with the weights where a run has it; checkpoints stay behind."""


class RegistryError(StylistError):
    """A version that cannot be published, promoted or gone back to; says why."""


class GateError(RegistryError):
    """The gate refused a promotion; says every reason."""


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """One version on the shelf. `forced` is why it was promoted past the gate, where it was."""

    artifact: Artifact
    role: Role
    evaluated: bool
    forced: str | None


def publish(folder: Path, adapters_dir: Path) -> Artifact:
    """Copy what a run finished to `<name>/<version>` and make it the candidate.

    What was served goes on being served. Raises ModelError when files are missing or do not fit together,
    RegistryError when the version is there already.
    """
    kind = _kind_in(folder)
    made = kind.check(folder).key
    shelf = artifact_folder(adapters_dir, made)
    target = shelf.path / made.version
    with shelf.locked():
        if target.exists():
            raise RegistryError(f"{made} is published already; versions never change")
        aliases = shelf.aliases()
        draft = shelf.path / f".{made.version}.new"
        shutil.rmtree(draft, ignore_errors=True)
        _copy(folder, draft, kind)
        kind.check(draft)
        shelf.write(aliases)  # first of all: without aliases the newest folder would be served
        draft.replace(target)
        sync(shelf.path)
        shelf.write(aliases.changed(_change("publish", made.version), candidate=made.version))
    return shelf.read(made.version)


def must_be_free(adapters_dir: Path, key: StyleKey) -> None:
    """Before hours are spent: raises RegistryError when the version is published already."""
    if key.version in artifact_folder(adapters_dir, key).versions():
        raise RegistryError(f"{key} is published already; choose another --version")


def refusals(
    adapters_dir: Path, key: StyleKey, aliases: Aliases, limits: Limits | None = None
) -> list[Refusal]:
    """What the gate has against serving the version instead of the champion, a missing evaluation included.

    Raises ModelError when the version's own files do not fit together.
    """
    folder = artifact_folder(adapters_dir, key)
    ours, theirs = folder.checked(key.version), None
    candidate, missing = _judged(ours)
    if aliases.champion is not None:
        theirs, unknown = _judged_champion(folder, aliases.champion)
        missing += unknown
    return missing if candidate is None or missing else check(candidate, theirs, limits)


def promote(
    adapters_dir: Path,
    text: str,
    *,
    limits: Limits | None = None,
    force: str = "",
    note: str = "",
    by: str = "",
) -> Aliases:
    """Make the version `name@version` the champion, if the gate lets it through or `force` says why even so.

    Force and what it overrode, the note and who did it are kept in the log. Raises GateError with all that the gate has
    against it, RegistryError when there is no such version or it is the champion already.
    """
    key = StyleKey.parse(text)
    folder = artifact_folder(adapters_dir, key)
    with _changing(folder):
        aliases = folder.aliases()
        version = aliases.of(key.version or CANDIDATE)
        if version is None or version not in folder.versions():
            raise RegistryError(f"there is no {key.of(key.version or CANDIDATE)}; {_known(folder)}")
        key = key.of(version)
        if version == aliases.champion:
            raise RegistryError(f"{key} is the champion already")
        refused = refusals(adapters_dir, key, aliases, limits)
        if refused and not force.strip():
            raise GateError(f"{key} is not promoted: " + "; ".join(str(refusal) for refusal in refused))
        if refused:
            overridden = "; ".join(dict.fromkeys(refusal.metric for refusal in refused))
            reason = f"{FORCED}{force.strip()} (refused: {overridden})"
        else:
            reason = "passed the gate"
        reason += f"; {note.strip()}" if note.strip() else ""
        change = _change("promote", version, reason, by, [str(refusal) for refusal in refused])
        changed = aliases.promoted(change)
        folder.write(changed)
    return changed


def rollback(adapters_dir: Path, name: str) -> Aliases:
    """Make the last of the earlier champions the champion again. Raises RegistryError when there is none."""
    key = StyleKey.parse(name)
    if key.version:
        raise RegistryError(f"{name}: a rollback takes the name alone, and goes back to the champion before")
    folder = artifact_folder(adapters_dir, key)
    with _changing(folder):
        aliases = folder.aliases()
        if not aliases.history:
            raise RegistryError(f"{name}: there is no earlier champion to go back to")
        *history, version = aliases.history
        if version not in folder.versions():
            raise RegistryError(
                f"{key.of(version)}, the champion before, is no longer there; {_known(folder)}"
            )
        reason = f"in place of {aliases.champion}"
        changed = aliases.changed(_change("rollback", version, reason), champion=version, history=history)
        folder.write(changed)
    return changed


def versions(folder: ArtifactFolder) -> list[VersionInfo]:
    """Every version, oldest first. Raises ModelError for a manifest or aliases that cannot be read."""
    aliases = folder.aliases()
    found = [(version, folder.read(version)) for version in folder.versions()]
    return [
        VersionInfo(artifact, aliases.role(version), is_evaluated(artifact), aliases.forced(version))
        for version, artifact in found
    ]


def evaluation_of(artifact: Artifact) -> Evaluation:
    """The evaluation beside a version's weights. Raises EvaluationError that says what to run where there is none, or
    it is of other weights.
    """
    path, again = artifact.folder / EVALUATION, f"run `stylist evaluate {artifact.key}`"
    if not path.is_file():
        raise EvaluationError(f"{artifact.key} was never evaluated; {again}")
    found = read_evaluation(artifact.folder)
    if found.subject.digest != artifact.digest:
        raise EvaluationError(
            f"{path}: subject.digest is {found.subject.digest!r},"
            f" but that of {artifact.key} is {artifact.digest!r}; {again}"
        )
    return found


def is_evaluated(artifact: Artifact) -> bool:
    """Whether an evaluation of these very weights lies beside them."""
    try:
        evaluation_of(artifact)
    except EvaluationError:
        return False
    return True


def find(adapters_dir: Path, text: str) -> Artifact:
    """The version behind `name` (the champion), `name@candidate` or `name@version`, its files checked.

    Raises RegistryError when there is none, ModelError when its files do not fit together.
    """
    key = StyleKey.parse(text)
    folder = artifact_folder(adapters_dir, key)
    version = folder.aliases().of(key.version or CHAMPION)
    if version is None or version not in folder.versions():
        raise RegistryError(f"there is no {key}; {_known(folder)}")
    return folder.checked(version)


def find_style(adapters_dir: Path, text: str) -> Adapter:
    """The same for what must be a style."""
    found = find(adapters_dir, text)
    if not isinstance(found, Adapter):
        raise RegistryError(f"{found.key} is no style")
    return found


def _judged(artifact: Artifact) -> tuple[Evaluation | None, list[Refusal]]:
    """The evaluation, or what the gate says where there is none to go by."""
    try:
        return evaluation_of(artifact), []
    except EvaluationError as error:
        return None, [Refusal("evaluation", "", "", str(error))]


def _judged_champion(folder: ArtifactFolder, version: str) -> tuple[Evaluation | None, list[Refusal]]:
    try:
        return _judged(folder.read(version))
    except ModelError as error:  # a champion that is gone must not keep others from its place for ever
        return None, [Refusal("evaluation", "", "", f"the champion cannot be read: {error}")]


def _changing(folder: ArtifactFolder) -> AbstractContextManager[None]:
    """Hold a folder that is there; none is made for what is not."""
    return folder.locked() if folder.path.is_dir() else nullcontext()


def _kind_in(folder: Path) -> Kind:
    return QUERY_ENCODER if (folder / QUERY_ENCODER.manifest).is_file() else STYLE


def _copy(folder: Path, draft: Path, kind: Kind) -> None:
    draft.mkdir(parents=True)
    for name in (*kind.files, *_TOLD):
        if (folder / name).is_file():
            shutil.copyfile(folder / name, draft / name)
            sync(draft / name)


def _change(
    action: Literal["publish", "promote", "rollback"],
    version: str,
    reason: str = "",
    by: str = "",
    refused: Sequence[str] = (),
) -> Change:
    return Change(at=now(), action=action, version=version, reason=reason, by=by, refused=list(refused))


def now() -> str:
    """ISO 8601, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _known(folder: ArtifactFolder) -> str:
    found = folder.versions()
    return f"there are: {', '.join(found)}" if found else f"no version of {folder.name} is published"
