"""Text files of any common encoding as numbered lines. Knows no CSV, JSON or XML.

UTF-8 is tried first, byte by byte: what is not UTF-8 is read as Windows-1252, which covers Latin-1 exports and
files that mix both. UTF-16 is recognised by its byte-order mark or by its zero bytes.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from indexer.errors import FeedError

MAX_LINE_CHARS = 4_000_000
_HEAD_BYTES = 65_536
_FALLBACK = "feed-cp1252"

Line = tuple[int, str]


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(_FALLBACK, _as_cp1252)


def read_head(path: Path, size: int = _HEAD_BYTES) -> bytes:
    """The first bytes of a file. Raises FeedError when it cannot be opened."""
    try:
        with path.open("rb") as stream:
            return stream.read(size)
    except OSError as error:
        raise FeedError(f"{path}: cannot be read: {error.strerror or error}") from error


def encoding_of(head: bytes) -> str:
    """The codec name to read a file that begins with `head`."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = max(1, len(head) // 2)
    if odd > half * 0.4 and even < half * 0.1:
        return "utf-16-le"
    if even > half * 0.4 and odd < half * 0.1:
        return "utf-16-be"
    return "utf-8-sig"


def decode_head(head: bytes) -> str:
    """The text of a file's head; a character cut in half at its end is left out."""
    decoder = codecs.getincrementaldecoder(encoding_of(head))(_errors(encoding_of(head)))
    return decoder.decode(head)


def read_lines(path: Path) -> Iterator[Line]:
    """Every line with its 1-based number and line end, without NULs; a huge line is cut at MAX_LINE_CHARS.

    Raises FeedError when the file cannot be read.
    """
    encoding = encoding_of(read_head(path))
    try:
        with path.open(encoding=encoding, errors=_errors(encoding), newline="") as stream:
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
        with path.open(encoding=encoding, errors=_errors(encoding), newline="") as stream:
            while text := stream.read(size):
                yield text
    except OSError as error:
        raise FeedError(f"{path}: cannot be read: {error.strerror or error}") from error


def _errors(encoding: str) -> str:
    return _FALLBACK if encoding == "utf-8-sig" else "replace"
