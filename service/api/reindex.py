"""The route that builds the index anew, from uploads or from files in the feed folder. Knows no feed format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

from anyio import to_thread
from fastapi import APIRouter, Request, Response, Security
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from indexer.intake import FeedSource
from service.api.guard import StaffRoute, bearer
from service.api.problem import documented
from service.api.services import services
from service.api.uploads import receive_form
from service.indexing import FeedFormat, check_mapping
from service.jobs import BuildOrder, Status
from service.problems import InvalidError
from service.schema import Name
from service.settings import Settings

REINDEX_PATH = "/v1/admin/reindex"
UPLOADS_FOLDER = "uploads"
_FILE = "file"

router = APIRouter(
    tags=["admin"],
    route_class=StaffRoute,
    dependencies=[Security(bearer)],
    responses=documented(401, 403, 409, 413, 422, 500),
)


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: FeedFormat = "auto"
    map: Annotated[list[str], Field(max_length=100)] = []
    """FIELD=COLUMN pairs: which column of the feed holds a field."""
    allow_rejects: bool = False


class ReindexPaths(_Options):
    """Feeds that already lie in the service's feed folder; relative paths begin there."""

    path: Name | None = None
    paths: Annotated[list[Name], Field(max_length=100)] = []


class ReindexForm(_Options):
    """Feeds that are uploaded."""

    file: list[Annotated[str, Field(json_schema_extra={"format": "binary"})]]


class JobStarted(BaseModel):
    id: str
    status: Status
    url: str


_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": ReindexForm.model_json_schema()},
            "application/json": {"schema": ReindexPaths.model_json_schema()},
        },
    }
}
Body = TypeVar("Body", bound=BaseModel)


@router.post(REINDEX_PATH, status_code=202, openapi_extra=_BODY)
async def reindex(request: Request, response: Response) -> JobStarted:
    """Build the index anew from feeds: uploaded as `file`, or named by `path` or `paths`. One build at a time."""
    app = services(request)
    app.jobs.ensure_idle()  # before gigabytes are received in vain
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        order = await _uploaded(request, app.settings)
    elif kind == "application/json":
        body = await request.body()
        order = await to_thread.run_sync(_named, body, app.settings)
    else:
        raise InvalidError.at("body", "send feeds as multipart/form-data, or their paths as application/json")
    job = await to_thread.run_sync(app.jobs.submit, order)
    url = f"/v1/admin/jobs/{job.id}"
    response.headers["Location"] = url
    return JobStarted(id=job.id, status=job.status, url=url)


async def _uploaded(request: Request, settings: Settings) -> BuildOrder:
    form = await receive_form(request, settings.data_dir / UPLOADS_FOLDER, _FILE)
    try:
        if not form.files:
            raise InvalidError.at(_FILE, "missing: upload one feed or more, each with a file name")
        values: dict[str, Any] = {name: v if name == "map" else v[-1] for name, v in form.fields.items()}
        options = _validated(ReindexForm.model_validate, {**values, _FILE: [p.name for p in form.files]})
        # Known by the names that they were sent under: the folder here is new each time, and nobody's business.
        return _order(form.files, _told_apart(form.files), options, settings, scratch=form.folder)
    except BaseException:
        form.discard()
        raise


def _named(body: bytes, settings: Settings) -> BuildOrder:
    options = _validated(ReindexPaths.model_validate_json, body)
    names = [("path", options.path)] if options.path is not None else []
    names += [(f"paths.{i}", path) for i, path in enumerate(options.paths)]
    if not names:
        raise InvalidError.at("paths", "missing: name one feed or more")
    paths = [confined(settings.feed_dir, path, field) for field, path in names]
    return _order(paths, [path for _, path in names], options, settings)


def _order(
    paths: Sequence[Path],
    names: Sequence[str],
    options: _Options,
    settings: Settings,
    scratch: Path | None = None,
) -> BuildOrder:
    mapping = check_mapping(options.map)
    feeds = tuple(
        FeedSource(path, options.format, mapping, settings.currency, name)
        for path, name in zip(paths, names, strict=True)
    )
    return BuildOrder(feeds, options.allow_rejects, scratch)


def _told_apart(paths: Sequence[Path]) -> list[str]:
    names = [path.name for path in paths]
    return [name if names.count(name) == 1 else f"{n} {name}" for n, name in enumerate(names, start=1)]


def confined(feed_dir: Path | None, path: str, field: str) -> Path:
    """The file in the feed folder that `path` names, symbolic links followed.

    Raises InvalidError of `field` when there is no feed folder, the path leads out of it, or no file is there.
    """
    if feed_dir is None:
        raise InvalidError.at(field, "this service takes uploads only; STYLIST_FEED_DIR would allow paths")
    root = feed_dir.resolve()
    try:
        found = (root / path).resolve()
        inside, is_file = found.is_relative_to(root), found.is_file()
    except (OSError, ValueError, RuntimeError) as error:  # too long, NUL inside, a loop of links
        raise InvalidError.at(field, "not a usable path") from error
    if not inside:  # said of files that exist and of files that do not alike
        raise InvalidError.at(field, "leads out of the feed folder")
    if not is_file:
        raise InvalidError.at(field, "no such file in the feed folder")
    return found


def _validated(validate: Callable[[Any], Body], values: object) -> Body:
    try:
        return validate(values)
    except ValidationError as error:
        raise InvalidError.from_validation(error) from error
