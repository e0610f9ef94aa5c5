"""The words that rows of several tables are written in: when a row holds for a wish, and which pieces it is about.

In the files a bound may be a mark's name ("dressy", "cold") and a list may hold "@name" for a set or a role; they are
put in the place of their names here. Whether a row holds is for `service.query.conditions` to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field

from indexer.item import Department, Slot
from service.policy.files import RawTable, Strict

T = TypeVar("T")
Level = Annotated[int, Field(ge=1, le=5)]
Warmth = Annotated[int, Field(ge=0, le=4)]
Texts = tuple[str, ...]


class When(Strict):
    """A wish for which everything that is given here holds; nothing given: every wish.

    `says` is any of these senses of the wish's words, `says_all` all, `says_none` none. `from` includes the bound, and
    so does `to`; `above` and `below` do not. `surely` counts the doubt about the formality against it. No bound of the
    heat holds where it is unknown. `age_from` holds unless a child is meant who is younger.
    """

    department: tuple[Department, ...] = ()
    activity: Texts = ()
    activity_not: Texts = ()
    says: Texts = ()
    says_all: Texts = ()
    says_none: Texts = ()
    formality_from: float | None = None
    formality_below: float | None = None
    surely_from: float | None = None
    surely_below: float | None = None
    heat: Literal["known", "unknown"] | None = None
    heat_from: float | None = None
    heat_above: float | None = None
    heat_to: float | None = None
    heat_below: float | None = None
    wet: bool | None = None
    snow: bool | None = None
    age_from: float | None = None

    def senses(self) -> Texts:
        """All senses that are asked for."""
        return (*self.says, *self.says_all, *self.says_none)


Whens = tuple[When, ...]
"""Of which one must hold; none given: it always does."""


class Pieces(Strict):
    """The pieces that have everything that is given here, each in one of its values; as a spare, `when` one holds."""

    when: Whens = ()
    slots: tuple[Slot, ...] = ()
    kinds: Texts = ()
    tags: Texts = ()
    tags_all: Texts = ()
    """The only field of which a piece must have every value."""
    colors: Texts = ()
    materials: Texts = ()
    categories: Texts = ()
    """Whole words within a category."""
    formality_from: Level | None = None
    formality_to: Level | None = None
    warmth_from: Warmth | None = None
    warmth_to: Warmth | None = None


class Marks(Strict):
    """The section `mark` of a table."""

    mark: dict[str, float]


class Sets(Strict):
    """The section `set` of a table."""

    set: dict[str, Texts]


Selection = tuple[Pieces, ...]

_FORMALITY = frozenset({"formality_from", "formality_below", "surely_from", "surely_below"})
_LISTS = frozenset({"when", "bars", "spares"})
"""Keys that hold several, and may be written with one alone."""
_HEAT = frozenset({"heat_from", "heat_above", "heat_to", "heat_below"})


class Names:
    """What stands behind the names in a table: marks on the scales of formality and heat, and sets of words."""

    def __init__(
        self, formality: Mapping[str, float], heat: Mapping[str, float], sets: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._marks = {**dict.fromkeys(_FORMALITY, formality), **dict.fromkeys(_HEAT, heat)}
        self._sets = sets

    def resolved(self, table: RawTable) -> RawTable:
        """The table with values for names. Raises PolicyError for one that nothing has."""
        sections = {
            section: {row: self._resolved(table, (section, row), value) for row, value in rows.items()}
            for section, rows in table.sections.items()
        }
        return table.with_sections(sections)

    def _resolved(self, table: RawTable, path: tuple[str, ...], value: Any) -> Any:
        if isinstance(value, dict):
            value = {key: [v] if key in _LISTS and isinstance(v, dict) else v for key, v in value.items()}
            return {key: self._resolved(table, (*path, key), inner) for key, inner in value.items()}
        if isinstance(value, list):
            parts = [part for given in value for part in self._spread(table, path, given)]
            return [self._resolved(table, path, part) for part in parts]
        if isinstance(value, str) and path[-1] in self._marks:
            return _found(self._marks[path[-1]], value, table, path)
        return value

    def _spread(self, table: RawTable, path: tuple[str, ...], part: Any) -> list[Any]:
        if not isinstance(part, str) or not part.startswith("@"):
            return [part]
        return list(_found(self._sets, part[1:], table, path))


def _found(names: Mapping[str, T], name: str, table: RawTable, path: tuple[str, ...]) -> T:
    if name not in names:
        raise table.fault(path, f"{name!r} is none of: {', '.join(names)}")
    return names[name]
