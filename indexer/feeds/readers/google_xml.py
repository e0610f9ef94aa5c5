"""Google Merchant XML, RSS 2.0 and Atom, item by item. Entities and document types are refused.

No tree is built: the parser's events fill one item at a time, and each item keeps its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException, DTDForbidden, EntitiesForbidden
from defusedxml.ElementTree import DefusedXMLParser

from indexer.errors import FeedError
from indexer.feeds.files.textfile import read_head
from indexer.feeds.readers.google_fields import attribute_name

_CHUNK_BYTES = 65_536
_MAX_TEXT = 100_000  # characters kept of one attribute
_MAX_DEPTH = 100
_MAX_VALUES = 10_000  # of one item
_MAX_ITEM_TEXT = 4_000_000
_MAX_TOKEN = (
    1_000_000  # bytes of one tag, comment or attribute: the parser reads it anew with each piece that comes
)
_ITEM_TAGS = frozenset({"item", "entry"})

XmlItem = tuple[int, dict[str, list[str]]]


def read_items(path: Path) -> Iterator[XmlItem]:
    """Every item's first line with its attributes; nested groups such as shipping are left out.

    Raises FeedError, with the line, for XML that is broken, cut off, or declares entities or a document type.
    """
    target = _ItemTarget()
    parser = _parser(target)
    target.expat = parser.parser  # the only one who knows the line while an element begins
    target.lines_before = _leading(path).count(b"\n")
    for _ in _fed(parser, path):
        yield from target.take()


def check_whole(path: Path) -> None:
    """Read the file through without keeping anything. Raises FeedError as `read_items` does."""
    for _ in _fed(_parser(_NoTarget()), path):
        pass


def _parser(target: object) -> Any:
    return DefusedXMLParser(target=target, forbid_dtd=True, forbid_entities=True, forbid_external=True)


def _fed(parser: Any, path: Path) -> Iterator[None]:
    """Feed the file piece by piece, yielding after each; errors become FeedErrors here and nowhere else."""
    leading = _leading(path)
    before = leading.count(b"\n")
    try:
        with path.open("rb") as stream:
            stream.seek(len(leading))
            fed = 0
            while chunk := stream.read(_CHUNK_BYTES):
                parser.feed(chunk)
                fed += len(chunk)
                if fed - max(0, parser.parser.CurrentByteIndex) > _MAX_TOKEN + _CHUNK_BYTES:
                    raise ValueError(f"a tag, attribute or comment of over {_MAX_TOKEN:,} bytes")
                yield
            parser.close()
            yield
    except ParseError as error:
        line = error.position[0] + before
        raise FeedError(f"{path}: line {line}: the XML is broken or cut off: {error}") from error
    except (DTDForbidden, EntitiesForbidden) as error:
        raise FeedError(f"{path}: a document type or entity is declared, which feeds must not do") from error
    except (DefusedXmlException, ValueError, LookupError) as error:
        line = parser.parser.CurrentLineNumber + before
        raise FeedError(f"{path}: line {line}: the XML is refused: {error}") from error
    except OSError as error:
        raise FeedError(f"{path}: cannot be read: {error.strerror or error}") from error


def _leading(path: Path) -> bytes:
    """Blank space before the XML declaration, which plugins leave behind and parsers refuse."""
    head = read_head(path, 1024)
    return head[: len(head) - len(head.lstrip())]


class _NoTarget:
    """Keeps nothing, and lets nothing be nested without end: the parser remembers each element that is open."""

    def __init__(self) -> None:
        self._open = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:  # noqa: ARG002
        self._open += 1
        if self._open > _MAX_DEPTH:
            raise ValueError("elements are nested too deep")

    def end(self, tag: str) -> None:  # noqa: ARG002
        self._open -= 1

    def close(self) -> None:
        return None


class _ItemTarget:
    """Collects the direct children of each item; what is nested deeper belongs to them, not to the item."""

    def __init__(self) -> None:
        self.expat: Any = None
        self.lines_before = 0
        self._done: list[XmlItem] = []
        self._values: dict[str, list[str]] | None = None
        self._line = 0
        self._depth = 0
        self._text: list[str] = []
        self._length = 0
        self._values_count = 0
        self._item_length = 0

    def take(self) -> list[XmlItem]:
        done, self._done = self._done, []
        return done

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._values is None:
            if _local(tag) in _ITEM_TAGS:
                self._values, self._depth = {}, 0
                self._values_count = self._item_length = 0
                self._line = self.expat.CurrentLineNumber + self.lines_before
            return
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ValueError("elements are nested too deep")
        if self._depth == 1:
            self._text, self._length = [], 0
            href = attributes.get("href", "")
            if href and _local(tag) == "link" and attributes.get("rel", "alternate") == "alternate":
                self.data(href)

    def data(self, text: str) -> None:
        if self._values is not None and self._depth == 1 and self._length < _MAX_TEXT:
            self._text.append(text[: _MAX_TEXT - self._length])
            self._length += len(text)
            self._item_length += len(text)

    def end(self, tag: str) -> None:
        if self._values is None:
            return
        if self._depth == 0:
            self._done.append((self._line, self._values))
            self._values = None
            return
        if self._depth == 1:
            self._values_count += 1
            if self._values_count > _MAX_VALUES or self._item_length > _MAX_ITEM_TEXT:
                raise ValueError("an item has no end")
            text = "".join(self._text).strip()
            values = self._values.setdefault(attribute_name(_local(tag)), [])
            # g:title beside RSS's own title: the Merchant attribute is the one meant for shoppers.
            if text and "base.google.com" in tag:
                values.insert(0, text) if _local(tag) in ("title", "description", "link") else values.append(
                    text
                )
            elif text:
                values.append(text)
        self._depth -= 1

    def close(self) -> None:
        return None


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
