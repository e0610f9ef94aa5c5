"""Excel workbooks (.xlsx) as rows of cell texts, streaming. Knows no field names but what a header looks like.

A workbook is a zip of XML: what it declares to unpack to is checked before a byte of it is, and no part may hold a
token without end. Formulas are never run: their last results are read. The library that reads is slow (some 40,000
cells a second) but holds one row at a time; the fast one ends the process on a file that lies about its size.
"""

from __future__ import annotations

import struct
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.errors import FeedError
from indexer.feeds.files.packed import too_large
from indexer.feeds.values.flatten import scalar_text
from indexer.feeds.values.synonyms import canonical_field
from indexer.record import MAX_COLUMNS, MAX_UNPACKED

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

_MAX_PART = 1024**3
_MAX_HELD = 256 * 1024 * 1024  # of the parts that are read as a whole: shared texts, styles, relations
_MAX_RATIO = 150  # several times what a sheet of like rows reaches; one row over and over has twice that
_RATIO_FROM = 16 * 1024 * 1024
_MAX_DIRECTORY = 1024 * 1024
_MAX_TOKEN = 4 * 1024 * 1024  # a cell holds 32,767 characters at most
_END = b"PK\x05\x06"
_HEADER_WITHIN = 20  # rows: some begin with the name of the shop and a date
_MAX_BLANK_ROWS = 10_000  # formatted far down, or made to be endless
_HEAD_ROWS = 240  # kept, for a feed's first rows are looked at several times
_HEAD_CHARS = 4_000_000
_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})


Numbered = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The sheet that holds the products: its name, the row (1-based) and cells of its header, the sheets that are left
    out, and its first rows."""

    name: str
    row: int
    header: tuple[str, ...]
    others: tuple[str, ...]
    head: tuple[Numbered, ...] = ()

    def notes(self) -> tuple[str, ...]:
        """For the person who runs the indexer."""
        found = f"sheet {self.name!r}, header in row {self.row}"
        left = f"; other sheets are not read: {', '.join(map(repr, self.others[:8]))}" if self.others else ""
        return (found + left,)


def is_zip(head: bytes) -> bool:
    """Whether a file that begins so is a zip, as a workbook is."""
    return head.startswith(b"PK\x03\x04")


def is_workbook(path: Path) -> bool:
    """Whether a zip is a workbook. Raises FeedError for a zip whose directory is broken or of absurd size."""
    with closing(_archive(path)) as archive:
        return "xl/workbook.xml" in archive.namelist()


def find_sheet(path: Path, limit: int = MAX_UNPACKED) -> Sheet:
    """The visible sheet whose header has the most known column names; the first of those that have none.

    Raises FeedError for a workbook that is damaged, unpacks to over `limit` bytes, or has no table in it.
    """
    stat = path.stat()
    return _found(path, stat.st_mtime_ns, stat.st_size, limit)


def sheet_records(path: Path) -> Iterator[Numbered]:
    """Row numbers and cells of the sheet that `find_sheet` names, from its header on; blank rows at its end go."""
    sheet = find_sheet(path)
    yield from islice(sheet.head, sheet.row - 1, None)
    with _opened(path) as book:
        yield from islice(_rows(path, book, sheet.name), len(sheet.head), None)


@lru_cache(maxsize=8)
def _found(path: Path, changed: int, size: int, limit: int) -> Sheet:  # noqa: ARG001  # the key of the cache
    _check(path, limit)
    with _opened(path) as book:
        visible = [s.title for s in book.worksheets if s.sheet_state == "visible"]
        found: list[tuple[int, Sheet]] = []
        for name in visible:
            head = tuple(_first(_rows(path, book, name)))
            tables = [row for row in head[:_HEADER_WITHIN] if sum(map(bool, row[1])) > 1]
            if tables:
                row, cells = max(tables, key=lambda numbered: (_known(numbered[1]), -numbered[0]))
                others = tuple(v for v in visible if v != name)
                found.append((_known(cells), Sheet(name, row, tuple(cells), others, head)))
    if not found:
        raise FeedError(f"{path}: the workbook has no sheet with a table in it")
    return max(found, key=lambda pair: pair[0])[1]


def _first(rows: Iterator[Numbered]) -> Iterator[Numbered]:
    chars = 0
    for number, cells in islice(rows, _HEAD_ROWS):
        yield number, cells
        chars += sum(map(len, cells))
        if chars > _HEAD_CHARS:
            return


def _known(cells: list[str]) -> int:
    return sum(canonical_field(cell) is not None for cell in cells if cell and len(cell) < 80)


def _rows(path: Path, book: Workbook, name: str) -> Iterator[Numbered]:
    """Every row from the first on, blank ones too but at the end. Raises FeedError for damage and absurd sizes."""
    sheet = book[name]
    number = blank = 0
    try:
        sheet.reset_dimensions()  # what the file says of its own size may be wrong
        for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
            cells = [_text(value) for value in values]
            while cells and not cells[-1]:
                cells.pop()
            if len(cells) > MAX_COLUMNS:
                raise FeedError(
                    f"{path}: row {number}: over {MAX_COLUMNS:,} columns; that is no product feed"
                )
            if not cells:
                blank += 1
                if blank > _MAX_BLANK_ROWS:
                    return
                continue
            yield from ((number - n, []) for n in range(blank, 0, -1))
            blank = 0
            yield number, cells
    except FeedError:
        raise
    except Exception as error:  # whatever a library makes of damage; nothing of ours runs in here
        raise FeedError(
            f"{path}: the workbook is damaged after row {number}: {_first_line(error)}"
        ) from error


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        return value.date().isoformat()
    if isinstance(value, date | datetime):
        return value.isoformat()
    text = scalar_text(value).strip()
    return "" if text in _ERRORS else text


@contextmanager
def _opened(path: Path) -> Iterator[Workbook]:
    from openpyxl import load_workbook

    with path.open("rb") as stream:  # a stream, for the library judges paths by their endings
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of styles and extensions, which are not used here
                book = load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        except Exception as error:
            raise FeedError(f"{path}: no whole Excel workbook: {_first_line(error)}") from error
        with closing(book):
            yield book


def _check(path: Path, limit: int) -> None:
    """Raises FeedError for what would fill a memory or a morning."""
    with closing(_archive(path)) as archive:
        parts = archive.infolist()
        if sum(part.file_size for part in parts) > limit:
            raise too_large(path, limit)
        held = sum(p.file_size for p in parts if not p.filename.startswith("xl/worksheets/sheet"))
        if held > _MAX_HELD or any(_is_bomb(part) for part in parts):
            raise FeedError(f"{path}: packed far tighter than product data can be; that is no product feed")
        for part in parts:
            if part.filename.endswith((".xml", ".rels")):
                _require_tokens(path, archive, part)


def _is_bomb(part: zipfile.ZipInfo) -> bool:
    if part.file_size > _MAX_PART:
        return True
    return part.file_size > _RATIO_FROM and part.file_size > _MAX_RATIO * max(1, part.compress_size)


def _require_tokens(path: Path, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """The XML parser reads a tag over and over until it has its end: none may be endless."""
    if part.file_size <= _MAX_TOKEN:
        return
    since = 0
    try:
        with archive.open(part) as stream:
            while chunk := stream.read(262_144):
                at = chunk.rfind(b"<")
                since = since + len(chunk) if at < 0 else len(chunk) - at
                if since > _MAX_TOKEN:
                    raise FeedError(f"{path}: {part.filename} holds a text of over {_MAX_TOKEN:,} bytes")
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
        raise FeedError(f"{path}: the workbook is damaged: {_first_line(error)}") from error


def _archive(path: Path) -> zipfile.ZipFile:
    try:
        _check_directory(path)
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, struct.error, NotImplementedError) as error:
        raise FeedError(f"{path}: the zip is damaged or cut off: {_first_line(error)}") from error


def _check_directory(path: Path) -> None:
    """The directory of a hostile archive may be of any size, and is read as a whole."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(0, size - 65_557))
        tail = stream.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        raise zipfile.BadZipFile("its directory is missing")
    _, entries, length = struct.unpack("<HHI", tail[at + 8 : at + 16])
    if entries == 0xFFFF or length > _MAX_DIRECTORY:
        raise zipfile.BadZipFile("its directory is too large")


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:200] or type(error).__name__
