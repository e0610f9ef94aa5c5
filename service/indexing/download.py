"""Feeds fetched from http(s) addresses, once while they do not change. Knows no feed format and no proxy.

What was fetched is kept beside the index, with the tag that its server gave it; a server that says "not modified" sends
no body. Bounded are bytes, time and redirects; within a service every host must be on its list, and a redirect never
leads to an address that is not public, unless it stays on the host that was asked for.
"""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import httpcore

from indexer.errors import FeedError
from indexer.storage.durable import replace_text, sha256_file
from service.indexing.addresses import Address, is_allowed, parse_address, redirected
from service.indexing.guard import CONNECT_SECONDS, READ_SECONDS, GuardedBackend, PrivateAddressError

FOLDER = "fetched"
MAX_REDIRECTS = 5
KEPT = 20  # feeds: those that were asked for last

_BODY, _ABOUT = "feed", "about.json"
_AGENT = b"vibe-stylist"
_MOVED = frozenset({301, 302, 303, 307, 308})
_PLAIN = frozenset({"", "identity", "gzip", "x-gzip"})  # gzip is unpacked when the feed is read, like any


@dataclass(frozen=True, slots=True)
class Fetching:
    """How feeds are fetched into `folder`. `hosts` are those that may be asked; None: any, and private ones too."""

    folder: Path
    max_bytes: int
    seconds: float
    hosts: Collection[str] | None = ()


def kept_at(folder: Path, url: str) -> Path:
    """Where the feed of an address is kept, whether it was fetched or not. Raises FeedError for no usable address."""
    return folder / parse_address(url).digest / _BODY


def fetch(url: str, how: Fetching, advance: Callable[[int], None] = lambda _: None) -> Path:
    """The feed of an address, fetched if it has changed; `advance` is told of bytes as they come.

    Raises FeedError when it cannot be had, is too large or too slow, or leads where it must not.
    """
    asked = parse_address(url)
    home = how.folder / asked.digest
    deadline = time.monotonic() + how.seconds
    address, tag = asked, _tag(home)
    for _ in range(MAX_REDIRECTS + 1):
        _require_allowed(address, asked, how)
        following = _follow(address, asked, home, tag, how, deadline, advance)
        if following is None:
            (home / _ABOUT).touch()
            _prune(how.folder)
            return home / _BODY
        address = following
    raise FeedError(f"{asked.label}: redirects more than {MAX_REDIRECTS} times")


def _require_allowed(address: Address, asked: Address, how: Fetching) -> None:
    if how.hosts is None or is_allowed(address, how.hosts, None if address == asked else asked):
        return
    what = "the host" if address == asked else "the address that it redirects to, on the host"
    raise FeedError(f"{asked.label}: {what} {address.netloc} is not among STYLIST_FEED_HOSTS")


def _follow(
    address: Address,
    asked: Address,
    home: Path,
    tag: dict[str, str],
    how: Fetching,
    deadline: float,
    advance: Callable[[int], None],
) -> Address | None:
    """Ask one address; where it redirects to, None when the feed is here now."""
    public_only = how.hosts is not None and address.host != asked.host
    backend = GuardedBackend(deadline, public_only)
    timeouts = {
        "connect": CONNECT_SECONDS,
        "read": READ_SECONDS,
        "write": READ_SECONDS,
        "pool": CONNECT_SECONDS,
    }
    with (
        _failing_as(asked, how),
        httpcore.ConnectionPool(network_backend=backend) as pool,
        pool.stream(
            "GET",
            f"{address.scheme}://{address.netloc}{address.target}".encode(),
            headers=_headers(address, asked, tag),
            extensions={"timeout": timeouts},
        ) as response,
    ):
        given = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in response.headers}
        if response.status in _MOVED and given.get("location"):
            return redirected(address, given["location"])
        if response.status == 304 and tag:
            return None
        if response.status != 200:
            raise FeedError(f"{asked.label}: the server answered {response.status}")
        if given.get("content-encoding", "").strip().lower() not in _PLAIN:
            raise FeedError(f"{asked.label}: comes as {given['content-encoding']}, which was not asked for")
        _keep(response.iter_stream(), given, home, asked, how.max_bytes, advance)
    return None


def _headers(address: Address, asked: Address, tag: dict[str, str]) -> list[tuple[bytes, bytes]]:
    headers = [
        (b"Host", address.netloc.encode()),
        (b"User-Agent", _AGENT),
        (b"Accept", b"*/*"),
        (b"Accept-Encoding", b"identity"),
    ]
    if "etag" in tag:
        headers.append((b"If-None-Match", tag["etag"].encode("latin-1", "ignore")))
    elif "modified" in tag:
        headers.append((b"If-Modified-Since", tag["modified"].encode("latin-1", "ignore")))
    if asked.user and address.origin == asked.origin:  # nobody else is told the password
        headers.append((b"Authorization", b"Basic " + base64.b64encode(asked.user.encode())))
    return headers


def _keep(
    chunks: Iterator[bytes],
    given: dict[str, str],
    home: Path,
    asked: Address,
    most: int,
    advance: Callable[[int], None],
) -> None:
    """Write the body aside, then put it and its tag in place of what was here."""
    too_large = FeedError(
        f"{asked.label}: is larger than {most:,} bytes; STYLIST_MAX_UPLOAD_BYTES sets the most"
    )
    length = given.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > most:
        raise too_large
    home.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    home.mkdir(exist_ok=True, mode=0o700)
    done = 0
    with NamedTemporaryFile(dir=home, prefix=".new-", delete=False) as stream:
        draft = Path(stream.name)
        try:
            for chunk in chunks:
                done += len(chunk)
                if done > most:
                    raise too_large
                stream.write(chunk)
                advance(len(chunk))
            stream.flush()
            os.fsync(stream.fileno())
            (home / _ABOUT).unlink(missing_ok=True)  # never the tag of another body
            draft.replace(home / _BODY)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    tag = {"etag": given.get("etag", ""), "modified": given.get("last-modified", "")}
    about = {name: text for name, text in tag.items() if text and len(text) < 1000}
    replace_text(home / _ABOUT, json.dumps(about | {"sha256": sha256_file(home / _BODY)}))


def _tag(home: Path) -> dict[str, str]:
    """What the server called the feed that is kept here; empty when there is none, or it is not whole."""
    try:
        about = json.loads((home / _ABOUT).read_text(encoding="utf-8"))
        whole = about.pop("sha256") == sha256_file(home / _BODY)
        return {str(k): str(v) for k, v in about.items()} if whole else {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


@contextmanager
def _failing_as(asked: Address, how: Fetching) -> Iterator[None]:
    """Whatever goes wrong on the way is a feed that cannot be had."""
    try:
        yield
    except httpcore.TimeoutException as error:
        raise FeedError(
            f"{asked.label}: did not arrive in time; STYLIST_FEED_SECONDS ({how.seconds:g}) sets the most"
        ) from error
    except PrivateAddressError as error:
        raise FeedError(f"{asked.label}: is redirected to a host that is not public: {error}") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        raise FeedError(f"{asked.label}: cannot be fetched: {_said(error)}") from error
    except FeedError as error:
        text = str(error)
        raise FeedError(text if text.startswith(asked.label) else f"{asked.label}: {text}") from error


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _prune(folder: Path) -> None:
    """Forget feeds that were not asked for in a long time: a cache, which costs nothing but fetching again."""
    homes = []
    for about in folder.glob(f"*/{_ABOUT}"):
        with suppress(OSError):
            homes.append((about.stat().st_mtime, about.parent))
    for _, home in sorted(homes, reverse=True)[KEPT:]:
        for name in (_ABOUT, _BODY):
            (home / name).unlink(missing_ok=True)
        with suppress(OSError):
            home.rmdir()
