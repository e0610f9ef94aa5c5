"""What surrounds every request: its id, its line in the log, its metrics, and the headers of its answer.

Plain ASGI, so that streams stay streams. Knows no route beyond the template that the router found.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.errors import methods_at, respond, went_wrong
from service.api.intake.idempotency import HEADER, REPLAYED
from service.api.metrics import Metrics, route_of
from service.api.routes.replay_headers import REPLAY_HEADERS
from service.errors import ProblemError
from service.settings import Settings

access_log = logging.getLogger("stylist.access")
error_log = logging.getLogger("stylist.error")

_CLIENT_GONE = 499  # for log and metrics alone: nobody is left to answer
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}
_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
# Of pages: everything from here, nothing inline. `data:` is for pictures in style sheets.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_STAFF = "/v1/admin/"
_CORS_SECONDS = 600
_METHODS = ("GET", "POST", "DELETE")
_ASKED = "access-control-request-method"


class RequestContext:
    """Gives a request its id and its headers, logs and counts it, and answers 500 when the app raises."""

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        about = _About(_request_id(scope), time.perf_counter())
        scope.setdefault("state", {})["request_id"] = about.request_id

        async def send_dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                about.status = message["status"]
                _dress(message, scope["path"], about.request_id)
            await send(message)

        try:
            with self._metrics.in_flight.track_inprogress():
                await self._app(scope, receive, send_dressed)
        except ClientDisconnect:
            about.status = _CLIENT_GONE
        except Exception:
            _log_error(scope, about)
            if about.status:  # too late for another answer: the server cuts the connection
                raise
            detail = went_wrong(about.request_id)
            response = respond(scope, ProblemError.status, ProblemError.title, detail)
            await response(scope, receive, send_dressed)
        finally:
            self._account(scope, about)

    def _account(self, scope: Scope, about: _About) -> None:
        seconds = time.perf_counter() - about.began
        status = about.status or _CLIENT_GONE  # cut off before an answer began
        route = route_of(scope)
        self._metrics.answered(route, scope["method"], status, seconds)
        # Never the path, the query, a header or a body: they hold names, what shoppers typed, and keys.
        line: dict[str, object] = {
            "request_id": about.request_id,
            "method": scope["method"][:10],
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
        }
        state = scope["state"]
        if (principal := state.get("principal")) is not None:
            line["key"] = principal.key_id
        if self._settings.log_client_address and scope.get("client"):
            line["client"] = scope["client"][0]
        if self._settings.log_shopper_text and "shopper_text" in state:
            line["vibe"] = state["shopper_text"]
        access_log.info("%s %s %s", line["method"], route, status, extra={"fields": line})


@dataclass(slots=True)
class _About:
    request_id: str
    began: float
    status: int = 0


class ShopperCors:
    """Lets pages of the given origins call the shopper routes, with a key but without cookies; no others at all."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        self._app = app
        self._shared = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=_METHODS,
            allow_headers=("Authorization", "Content-Type", "X-Request-ID", HEADER),
            expose_headers=("X-Request-ID", "Retry-After", "Location", REPLAYED, *REPLAY_HEADERS),
            max_age=_CORS_SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        shared = scope["type"] == "http" and path.startswith("/v1/") and not path.startswith(_STAFF)
        if not shared:  # the start of the service among them, which has no headers
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if scope["method"] == "OPTIONS" and {"origin", _ASKED} <= {*headers.keys()}:
            await self._preflight(scope, headers)(scope, receive, send)
        else:
            await self._shared(scope, receive, send)

    def _preflight(self, scope: Scope, headers: Headers) -> Response:
        """What a page may send to this very path; a problem where that is nothing, or not what it asks."""
        there = methods_at(scope)
        if not there:
            return respond(scope, 404, "Not Found", f"no such path: {scope['path']}")
        asked = headers[_ASKED]
        if asked not in there:
            allow = {"Allow": ", ".join(there), "Vary": "Origin"}
            return respond(
                scope, 405, "Method Not Allowed", f"{asked[:10]} is not allowed here", headers=allow
            )
        response = self._shared.preflight_response(headers)
        if response.status_code >= 400:
            detail = bytes(response.body).decode()
            return respond(scope, 400, "Bad Request", detail, headers={"Vary": "Origin"})
        methods = [method for method in there if method in _METHODS]
        response.headers["Access-Control-Allow-Methods"] = ", ".join(methods)
        return response


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex


def _dress(message: Message, path: str, request_id: str) -> None:
    headers = MutableHeaders(scope=message)
    headers["X-Request-ID"] = request_id
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    is_page = headers.get("content-type", "").startswith("text/html")
    headers.setdefault("Content-Security-Policy", _PAGE_POLICY if is_page else _DATA_POLICY)
    if path.startswith("/v1/"):
        headers.setdefault("Cache-Control", "no-store")


def _log_error(scope: Scope, about: _About) -> None:
    fields = {"request_id": about.request_id, "method": scope["method"][:10], "route": route_of(scope)}
    error_log.exception(
        "request %s: %s %s", about.request_id, fields["method"], fields["route"], extra={"fields": fields}
    )
