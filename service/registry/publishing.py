"""Publishing styles while the service runs: what is on the shelf and sound, what staff decide of it, and both written.

The same versions, by the same gate, as `stylist promote`; the log says who did it and why. Knows no HTTP and no model;
whether weights load is asked of whoever has the model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from indexer.errors import ModelError
from service.artifacts import must_be
from service.db.repositories.styles import Choices, StylePolicyRepository
from service.errors import ConflictError, InvalidError, NotFoundError
from service.registry.adapter import MANIFEST, Adapter
from service.registry.lifecycle import GateError, RegistryError, is_evaluated, promote
from service.registry.store import Aliases, Artifact, ArtifactFolder, Change, Role, artifact_folders
from service.registry.style_key import BASE, RETRIEVER, StyleKey, Version
from service.settings import Settings

_LATEST = 20


class VersionView(BaseModel):
    """One version on the shelf. `problem` says why it is not usable; what its manifest says is null where that cannot
    be read. `evaluated`: an evaluation of these very weights lies beside them. `forced`: the reason by which it was
    promoted past the gate; null where it passed.
    """

    version: str
    digest: str | None
    created: str | None
    parent: str | None
    role: Role
    usable: bool
    problem: str | None
    evaluated: bool
    forced: str | None


class StyleAdminView(BaseModel):
    """One style, or the query encoder of all styles: its versions, oldest first, and what staff decided of it.

    `default`: requests that name no style get this one now. `history` holds the latest changes, newest first.
    `problem` says why the style's own files cannot be read. The base has neither versions nor history.
    """

    kind: Literal["style", "retriever"]
    name: str
    description: str
    versions: list[VersionView]
    champion: str | None
    candidate: str | None
    default: bool
    retired: bool
    history: list[Change]
    problem: str | None


Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class StyleChange(BaseModel):
    """What is to change: at least one of `version`, which is published as champion, `default` and `retired`.

    `force` says why a version is published that the gate has something against; `true` means that `reason` says it.
    Reasons are kept in the style's log.
    """

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    version: Version | None = None
    default: bool | None = None
    retired: bool | None = None
    reason: Reason = ""
    force: bool | Reason = ""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.version is None and self.default is None and self.retired is None:
            raise ValueError("version: one of version, default and retired must be given")
        if self.force is True and not self.reason:
            raise ValueError("reason: must be given with force")
        if self.default and self.retired:
            raise ValueError("default: a retired style cannot be the default")
        return self


class Publication:
    """The styles of one adapters folder and the decisions of one state.

    `base_digest` is that of the language model that the adapters must fit; without one, only their own files are held
    against each other.
    """

    def __init__(self, settings: Settings, book: StylePolicyRepository, base_digest: str | None) -> None:
        self._settings = settings
        self._book = book
        self._base_digest = base_digest

    def styles(self, default: str) -> list[StyleAdminView]:
        """The base, every style on the shelf by name, and the query encoder. `default` is composed with now."""
        choices = self._book.choices()
        base = StyleAdminView(
            kind="style",
            name=BASE,
            description="The untuned base model",
            versions=[],
            champion=None,
            candidate=None,
            default=default == BASE,
            retired=False,
            history=[],
            problem=None,
        )
        folders = artifact_folders(self._settings.adapters_dir)
        return [base, *(self._view(folder, default, choices) for folder in folders)]

    def change(
        self, change: StyleChange, key_id: str, default: str, fault: Callable[[str], str | None]
    ) -> None:
        """Do what is asked, or nothing. `default` is the style composed with now; `fault` says why `name@version`
        cannot be loaded.

        Raises NotFoundError for an unknown style, ConflictError for what cannot be done as things are, InvalidError
        for what is never possible.
        """
        folder = self._folder(change.name)
        self._check_decisions(change, folder, default)
        if change.version is not None:
            if folder is None:
                raise InvalidError.at("version", "the base model has no versions")
            self._check_version(folder, change.version, fault)
            self._publish(folder, change, key_id)
        if change.default is not None or change.retired is not None:
            self._book.decide(change.name, default=change.default, retired=change.retired)

    def _folder(self, name: str) -> ArtifactFolder | None:
        """The style's; None for the base."""
        if name == BASE:
            return None
        found = [folder for folder in artifact_folders(self._settings.adapters_dir) if folder.name == name]
        if not found:
            raise NotFoundError(f"no style {name!r} is published")
        return found[0]

    def _check_decisions(self, change: StyleChange, folder: ArtifactFolder | None, default: str) -> None:
        choices = self._book.choices()
        for field in ("default", "retired"):
            if change.name == RETRIEVER and getattr(change, field) is not None:
                raise InvalidError.at(field, f"{RETRIEVER!r} is no style: it searches for all of them")
        if change.retired:
            if folder is None:
                raise ConflictError("the base is what is left when no other style can be used: it stays")
            if change.name in (StyleKey.name_in(default), choices.default) and change.default is not False:
                raise ConflictError(f"{change.name!r} is the default: make another style the default first")
        if not change.default:
            return
        if change.name in choices.retired and change.retired is not False:
            raise ConflictError(f'{change.name!r} is retired: it comes back with "retired": false')
        if folder is not None and change.version is None:
            champion = _aliases(folder).champion
            problem = (
                f"{change.name!r} has no champion" if champion is None else self._problem(folder, champion)
            )
            if problem is not None:
                raise ConflictError(f"{change.name!r} cannot be the default: {problem}")

    def _check_version(
        self, folder: ArtifactFolder, version: str, fault: Callable[[str], str | None]
    ) -> None:
        full = str(StyleKey(folder.name, version))
        if version not in folder.versions():
            raise ConflictError(f"there is no {full}; there are: {', '.join(folder.versions()) or 'none'}")
        problem = self._problem(folder, version) or fault(full)
        if problem is not None:
            raise ConflictError(f"{full} cannot be used: {problem}")

    def _publish(self, folder: ArtifactFolder, change: StyleChange, key_id: str) -> None:
        """Past the gate, or by force. A version that is the champion already stays it."""
        full = str(StyleKey(folder.name, change.version or ""))
        force, note = (change.reason, "") if change.force is True else (change.force or "", change.reason)
        if _aliases(folder).champion == change.version:
            return
        try:
            promote(self._settings.adapters_dir, full, force=force, note=note, by=f"key {key_id}")
        except GateError as error:
            raise ConflictError(f'{error}; or publish it all the same with "force": "why"') from error
        except (RegistryError, ModelError) as error:
            raise ConflictError(str(error)) from error
        except OSError as error:
            raise ConflictError(
                f"the folder of adapters cannot be written here ({error.strerror}):"
                f" run `stylist promote {full}` where it can"
            ) from error

    def _view(self, folder: ArtifactFolder, default: str, choices: Choices) -> StyleAdminView:
        problem = None
        try:
            aliases = folder.aliases()
        except ModelError as error:
            aliases, problem = Aliases(), str(error)
        versions = [self._version(folder, version, aliases) for version in folder.versions()]
        return StyleAdminView(
            kind=folder.kind.name,
            name=folder.name,
            description=_description(folder, aliases),
            versions=versions,
            champion=aliases.champion,
            candidate=aliases.candidate,
            default=StyleKey.name_in(default) == folder.name,
            retired=folder.name in choices.retired,
            history=aliases.log[: -_LATEST - 1 : -1],
            problem=problem,
        )

    def _version(self, folder: ArtifactFolder, version: str, aliases: Aliases) -> VersionView:
        problem = self._problem(folder, version)
        found = _read(folder, version)
        return VersionView(
            version=version,
            digest=found.digest if found else None,
            created=found.created if found else None,
            parent=found.parent if found else None,
            role=aliases.role(version),
            usable=problem is None,
            problem=problem,
            evaluated=found is not None and is_evaluated(found),
            forced=aliases.forced(version),
        )

    def _problem(self, folder: ArtifactFolder, version: str) -> str | None:
        try:
            found = folder.checked(version)
            if isinstance(found, Adapter) and self._base_digest is not None:
                manifest = found.manifest
                must_be(found.folder / MANIFEST, "base_digest", manifest.base_digest, self._base_digest)
        except (ModelError, OSError) as error:
            return str(error)
        return None


def _aliases(folder: ArtifactFolder) -> Aliases:
    try:
        return folder.aliases()
    except ModelError as error:
        raise ConflictError(str(error)) from error


def _description(folder: ArtifactFolder, aliases: Aliases) -> str:
    found = _read(folder, aliases.champion) if aliases.champion else None
    return found.description if found else ""


def _read(folder: ArtifactFolder, version: str) -> Artifact | None:
    try:
        return folder.read(version)
    except ModelError:
        return None
