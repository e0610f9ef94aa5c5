"""Answers to POSTs that came with an `Idempotency-Key`, so that one sent again is answered again and not done again.

Kept in the memory of one process, bounded in number, size and time: nothing of it reaches the disk, since answers hold
what shoppers asked for. Knows no route.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from service.errors import ConflictError, InvalidError

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_KEY = re.compile(r"[!-~]{1,200}")
_SECONDS = 3600.0
_MOST = 1_000
_MOST_BYTES = 256 * 1024
_READ_BY = ("accept", "accept-language", "content-type")
_LEFT_OUT = frozenset({"content-length", "x-request-id"})

PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    "description": "Whatever is sent again under the same key within an hour is answered again, and not done again.",
}


@dataclass(frozen=True, slots=True)
class _Kept:
    asked: bytes
    at: float
    answer: tuple[int, list[tuple[str, str]], bytes] | None  # None: under way


class Replies:
    """Answers by caller and key. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()

    @contextmanager
    def turn(self, caller: str, key: str, asked: bytes) -> Iterator[Turn]:
        """The turn of one request: it has an answer already, or is to be given one.

        Raises ConflictError while the first of its key is under way, InvalidError where that was another request.
        """
        name = caller, key
        with self._lock:
            self._forget_old()
            found = self._kept.get(name)
            if found is not None and found.asked != asked:
                raise InvalidError.at(HEADER, "was used for another request; take a new one for each")
            if found is not None and found.answer is None:
                raise ConflictError("the first request with this Idempotency-Key is still under way")
            if found is None:
                self._kept[name] = _Kept(asked, self._clock(), None)
        turn = Turn(None if found is None else found.answer)
        try:
            yield turn
        finally:
            if found is None:
                self._settle(name, asked, turn)

    def _settle(self, name: tuple[str, str], asked: bytes, turn: Turn) -> None:
        with self._lock:
            self._kept.pop(name, None)
            if turn.answer is not None:
                self._kept[name] = _Kept(asked, self._clock(), turn.answer)

    def _forget_old(self) -> None:
        before = self._clock() - _SECONDS
        done = [name for name, kept in self._kept.items() if kept.answer is not None]
        old = [name for name in done if self._kept[name].at < before]
        for name in [*old, *done[: max(0, len(done) - _MOST)]]:
            self._kept.pop(name, None)


class Turn:
    """`answer`, where it is known, is what the first request got."""

    def __init__(self, answer: tuple[int, list[tuple[str, str]], bytes] | None) -> None:
        self.answer = answer

    def response(self) -> Response | None:
        """The first answer again."""
        if self.answer is None:
            return None
        status, headers, body = self.answer
        return Response(body, status, dict(headers) | {REPLAYED: "true"})

    def keep(self, response: Response) -> None:
        """Keeps what was answered, unless it streams, failed, or is too large to keep."""
        body = getattr(response, "body", None)
        if isinstance(body, bytes) and response.status_code < 500 and len(body) <= _MOST_BYTES:
            headers = [(k, v) for k, v in response.headers.items() if k not in _LEFT_OUT]
            self.answer = (response.status_code, headers, body)


def checked_key(text: str) -> str:
    """Raises InvalidError unless it is 1 to 200 visible ASCII characters."""
    if not _KEY.fullmatch(text):
        raise InvalidError.at(HEADER, "1 to 200 visible ASCII characters")
    return text


async def fingerprint(request: Request) -> bytes:
    """What tells two requests apart: path, query, body and the headers by which answers differ."""
    digest = hashlib.sha256()
    told = [request.url.path, request.url.query, *(request.headers.get(name, "") for name in _READ_BY)]
    for part in [*(text.encode("utf-8", "surrogatepass") for text in told), await request.body()]:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()
