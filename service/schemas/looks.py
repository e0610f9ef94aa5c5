"""The bodies of looks that staff author or approve. Pure data: what each field may hold."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from indexer.item import SLOTS, Department, Season, Slot
from service.schemas.fields import Phrase, Sku

LookStatus = Literal["draft", "approved", "rejected"]
MAX_LOOKS_PAGE = 100

_Occasion = Annotated[str, StringConstraints(max_length=200)]
_Why = Annotated[str, StringConstraints(max_length=1000)]
_Phrasings = Annotated[list[Phrase], Field(max_length=11)]  # with the vibe a dozen, which training reads
_Pieces = Annotated[dict[Slot, Sku], Field(min_length=2)]
_NearMisses = dict[Slot, Annotated[list[Sku], Field(min_length=1, max_length=12)]]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class LookBody(_Body):
    """What a look says: a wish, in several wordings if possible, and the SKU that answers it in each slot.

    `formality` runs from 1 to 5. `near_misses` are SKUs by slot that a beginner would take in the place of the
    look's own piece, and a stylist would not.
    """

    vibe: Phrase
    phrasings: _Phrasings = []
    department: Department | None = None
    season: Season | None = None
    occasion: _Occasion | None = None
    formality: Annotated[int, Field(ge=1, le=5, strict=True)] | None = None
    pieces: _Pieces
    why: _Why | None = None
    near_misses: _NearMisses = {}

    def line(self, look_id: str, created: str) -> str:
        """The look as a line of a file of looks, without newline; what training does not read is left out."""
        return StoreLookLine(
            id=look_id,
            vibe=list(dict.fromkeys([self.vibe, *self.phrasings])),
            skus=[self.pieces[slot] for slot in SLOTS if slot in self.pieces],
            department=self.department,
            occasion=self.occasion or None,
            season=self.season,
            created=created,
            near_misses=self.near_misses or None,
        ).model_dump_json(exclude_none=True)


class StoreLookLine(BaseModel):
    """A look in the format of a store's own looks, which docs/training-data.md describes."""

    id: str
    vibe: list[str]
    skus: list[str]
    department: Department | None
    occasion: str | None
    season: Season | None
    created: str
    near_misses: _NearMisses | None


class SentLook(_Body):
    """Body of `POST /v1/admin/looks`: a look of one's own, with `vibe` and `pieces`, or a composed outfit, by
    `outfit_id`, which brings both, and whom, what occasion and season it was for.
    """

    outfit_id: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None
    vibe: Phrase | None = None
    phrasings: _Phrasings | None = None
    department: Department | None = None
    season: Season | None = None
    occasion: _Occasion | None = None
    formality: Annotated[int, Field(ge=1, le=5, strict=True)] | None = None
    pieces: _Pieces | None = None
    why: _Why | None = None
    near_misses: _NearMisses | None = None
    status: Literal["draft", "approved"] | None = None
    """When absent: approved for an outfit, draft for a look of one's own."""

    @model_validator(mode="after")
    def _of_one_kind(self) -> Self:
        for name in ("vibe", "pieces"):
            if self.outfit_id is None and getattr(self, name) is None:
                raise ValueError(
                    f"{name}: missing: a look has vibe and pieces, or the outfit_id of an outfit"
                )
            if self.outfit_id is not None and getattr(self, name) is not None:
                raise ValueError(f"{name}: comes with the outfit; leave it out, or the outfit_id")
        return self


class Look(LookBody):
    """A look as it is kept. Times are ISO 8601 in UTC."""

    id: str
    status: LookStatus
    created: str
    updated: str


class LookPage(BaseModel):
    """Looks, newest first; `next_cursor` is the `cursor` of the next page."""

    looks: list[Look]
    next_cursor: str | None = None
