"""Errors as `application/problem+json`: the one place where an exception becomes a response."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import Match

from indexer.errors import FeedError, ModelError, SnapshotError, StylistError
from service.db.engine import cause
from service.errors import (
    FieldError,
    InvalidError,
    ProblemError,
    UnauthorizedError,
    UnavailableError,
    field_errors,
)
from service.localization.catalogues import ENGLISH
from service.localization.text import Text, named, phrase, said
from service.recommender.localization import header_language
from service.settings import Settings

_log = logging.getLogger("stylist.error")
MEDIA_TYPE = "application/problem+json"
_RETRY_SECONDS = 30  # of a 503 that knows no better
_SCHEMA = {"$ref": "#/components/schemas/Problem"}


class ProblemField(BaseModel):
    """`field` is a path such as "budget.max"; empty when no single field is to blame."""

    field: str
    message: str


class Problem(BaseModel):
    """Every error body, after RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: list[ProblemField] = []


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a route that can answer with these errors."""
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": _SCHEMA}}}
        for status in statuses
    }


def respond(scope: Mapping[str, Any], status: int, title: str, detail: str, **extra: Any) -> Response:
    """The response of one error. `extra`: `errors`, a sequence of FieldError, and `headers`."""
    problem = _problem(scope, status, title, detail, extra.get("errors", ()))
    # Escaped to ASCII: text from the request may hold lone surrogates, which UTF-8 cannot carry.
    body = json.dumps(problem.model_dump())
    return Response(body, status, headers=extra.get("headers"), media_type=MEDIA_TYPE)


def went_wrong(request_id: str) -> Text:
    """What is said of an error that nobody expected."""
    return phrase("something went wrong here; the log has it under request {id}", id=request_id)


def problem_of(scope: Mapping[str, Any], error: ProblemError) -> Problem:
    """The body of a ProblemError's response."""
    return _problem(scope, error.status, error.title, error.detail, error.errors)


def without_paths(text: str, settings: Settings) -> str:
    """The text without where this machine keeps things: that is in the log, for those who look after it."""
    for folder in (settings.data_dir, settings.adapters_dir, settings.model_dir):
        for name in {str(folder), str(folder.absolute()), str(folder.resolve())} - {".", "/"}:
            text = text.replace(f"{name}/", "").replace(name, folder.name)
    return text


def _problem(
    scope: Mapping[str, Any], status: int, title: str, detail: str, errors: Sequence[FieldError]
) -> Problem:
    app, language = scope.get("app"), language_of(scope)
    told = said(detail, language)
    if app is not None and hasattr(app.state, "services"):
        told = without_paths(told, app.state.services.settings)
    return Problem(
        title=said(named("problem", title), language),
        status=status,
        detail=told,
        instance=scope["path"],
        request_id=request_id(scope),
        errors=[ProblemField(field=e.field, message=said(e.message, language)) for e in errors],
    )


def language_of(scope: Mapping[str, Any]) -> str:
    """The language that a problem is told in: the answer's own, as far as that was settled, else the header's."""
    settled = scope.get("state", {}).get("language")
    if settled is not None:
        return str(settled)
    header = next((value for name, value in scope.get("headers", ()) if name == b"accept-language"), b"")
    return header_language(header.decode("latin-1")) or ENGLISH


def request_id(scope: Mapping[str, Any]) -> str:
    """The id that the middleware gave this request."""
    return str(scope.get("state", {}).get("request_id", ""))


def respond_to(scope: Mapping[str, Any], error: ProblemError) -> Response:
    """The response of a ProblemError."""
    headers = {}
    wait = error.retry_after or (_RETRY_SECONDS if error.status == UnavailableError.status else None)
    if wait is not None:
        headers["Retry-After"] = str(wait)
    if isinstance(error, UnauthorizedError):
        headers["WWW-Authenticate"] = "Bearer"
    return respond(scope, error.status, error.title, error.detail, errors=error.errors, headers=headers)


def install(app: FastAPI) -> None:
    """Make every error of the app a problem response. The middleware answers the unexpected ones."""
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(StylistError, _on_stylist_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)


def methods_at(scope: Mapping[str, Any]) -> list[str]:
    """The methods that the path of a request takes, whichever of several routes has them."""
    found: set[str] = set()
    for route in scope["app"].state.served:
        if route.matches(dict(scope))[0] is not Match.NONE:
            found |= route.methods or set()
    return sorted(found)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    if isinstance(error, UnavailableError) and (said := cause(error)):
        # The detail leaves out hosts and users of a database server: the log has them.
        _log.error("request %s: %s", request_id(request.scope), said)
    return respond_to(request.scope, error)


async def _on_stylist_error(request: Request, error: Exception) -> Response:
    if isinstance(error, FeedError):
        return respond(request.scope, 422, InvalidError.title, str(error))
    if isinstance(error, SnapshotError | ModelError):
        return respond_to(request.scope, UnavailableError(str(error)))
    return respond(request.scope, 500, ProblemError.title, str(error))


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return respond_to(request.scope, InvalidError.of(*field_errors(error.errors(), skip=1)))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 400:  # the framework's word for a body that it cannot read at all
        return respond_to(request.scope, InvalidError.at("body", phrase("cannot be read")))
    title = HTTPStatus(error.status_code).phrase
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(methods_at(request.scope))
    detail = {
        404: phrase("no such path: {path}", path=request.scope["path"]),
        405: phrase("{method} is not allowed here", method=request.method),
    }.get(error.status_code, error.detail)
    return respond(request.scope, error.status_code, title, detail, headers=headers)
