"""`stylist serve`: binds the port, refuses to be exposed without keys, runs the app until a signal."""

from __future__ import annotations

import ipaddress
import logging
import signal
import socket
import sys
from contextlib import closing

import uvicorn

from indexer.errors import StylistError
from service.api.app import create_app
from service.keys import KeyRing
from service.settings import Settings
from service.state import State

_SHUTDOWN_SECONDS = 10


class _Server(uvicorn.Server):
    """Prints its URL once it accepts connections."""

    def __init__(self, config: uvicorn.Config, url: str) -> None:
        super().__init__(config)
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self._url, flush=True)


def run(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM, then ends the requests under way.

    Raises StylistError when the port is taken, or when the address is not loopback and no key protects it.
    """
    _require_protection(settings)
    _log_to_stderr()
    with closing(_listen(settings.host, settings.port)) as listener:
        config = uvicorn.Config(
            create_app(settings),
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="on",
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
        # The server raises the signal that stopped it once more, for the process to die of it: a stop that
        # was asked for is no failure, and the exit code is to say so.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        server = _Server(config, url_of(listener))
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
    with closing(State(settings.data_dir)) as state:
        has_keys = bool(KeyRing(state).list())
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


def _log_to_stderr() -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    logging.getLogger("stylist").setLevel(logging.INFO)
    # What is wrong with an upload is the answer to whoever sent it, and nothing for the log.
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)
