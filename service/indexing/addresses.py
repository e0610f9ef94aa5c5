"""Addresses of feeds: what is one, who may be asked, and how it is shown. Knows no network."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit

from indexer.errors import FeedError

MAX_CHARS = 2_000

_SCHEMES = {"http": 80, "https": 443}
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|[0-9a-f:.]+")
_ODD = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True, slots=True)
class Address:
    """One http(s) address, taken apart. `host` is lower case and ASCII; `user` is "name:password", "" for none."""

    scheme: str
    host: str
    port: int
    target: str
    user: str = ""

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def netloc(self) -> str:
        """Host and port as a request names them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _SCHEMES[self.scheme] else f"{host}:{self.port}"

    @property
    def label(self) -> str:
        """What people may see: neither a password nor what stands behind the "?", where shops put their tokens."""
        path, query, _ = self.target.partition("?")
        return f"{self.scheme}://{self.netloc}{path}" + ("?..." if query else "")

    @property
    def digest(self) -> str:
        """A name for what is kept of it, which tells nothing of it."""
        return hashlib.sha256(f"{self.origin} {self.target} {self.user}".encode()).hexdigest()[:32]


def is_address(text: str) -> bool:
    """Whether a feed is named by an address rather than by a path."""
    return _ADDRESS.match(text.strip()) is not None


def parse_address(text: str) -> Address:
    """Raises FeedError for what is no usable http(s) address, saying why without repeating its secrets."""
    url = text.strip()
    if len(url) > MAX_CHARS or _ODD.search(url):
        raise FeedError("the address of the feed is too long, or has blanks or backslashes in it")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").rstrip(".")
        host = host if ":" in host else host.encode("idna").decode("ascii").lower()
    except ValueError as error:  # UnicodeError is one
        raise FeedError("the address of the feed cannot be understood") from error
    if parts.scheme.lower() not in _SCHEMES or not _HOST.fullmatch(host):
        raise FeedError("feeds are fetched from http:// and https:// addresses with a host")
    scheme = parts.scheme.lower()
    user = "" if parts.username is None else f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    quoted = "".join(c if c.isascii() else "".join(f"%{b:02X}" for b in c.encode()) for c in target)
    return Address(scheme, host, port or _SCHEMES[scheme], quoted, user)


def redirected(source: Address, location: str) -> Address:
    """Where an answer sends one. Raises FeedError for no address, and for one that leaves TLS."""
    try:
        target = urljoin(f"{source.scheme}://{source.netloc}{source.target}", location.strip())
    except ValueError as error:
        raise FeedError("the server redirects to an address that cannot be understood") from error
    found = parse_address(target)
    if source.scheme == "https" and found.scheme == "http":
        raise FeedError("the server redirects from https to http")
    return found


def is_allowed(address: Address, hosts: Collection[str], asked: Address | None = None) -> bool:
    """Whether `hosts` ("feeds.example.com", or with a port) name the address's host.

    A host without a port stands for any port that is asked for. What is only redirected to, from `asked`, must be on a
    usual port, on the port that was asked for, or be named with its port.
    """
    named = {h.strip().lower().rstrip(".") for h in hosts}
    host = f"[{address.host}]" if ":" in address.host else address.host
    if f"{host}:{address.port}" in named:
        return True
    if host not in named and address.host not in named:
        return False
    return asked is None or address.port in (*_SCHEMES.values(), asked.port)
