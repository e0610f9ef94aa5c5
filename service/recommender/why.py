"""Why one piece is not in the answer to a request: each rule that keeps it out, else where it stands.

Goes through the same filters and the same ranking as composing, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from indexer.item import Item, Slot
from service.composition.audience import audience_of
from service.composition.planner import lengths
from service.composition.templates import templates_for, with_anchors
from service.query.wish import QueryIntent
from service.retrieval.adjustments import ScoreAdjustment, total_shift
from service.retrieval.attribute_fit import fit, see_through
from service.retrieval.filter_chain import Filter, holding
from service.retrieval.filters import filters, form_filter, size_filter
from service.retrieval.merchandising import Merchandising
from service.retrieval.retriever import Pool, Retriever
from service.schemas.outfits import OutfitRequest
from service.schemas.trace import KeptOut, Standing, Why

_OFFERED = "the stylist is offered it; whether it is chosen depends on the pieces beside it"


def why(
    sku: str,
    request: OutfitRequest,
    brief: QueryIntent,
    retriever: Retriever,
    quota: int,
    nudges: Sequence[ScoreAdjustment] = (),
) -> Why | None:
    """What keeps the piece out of outfits for the request; None where no item has the SKU."""
    found = retriever.view.find(sku)
    if found is None:
        return None
    item, slot = found.item, found.item.slot
    if slot is None:
        reason = _kept("not-composed", "it is not something that outfits are made of", "slots")
        return _said(sku, item, "", [reason])
    lane, _ = audience_of(request, brief, retriever, {})
    wanted = [with_anchors(t, {}) for t in templates_for(request, brief, lane[0], {})]
    quotas = lengths(wanted, [s for t in wanted for s in (*t.required, *t.optional)], quota)
    kept_out = []
    if slot not in quotas:
        kept_out.append(_kept("template", f"outfits for this have no {slot}", "slots"))
    columns = retriever.view.columns
    suits = "bottom" in item.covers
    chain = [*filters(columns, request, brief, *lane, nudges), *form_filter(columns, slot, suits=suits)]
    chain += size_filter(columns, request, brief, slot)
    held, mask = holding(columns.in_slot(slot), slot, chain)
    kept_out += [
        reason
        for filter_ in chain
        for reason in _of_filter(filter_, found.position, lifted=filter_ not in held)
    ]
    if not all(reason.lifted for reason in kept_out):
        return _said(sku, item, lane[0], kept_out)
    allowed = np.flatnonzero(mask)
    pool = retriever.pool(request, brief, slot, allowed, nudges)
    shortlists = retriever.retrieve(
        request, brief, lane, {slot: quotas[slot]}, nudges, suits=suits
    ).shortlists
    offered = [(c.position, c.similarity + c.fit) for c in shortlists[slot].candidates]
    standing = _standing(item, found.position, slot, brief, retriever, nudges, pool, offered, len(allowed))
    return _said(sku, item, lane[0], kept_out, standing)


def _kept(name: str, sentence: str, constraint: str) -> KeptOut:
    return KeptOut(name=name, sentence=sentence, constraint=constraint, hard=True, lifted=False)


def _of_filter(filter_: Filter, position: int, *, lifted: bool) -> Iterator[KeptOut]:
    """The filter, or those of its rules, that keeps the piece out."""
    if filter_.allowed[position]:
        return
    rules = [(v.rule.name, v.rule.row.sentence) for v in filter_.verdicts if v.barred[position]]
    for name, sentence in rules or [(filter_.name, filter_.sentence)]:
        yield KeptOut(
            name=name,
            sentence=sentence,
            constraint=filter_.constraint,
            hard=not filter_.soft,
            lifted=lifted,
        )


def _standing(
    item: Item,
    position: int,
    slot: Slot,
    brief: QueryIntent,
    retriever: Retriever,
    nudges: Sequence[ScoreAdjustment],
    pool: Pool,
    offered: Sequence[tuple[int, float]],
    allowed: int,
) -> Standing:
    columns, at = retriever.view.columns, np.array([position])
    ours = [nudge for nudge in nudges if isinstance(nudge, Merchandising)]
    others = [nudge for nudge in nudges if not isinstance(nudge, Merchandising)]
    similarity = float(brief.similarity(retriever.view.snapshot.vectors.vectors(at))[0])
    suits = float(fit(columns, at, slot, brief)[0] - see_through([item], brief)[0])
    merchandising = float(total_shift(ours, columns, at)[0])
    personal = float(total_shift(others, columns, at)[0])
    (places,) = np.nonzero(pool.positions == position)
    return Standing(
        allowed=allowed,
        ranked=len(pool.positions),
        rank=int(places[0]) + 1 if len(places) else None,
        offered=any(position == other for other, _ in offered),
        similarity=round(similarity, 4),
        fit=round(suits, 4),
        merchandising=round(merchandising, 4),
        personal=round(personal, 4),
        total=round(similarity + suits + merchandising + personal, 4),
        best=round(float((pool.similarity + pool.suits).max()), 4),
        last_offered=round(min(score for _, score in offered[pool.forced :] or offered), 4),
    )


def _said(
    sku: str, item: Item, department: str, kept_out: list[KeptOut], standing: Standing | None = None
) -> Why:
    """The answer, with all of it in one sentence."""
    if standing is None:
        sentence = "; ".join(dict.fromkeys(reason.sentence for reason in kept_out if not reason.lifted))
    elif standing.offered:
        sentence = _OFFERED
    elif standing.rank is None:
        sentence = f"{standing.ranked} other pieces are nearer to the wish"
    elif standing.total < standing.last_offered:
        sentence = f"{standing.rank - 1} other pieces suit the wish better"
    else:
        sentence = "it is too much like pieces that are offered"
    return Why(
        sku=sku,
        title=item.title,
        slot=item.slot,
        department=department,
        sentence=sentence,
        kept_out=kept_out,
        standing=standing,
    )
