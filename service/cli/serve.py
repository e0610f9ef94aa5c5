"""`stylist serve`: binds the port, refuses to be exposed without keys, runs the app until a signal."""

from __future__ import annotations

import asyncio
import ctypes
import ipaddress
import signal
import socket
import sys
import time
from contextlib import closing
from types import FrameType

import uvicorn
from fastapi import FastAPI

from indexer.errors import StylistError
from service.api.app import create_app, drain
from service.cli.doctor import damages, lost_keys
from service.cli.http_protocol import StrictHttp
from service.cli.logging import log_to_stderr
from service.db.repositories.keys import KeyRepository
from service.db.session import State
from service.settings import Settings

_CUT_OFF_SECONDS = (
    1  # for what is still under way after draining: answers half sent, clients that do not read
)
_LOOK_SECONDS = 0.2  # how often a service that drains looks whether it was told to stop at once
_M_ARENA_MAX = -8  # malloc.h
_ARENAS = 2


class _Server(uvicorn.Server):
    """Prints its URL once it accepts connections; drains before it stops."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, url: str, drain_seconds: float) -> None:
        super().__init__(config)
        self._app = app
        self._url = url
        self._drain_seconds = drain_seconds

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        drain(self._app)
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """New requests are answered 503, and `/readyz` says why, until those under way are done; then it is over."""
        until = time.monotonic() + self._drain_seconds
        under_way = set(self.server_state.tasks)
        while under_way and not self.force_exit and (left := until - time.monotonic()) > 0:
            _, under_way = await asyncio.wait(under_way, timeout=min(left, _LOOK_SECONDS))
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self._url, flush=True)


def run(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM, then ends the requests under way.

    Raises StylistError when the port is taken, or when the address is not loopback and no key protects it.
    """
    _require_protection(settings)
    log_to_stderr()
    bound_memory()
    with closing(_listen(settings.host, settings.port)) as listener:
        app = create_app(settings)
        config = uvicorn.Config(
            app,
            http=StrictHttp,
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="on",
            timeout_graceful_shutdown=_CUT_OFF_SECONDS,
            forwarded_allow_ips=settings.trusted_proxies,
        )
        # The server raises the signal that stopped it once more, for the process to die of it: a stop that
        # was asked for is no failure, and the exit code is to say so.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        server = _Server(config, app, url_of(listener), settings.drain_seconds)
        server.run(sockets=[listener])
    if not server.started:
        raise StylistError("the service could not start; the log above says why")


def is_loopback(host: str) -> bool:
    """Whether every address of the host is this machine's own. Raises StylistError for unknown hosts."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise StylistError(f"host {host!r} cannot be resolved: {error.strerror}") from error
    return all(ipaddress.ip_address(str(address[4][0]).partition("%")[0]).is_loopback for address in found)


def url_of(listener: socket.socket) -> str:
    """The URL that a bound socket answers at."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _require_protection(settings: Settings) -> None:
    with closing(State.of(settings)) as state:
        if found := [*damages(state), *lost_keys(state)]:
            raise StylistError("; ".join(found))
        has_keys = any(not key.expired for key in KeyRepository(state).list())
    if not has_keys and not is_loopback(settings.host):
        raise StylistError(
            f"{settings.host} can be reached from other machines and no key protects the service: add one with "
            "`stylist keys add --scope shopper`, or listen on 127.0.0.1"
        )


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, proto)
    except OSError as error:
        raise StylistError(f"cannot listen on {host}: {error.strerror}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise StylistError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return listener


def bound_memory() -> None:
    """To be called before threads start: glibc keeps an arena of freed memory for each, which looks like a leak."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "mallopt"):
            libc.mallopt(_M_ARENA_MAX, _ARENAS)
