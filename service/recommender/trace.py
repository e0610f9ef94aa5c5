"""Tells how an answer came about, from what composing left behind. Decides nothing: filters are only counted again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from indexer.item import Slot
from service.catalog.columns import Mask
from service.composition.draft import OutfitDraft, Parts
from service.composition.planner import Planned
from service.query.wish import QueryIntent
from service.retrieval.adjustments import ScoreAdjustment, total_shift
from service.retrieval.filter_chain import Filter, holding
from service.retrieval.filters import filters, size_filter
from service.retrieval.merchandising import Merchandising
from service.retrieval.retriever import Retriever
from service.retrieval.shortlist import Candidate
from service.retrieval.suitability import counted
from service.schemas.outfits import OutfitRequest
from service.schemas.trace import (
    FilterTrace,
    OutfitTrace,
    PieceTrace,
    RememberedTrace,
    RuleCount,
    RuleTrace,
    SlotTrace,
    Trace,
)


def trace_of(
    request: OutfitRequest,
    brief: QueryIntent,
    retriever: Retriever,
    planned: Planned,
    nudges: Sequence[ScoreAdjustment],
    outfits: Mapping[str, OutfitDraft],
) -> Trace:
    """The trace of an answer. `outfits` are its outfits by id, `planned` and `nudges` what they came of."""
    return Trace(
        looks=list(_remembered(brief)),
        slots=list(_slots(request, brief, retriever, planned, nudges)),
        outfits=[
            OutfitTrace(
                id=outfit_id,
                follows=composed.plan.lead.id if composed.plan.lead else None,
                pieces=list(_pieces(composed, retriever, nudges)),
            )
            for outfit_id, composed in outfits.items()
        ],
    )


def _remembered(brief: QueryIntent) -> Iterator[RememberedTrace]:
    for one in brief.memory.recalled:
        for look in one.looks:
            yield RememberedTrace(id=look.id, share=round(one.weight / len(one.looks), 4))


def _slots(
    request: OutfitRequest,
    brief: QueryIntent,
    retriever: Retriever,
    planned: Planned,
    nudges: Sequence[ScoreAdjustment],
) -> Iterator[SlotTrace]:
    if planned.lane is None:
        return
    columns = retriever.view.columns
    shared = filters(columns, request, brief, *planned.lane, nudges)
    for slot, size in planned.sizes.items():
        chain = [*shared, *size_filter(columns, request, brief, slot)]
        yield SlotTrace(
            slot=slot,
            carried=int(columns.in_slot(slot).sum()),
            filters=list(_counted(retriever, slot, chain)),
            shortlist=size,
        )


def _counted(retriever: Retriever, slot: Slot, chain: Sequence[Filter]) -> Iterator[FilterTrace]:
    mask = retriever.view.columns.in_slot(slot)
    held, _ = holding(mask, slot, chain)
    masks = [mask]
    for filter_ in chain:
        masks.append(masks[-1] & filter_.allowed if filter_ in held else masks[-1])
    lefts = [int(m.sum()) for m in masks]
    for filter_, reached, (before, left) in zip(chain, masks[:-1], pairwise(lefts), strict=True):
        yield FilterTrace(
            constraint=filter_.constraint,
            name=filter_.name,
            sentence=filter_.sentence,
            removed=before - left,
            left=left,
            lifted=filter_ not in held,
            rules=_rules(filter_, reached) if before > left else [],
        )


def _rules(filter_: Filter, reached: Mask) -> list[RuleCount]:
    """What each rule that the filter is made of took of the pieces that reached it."""
    return [
        RuleCount(name=rule.name, sentence=rule.row.sentence, removed=removed)
        for rule, removed in counted(reached, filter_.verdicts)
    ]


def _pieces(
    composed: OutfitDraft, retriever: Retriever, nudges: Sequence[ScoreAdjustment]
) -> Iterator[PieceTrace]:
    for candidate, parts in zip(composed.pieces, composed.parts, strict=True):
        anchored = candidate.slot in composed.plan.anchored  # the shopper's own choice: nothing moves it
        yield _piece(candidate, parts, retriever, () if anchored else nudges)


def _piece(
    candidate: Candidate, parts: Parts, retriever: Retriever, nudges: Sequence[ScoreAdjustment]
) -> PieceTrace:
    ours = [nudge for nudge in nudges if isinstance(nudge, Merchandising)]
    others = [nudge for nudge in nudges if not isinstance(nudge, Merchandising)]
    at = np.array([candidate.position])
    merchandising = float(total_shift(ours, retriever.view.columns, at)[0])
    personal = float(total_shift(others, retriever.view.columns, at)[0])
    applied = [rule for nudge in ours for rule in nudge.applied(retriever.view.columns, candidate.position)]
    return PieceTrace(
        slot=candidate.slot,
        sku=candidate.variant.sku,
        similarity=round(candidate.similarity, 4),
        vibe=_rounded(parts.vibe),
        fit=round(float(parts.fit[0]) - merchandising - personal, 4),
        text=_rounded(parts.text),
        rest=_rounded(parts.rest),
        harmony=_rounded(parts.harmony),
        repeat=_rounded(parts.repeat),
        critic=_rounded(parts.critic),
        lead=_rounded(parts.lead),
        merchandising=round(merchandising, 4),
        personal=round(personal, 4),
        total=_rounded(parts.total),
        rules=[RuleTrace(id=r.id, action=r.body.action, shift=round(r.shift, 4)) for r in applied],
    )


def _rounded(part: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    return round(float(part[0]), 4)
