"""Delimited text, or a workbook's sheet -> a header and rows of named cells. Shared by every tabular format.

A quote that is never closed would swallow the rest of a file: a record is given up after `MAX_RECORD_LINES`,
its first line is rejected, and reading goes on with the next line.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from indexer.errors import FeedError
from indexer.feeds.files.sheet import is_zip, sheet_records
from indexer.feeds.files.textfile import Line, decode_head, read_head, read_lines
from indexer.record import MAX_COLUMNS, Reject, Skipped

DELIMITERS = ",;\t|"
MAX_RECORD_LINES = 2_000
MAX_RECORD_CHARS = 1_000_000
EMPTY_ROW = "empty row"
_LEAST_LINES = 50
_SNIFFED_ROWS = 20
_SHOWN_CHARS = 200


@dataclass(frozen=True, slots=True)
class RawRow:
    """One data row under the feed's own column names. `line` is 1-based, its first physical line."""

    line: int
    cells: dict[str, str]


def sniff_delimiter(head: str) -> str:
    """The delimiter under which most rows are as wide as the header; "," for a single column."""
    lines = head.splitlines(keepends=True)
    if lines and (named := _named_delimiter(lines[0])):
        return named
    if len(lines) > 1:
        lines = lines[:-1]  # the last line of the head may be cut
    return max(DELIMITERS, key=lambda d: _consistency(lines, d))


def read_header(path: Path) -> tuple[str, ...]:
    """The column names of a table, made unique. Raises FeedError when there are none, or absurdly many."""
    for _, cells in _records(path):
        if isinstance(cells, list) and any(c.strip() for c in cells):
            if len(cells) > MAX_COLUMNS:
                raise FeedError(f"{path}: {len(cells):,} columns; that is no product feed")
            return _unique(cells)
    raise FeedError(f"{path}: no header line was found")


def read_table(path: Path) -> Iterator[RawRow | Reject | Skipped]:
    """Every row after the header; rows of another width are rejected, rows of empty cells skipped.

    In a sheet, cells that are empty at the end of a row are not missing.
    """
    header: tuple[str, ...] | None = None
    in_sheet = is_zip(read_head(path, 4))
    for line, cells in _records(path):
        if isinstance(cells, str):
            reason = "cell too long" if len(cells) > MAX_RECORD_CHARS else "quote not closed"
            yield Reject(line, "", cells[:_SHOWN_CHARS], reason, row={"": cells})
        elif header is None:
            header = _unique(cells) if any(c.strip() for c in cells) else None
        elif cells or in_sheet:
            padding = [""] * (len(header) - len(cells)) if in_sheet else []
            yield _row(line, header, cells + padding)


def _row(line: int, header: tuple[str, ...], cells: list[str]) -> RawRow | Reject | Skipped:
    if not any(c.strip() for c in cells):
        return Skipped(line, EMPTY_ROW)
    width = len(header)
    if len(cells) < width or any(c.strip() for c in cells[width:]):
        named = dict(zip(header, cells, strict=False))
        extra = {f"(column {n})": c for n, c in enumerate(cells[width:], width + 1)}
        counts = f"{len(cells)} cells, {width} columns"
        return Reject(line, "", counts, "wrong number of cells", row=named | extra)
    return RawRow(line, dict(zip(header, cells, strict=False)))


def _records(path: Path) -> Iterator[tuple[int, list[str] | str]]:
    """Each record's first line with its cells; a str is the line of a quote that is never closed."""
    if is_zip(read_head(path, 4)):
        yield from sheet_records(path)
    else:
        yield from _delimited(path)


def _delimited(path: Path) -> Iterator[tuple[int, list[str] | str]]:
    head = decode_head(read_head(path))
    delimiter = sniff_delimiter(head)
    source = _Lines(read_lines(path))
    if _named_delimiter(head.split("\n", 1)[0]):
        next(source, None)
    csv.field_size_limit(MAX_RECORD_CHARS)
    parser, width = csv.reader(source, delimiter=delimiter), 0
    while True:
        source.begin()
        try:
            cells = next(parser, None)
        except (csv.Error, _Overlong):
            cells, broken = [], True
        else:
            if cells is None:
                return
            width = width or len(cells)
            broken = source.ended or (len(cells) != width and source.hides_a_row(width, delimiter))
        if broken:
            # In a file of many such quotes each next search is shorter, or reading would take quadratic time.
            source.most_lines = max(_LEAST_LINES, source.most_lines // 2)
            yield source.first, source.give_back()
            parser = csv.reader(source, delimiter=delimiter)
        else:
            source.most_lines = MAX_RECORD_LINES
            yield source.first, cells or []


class _Overlong(Exception):
    """A record has taken more lines than any honest one."""


class _Lines(Iterator[str]):
    """Lines for the CSV parser that remember what the current record took, to give all but its first back."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._returned: deque[Line] = deque()
        self._taken: list[Line] = []
        self._chars = 0
        self.ended = False
        self.most_lines = MAX_RECORD_LINES

    def begin(self) -> None:
        self._taken, self._chars, self.ended = [], 0, False

    @property
    def first(self) -> int:
        return self._taken[0][0] if self._taken else 0

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._lines, None)
        if line is None:
            self.ended = True
            raise StopIteration
        self._taken.append(line)
        self._chars += len(line[1])
        if len(self._taken) > 1 and (len(self._taken) > self.most_lines or self._chars > MAX_RECORD_CHARS):
            raise _Overlong
        return line[1]

    def hides_a_row(self, width: int, delimiter: str) -> bool:
        """Whether the record's second line is a whole row by itself, swallowed by a stray quote before it."""
        if len(self._taken) < 2:
            return False
        line = self._taken[1][1]
        return line.count('"') % 2 == 0 and len(next(csv.reader([line], delimiter=delimiter), [])) == width

    def give_back(self) -> str:
        self._returned.extendleft(reversed(self._taken[1:]))
        return self._taken[0][1]


def _unique(cells: list[str]) -> tuple[str, ...]:
    """Header names without markup of their own; empty ones at the end go, repeated ones are numbered."""
    names = [c.strip().strip("\ufeff") for c in cells]
    while names and not names[-1]:
        names.pop()
    seen: dict[str, int] = {}
    unique = []
    for position, name in enumerate(names, 1):
        name = name or f"(column {position})"
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(unique)


def _named_delimiter(line: str) -> str | None:
    """The delimiter of a spreadsheet's "sep=;" line."""
    text = line.strip("\r\n").strip('"')
    return text[4] if len(text) == 5 and text[:4].casefold() == "sep=" and text[4] in DELIMITERS else None


def _consistency(lines: list[str], delimiter: str) -> tuple[float, int]:
    widths = []
    try:
        for cells in csv.reader(lines, delimiter=delimiter):
            if cells:
                widths.append(len(cells))
            if len(widths) > _SNIFFED_ROWS:
                break
    except csv.Error:
        return 0.0, 0
    if not widths or widths[0] < 2:
        return 0.0, 0
    alike = sum(1 for w in widths if w == widths[0]) / len(widths)
    return alike * min(widths[0], 4), widths[0]
