"""The header names of known exports, in the languages in which shop systems write them -> fixed keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from indexer.feeds.values.synonyms import normalise


class Aliases:
    """A table of keys and the header names, separated by "|", under which exports carry them."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self._keys = {normalise(word): key for key, words in table.items() for word in words.split("|")}

    def resolve(self, header: Sequence[str]) -> dict[str, str]:
        """Key -> the first column of that name. Columns of other names are left out."""
        found: dict[str, str] = {}
        for column in header:
            key = self._keys.get(normalise(column))
            if key is not None:
                found.setdefault(key, column)
        return found


class Cells:
    """One row seen through resolved aliases: missing columns read as empty cells."""

    __slots__ = ("_cells", "_columns", "line")

    def __init__(self, line: int, cells: Mapping[str, str], columns: Mapping[str, str]) -> None:
        self.line = line
        self._cells = cells
        self._columns = columns

    def get(self, key: str) -> str:
        column = self._columns.get(key)
        return "" if column is None else self._cells.get(column, "").strip()

    def has(self, key: str) -> bool:
        """Whether the feed has this column at all."""
        return key in self._columns

    def raw(self) -> dict[str, str]:
        return dict(self._cells)
