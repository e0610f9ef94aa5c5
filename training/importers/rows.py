"""Rows of a store's own files, checked one by one against a schema: JSON lines, or CSV with a header.

A file is read row by row. A column or field that the schema does not name is refused, so that an export with
names or addresses in it is noticed rather than read. Knows neither looks nor a catalogue.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from indexer.errors import StylistError

_CSV = {".csv", ".tsv"}
_JSON_LINES = {".jsonl", ".ndjson"}


class ImportFileError(StylistError):
    """A file of the store's data that breaks its format; names file, line and field, never a value."""


Row = TypeVar("Row", bound=BaseModel)


def is_csv(path: Path) -> bool:
    """Whether the file is CSV rather than JSON lines, by its ending. Raises ImportFileError for any other."""
    suffix = path.suffix.lower()
    if suffix not in _CSV | _JSON_LINES:
        raise ImportFileError(f"{path}: neither .csv nor .jsonl")
    return suffix in _CSV


def read_rows(path: Path, schema: type[Row]) -> Iterator[tuple[int, Row]]:
    """Line number and row, in the order of the file. Raises ImportFileError naming file, line and field."""
    return read_csv(path, schema) if is_csv(path) else read_json_lines(path, schema)


def read_json_lines(path: Path, schema: type[Row]) -> Iterator[tuple[int, Row]]:
    """One object per line; empty lines are passed over. Raises ImportFileError naming file, line and field."""
    with _readable(path), path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                with _named(f"{path}: line {number}"):
                    row = schema.model_validate_json(line)
                yield number, row


def read_csv(path: Path, schema: type[Row]) -> Iterator[tuple[int, Row]]:
    """One row per record, an empty cell being no value. The header tells comma, semicolon and tab apart.

    The line number is that of a record's last line. Raises ImportFileError naming file, line and field.
    """
    with _readable(path), path.open(encoding="utf-8-sig", newline="") as lines:
        delimiter = max(",;\t", key=lines.readline().count)
        lines.seek(0)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        try:
            header = [name.strip() for name in next(reader, [])]
            _check_header(path, header, schema)
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    where = f"{path}: line {reader.line_num}"
                    if len(cells) != len(header):
                        raise ImportFileError(f"{where}: {len(cells)} cells under {len(header)} columns")
                    yield reader.line_num, _validated(where, schema, dict(zip(header, cells, strict=True)))
        except csv.Error as error:
            raise ImportFileError(f"{path}: line {reader.line_num}: not CSV: {error}") from error


def _check_header(path: Path, header: list[str], schema: type[BaseModel]) -> None:
    where = f"{path}: line 1"
    if unknown := [name for name in header if name not in schema.model_fields]:
        known = ", ".join(schema.model_fields)
        raise ImportFileError(f"{where}: {unknown[0] or 'a column without name'}: not one of {known}")
    if twice := [name for name, count in Counter(header).items() if count > 1]:
        raise ImportFileError(f"{where}: {twice[0]}: two columns of this name")
    required = [name for name, field in schema.model_fields.items() if field.is_required()]
    if missing := [name for name in required if name not in header]:
        raise ImportFileError(f"{where}: {missing[0]}: column is missing")


def _validated(where: str, schema: type[Row], cells: Mapping[str, str]) -> Row:
    with _named(where):
        return schema.model_validate({name: cell for name, cell in cells.items() if cell.strip()})


@contextmanager
def _named(where: str) -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        parts = [where, field, first["msg"].removeprefix("Value error, ")]
        raise ImportFileError(": ".join(part for part in parts if part)) from error


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ImportFileError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ImportFileError(f"{path}: not UTF-8: save the file as UTF-8") from error
