"""All attributes of one product: the feed's own where given, else read out of its words and its kind."""

from __future__ import annotations

from dataclasses import dataclass

from indexer.item import Department, Season
from indexer.record import Row
from indexer.taxonomy.colors import colors
from indexer.taxonomy.departments import KidsLine, department, kids_line
from indexer.taxonomy.fabrics import material, materials, pattern
from indexer.taxonomy.kinds import Kind
from indexer.taxonomy.occasions import formality, seasons, warmth

__all__ = [
    "Attributes",
    "colors",
    "department",
    "formality",
    "kids_line",
    "material",
    "pattern",
    "read_attributes",
    "seasons",
    "warmth",
]


@dataclass(frozen=True, slots=True)
class Attributes:
    """The attributes as `Item` holds them. `derived`: those that the feed did not give."""

    department: Department
    kids_line: KidsLine
    colors: tuple[str, ...]
    material: str
    materials: tuple[str, ...]
    pattern: str
    seasons: tuple[Season, ...]
    formality: int
    warmth: int
    derived: tuple[str, ...]


def read_attributes(row: Row, kind: Kind) -> Attributes:
    """Attributes of a product whose `row` carries its text and whose `kind` is known."""
    who, who_derived = department(row, kind)
    line, line_derived = kids_line(row, who)
    hues, hues_derived = colors(row)
    stuff, stuff_derived = material(row)
    print_, print_derived = pattern(row)
    when, when_derived = seasons(row, kind)
    level, level_derived = formality(row, kind)
    heat, heat_derived = warmth(row, kind, stuff)
    flags = {
        "department": who_derived,
        "kids_line": line_derived,
        "colors": hues_derived,
        "material": stuff_derived,
        "pattern": print_derived,
        "seasons": when_derived,
        "formality": level_derived,
        "warmth": heat_derived,
    }
    return Attributes(
        department=who,
        kids_line=line,
        colors=hues,
        material=stuff,
        materials=materials(row, stuff),
        pattern=print_,
        seasons=when,
        formality=level,
        warmth=heat,
        derived=tuple(name for name, derived in flags.items() if derived),
    )
