"""An answer as server-sent events: each outfit as soon as it is whole. Knows no recommender, and no route.

Events after the HTML standard, 9.2 (https://html.spec.whatwg.org/multipage/server-sent-events.html). The work runs
in a thread behind the gate; when the client goes away, it ends at its next step.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import Any

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from pydantic_core import to_json
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from indexer.errors import ModelError, SnapshotError
from service.api.concurrency import Gate
from service.api.errors import problem_of, request_id, went_wrong
from service.errors import ProblemError, UnavailableError
from service.negotiation import ranked
from service.recommender.progress import ProgressListener, Stoppable
from service.schemas.outfits import Outfit, OutfitItem, OutfitResponse

PING_SECONDS = 15.0
"""How long a stream is silent at most: proxies cut what is silent for longer."""
MEDIA_TYPE = "text/event-stream"
DOCUMENTED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer; as events where `Accept: text/event-stream` asks for them",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
    }
}

_log = logging.getLogger("stylist.error")
_PING = b": ping\n\n"
_SENTENCE_END = re.compile(r"(?<=[.!?] )|(?<=。)")

Show = Callable[[Outfit], Outfit]
"""An outfit as the caller reads it."""


def wants_stream(accept: str) -> bool:
    """Whether an `Accept` header prefers events to JSON; where both are as welcome, JSON it is."""
    weights = ranked(accept.lower())
    return weights.get(MEDIA_TYPE, 0.0) > weights.get("application/json", 0.0)


def event(name: str, data: object) -> bytes:
    """One event; its data is JSON, which never holds a bare line break."""
    return b"event: %s\ndata: %s\n\n" % (name.encode(), to_json(data))


async def stream(
    request: Request,
    gate: Gate,
    call: Callable[[ProgressListener], OutfitResponse],
    keep: Callable[[OutfitResponse], object],
    show: Show,
    headers: Mapping[str, str],
) -> Response:
    """The response that streams what `call` makes. Raises what goes wrong before the first event.

    `keep` stores an answer with one outfit before that outfit is sent, so that its id can be used at once.
    """
    channel = Channel(keep, show)
    work = asyncio.ensure_future(gate.run(partial(channel.carry, call), request.receive))
    work.add_done_callback(channel.end)
    try:
        first = await channel.next()
    except BaseException:
        channel.stop()
        raise
    if first is None:
        await work  # raises: the work ends without an event only when it failed
        raise AssertionError("an answer without events")
    return _EventStream(channel, _body(channel, work, first, request.scope), dict(headers))


async def _body(
    channel: Channel, work: asyncio.Future[None], first: bytes, scope: Scope
) -> AsyncIterator[bytes]:
    following: bytes | None = first
    while following is not None:
        yield following
        try:
            following = await asyncio.wait_for(channel.next(), PING_SECONDS)
        except TimeoutError:
            following = _PING
    error = work.exception()
    if error is not None and not isinstance(error, ClientDisconnect):
        yield event("problem", problem_of(scope, _as_problem(error, request_id(scope))))


def _as_problem(error: BaseException, asked: str) -> ProblemError:
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, SnapshotError | ModelError):
        return UnavailableError(str(error))
    _log.error("request %s: its stream broke off", asked, exc_info=error)
    return ProblemError(went_wrong(asked))


class Channel(Stoppable):
    """Takes events from the thread that composes to the event loop it was made in."""

    def __init__(self, keep: Callable[[OutfitResponse], object], show: Show) -> None:
        super().__init__()
        self._keep = keep
        self._show = show
        self._told: set[str] = set()
        self._loop = asyncio.get_running_loop()
        self._events: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def next(self) -> bytes | None:
        """The next event; None after the last."""
        return await self._events.get()

    def end(self, work: asyncio.Future[None]) -> None:
        """The work is done; nobody waits for what it may still do where it was given up."""
        self.stop()
        if not work.cancelled():
            work.exception()  # taken note of, whoever asks again
        self._events.put_nowait(None)

    def carry(self, call: Callable[[ProgressListener], OutfitResponse]) -> None:
        """In the thread: makes the answer, and sends the rest of it after its outfits."""
        answer = call(self)
        for outfit in answer.outfits:
            self._tell(outfit)
        if answer.unmet:
            self._send("unmet", answer.unmet)
        rest = answer.model_dump(mode="json", exclude={"outfits"})
        self._send("done", {**rest, "order": [outfit.id for outfit in answer.outfits]})

    def piece(self, outfit_id: str, item: OutfitItem) -> None:
        self._send("piece", {"outfit_id": outfit_id, "item": item})

    def ready(self, answer: OutfitResponse) -> None:
        self._keep(answer)
        for outfit in answer.outfits:
            self._tell(outfit)

    def _tell(self, outfit: Outfit) -> None:
        if outfit.id in self._told:
            return
        self._told.add(outfit.id)
        self._send("outfit", self._show(outfit).model_dump(mode="json", exclude={"explanation"}))
        for text in filter(None, _SENTENCE_END.split(outfit.explanation or "")):
            self._send("explanation", {"outfit_id": outfit.id, "text": text})

    def _send(self, name: str, data: object) -> None:
        self.check()
        self._loop.call_soon_threadsafe(self._events.put_nowait, event(name, data))


class _EventStream(StreamingResponse):
    """Stops the work however it ends: sent, or left by the client, even before a first byte."""

    media_type = MEDIA_TYPE

    def __init__(self, channel: Channel, body: AsyncIterator[bytes], headers: dict[str, str]) -> None:
        super().__init__(body, headers={**headers, "X-Accel-Buffering": "no"})
        self._channel = channel

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._channel.stop()
