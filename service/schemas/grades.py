"""Grades: which of two outfits for a wish is better, how good it is, and what is wrong with which piece. Pure data."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from indexer.item import Department, Slot
from service.schemas.events import ShownItem
from service.schemas.fields import PLAIN, Id, Instant, Phrase, Strict

Side = Literal["a", "b"]
Choice = Literal["a", "b", "neither"]
Fault = Literal["color", "pattern", "formality", "season", "shape", "kind", "beside", "other"]
"""What is wrong with a piece; `beside`: not beside the others, though fine by itself."""

_Token = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=PLAIN)]
_Faults = dict[Side, dict[Slot, Annotated[tuple[Fault, ...], Field(min_length=1, max_length=8)]]]
_Mark = Annotated[int, Field(ge=1, le=5, strict=True)]


class Pair(Strict):
    """The ids of the two outfits, as they were shown."""

    a: _Token
    b: _Token


class SentGrade(Strict):
    """Body of `POST /v1/admin/grades`. `grade` is that of the chosen outfit, of `neither` that of the better one: 1 is
    what nobody would wear, 5 what a stylist would sign. `faults` are by side and slot.
    """

    outfits: Pair
    chosen: Choice
    grade: _Mark | None = None
    faults: _Faults = Field(default_factory=dict)


class GradedOutfit(Strict):
    """One of the two, with what composed it."""

    outfit_id: Id
    style: str
    composer: str
    items: Annotated[tuple[ShownItem, ...], Field(min_length=1, max_length=24)]


class Grade(Strict):
    """A grade as it is kept, and a line of an export. `grader` is the key that sent it."""

    id: str
    created: Instant
    vibe: Phrase
    department: Department | None
    chosen: Choice
    grade: _Mark | None
    faults: _Faults
    a: GradedOutfit
    b: GradedOutfit
    grader: str | None
