"""Text files of any common encoding as numbered lines. Knows no CSV, JSON or XML."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from indexer.errors import FeedError
from indexer.feeds.files.encodings import encoding_of, errors_of

MAX_LINE_CHARS = 4_000_000
_HEAD_BYTES = 65_536

Line = tuple[int, str]


def read_head(path: Path, size: int = _HEAD_BYTES) -> bytes:
    """The first bytes of a file. Raises FeedError when it cannot be opened."""
    try:
        with path.open("rb") as stream:
            return stream.read(size)
    except OSError as error:
        raise FeedError(f"{path}: cannot be read: {error.strerror or error}") from error


def decode_head(head: bytes) -> str:
    """The text of a file's head; a character cut in half at its end is left out."""
    encoding = encoding_of(head)
    decoder = codecs.getincrementaldecoder(encoding)(errors_of(encoding))
    return decoder.decode(head)


def read_lines(path: Path) -> Iterator[Line]:
    """Every line with its 1-based number and line end, without NULs; a huge line is cut at MAX_LINE_CHARS.

    Raises FeedError when the file cannot be read.
    """
    encoding = encoding_of(read_head(path))
    try:
        with path.open(encoding=encoding, errors=errors_of(encoding), newline="") as stream:
            number, continued = 0, False
            while text := stream.readline(MAX_LINE_CHARS):
                whole = text[-1] in "\r\n"
                if not continued:
                    number += 1
                    yield number, text.replace("\0", "")
                continued = not whole
    except OSError as error:
        raise FeedError(f"{path}: cannot be read: {error.strerror or error}") from error


def read_chunks(path: Path, size: int = 65_536) -> Iterator[str]:
    """The text in pieces of at most `size` characters, for formats that do not go by lines."""
    encoding = encoding_of(read_head(path))
    try:
        with path.open(encoding=encoding, errors=errors_of(encoding), newline="") as stream:
            while text := stream.read(size):
                yield text
    except OSError as error:
        raise FeedError(f"{path}: cannot be read: {error.strerror or error}") from error
