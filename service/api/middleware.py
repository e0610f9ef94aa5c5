"""What surrounds every request: its id, its log line, response headers and the limit on its body.

Plain ASGI, so that streams stay streams. Knows no route beyond the paths that it is given.
"""

from __future__ import annotations

import json
import logging
import re
import time
import uuid
from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.problem import respond, respond_to
from service.problems import ProblemError, TooLargeError

access_log = logging.getLogger("stylist.access")
error_log = logging.getLogger("stylist.error")

_CLIENT_GONE = 499  # for the log alone: nobody is left to answer
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}
_JSON_POLICY = "default-src 'none'; frame-ancestors 'none'"


class RequestContext:
    """Gives a request its id and its headers, logs it, and answers 500 when the app raises."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        began = time.perf_counter()
        status = 0

        async def send_dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _dress(message, scope["path"], request_id)
            await send(message)

        try:
            await self._app(scope, receive, send_dressed)
        except ClientDisconnect:
            status = _CLIENT_GONE
        except Exception:
            error_log.exception("request %s: %s %s", request_id, scope["method"], scope["path"])
            if status:  # too late for another answer: the server cuts the connection
                raise
            detail = f"something went wrong here; the log has it under request {request_id}"
            response = respond(scope, ProblemError.status, ProblemError.title, detail)
            await response(scope, receive, send_dressed)
        finally:
            _log(scope, request_id, status, time.perf_counter() - began)


class BodyLimit:
    """Answers 413 to bodies over `max_body` bytes, or over `max_upload` bytes on `upload_paths`."""

    def __init__(self, app: ASGIApp, max_body: int, max_upload: int, upload_paths: Collection[str]) -> None:
        self._app = app
        self._max_body = max_body
        self._max_upload = max_upload
        self._upload_paths = frozenset(upload_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = self._limit(scope["path"], headers)
        detail = f"the body may hold at most {limit} bytes"
        declared = headers.get("content-length", "")
        if declared.isascii() and declared.isdigit() and int(declared) > limit:
            await respond_to(scope, TooLargeError(detail))(scope, receive, send)
            return
        seen = 0

        async def receive_limited() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                # Not a ProblemError: of all exceptions in a body, only this one gets past the framework.
                raise HTTPException(TooLargeError.status, detail)
            return message

        await self._app(scope, receive_limited, send)

    def _limit(self, path: str, headers: Headers) -> int:
        is_form = headers.get("content-type", "").lower().startswith("multipart/form-data")
        return self._max_upload if is_form and path in self._upload_paths else self._max_body


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex


def _dress(message: Message, path: str, request_id: str) -> None:
    headers = MutableHeaders(scope=message)
    headers["X-Request-ID"] = request_id
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    if "json" in headers.get("content-type", ""):
        headers.setdefault("Content-Security-Policy", _JSON_POLICY)
    if path.startswith("/v1/"):
        headers.setdefault("Cache-Control", "no-store")


def _log(scope: Scope, request_id: str, status: int, seconds: float) -> None:
    # Never the query string, a header or a body: they hold what shoppers typed, and keys.
    line = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "request_id": request_id,
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
        "ms": round(seconds * 1000, 1),
    }
    access_log.info(json.dumps(line))
