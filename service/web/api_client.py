"""The pages' way to the API: the service's own routes, asked within the process as over HTTP, by their public names.

What HTTP checks is checked here too: fields, limits, places in the queue. Only who asks is known already, by the
session. So a page knows paths and JSON, and a route that does not exist yet is a 404 like any other.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import Message, Scope

from service.api.auth import INSIDE
from service.api.errors import respond
from service.db.repositories.keys import Principal

_JSON = "application/json"
_EVENTS = "text/event-stream"
_NO_ROUTE = frozenset({404, 405})


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def json(self) -> Any:
        """The body read; None where there is none, or it is something else."""
        if "json" not in self.headers.get("content-type", ""):
            return None
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    data: Any


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer that comes in events; where it does not, `answer` is the whole of it, such as a problem."""

    answer: Answer | None
    events: AsyncIterator[Event]


class ApiClient:
    """Asks on behalf of one request of a page. `principal` is whose session it is; None while no keys are asked for."""

    def __init__(self, request: Request, principal: Principal | None, language: str) -> None:
        self._request = request
        self._principal = principal
        self._language = language

    async def has(self, method: str, path: str) -> bool:
        """Whether this service answers such requests. Asked once, with a body that says nothing."""
        state = self._request.app.state
        if not hasattr(state, "page_routes"):
            state.page_routes = {}
        known: dict[tuple[str, str], bool] = state.page_routes
        if (method, path) not in known:
            answer = await self.ask(method, path, {})
            known[method, path] = answer.status not in _NO_ROUTE
        return known[method, path]

    async def ask(
        self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None
    ) -> Answer:
        """A request, and the whole of its answer."""
        content = b"" if body is None else json.dumps(body).encode()
        async with self._call(method, path, query, content, _JSON) as call:
            return await call.whole()

    async def pass_on(self, method: str, path: str, headers: Mapping[str, str]) -> Answer:
        """The request of the page itself, body and all, sent on to another route as it comes in."""
        async with self._call(method, path, None, None, _JSON, headers) as call:
            return await call.whole()

    @asynccontextmanager
    async def stream(self, method: str, path: str, body: Any) -> AsyncIterator[Stream]:
        """A request whose answer is read while it is made. Leaving the block early ends the work."""
        async with self._call(method, path, None, json.dumps(body).encode(), _EVENTS) as call:
            await call.begin()
            streams = call.headers.get("content-type", "").startswith(_EVENTS)
            yield Stream(None if streams else await call.whole(), _events(call.chunks()))

    @asynccontextmanager
    async def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        content: bytes | None,
        accept: str,
        extra: Mapping[str, str] | None = None,
    ) -> AsyncIterator[_Call]:
        headers = {"accept": accept, "accept-language": self._language, **(extra or {})}
        if content is not None:
            headers |= {"content-type": _JSON, "content-length": str(len(content))}
        scope = _scope(self._request.scope, method, path, query, headers)
        scope[INSIDE] = self._principal
        call = _Call(self._request, scope, content)
        try:
            yield call
        finally:
            await call.end()


def _scope(
    outer: Scope, method: str, path: str, query: Mapping[str, Any] | None, headers: Mapping[str, str]
) -> Scope:
    scope = {name: value for name, value in outer.items() if name not in ("path_params", "endpoint", "route")}
    asked = {name: value for name, value in (query or {}).items() if value not in (None, "")}
    scope |= {
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": urlencode(asked, doseq=True).encode(),
        "headers": [],
    }
    sent = MutableHeaders(scope=scope)
    for name, value in headers.items():
        sent[name] = value
    return scope


class _Call:
    """One call of the application by itself, under way."""

    def __init__(self, request: Request, scope: Scope, content: bytes | None) -> None:
        self._request = request
        self._content = content
        self._asked = False
        self._parts: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._begun = asyncio.Event()
        self.status = 0
        self.headers: dict[str, str] = {}
        self._task = asyncio.ensure_future(self._run(scope))
        self._task.add_done_callback(self._over)

    async def begin(self) -> None:
        """Waits for the status. Raises what the application raises before."""
        await self._begun.wait()
        if not self.status:
            self._task.result()
            raise AssertionError("an application that answered nothing")

    async def chunks(self) -> AsyncIterator[bytes]:
        while (part := await self._parts.get()) is not None:
            yield part
        await self._task

    async def whole(self) -> Answer:
        await self.begin()
        body = b"".join([part async for part in self.chunks()])
        return Answer(self.status, self.headers, body)

    async def end(self) -> None:
        """Nobody waits for the rest."""
        self._task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await self._task

    async def _run(self, scope: Scope) -> None:
        try:
            await self._request.app.router(scope, self._receive, self._send)
        except (
            HTTPException
        ) as error:  # no such path, or method: the router leaves it to whoever stands around it
            response = respond(scope, error.status_code, HTTPStatus(error.status_code).phrase, error.detail)
            await response(scope, self._receive, self._send)

    async def _receive(self) -> Message:
        if self._content is None:
            return await self._request.receive()
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": self._content, "more_body": False}
        while True:  # whoever still listens waits for the client of the page to leave
            message = await self._request.receive()
            if message["type"] == "http.disconnect":
                return message

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {k.decode().lower(): v.decode("latin-1") for k, v in message.get("headers", ())}
            self._begun.set()
        elif message["type"] == "http.response.body":
            if message.get("body"):
                self._parts.put_nowait(message["body"])
            if not message.get("more_body", False):
                self._parts.put_nowait(None)

    def _over(self, _: asyncio.Future[None]) -> None:
        self._begun.set()
        self._parts.put_nowait(None)


async def _events(chunks: AsyncIterator[bytes]) -> AsyncIterator[Event]:
    """The events of a stream as the service writes them: a name, and one line of JSON."""
    text = b""
    async for chunk in chunks:
        *whole, text = (text + chunk).split(b"\n\n")
        for block in whole:
            fields = dict(
                line.split(b": ", 1) for line in block.split(b"\n") if b": " in line and line[:1] != b":"
            )
            if b"event" in fields:
                yield Event(fields[b"event"].decode(), json.loads(fields.get(b"data", b"null")))
