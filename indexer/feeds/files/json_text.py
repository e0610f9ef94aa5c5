"""JSON text -> numbered values, one at a time: one value per line, the elements of one array, or those of the list
inside an object around it ({"products": [...]}, over one line or many).

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
LISTS = frozenset({"products"})
"""The keys under which an object around products holds them."""

_SHOWN_CHARS = 200
_DECODER = json.JSONDecoder()

Value = tuple[int, dict[str, object]]


def read_objects(path: Path) -> Iterator[Value | Reject]:
    """Every JSON object with its first line, 1-based; other lines or elements come out as rejects.

    Raises FeedError for an array that breaks off or an object that is spread over several lines and holds no products.
    """
    head = decode_head(read_head(path))
    if is_array(head):
        yield from _elements(_Buffer(path))
    elif is_envelope(head):
        yield from _envelopes(path)
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


def is_envelope(head: str) -> bool:
    """Whether a file that begins so is an object around a list of products: one of its keys is in LISTS."""
    text = head.lstrip()
    if not text.startswith("{"):
        return False
    at = 1
    try:
        while True:
            at = _after_blanks(text, at)
            key, at = _DECODER.raw_decode(text, at)
            at = _after_blanks(text, at)
            if not isinstance(key, str) or text[at : at + 1] != ":":
                return False
            at = _after_blanks(text, at + 1)
            if key in LISTS and text[at : at + 1] == "[":
                return True
            _, at = _DECODER.raw_decode(text, at)
            at = _after_blanks(text, at)
            if text[at : at + 1] != ",":
                return False
            at += 1
    except (ValueError, RecursionError):  # the head ends inside a value
        return False


def _after_blanks(text: str, at: int) -> int:
    while text[at : at + 1].isspace():
        at += 1
    return at


def _line_objects(path: Path) -> Iterator[Value | Reject]:
    first = True
    for number, line in read_lines(path):
        if not line.strip():
            continue
        if first and line.strip() == "{":
            raise FeedError(
                f"{path}: line {number}: the JSON object spans lines, and holds no list of products; write one"
                " object per line"
            )
        first = False
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Reject(number, "", line[:_SHOWN_CHARS].strip(), _reason(line, error), row={"": line})
            continue
        yield _object_or_reject(number, value, line)


def _reason(line: str, error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deep"
    # A line of this length is one that reading has cut, so that its JSON could not be whole.
    return "line too long" if len(line) >= MAX_LINE_CHARS else "not valid JSON"


def _object_or_reject(number: int, value: object, text: str) -> Value | Reject:
    if isinstance(value, dict):
        return number, value
    return Reject(number, "", text[:_SHOWN_CHARS].strip(), "not a JSON object", row={"": text})


def _envelopes(path: Path) -> Iterator[Value | Reject]:
    """The products of one object, or of several one after another, such as the pages of a catalogue."""
    buffer = _Buffer(path)
    while buffer.peek():
        buffer.require("{")
        while (mark := buffer.peek()) != "}":
            if mark == ",":
                buffer.require(",")
                continue
            key, _ = buffer.value()
            buffer.require(":")
            mark = buffer.peek()
            if key in LISTS and mark == "[":
                yield from _elements(buffer)
            else:
                buffer.value()
        buffer.require("}")


def _elements(buffer: _Buffer) -> Iterator[Value | Reject]:
    buffer.require("[")
    while True:
        mark = buffer.peek()
        if mark == "]":
            buffer.require("]")
            return
        if mark == "":
            raise buffer.error("the JSON array is not closed; the file is cut off")
        if mark == ",":
            buffer.require(",")
            continue
        line = buffer.line
        value, text = buffer.value()
        yield _object_or_reject(line, value, text)


class _Buffer:
    """A window over the file that grows until a whole JSON value is in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._chunks = read_chunks(path)
        self._text = ""
        self._at = 0
        self.line = 1

    def error(self, reason: str) -> FeedError:
        return FeedError(f"{self._path}: line {self.line}: {reason}")

    def peek(self) -> str:
        """The next character that is no white space; "" at the end of the file."""
        while True:
            while self._at < len(self._text):
                character = self._text[self._at]
                if not character.isspace() and character != "\0":
                    return character
                self._at += 1
                self.line += character == "\n"
            if not self._grow():
                return ""

    def require(self, character: str) -> None:
        """Step over `character`. Raises FeedError when something else comes."""
        found = self.peek()
        if found != character:
            raise self.error("not valid JSON" if found else "the JSON is cut off")
        self._at += 1

    def value(self) -> tuple[object, str]:
        """The next value and its text. Raises FeedError when it is broken, cut off, too long or nested too deep."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except RecursionError as error:
                raise self.error("nested too deep") from error
            except ValueError as error:
                held = len(self._text) - self._at
                # Only when the window has doubled is parsing tried again: the work stays linear.
                if held > MAX_ELEMENT_CHARS or not self._grow(max(1, 2 * held)):
                    line = self._error_line(error)
                    too_long = f", or a value of over {MAX_ELEMENT_CHARS:,} characters"
                    reason = "not valid JSON" + (too_long if held > MAX_ELEMENT_CHARS else "")
                    raise FeedError(f"{self._path}: line {line}: {reason}") from error
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
