"""The files that pages are made of beside their HTML: read once, named by their content, packed once. Knows no page."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from fastapi import APIRouter, Request, Response

from service.errors import NotFoundError

FOLDER = Path(__file__).parent / "static"
PREFIX = "/assets"
_FOR_EVER = "public, max-age=31536000, immutable"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2", ".svg": "image/svg+xml"}
_PACKED = frozenset({".js", ".css", ".svg", ".json", ".txt"})
_SMALL = 512  # bytes; less is not worth packing


@dataclass(frozen=True)
class Asset:
    """One file as it is sent."""

    content: bytes
    media_type: str
    packs: bool

    @cached_property
    def packed(self) -> bytes:
        """The content under gzip."""
        return gzip.compress(self.content, 9, mtime=0)


class Assets:
    """All files below a folder, by their names within it. `version` changes with any of them."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files: dict[str, Asset] = {}
        digest = hashlib.sha256()
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            name = path.relative_to(folder).as_posix()
            self._files[name] = _read(path)
            digest.update(name.encode() + b"\0" + self._files[name].content)
        self.version = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """Where a file is found, until it or another one changes. Raises KeyError for a name that there is not."""
        if name not in self._files:
            raise KeyError(name)
        return f"{PREFIX}/{self.version}/{name}"

    def get(self, name: str) -> Asset:
        """Raises NotFoundError."""
        if name not in self._files:
            raise NotFoundError(f"no file {name!r}")
        return self._files[name]


@cache
def assets() -> Assets:
    """The files that the pages are made with."""
    return Assets()


def sent(request: Request, content: bytes, packed: bytes | None, media_type: str, caching: str) -> Response:
    """The bytes as a response: packed, where there is a packed form and the client takes it."""
    headers = {"Cache-Control": caching}
    if packed is not None:
        headers["Vary"] = "Accept-Encoding"
        if takes_gzip(request):
            return Response(packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=media_type)
    return Response(content, headers=headers, media_type=media_type)


def takes_gzip(request: Request) -> bool:
    """Whether the client says that it unpacks gzip."""
    accepted = request.headers.get("accept-encoding", "")
    return any(part.strip().replace(" ", "") == "gzip" for part in accepted.lower().split(","))


router = APIRouter(include_in_schema=False)


@router.get(PREFIX + "/{version}/{name:path}")
def asset(version: str, name: str, request: Request) -> Response:
    """One file. Under a version that is not the present one it is the present file, and not kept."""
    found = assets().get(name)
    caching = _FOR_EVER if version == assets().version else "no-cache"
    return sent(request, found.content, found.packed if found.packs else None, found.media_type, caching)


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(content, kind, path.suffix in _PACKED and len(content) >= _SMALL)
