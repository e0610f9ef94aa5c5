"""The trace of an answer: what was filtered out, and what each piece's score is made of. Pure data."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from indexer.item import Slot


class FilterTrace(BaseModel):
    """What one filter took of a slot's pieces, after the filters before it. A guess from the vibe that would have
    left nothing is `lifted`, and takes nothing.
    """

    constraint: str
    removed: int
    left: int
    lifted: bool


class SlotTrace(BaseModel):
    """`carried` is how many pieces the store has for the slot at all, `shortlist` how many were offered to the
    stylist in the end.
    """

    slot: Slot
    carried: int
    filters: list[FilterTrace]
    shortlist: int


class RuleTrace(BaseModel):
    """A rule of the store that matches the piece; `shift` is 0 for a pin."""

    id: str
    action: Literal["boost", "bury", "pin", "exclude"]
    shift: float


class PieceTrace(BaseModel):
    """A chosen piece. All numbers are in units of cosine similarity; `total` is the sum of those from `vibe` to
    `personal`. `similarity` is the plain cosine to the wish; `vibe` is what it counts for this style.
    """

    slot: Slot
    sku: str
    similarity: float
    vibe: float
    fit: float
    text: float
    rest: float
    harmony: float
    repeat: float
    merchandising: float
    personal: float
    total: float
    rules: list[RuleTrace]


class OutfitTrace(BaseModel):
    """One outfit's pieces, in the order in which they were chosen."""

    id: str
    pieces: list[PieceTrace]


class Trace(BaseModel):
    """How an answer came about."""

    slots: list[SlotTrace]
    outfits: list[OutfitTrace]
