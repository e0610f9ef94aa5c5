"""Looks that the store's own stylists made, as JSON lines or CSV -> styled looks. The format: docs/training-data.md.

Knows the catalogue by its SKUs alone, and no model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from indexer.item import Department, Season, Slot
from indexer.storage.catalogue import Catalogue
from service.schemas.fields import Id, Phrase, Strict, When
from training.data.looks import StyledLook
from training.importers.catalog import ImportReport, Stock, department_of, is_whole, one_per_slot
from training.importers.rows import ImportFileError, is_csv, read_csv, read_json_lines

_MOST_PHRASINGS = 12
_MOST_PIECES = 24
_MOST_MISSES = 12


def _listed(value: Any) -> Any:
    """One phrasing is a list of one; in a cell, `|` stands between several."""
    return [part for part in value.split("|") if part.strip()] if isinstance(value, str) else value


Phrasings = Annotated[
    tuple[Phrase, ...], BeforeValidator(_listed), Field(min_length=1, max_length=_MOST_PHRASINGS)
]
Occasion = Annotated[str, Field(max_length=200)]
NearMisses = dict[Slot, Annotated[tuple[Id, ...], Field(max_length=_MOST_MISSES)]]


class StoreLook(Strict):
    """A line of JSON: one look. `vibe` is one phrasing of the wish, or several of the same wish. `near_misses` are
    SKUs by slot that would have been wrong in the place of the look's own piece.
    """

    id: Id
    vibe: Phrasings
    skus: Annotated[tuple[Id, ...], Field(min_length=1, max_length=_MOST_PIECES)]
    department: Department | None = None
    occasion: Occasion | None = None
    season: Season | None = None
    created: When | None = None
    near_misses: NearMisses = Field(default_factory=dict)


class StoreLookRow(Strict):
    """A row of CSV: one piece of a look. What concerns the whole look may stand in its first row alone."""

    id: Id
    sku: Id
    vibe: Phrasings | None = None
    department: Department | None = None
    occasion: Occasion | None = None
    season: Season | None = None
    created: When | None = None


_SHARED = ("vibe", "department", "occasion", "season", "created")


def read_store_looks(path: Path, catalogue: Catalogue) -> tuple[list[StyledLook], ImportReport]:
    """The looks of a file that are whole, and what was left out. Looks that share a phrasing share a group.

    Raises ImportFileError naming file, line and field.
    """
    stock, report = Stock(catalogue), ImportReport()
    looks = []
    for look in _from_csv(path, report) if is_csv(path) else _from_json(path, report):
        found = stock.resolve(look.skus, report)
        pieces = one_per_slot(found, report)
        if is_whole(pieces):
            department = look.department or department_of(piece for _, piece in found)
            looks.append(_styled(look, pieces, department, _misses(look, pieces, stock, report)))
        else:
            report.dropped["neither a dress nor top and bottom"].append(look.id)
    report.looks = len(looks)
    return _grouped(looks), report


def _styled(
    look: StoreLook,
    pieces: dict[Slot, str],
    department: Department | None,
    misses: dict[Slot, tuple[str, ...]],
) -> StyledLook:
    return StyledLook(
        id=f"store/{look.id}",
        group="",
        source="store",
        pieces=pieces,
        phrasings=look.vibe,
        department=department,
        occasion=look.occasion or "",
        season=look.season,
        misses=misses,
        created=look.created or "",
    )


def _misses(
    look: StoreLook, pieces: Mapping[Slot, str], stock: Stock, report: ImportReport
) -> dict[Slot, tuple[str, ...]]:
    """Labels of what would have been wrong, by slot: of the slot's own pieces, where the look has one there."""
    labels: dict[Slot, tuple[str, ...]] = {}
    for slot, skus in look.near_misses.items():
        found = stock.resolve(skus, report)
        others = (piece.label for _, piece in found if slot in pieces and piece.slot == slot)
        wrong = dict.fromkeys(label for label in others if label != pieces[slot])
        if wrong:
            labels[slot] = tuple(wrong)
        if passed := len(found) - len(wrong):
            report.ignored["near misses that are no other piece of their slot"] += passed
    return labels


def _from_json(path: Path, report: ImportReport) -> Iterator[StoreLook]:
    first: dict[str, int] = {}
    for line, look in read_json_lines(path, StoreLook):
        if look.id in first:
            raise ImportFileError(f"{path}: line {line}: id: {look.id!r} is already at line {first[look.id]}")
        first[look.id] = line
        report.rows += 1
        yield look


@dataclass(slots=True)
class _Gathered:
    line: int
    shared: dict[str, Any] = field(default_factory=dict)
    skus: list[str] = field(default_factory=list)


def _from_csv(path: Path, report: ImportReport) -> Iterator[StoreLook]:
    """Rows of one look need not stand together, so looks are given once the file is read."""
    looks: dict[str, _Gathered] = {}
    for line, row in read_csv(path, StoreLookRow):
        report.rows += 1
        look = looks.setdefault(row.id, _Gathered(line))
        for name in _SHARED:
            value = getattr(row, name)
            if value is not None and look.shared.setdefault(name, value) != value:
                raise ImportFileError(
                    f"{path}: line {line}: {name}: look {row.id!r} has another at line {look.line}"
                )
        look.skus.append(row.sku)
        if len(look.skus) > _MOST_PIECES:
            raise ImportFileError(
                f"{path}: line {line}: sku: look {row.id!r} has more than {_MOST_PIECES} pieces"
            )
    for name, look in looks.items():
        if "vibe" not in look.shared:
            raise ImportFileError(f"{path}: line {look.line}: vibe: look {name!r} has none")
        yield StoreLook(id=name, skus=tuple(look.skus), **look.shared)


def wish_key(phrase: str) -> str:
    """A wish as a name: "Rooftop jazz, warm evening!" -> rooftop-jazz-warm-evening, as a lookbook names its vibes."""
    return "-".join(re.findall(r"\w+", phrase.casefold())) or phrase


def _grouped(looks: Sequence[StyledLook]) -> list[StyledLook]:
    """Each look with the group of its wish. Two looks with a phrasing in common are of one group, and so are two
    that a third links: else one wish could be trained on and held out (union-find: Tarjan 1975). A group is named
    after its earliest phrasing, so that looks appended to the file move no group.
    """
    parent: dict[str, str] = {}
    age: dict[str, int] = {}

    def root(key: str) -> str:
        age.setdefault(key, len(age))
        while parent.setdefault(key, key) != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for look in looks:
        roots = [root(wish_key(phrase)) for phrase in look.phrasings]
        oldest = min(roots, key=lambda key: age[key])
        parent.update(dict.fromkeys(roots, oldest))
    return [replace(look, group=root(wish_key(look.phrasings[0]))) for look in looks]
