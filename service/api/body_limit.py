"""Limits on the body of a request: how large it may be, and how long it may take to arrive. Plain ASGI."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from anyio import fail_after
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.errors import respond_to
from service.errors import TooLargeError

_TIMEOUT = 408
_MAX_DIGITS = 20  # of a length; a longer one is too large by its first digits alone


@dataclass(frozen=True, slots=True)
class BodyRules:
    """`max_upload` bytes for forms on `upload_paths`, `max_body` on others; `wider` is what a path takes at least.

    A body arrives within `seconds`; of an upload, which may be long, something arrives in each such time.
    """

    max_body: int
    max_upload: int
    seconds: float
    upload_paths: Collection[str] = ()
    wider: Mapping[str, int] = field(default_factory=dict)

    def is_upload(self, path: str, headers: Headers) -> bool:
        is_form = headers.get("content-type", "").lower().startswith("multipart/form-data")
        return is_form and path in self.upload_paths

    def limit(self, path: str, headers: Headers) -> int:
        """Bytes that the body of this request may have."""
        if self.is_upload(path, headers):
            return self.max_upload
        return max(self.max_body, self.wider.get(path, 0))


class BodyLimit:
    """Answers 413 to bodies that are too large, and 408 to those that take too long."""

    def __init__(self, app: ASGIApp, rules: BodyRules) -> None:
        self._app = app
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = self._rules.limit(scope["path"], headers)
        body = _Body(receive, limit, self._rules.seconds, self._rules.is_upload(scope["path"], headers))
        declared = headers.get("content-length", "")
        if declared.isascii() and declared.isdigit() and int(declared[:_MAX_DIGITS]) > limit:
            await respond_to(scope, TooLargeError(body.too_large))(scope, receive, send)
            return
        await self._app(scope, body.receive, send)


class _Body:
    """A body while it arrives."""

    def __init__(self, receive: Receive, limit: int, seconds: float, is_upload: bool) -> None:
        self.too_large = f"the body may hold at most {limit} bytes"
        self._receive = receive
        self._limit = limit
        self._seconds = seconds
        self._is_upload = is_upload
        self._seen = 0
        self._until: float | None = None
        self._whole = False

    async def receive(self) -> Message:
        """The next part. Not ProblemErrors: of all exceptions in a body, only these get past the framework."""
        if self._whole:  # whoever still listens waits for the client to leave
            return await self._receive()
        try:
            with fail_after(self._left()):
                message = await self._receive()
        except TimeoutError as error:
            detail = f"the body did not arrive within {self._seconds:g} seconds"
            raise HTTPException(_TIMEOUT, detail, {"Connection": "close"}) from error
        self._whole = not message.get("more_body", False)
        self._seen += len(message.get("body", b""))
        if self._seen > self._limit:
            raise HTTPException(TooLargeError.status, self.too_large)
        return message

    def _left(self) -> float:
        now = time.monotonic()
        if self._until is None or self._is_upload:
            self._until = now + self._seconds
        return max(0.0, self._until - now)
