"""One table on disk: its shipped file, the store's own rows over it, and where each row stands. Knows no table.

A file holds sections, a section holds rows: `[section]` and `row = ...`, or `[section.row]`. A store's row takes the
place of the shipped one as a whole; all others stay; `row = false` leaves a shipped row out.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from indexer.errors import StylistError

M = TypeVar("M", bound=BaseModel)
Names = tuple[str, ...]
Rows = dict[str, Any]

WORDS_FOR_PEOPLE = frozenset({"sentence"})
"""Fields that say something and decide nothing."""

_NAME = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_NAMES = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_HEADER = re.compile(rf"\s*\[\[?\s*({_NAMES})\s*\]\]?")
_KEY = re.compile(rf"\s*({_NAMES})\s*=")
_SYNTAX = re.compile(r"(.*) \(at line (\d+), column \d+\)")


class PolicyError(StylistError):
    """A table says something that cannot be meant; the message names file, line and row."""


class Strict(BaseModel):
    """Base of the tables: nothing beside the fields, and each of the type that it is said to be."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class _File:
    """One file as it was read. `lines` are those on which sections, rows and their keys begin."""

    path: str
    sections: dict[str, Rows]
    lines: dict[Names, int]

    def place(self, path: Names) -> tuple[int, str]:
        """Where the nearest of `path` that the file has stands: how many of its names, and file and line."""
        for names in range(len(path), 0, -1):
            if (line := self.lines.get(path[:names])) is not None:
                return names, f"{self.path}:{line}"
        return 0, self.path


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table as the files have it, the store's rows over the shipped ones."""

    name: str
    sections: dict[str, Rows]
    sources: tuple[_File, ...]

    def fault(self, path: Names, message: str) -> PolicyError:
        """The error of the place that `path` names: section, row, key. The store's file is blamed where it has the
        row.
        """
        bearers = [s for s in self.sources if len(path) > 1 and path[:2] in s.lines]
        where = max((s.place(path) for s in bearers[:1] or self.sources), key=lambda found: found[0])[1]
        return PolicyError(": ".join(filter(None, [where, ".".join(path), message])))

    def own_first(self, section: str) -> list[str]:
        """The section's rows, those of the store before the shipped ones: where two do not agree, it is to blame."""
        rows = self.sections[section]
        return sorted(rows, key=lambda row: (section, row) not in self.sources[0].lines)

    def parse(self, kind: type[M]) -> M:
        """The table as a `kind`. Raises PolicyError naming the first thing that is wrong."""
        try:
            return kind.model_validate_json(json.dumps(self.sections, default=str))
        except ValidationError as error:
            first = error.errors()[0]
            path = tuple(str(part) for part in first["loc"] if part != "[key]")
            message = first["msg"].removeprefix("Value error, ")
            section, colon, rest = message.partition(": ")
            if (
                not path and colon and section in self.sections
            ):  # a check of the whole table names the section itself
                path, message = (section,), rest
            raise self.fault(path, message) from error

    def with_sections(self, sections: dict[str, Rows]) -> RawTable:
        """The same table with other contents at the same places."""
        return replace(self, sections=sections)

    def effects(self) -> dict[str, Any]:
        """Everything in it that decides anything, for a digest."""
        return {name: _effects(rows) for name, rows in self.sections.items()}


def read_table(name: str, overlay: Path | None) -> RawTable:
    """The table of the file `name`, with the rows of the file of that name in the folder `overlay`, if it has one.

    Raises PolicyError.
    """
    shipped = _parse(name, (files(__package__) / name).read_text(encoding="utf-8"))
    if overlay is None or not (overlay / name).is_file():
        return RawTable(name, shipped.sections, (shipped,))
    path = overlay / name
    try:
        own = _parse(str(path), path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path}: is not UTF-8") from error
    table = RawTable(name, shipped.sections, (own, shipped))
    return table.with_sections(_overlaid(table, shipped.sections, own.sections))


def check_folder(folder: Path, known: frozenset[str]) -> None:
    """Raises PolicyError for a folder that is not there, and for a file that no table has the name of."""
    if not folder.is_dir():
        raise PolicyError(f"STYLIST_POLICY_DIR: {folder} is no folder")
    for path in sorted(folder.glob("*.toml")):
        if path.name not in known:
            raise PolicyError(f"{path}: there is no such table; there are: {', '.join(sorted(known))}")


def _overlaid(table: RawTable, shipped: dict[str, Rows], own: dict[str, Rows]) -> dict[str, Rows]:
    sections = {name: dict(rows) for name, rows in shipped.items()}
    for section, rows in own.items():
        if section not in sections:
            raise table.fault((section,), f"there is no such section; there are: {', '.join(shipped)}")
        for row, value in rows.items():
            if value is not False or isinstance(sections[section].get(row), bool):
                sections[section][row] = value
            elif sections[section].pop(row, None) is None:
                raise table.fault((section, row), "there is no such row to leave out")
    return sections


def _parse(path: str, text: str) -> _File:
    try:
        sections = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _SYNTAX.fullmatch(str(error))
        line, what = (found[2], found[1]) if found else (len(text.splitlines()), str(error))  # at its end
        raise PolicyError(f"{path}:{line}: {what}") from error
    lines = _lines(text)
    for name, rows in sections.items():
        if not isinstance(rows, dict):
            line = lines.get((name,), 1)
            raise PolicyError(f"{path}:{line}: {name}: stands in no section; begin one, as in [name]")
    return _File(path, sections, lines)


def _lines(text: str) -> dict[Names, int]:
    """The line on which each section, row and key begins, where they do not stand in an inline table."""
    found: dict[Names, int] = {}
    section: Names = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            path = section = _split(header[1])
        elif key := _KEY.match(line):
            path = (*section, *_split(key[1]))
        else:
            continue
        for names in range(1, len(path) + 1):
            found.setdefault(path[:names], number)
    return found


def _split(names: str) -> Names:
    return tuple(name.strip("\"'") for name in re.findall(_NAME, names))


def _effects(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _effects(v) for k, v in value.items() if k not in WORDS_FOR_PEOPLE}
    return [_effects(v) for v in value] if isinstance(value, list) else value
