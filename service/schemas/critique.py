"""Bodies of the critique of pieces that a shopper has in the basket or owns. Pure data."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from indexer.item import Department, Season, Slot
from service.schemas.fields import Pseudonym
from service.schemas.outfits import IndexRef, Name, OutfitItem, Understood, Unmet, Weather

MAX_PIECES = 10
Fault = Literal["occasion", "weather", "level", "colour", "style", "words", "piece", "redundant"]


class CritiqueRequest(BaseModel):
    """Body of `POST /v1/outfits/critique`: the pieces, and what they are for."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    vibe: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    skus: Annotated[list[Name], Field(max_length=MAX_PIECES)] = []
    own: Annotated[list[Name], Field(max_length=MAX_PIECES)] = []
    """Pieces that the shopper has, in words."""
    department: Department | None = None
    occasion: Name | None = None
    season: Season | None = None
    weather: Weather | None = None
    shopper: Pseudonym | None = None

    @model_validator(mode="after")
    def _some_piece(self) -> CritiqueRequest:
        if not self.skus and not self.own:
            raise ValueError("skus: name at least one piece, by its SKU here or in words in `own`")
        if len(set(self.skus)) != len(self.skus):
            raise ValueError("skus: each SKU at most once")
        return self


class CritiquedPiece(BaseModel):
    """A piece as it was named: `sku` is null for one that the shopper owns."""

    slot: Slot
    sku: str | None
    title: str


class Works(CritiquedPiece):
    reason: str


class DoesNot(CritiquedPiece):
    """`chance` is how likely a stylist is to change the piece."""

    fault: Fault
    chance: float
    reason: str


class CritiqueSwap(BaseModel):
    """Another piece in the place of one, or one more where `out` is null, and what the whole would be with it."""

    out: CritiquedPiece | None
    item: OutfitItem
    grade: float
    reason: str


class Critique(BaseModel):
    """Answer of `POST /v1/outfits/critique`. `grade` is from 1 to 5, `signed` the chance that a stylist would hand the
    outfit over as it is.
    """

    request_id: str
    grade: float
    signed: float
    summary: str
    works: list[Works]
    faults: list[DoesNot]
    swaps: list[CritiqueSwap]
    understood: list[Understood] = []
    unread: list[str] = []
    unmet: list[Unmet] = []
    index: IndexRef
    timings_ms: dict[str, float] = {}
