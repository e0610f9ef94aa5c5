"""Which encoding a text is in, by its first bytes. Knows no lines, no CSV, JSON or XML.

UTF-16 is recognised by its byte-order mark or by its zero bytes, UTF-8 by being UTF-8. What is neither is asked about:
a detector tells Cyrillic, Greek, Chinese, Japanese and Korean code pages well. Between those of western and central
Europe it guesses by chance, so Windows-1252 is the answer there, but for Polish, whose letters are superscripts in it.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

UTF8 = "utf-8-sig"
FALLBACK = "feed-cp1252"
"""Error handler that reads bytes which are not UTF-8 as Windows-1252: Latin-1 exports, and files that mix both."""

_ASKED_BYTES = 16_384
_OTHER_SCRIPTS = ("cp1251", "cp1253", "cp932", "gb18030", "big5", "cp949")
_RUNS = re.compile(rb"[\x80-\xff](?:[\x40-\x7e]?[\x80-\xff])+")  # trail bytes of CJK code pages may be ASCII
_LEAST_BYTES = 8
_POLISH = re.compile(rb"[A-Za-z\xc0-\xff][\xb3\xb9\xbf](?=[a-z\xc0-\xff])")  # "³", "¹", "¿" inside a word
_LEAST_WORDS = 2


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(FALLBACK, _as_cp1252)


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
    return _code_page(head)


def errors_of(encoding: str) -> str:
    """How bytes that `encoding` does not know are to be read."""
    return FALLBACK if encoding == UTF8 else "replace"


@lru_cache(maxsize=16)  # a file's head is asked about by each part that opens it
def _code_page(head: bytes) -> str:
    if head.isascii() or _mostly_utf8(head):
        return UTF8
    lines = [line for line in head.split(b"\n") if not line.isascii()]
    sample = b"\n".join(lines)[:_ASKED_BYTES]
    others = sum(byte >= 0x80 for byte in sample)
    if others < _LEAST_BYTES:
        return UTF8
    in_runs = sum(len(run) for run in _RUNS.findall(sample))
    if in_runs >= 0.7 * others and (found := _detected(sample)) is not None:
        return found
    return "cp1250" if len(_POLISH.findall(sample)) >= _LEAST_WORDS else UTF8


def _mostly_utf8(head: bytes) -> bool:
    """Whether most characters beyond ASCII are whole UTF-8 sequences; a file may mix both, and its head be cut."""
    other = head.translate(None, bytes(range(0x80)))
    broken = len(head) - len(head.decode("utf-8", "ignore").encode())
    return broken <= max(3, 0.5 * len(other)) and broken < len(other)


def _detected(sample: bytes) -> str | None:
    """The code page of another script; None when it is rather a Latin one."""
    from charset_normalizer import from_bytes  # only for files that are not UTF-8: it takes a moment to load

    best = from_bytes(sample, cp_isolation=["cp1252", *_OTHER_SCRIPTS], preemptive_behaviour=False).best()
    return None if best is None or best.encoding == "cp1252" else best.encoding
