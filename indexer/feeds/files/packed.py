"""gzip files, unpacked into a scratch file that goes with whoever holds it. Knows no format of what is inside.

Readers read a feed two or three times, and Parquet and workbooks from their end: unpacking once serves all. A few
kilobytes can unpack to gigabytes, so what comes out is bounded, in bytes and against what went in.
"""

from __future__ import annotations

import gzip
import tempfile
import weakref
import zlib
from pathlib import Path

from indexer.errors import FeedError

_CHUNK_BYTES = 1024 * 1024
_MAX_RATIO = 200  # several times what repetitive feeds reach; a bomb has 1,000
_RATIO_FROM = 64 * 1024 * 1024


def is_gzip(head: bytes) -> bool:
    """Whether a file that begins so is packed with gzip."""
    return head.startswith(b"\x1f\x8b")


class Unpacked:
    """What a gzip file holds, as a file at `path`; it is deleted with this object."""

    def __init__(self, packed: Path, limit: int, scratch: Path | None = None) -> None:
        """`scratch` is the folder to unpack into, the system's own when None.

        Raises FeedError for what is cut off, damaged, unpacks to over `limit` bytes, or far too much for its size.
        """
        with tempfile.NamedTemporaryFile(prefix="feed-", dir=scratch, delete=False) as stream:
            self.path = Path(stream.name)
        self._finalizer = weakref.finalize(self, self.path.unlink, missing_ok=True)
        try:
            _unpack(packed, self.path, limit)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Delete the file now."""
        self._finalizer()


def _unpack(packed: Path, path: Path, limit: int) -> None:
    size = packed.stat().st_size
    done = 0
    try:
        with gzip.open(packed) as source, path.open("wb") as target:
            while chunk := source.read(_CHUNK_BYTES):
                done += len(chunk)
                if done > limit:
                    raise too_large(packed, limit)
                if done > _RATIO_FROM and done > _MAX_RATIO * size:
                    raise FeedError(
                        f"{packed}: {size:,} bytes unpack to over {done:,}; that is no product feed"
                    )
                target.write(chunk)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FeedError(f"{packed}: the gzip file is damaged or cut off: {error}") from error


def too_large(path: Path, limit: int) -> FeedError:
    """The error of a file that unpacks to more than `limit` bytes."""
    return FeedError(
        f"{path}: unpacks to more than {limit:,} bytes; STYLIST_MAX_UNPACKED_BYTES sets the most that may come out"
    )
