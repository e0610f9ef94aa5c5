"""Connections that keep within a deadline, and, where told so, never lead to a private address. Knows no feed.

The name is resolved once, and what was checked is what is connected to: a name that answers differently the second time
gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

CONNECT_SECONDS = 15.0
READ_SECONDS = 60.0

# Ranges that carry an IPv4 address inside: where they lead is not theirs to say.
_CARRIERS = tuple(
    ipaddress.ip_network(n) for n in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)


class PrivateAddressError(Exception):
    """A name leads to an address that is not public."""


def is_public(address: str) -> bool:
    """Whether an IP address is anyone's on the internet: not loopback, private, link-local, shared or reserved."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif any(ip in carrier for carrier in _CARRIERS):
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_unspecified


class GuardedBackend(httpcore.NetworkBackend):
    """Connects for `httpcore`. With `public_only`, a host with any address that is not public is refused.

    `deadline` is a moment of `clock`: no read or write lasts beyond it.
    """

    def __init__(
        self, deadline: float, public_only: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._inner = httpcore.SyncBackend()
        self._deadline = deadline
        self._public_only = public_only
        self._clock = clock

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the host {host} is not known") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if self._public_only and not all(map(is_public, addresses)):
            raise PrivateAddressError(f"{host} is not on the public internet")
        failure: Exception = httpcore.ConnectError(f"the host {host} has no address")
        for address in addresses:
            left = min(timeout or CONNECT_SECONDS, self._left())
            try:
                stream = self._inner.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Timed(stream, self._left)
        raise failure

    def _left(self) -> float:
        left = self._deadline - self._clock()
        if left <= 0:
            raise httpcore.ReadTimeout("too slow")
        return left


class _Timed(httpcore.NetworkStream):
    """A stream whose every step ends by the deadline: a server that sends a byte a minute does not hold it up."""

    def __init__(self, inner: httpcore.NetworkStream, left: Callable[[], float]) -> None:
        self._inner = inner
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, min(timeout or READ_SECONDS, self._left()))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, min(timeout or READ_SECONDS, self._left()))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = min(timeout or CONNECT_SECONDS, self._left())
        return _Timed(self._inner.start_tls(ssl_context, server_hostname, left), self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
