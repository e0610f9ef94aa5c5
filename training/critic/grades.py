"""Graded outfits: what was worn, for which wish, and what a stylist who saw nothing else said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from indexer.item import Department, Season, Slot
from service.critic.network import FAULTS

WHOLE = "-"
"""The slot under which faults of the whole outfit stand: M (nothing says the wish), X (a piece is missing)."""
SIGNED = 4
"""From this grade on, of 5, a stylist hands the outfit to the customer."""


class GradedOutfit(BaseModel):
    """One outfit that one stylist graded. `items` are SKUs of `store`, `faults` codes by slot."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    vibe: Annotated[str, Field(min_length=1)]
    department: Department | None = None
    season: Season | None = None
    store: str
    system: str = ""
    """What composed it; told to nobody who graded."""
    items: Annotated[Mapping[Slot, str], Field(min_length=1)]
    grade: Annotated[int, Field(ge=1, le=5)]
    faults: Mapping[str, str] = {}
    grader: str = ""

    @property
    def signed(self) -> bool:
        return self.grade >= SIGNED


@dataclass(frozen=True, slots=True)
class Split:
    """Which side of a split a case is on: by wish, so that no wish is on both."""

    folds: int

    def fold(self, vibe: str) -> int:
        """From 0 to `folds` - 1, the same for the same wish."""
        import hashlib

        return int(hashlib.sha256(vibe.strip().casefold().encode()).hexdigest(), 16) % self.folds


def read_grades(paths: Sequence[Path]) -> Iterator[GradedOutfit]:
    """Raises ValueError naming the file and the line that is wrong."""
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                yield GradedOutfit.model_validate_json(line)
            except ValidationError as error:
                first = error.errors()[0]
                raise ValueError(f"{path}: line {number}: {first['loc']}: {first['msg']}") from error


def parse_answer(line: str) -> tuple[str, int, dict[str, str]]:
    """Id, grade and faults of a line that a grader wrote, "a81f|3|bag=O,-=M". Raises ValueError for any other."""
    name, grade, faults = (part.strip() for part in line.strip().split("|", 2))
    found: dict[str, str] = {}
    for fault in filter(None, (f.strip() for f in faults.split(","))):
        slot, _, codes = fault.partition("=")
        found[slot.strip()] = found.get(slot.strip(), "") + _known(codes.strip().upper())
    if grade not in ("1", "2", "3", "4", "5"):
        raise ValueError(f"{grade!r} is no grade from 1 to 5")
    return name, int(grade), found


def _known(codes: str) -> str:
    return "".join(c for c in codes if c in FAULTS or c in "MX")
