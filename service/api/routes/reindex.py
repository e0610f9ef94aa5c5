"""The route that builds the index anew, from uploads, files in the feed folder or addresses. Knows no feed format."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from anyio import to_thread
from fastapi import APIRouter, Header, Request, Response, Security
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from indexer.pipeline.read import FeedSource
from indexer.storage.durable import sha256_file
from service.api.auth import StaffRoute, bearer
from service.api.dependencies import services
from service.api.errors import documented
from service.api.intake.strictness import check_names
from service.api.routes.uploads import Form, receive_form
from service.errors import InvalidError
from service.indexing.addresses import MAX_CHARS
from service.indexing.build import FeedFormat, check_currency, check_mapping
from service.indexing.job_info import JobInfo, Status
from service.indexing.lock import UPLOADS_FOLDER
from service.indexing.order import BuildOrder, Idempotency
from service.indexing.runner import JobRunner
from service.indexing.sources import Located, configured, located
from service.settings import Settings

REINDEX_PATH = "/v1/admin/reindex"
_FILE = "file"

FeedName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_CHARS)]


class BuildRoute(StaffRoute):
    """Its jobs know their keys themselves, also after a restart; uploads are too large to keep."""

    keeps_replies = False


router = APIRouter(
    tags=["admin"],
    route_class=BuildRoute,
    dependencies=[Security(bearer)],
    responses=documented(409, 413, 422),
)


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: FeedFormat = "auto"
    map: Annotated[list[str], Field(max_length=100)] = []
    """FIELD=COLUMN pairs: which column of the feed holds a field."""
    currency: Annotated[str, Field(max_length=40)] | None = None
    """ISO 4217 code of prices that name none; the service's own when absent."""
    allow_rejects: bool = False
    dry_run: bool = False
    """Only find out what would change."""
    confirm: bool = False
    """Apply the feed even if it removes much of what is current."""
    minor_units: bool = False
    """All prices are in minor units (cents)."""
    confirm_prices: bool = False
    """Prices are right, however high they are for what is sold."""


class ReindexPaths(_Options):
    """Feeds in the service's feed folder, where relative paths begin, or at http(s) addresses of hosts that the service
    may ask. None: the configured ones."""

    path: FeedName | None = None
    paths: Annotated[list[FeedName], Field(min_length=1, max_length=100)] | None = None
    source: Literal["configured"] | None = None


class ReindexForm(_Options):
    """Feeds that are uploaded."""

    file: Annotated[list[Annotated[str, Field(json_schema_extra={"format": "binary"})]], Field(min_length=1)]


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
Key = Annotated[str | None, Header(min_length=1, max_length=200, pattern="^[!-~]+$")]


@router.post(REINDEX_PATH, status_code=202, openapi_extra=_BODY)
async def reindex(request: Request, response: Response, idempotency_key: Key = None) -> JobStarted:
    """Build the index anew from feeds: uploaded as `file`, named by `path` or `paths`, or those configured.

    One build at a time. The same `Idempotency-Key` with the same body gives the same job, however often it is sent.
    """
    app = services(request)
    await to_thread.run_sync(_refuse_early, app.jobs, idempotency_key)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        form = await receive_form(request, app.settings.data_dir / UPLOADS_FOLDER, _FILE)
        job = await to_thread.run_sync(_submit_form, app.jobs, form, app.settings, idempotency_key)
    elif kind == "application/json":
        body = await request.body()
        job = await to_thread.run_sync(_submit_paths, app.jobs, body, app.settings, idempotency_key)
    else:
        raise InvalidError.at("body", "send feeds as multipart/form-data, or their paths as application/json")
    url = f"/v1/admin/jobs/{job.id}"
    response.headers["Location"] = url
    return JobStarted(id=job.id, status=job.status, url=url)


def _refuse_early(jobs: JobRunner, key: str | None) -> None:
    """Before gigabytes are received in vain. A known key may name the very job that is under way."""
    if key is None or not jobs.known(key):
        jobs.ensure_idle()


def _submit_form(jobs: JobRunner, form: Form, settings: Settings, key: str | None) -> JobInfo:
    try:
        if not form.files:
            raise InvalidError.at(_FILE, "missing: upload one feed or more, each with a file name")
        values: dict[str, Any] = {name: v if name == "map" else v[-1] for name, v in form.fields.items()}
        options = _validated(ReindexForm.model_validate, {**values, _FILE: [p.name for p in form.files]})
        # Known by the names that they were sent under: the folder here is new each time, and nobody's business.
        named_files = zip(form.files, _told_apart([path.name for path in form.files]), strict=True)
        feeds = [Located(path, name) for path, name in named_files]
        order = _order(feeds, options, settings, scratch=form.folder)
        named = None if key is None else _identity(key, options, [sha256_file(path) for path in form.files])
        job = jobs.submit(order, named)
    except BaseException:
        form.discard()
        raise
    form.release()  # the job's own now
    return job


def _submit_paths(jobs: JobRunner, body: bytes, settings: Settings, key: str | None) -> JobInfo:
    check_names(body)
    options = _validated(ReindexPaths.model_validate_json, body)
    names = [("path", options.path)] if options.path is not None else []
    names += [(f"paths.{i}", path) for i, path in enumerate(options.paths or ())]
    if names and options.source is not None:
        raise InvalidError.at("source", "either this, or feeds by name")
    if not names:
        names = [("source", name) for name in configured(settings, "source")]
    feeds = [located(settings, name, field) for field, name in names]
    order = _order(feeds, options, settings)
    return jobs.submit(order, None if key is None else _identity(key, options, []))


def _order(
    found: Sequence[Located], options: _Options, settings: Settings, scratch: Path | None = None
) -> BuildOrder:
    mapping = check_mapping(options.map)
    currency = options.currency if options.currency is not None else settings.currency
    check_currency(currency)
    feeds = tuple(
        FeedSource(
            feed.path,
            options.format,
            mapping,
            currency,
            feed.name,
            settings.max_unpacked_bytes,
            options.minor_units,
            feed.url,
        )
        for feed in found
    )
    return BuildOrder(
        feeds,
        allow_rejects=options.allow_rejects,
        dry_run=options.dry_run,
        max_removed=None if options.confirm else settings.reindex_max_removed,
        scratch=scratch,
        confirm_prices=options.confirm_prices,
    )


def _identity(key: str, options: _Options, contents: Sequence[str]) -> Idempotency:
    said = json.dumps([options.model_dump(mode="json"), contents], sort_keys=True)
    return Idempotency(key, hashlib.sha256(said.encode()).hexdigest())


def _told_apart(names: Sequence[str]) -> list[str]:
    return [name if names.count(name) == 1 else f"{n} {name}" for n, name in enumerate(names, start=1)]


def _validated(validate: Callable[[Any], Body], values: object) -> Body:
    try:
        return validate(values)
    except ValidationError as error:
        raise InvalidError.from_validation(error) from error
