"""Product images, fetched while indexing: from listed hosts alone, up to a size, and kept small. Off by default.

Whatever is wrong with an image costs the image and nothing else: the build goes on, and says how many it lacks.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx
from PIL import Image, ImageOps

from indexer.storage.images import MAX_BYTES, ImageFolder

EDGE = 480
"""The longest side that is kept, in pixels."""
_SECONDS = 15.0
_REDIRECTS = 3
_AT_ONCE = 8
_MOST_PIXELS = 50_000_000
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_PORTS = {"http": 80, "https": 443}


class ImageError(Exception):
    """Why an image could not be had, in a few words that are counted."""


@dataclass(frozen=True, slots=True)
class ImageOptions:
    """`hosts` are those that images may come from: "cdn.shop.example", with a port where it is not the usual one,
    or "*.shop.example" for all below it. `max_bytes` is the most that one may weigh before it is made small.
    """

    hosts: tuple[str, ...]
    max_bytes: int = MAX_BYTES


@dataclass(frozen=True, slots=True)
class ImageTally:
    """What came of fetching: how many anew, how many from the snapshot before, and why how many not."""

    fetched: int
    reused: int
    failed: Counter[str]

    def note(self) -> str:
        said = f"images: {self.fetched:,} fetched, {self.reused:,} kept from before"
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in self.failed.most_common(3))
        return f"{said}, {self.failed.total():,} missing ({reasons})" if reasons else said


def fetch_images(
    addresses: Iterable[str],
    options: ImageOptions,
    into: ImageFolder,
    previous: ImageFolder | None,
    advance: Callable[[int], None],
) -> ImageTally:
    """Fill the folder with the images of these addresses. What the previous snapshot has is not fetched again."""
    wanted = list(dict.fromkeys(address for address in addresses if address))
    known = previous.addresses() if previous is not None else {}
    kept = {
        address: known[address]
        for address in wanted
        if address in known and previous is not None and into.take(previous, known[address])
    }
    reused = len(kept)
    advance(reused)
    failed: Counter[str] = Counter()

    def fetched(address: str) -> tuple[str, str, str]:
        try:
            return address, into.write(small(fetch(client, address, options))), ""
        except ImageError as error:
            return address, "", str(error)

    with (
        httpx.Client(timeout=_SECONDS, follow_redirects=False, trust_env=False) as client,
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):
        for address, name, reason in pool.map(fetched, [a for a in wanted if a not in kept]):
            if name:
                kept[address] = name
            else:
                failed[reason] += 1
            advance(1)
    into.seal(kept)
    return ImageTally(len(kept) - reused, reused, failed)


def fetch(client: httpx.Client, address: str, options: ImageOptions) -> bytes:
    """The bytes at an address. Follows redirects to listed hosts alone. Raises ImageError."""
    for _ in range(_REDIRECTS + 1):
        if not may_fetch(address, options.hosts):
            raise ImageError("on hosts that are not listed")
        try:
            with client.stream("GET", address) as response:
                if response.is_redirect:
                    address = urljoin(address, response.headers.get("location", ""))
                    continue
                if response.status_code != httpx.codes.OK:
                    raise ImageError(f"answered {response.status_code}")
                return _body(response, options.max_bytes)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise ImageError("not reached") from error
    raise ImageError("redirected too often")


def may_fetch(address: str, hosts: Iterable[str]) -> bool:
    """Whether the address is one of a listed host, by HTTP or HTTPS and without a name and password in it."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in _PORTS or not host or "@" in parts.netloc:
        return False
    usual = port in (None, _PORTS[parts.scheme])
    named = host if usual else f"{host}:{port}"
    return any(
        named.endswith(listed.lower()[1:]) if listed.startswith("*.") else named == listed.lower()
        for listed in hosts
    )


def small(data: bytes) -> bytes:
    """The image as WebP of at most `EDGE` pixels. What it is, decoding says, and no header. Raises ImageError."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise ImageError("too many pixels")
            upright = ImageOps.exif_transpose(image)
            mode = "RGBA" if "A" in upright.getbands() or "transparency" in upright.info else "RGB"
            plain = upright.convert(mode)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ImageError("not an image") from error
    plain.thumbnail((EDGE, EDGE))
    out = io.BytesIO()
    plain.save(out, "WEBP", quality=82)
    return out.getvalue()


def _body(response: httpx.Response, limit: int) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > limit:
            raise ImageError("too large")
    return bytes(body)
