"""The trace of an answer: what was filtered out, and what each piece's score is made of; and why one piece is not in
it. Pure data.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from indexer.item import Slot


class RuleCount(BaseModel):
    """How many pieces one of a filter's rules took; `name` is the rule's row in the policy's tables. A piece counts for
    the first rule that keeps it out.
    """

    name: str
    sentence: str
    removed: int


class FilterTrace(BaseModel):
    """What one filter took of a slot's pieces, after the filters before it, and what a shopper is told of such a piece.
    A guess from the vibe that would have left nothing is `lifted`, and takes nothing. `rules` are those of a filter
    that is made of several, and took something.
    """

    constraint: str
    name: str
    sentence: str
    removed: int
    left: int
    lifted: bool
    rules: list[RuleCount] = []


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
    critic: float
    lead: float
    merchandising: float
    personal: float
    total: float
    rules: list[RuleTrace]


class OutfitTrace(BaseModel):
    """One outfit's pieces, in the order in which they were chosen."""

    id: str
    follows: str | None = None
    """The remembered look that the outfit follows, where it follows one."""
    pieces: list[PieceTrace]


class RememberedTrace(BaseModel):
    """A remembered look that had a say in what is looked for: its share of all that is remembered."""

    id: str
    share: float


class Trace(BaseModel):
    """How an answer came about."""

    looks: list[RememberedTrace] = []
    slots: list[SlotTrace]
    outfits: list[OutfitTrace]


class KeptOut(BaseModel):
    """A rule that keeps a piece out. `hard` ones bind; a guess from the wish may be `lifted`, where else nothing would
    be left, and keeps nothing out then.
    """

    name: str
    sentence: str
    constraint: str
    hard: bool
    lifted: bool


class Standing(BaseModel):
    """Where a piece that nothing keeps out stands among those of its slot. Numbers are in units of cosine similarity.

    `rank` counts from 1 among the `ranked` pieces that are looked at after the search, null where it is not one of
    them. `total` is the sum of the four numbers before it; `best` is the total of the first piece, `last_offered` that
    of the weakest which the stylist is offered.
    """

    allowed: int
    ranked: int
    rank: int | None
    offered: bool
    similarity: float
    fit: float
    merchandising: float
    personal: float
    total: float
    best: float
    last_offered: float


class Why(BaseModel):
    """Why a piece is not in the answer to a request: all that keeps it out, else where it stands.

    `department` is whom the outfits are for, "" where that is not known; `sentence` says it all in one.
    """

    sku: str
    title: str
    slot: Slot | None
    department: str
    sentence: str
    kept_out: list[KeptOut]
    standing: Standing | None = None
