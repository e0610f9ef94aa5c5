"""Publishing styles while the service runs: what is on the shelf and sound, what staff decide of it, and both written.

Goes by the same shelf as `stylist promote`, but not by its gate: an operator decides, and the log says who and why.
Knows no HTTP and no model; whether weights load is asked of whoever has the model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from indexer.errors import ModelError
from service.artifacts import read_file
from service.db.repositories.styles import Choices, StylePolicyRepository
from service.db.session import utc_now
from service.errors import ConflictError, InvalidError, NotFoundError
from service.registry.adapter import BASE, Adapter, Version, check_files, load_adapter, read_manifest
from service.registry.store import EVALUATION, Aliases, Change, StyleFolder, style_folders
from service.settings import Settings

_LATEST = 20


class VersionView(BaseModel):
    """One version on the shelf. `problem` says why it is not usable; what its manifest says is null where that cannot
    be read. `evaluated`: an evaluation of these very weights lies beside them.
    """

    version: str
    digest: str | None
    created: str | None
    parent: str | None
    role: Literal["champion", "candidate", ""]
    usable: bool
    problem: str | None
    evaluated: bool


class StyleAdminView(BaseModel):
    """One style: its versions, oldest first, and what staff decided of it.

    `default`: requests that name no style get this one now. `history` holds the latest changes, newest first.
    `problem` says why the style's own files cannot be read. The base has neither versions nor history.
    """

    name: str
    description: str
    versions: list[VersionView]
    champion: str | None
    candidate: str | None
    default: bool
    retired: bool
    history: list[Change]
    problem: str | None


class StyleChange(BaseModel):
    """What is to change: at least one of `version`, which is published as champion, `default` and `retired`.

    `force` publishes a version without an evaluation, and wants a `reason`. A reason is kept in the style's log.
    """

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    version: Version | None = None
    default: bool | None = None
    retired: bool | None = None
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""
    force: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.version is None and self.default is None and self.retired is None:
            raise ValueError("version: one of version, default and retired must be given")
        if self.force and not self.reason:
            raise ValueError("reason: must be given with force")
        if self.default and self.retired:
            raise ValueError("default: a retired style cannot be the default")
        return self


class _Subject(BaseModel):
    digest: str


class _Evaluation(BaseModel):
    """The part of an evaluation that says of which weights it is."""

    subject: _Subject


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
        """The base, and every style on the shelf by name. `default` is the one that is composed with now."""
        choices = self._book.choices()
        base = StyleAdminView(
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
        folders = style_folders(self._settings.adapters_dir)
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
            self._check_version(folder, change, fault)
            self._publish(folder, change.version, _why(change, key_id))
        if change.default is not None or change.retired is not None:
            self._book.decide(change.name, default=change.default, retired=change.retired)

    def _folder(self, name: str) -> StyleFolder | None:
        """The style's; None for the base."""
        if name == BASE:
            return None
        found = [folder for folder in style_folders(self._settings.adapters_dir) if folder.name == name]
        if not found:
            raise NotFoundError(f"no style {name!r} is published")
        return found[0]

    def _check_decisions(self, change: StyleChange, folder: StyleFolder | None, default: str) -> None:
        choices = self._book.choices()
        if change.retired:
            if folder is None:
                raise ConflictError("the base is what is left when no other style can be used: it stays")
            if change.name in (default.partition("@")[0], choices.default) and change.default is not False:
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
        self, folder: StyleFolder, change: StyleChange, fault: Callable[[str], str | None]
    ) -> None:
        version, full = change.version or "", f"{change.name}@{change.version}"
        if version not in folder.versions():
            raise ConflictError(f"there is no {full}; there are: {', '.join(folder.versions()) or 'none'}")
        problem = self._problem(folder, version) or fault(full)
        if problem is not None:
            raise ConflictError(f"{full} cannot be used: {problem}")
        if not change.force and not _is_evaluated(self._adapter(folder, version)):
            raise ConflictError(
                f"{full} has no evaluation of these weights: run `stylist evaluate {full}`,"
                ' or publish it with "force": true and a reason'
            )

    def _publish(self, folder: StyleFolder, version: str, reason: str) -> None:
        try:
            with folder.locked():
                aliases = _aliases(folder)
                if aliases.champion != version:
                    folder.write(aliases.promoted(version, utc_now(), reason))
        except OSError as error:
            raise ConflictError(
                f"the folder of adapters cannot be written here ({error.strerror}):"
                f" run `stylist promote {folder.name}@{version}` where it can"
            ) from error

    def _view(self, folder: StyleFolder, default: str, choices: Choices) -> StyleAdminView:
        problem = None
        try:
            aliases = folder.aliases()
        except ModelError as error:
            aliases, problem = Aliases(), str(error)
        versions = [self._version(folder, version, aliases) for version in folder.versions()]
        return StyleAdminView(
            name=folder.name,
            description=_description(folder, aliases),
            versions=versions,
            champion=aliases.champion,
            candidate=aliases.candidate,
            default=default.partition("@")[0] == folder.name,
            retired=folder.name in choices.retired,
            history=aliases.log[: -_LATEST - 1 : -1],
            problem=problem,
        )

    def _version(self, folder: StyleFolder, version: str, aliases: Aliases) -> VersionView:
        problem = self._problem(folder, version)
        try:
            manifest = read_manifest(folder.path / version)
        except ModelError:
            manifest = None
        adapter = Adapter(folder.path / version, manifest) if manifest else None
        return VersionView(
            version=version,
            digest=adapter.digest if adapter else None,
            created=manifest.created if manifest else None,
            parent=manifest.parent if manifest else None,
            role=_role(aliases, version),
            usable=problem is None,
            problem=problem,
            evaluated=adapter is not None and _is_evaluated(adapter),
        )

    def _problem(self, folder: StyleFolder, version: str) -> str | None:
        try:
            self._adapter(folder, version)
        except (ModelError, OSError) as error:
            return str(error)
        return None

    def _adapter(self, folder: StyleFolder, version: str) -> Adapter:
        path = folder.path / version
        if self._base_digest is not None:
            return load_adapter(path, self._base_digest)
        return check_files(path, read_manifest(path))


def _role(aliases: Aliases, version: str) -> Literal["champion", "candidate", ""]:
    if version == aliases.champion:
        return "champion"
    return "candidate" if version == aliases.candidate else ""


def _why(change: StyleChange, key_id: str) -> str:
    forced = "forced, " if change.force else ""
    return f"{forced}published over HTTP by key {key_id}: {change.reason or 'no reason given'}"


def _aliases(folder: StyleFolder) -> Aliases:
    try:
        return folder.aliases()
    except ModelError as error:
        raise ConflictError(str(error)) from error


def _description(folder: StyleFolder, aliases: Aliases) -> str:
    try:
        return read_manifest(folder.path / aliases.champion).description if aliases.champion else ""
    except ModelError:
        return ""


def _is_evaluated(adapter: Adapter) -> bool:
    try:
        found = read_file(adapter.folder / EVALUATION, _Evaluation)
    except ModelError:
        return False
    return found.subject.digest == adapter.digest
