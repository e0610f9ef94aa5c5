"""JSON text -> numbered values, one at a time: one value per line, or the elements of one array.

Knows no fields. A bad line is reported and passed over; a bad array cannot be resumed and fails as a whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from indexer.errors import FeedError
from indexer.feeds.files.textfile import MAX_LINE_CHARS, decode_head, read_chunks, read_head, read_lines
from indexer.record import Reject

MAX_ELEMENT_CHARS = 4_000_000
_SHOWN_CHARS = 200

Value = tuple[int, dict[str, object]]


def read_objects(path: Path) -> Iterator[Value | Reject]:
    """Every JSON object with its first line, 1-based; other lines or elements come out as rejects.

    Raises FeedError for an array that breaks off or an object that is spread over several lines.
    """
    if is_array(decode_head(read_head(path))):
        yield from _array_elements(path)
    else:
        yield from _line_objects(path)


def is_array(head: str) -> bool:
    """Whether a file that begins so is one JSON array, rather than lines that may each hold a list."""
    start = head.lstrip()
    if not start.startswith("["):
        return False
    first_line = start.split("\n", 1)[0]
    try:
        whole_line = json.loads(first_line)
    except (ValueError, RecursionError):
        return True
    # A first line that is complete is the whole file, or, when more follows, one value of many.
    return isinstance(whole_line, list) and not start[len(first_line) :].strip()


def _line_objects(path: Path) -> Iterator[Value | Reject]:
    first = True
    for number, line in read_lines(path):
        if not line.strip():
            continue
        if first and line.strip() == "{":
            raise FeedError(f"{path}: line {number}: the JSON object spans lines; write one object per line")
        first = False
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            # A line of this length is one that reading has cut, so that its JSON could not be whole.
            reason = "line too long" if len(line) >= MAX_LINE_CHARS else "not valid JSON"
            yield Reject(number, "", line[:_SHOWN_CHARS].strip(), reason, row={"": line})
            continue
        yield _object_or_reject(number, value, line)


def _object_or_reject(number: int, value: object, text: str) -> Value | Reject:
    if isinstance(value, dict):
        return number, value
    return Reject(number, "", text[:_SHOWN_CHARS].strip(), "not a JSON object", row={"": text})


def _array_elements(path: Path) -> Iterator[Value | Reject]:
    decoder = json.JSONDecoder()
    buffer = _Buffer(path)
    buffer.skip("[")
    while True:
        mark = buffer.peek()
        if mark == "]":
            return
        if mark == "":
            raise FeedError(f"{path}: line {buffer.line}: the JSON array is not closed; the file is cut off")
        if mark == ",":
            buffer.skip(",")
            continue
        line = buffer.line
        value, text = buffer.value(decoder)
        yield _object_or_reject(line, value, text)


class _Buffer:
    """A window over the file that grows until a whole JSON value is in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._chunks = read_chunks(path)
        self._text = ""
        self._at = 0
        self.line = 1

    def peek(self) -> str:
        """The next character that is no white space; "" at the end of the file."""
        while True:
            while self._at < len(self._text):
                character = self._text[self._at]
                if not character.isspace():
                    return character
                self._at += 1
                self.line += character == "\n"
            if not self._grow():
                return ""

    def skip(self, character: str) -> None:
        if self.peek() == character:
            self._at += 1

    def value(self, decoder: json.JSONDecoder) -> tuple[object, str]:
        """The next value and its text. Raises FeedError when it is broken, cut off or too long."""
        wanted = 0
        while True:
            try:
                value, end = decoder.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                wanted = max(1, 2 * (len(self._text) - self._at))
                # Only when the window has doubled is parsing tried again: the work stays linear.
                if len(self._text) - self._at > MAX_ELEMENT_CHARS or not self._grow(wanted):
                    raise FeedError(
                        f"{self._path}: line {self._error_line(error)}: not valid JSON"
                    ) from error
                continue
            if end == len(self._text) and self._grow():
                continue  # a number at the edge of the window may go on
            text = self._text[self._at : end]
            self.line += text.count("\n")
            self._at = end
            return value, text

    def _error_line(self, error: Exception) -> int:
        if isinstance(error, json.JSONDecodeError):
            return self.line + self._text.count("\n", self._at, error.pos)
        return self.line

    def _grow(self, size: int = 1) -> bool:
        """Drop what is done and read at least `size` more characters, if there are any."""
        parts: list[str] = []
        got = 0
        while got < size:
            chunk = next(self._chunks, "")
            if not chunk:
                break
            parts.append(chunk)
            got += len(chunk)
        self._text, self._at = self._text[self._at :] + "".join(parts), 0
        return got > 0
