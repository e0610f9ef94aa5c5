"""How much of the service one wish goes through: files touched, and moves between files and between rooms.

    python -m benchmarks.request_path --data-dir data

A move is a call from a function of one file to a function of another, seen from the nearest caller of our own;
libraries between them do not count. Files and rooms are those of `service`. The service is warm: the wish
is asked once before it is counted. Retrieval alone composes, so that the figures are the same on each machine.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import patch

import anyio.to_thread
from fastapi.testclient import TestClient

import service
from service.api.app import create_app
from service.settings import Settings

ROOT = Path(service.__file__).parent
WISH = {"vibe": "rooftop jazz night, warm evening", "count": 3, "explain": True, "seed": 1}
_START_SECONDS = 300.0


class Trail:
    """Calls between files of the service, while it is switched on. Meant for one request at a time."""

    def __init__(self) -> None:
        self.on = False
        self.files: set[str] = set()
        self.calls: Counter[tuple[str, str]] = Counter()
        self._names: dict[str, str | None] = {}

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        if not self.on or event != "call":
            return
        name = self._own(frame)
        if name is None:
            return
        self.files.add(name)
        caller = frame.f_back
        while caller is not None and self._own(caller) is None:
            caller = caller.f_back
        before = self._own(caller) if caller is not None else None
        if before is not None and before != name:
            self.calls[before, name] += 1

    def _own(self, frame: FrameType) -> str | None:
        path = frame.f_code.co_filename
        if path not in self._names:
            inside = Path(path).is_relative_to(ROOT)
            self._names[path] = Path(path).relative_to(ROOT).as_posix() if inside else None
        return self._names[path]

    def report(self) -> dict[str, Any]:
        between_rooms = sum(n for (a, b), n in self.calls.items() if room(a) != room(b))
        return {
            "files": len(self.files),
            "rooms": len({room(name) for name in self.files}),
            "moves_between_files": sum(self.calls.values()),
            "moves_between_rooms": between_rooms,
            "pairs_of_files": len(self.calls),
            "pairs_of_rooms": len({(room(a), room(b)) for a, b in self.calls if room(a) != room(b)}),
        }


def room(name: str) -> str:
    """`composition/composer.py` -> `composition`; what lies in no room is its own."""
    return name.partition("/")[0]


def measure(data_dir: Path) -> Trail:
    """The trail of one wish over HTTP. Raises TimeoutError when the service does not get ready."""
    trail = Trail()
    app = create_app(Settings(data_dir=data_dir, composer="retrieval"))
    with followed(trail), TestClient(_Followed(app, trail)) as client:
        until = time.monotonic() + _START_SECONDS
        while client.get("/readyz").status_code != 200:
            if time.monotonic() > until:
                raise TimeoutError(client.get("/readyz").text)
            time.sleep(0.2)
        client.post("/v1/outfits", json=WISH).raise_for_status()
        trail.on = True
        client.post("/v1/outfits", json=WISH).raise_for_status()
        trail.on = False
    return trail


class _Followed:
    """The app, followed on the event loop's thread while a request is under way."""

    def __init__(self, app: Any, trail: Trail) -> None:
        self._app, self._trail = app, trail

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not self._trail.on:
            return await self._app(scope, receive, send)
        sys.setprofile(self._trail)
        try:
            return await self._app(scope, receive, send)
        finally:
            sys.setprofile(None)


@contextmanager
def followed(trail: Trail) -> Iterator[None]:
    """Work that is handed to threads is followed there: starting up would take minutes if all threads were always."""
    run_sync, submit = anyio.to_thread.run_sync, ThreadPoolExecutor.submit

    def following(work: Callable[..., Any]) -> Callable[..., Any]:
        def follow(*args: Any, **options: Any) -> Any:
            sys.setprofile(trail if trail.on else None)
            try:
                return work(*args, **options)
            finally:
                sys.setprofile(None)

        return follow

    async def in_thread(work: Callable[..., Any], *args: Any, **options: Any) -> Any:
        return await run_sync(following(work), *args, **options)

    def submitted(pool: Any, work: Callable[..., Any], /, *args: Any, **options: Any) -> Any:
        return submit(pool, following(work), *args, **options)

    own_threads = patch.object(ThreadPoolExecutor, "submit", submitted)
    with patch.object(anyio.to_thread, "run_sync", in_thread), own_threads:
        yield


def main() -> None:
    parser = argparse.ArgumentParser(description="Files and moves of one wish over HTTP.")
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="has an index")
    parser.add_argument("--most", type=int, default=0, help="list so many of the busiest pairs of files")
    given = parser.parse_args()
    trail = measure(given.data_dir)
    print(json.dumps(trail.report()))
    for (before, after), count in trail.calls.most_common(given.most):
        print(f"{count:6}  {before} -> {after}")


if __name__ == "__main__":
    main()
