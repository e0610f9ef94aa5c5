"""Whom outfits are for, where the request leaves it open. Composes nothing."""

from __future__ import annotations

from typing import Literal

import numpy as np

from indexer.item import Department, Slot
from service.policy.policy import policy
from service.query.wish import QueryIntent
from service.retrieval.retriever import Retriever
from service.retrieval.shortlist import Candidate
from service.retrieval.suitability import out_of_place, out_of_weather
from service.schemas.outfits import OutfitRequest

Line = Literal["girls", "boys", ""]
Audience = tuple[Department, Line]


def audience_of(
    request: OutfitRequest,
    brief: QueryIntent,
    retriever: Retriever,
    anchors: dict[Slot, Candidate],
    default: Department | None = None,
) -> tuple[Audience, bool]:
    """Whom the outfits are for, and whether that is a guess.

    Nobody said: whoever the anchors are for, else the store's default, else those whom it has most for. What the wish
    is about never decides: rain is for everybody.
    """
    line: Line = brief.kids_line
    owners = {c.item.department for c in anchors.values()} - {"unisex"}
    department = brief.department or (owners.pop() if len(owners) == 1 else None)
    if department is None:
        asked = (*request.sizes, *(request.slots or ()))
        department = next((d for slot in asked if (d := policy().slots[slot].suggests) is not None), None)
    if department is not None:
        if department == "kids" and not line:
            lines = {c.item.kids_line for c in anchors.values()} - {""}
            line = lines.pop() if len(lines) == 1 else _better_line(brief, retriever)
        return (department, line if department == "kids" else ""), False
    if default is not None:
        return (default, _better_line(brief, retriever) if default == "kids" else ""), True
    grown: list[Department] = ["women", "men"]
    return (max(grown, key=lambda who: _stock(retriever, who)), ""), True


def _stock(retriever: Retriever, department: Department) -> int:
    """How many pieces in stock of which outfits are made at the core are for this department alone."""
    columns = retriever.view.columns
    unisex = columns.for_department("unisex")
    mine = columns.for_department(department) & ~unisex & columns.stocked
    return int((mine & (columns.slot >= 0)).sum())


def _better_line(brief: QueryIntent, retriever: Retriever) -> Line:
    lines: list[Line] = ["girls", "boys"]
    return max(lines, key=lambda line: _suits(brief, retriever, ("kids", line)))


def _suits(brief: QueryIntent, retriever: Retriever, lane: Audience) -> float:
    """How near the best tops, bottoms and shoes for such a shopper come to the brief."""
    columns = retriever.view.columns
    mask = (
        columns.for_department(*lane)
        & columns.stocked
        & ~out_of_place(columns, brief)
        & ~out_of_weather(columns, brief)
    )
    best = []
    for slot in (*policy().slots.separates, "shoes"):
        allowed = np.flatnonzero(mask & columns.in_slot(slot))
        if not len(allowed):
            best.append(-1.0)
            continue
        scores, _ = retriever.view.snapshot.vectors.search(brief.query[None], min(5, len(allowed)), allowed)
        best.append(float(scores[0].mean()))
    return sum(best)
