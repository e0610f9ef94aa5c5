"""Whom outfits are for, where the request leaves it open. Composes nothing."""

from __future__ import annotations

from typing import Literal

import numpy as np

from indexer.item import Department, Slot
from service.query.wish import QueryIntent
from service.retrieval.retriever import Retriever
from service.retrieval.shortlist import Candidate
from service.retrieval.suitability import out_of_place, out_of_weather
from service.schemas.outfits import OutfitRequest

Line = Literal["girls", "boys", ""]
Audience = tuple[Department, Line]


def audience_of(
    request: OutfitRequest, brief: QueryIntent, retriever: Retriever, anchors: dict[Slot, Candidate]
) -> Audience:
    """Whom the outfits are for. Nobody said: whoever the anchors are for, else whoever the store suits best."""
    line: Line = brief.kids_line
    owners = {c.item.department for c in anchors.values()} - {"unisex"}
    department = brief.department or (owners.pop() if len(owners) == 1 else None)
    if department is None and ("dress" in request.sizes or "dress" in (request.slots or ())):
        department = "women"
    if department is not None:
        if department == "kids" and not line:
            lines = {c.item.kids_line for c in anchors.values()} - {""}
            line = lines.pop() if len(lines) == 1 else _better_line(brief, retriever)
        return department, line if department == "kids" else ""
    grown: list[Audience] = [("women", ""), ("men", "")]
    return max(grown, key=lambda lane: _suits(brief, retriever, lane))


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
    for slot in ("top", "bottom", "shoes"):
        allowed = np.flatnonzero(mask & columns.in_slot(slot))
        if not len(allowed):
            best.append(-1.0)
            continue
        scores, _ = retriever.view.snapshot.vectors.search(brief.query[None], min(5, len(allowed)), allowed)
        best.append(float(scores[0].mean()))
    return sum(best)
