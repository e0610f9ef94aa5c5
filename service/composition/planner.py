"""From a request to outfits that can be composed: who they are for, which slots, which candidates, and what is
missing. Knows no language model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from indexer.item import SLOTS, Slot
from service.catalog.columns import Mask
from service.composition.anchors import conflicts, find_anchors, mixtures
from service.composition.audience import Audience, audience_of
from service.composition.draft import Plan
from service.composition.pins import with_pins
from service.composition.templates import Template, templates_for, with_anchors
from service.lm.prompt import Context
from service.query.parser import weather_words
from service.query.wish import QueryIntent
from service.retrieval.adjustments import ScoreAdjustment, withheld
from service.retrieval.retriever import Retriever
from service.retrieval.shortlist import Candidate, Shortlist
from service.schemas.outfits import OutfitRequest, Unmet

_CLOSE = 0.06
"""A template this much worse than the best still takes turns with it, for variety."""
_CORE = ("top", "bottom", "dress")
_FINISHING_SHARE = 0.6
FEWEST = 4
"""Pieces that only round the outfit off get a shorter list, but not below this: reading costs time."""


@dataclass(slots=True)
class Planned:
    """Plans for at most the wanted number of outfits. `unmet` says what could not be had."""

    plans: list[Plan] = field(default_factory=list)
    unmet: list[Unmet] = field(default_factory=list)
    lane: Audience | None = None
    """Whom the outfits are for; None where the anchors already could not be had."""
    sizes: dict[Slot, int] = field(default_factory=dict)
    """How many candidates each slot that was looked at has."""


def make_plans(
    request: OutfitRequest,
    brief: QueryIntent,
    retriever: Retriever,
    quota: int,
    nudges: Sequence[ScoreAdjustment] = (),
) -> Planned:
    """What to compose for the request. Raises InvalidError for anchors that cannot be meant."""
    anchors = find_anchors(request, retriever)
    unmet = [*conflicts(request, anchors, retriever), *_held_back(anchors, retriever, nudges)]
    if unmet:
        return Planned(unmet=unmet)
    lane = audience_of(request, brief, retriever, anchors)
    if mixed := [*mixtures(request.slots or (), anchors, lane[0])]:
        return Planned(unmet=mixed)
    planned = Planned(lane=lane)
    wanted = [with_anchors(t, anchors) for t in templates_for(request, brief, lane[0], anchors)]
    slots = [s for s in SLOTS if any(s in (*t.required, *t.optional) for t in wanted) and s not in anchors]
    finishing = {s for t in wanted for s in t.optional} - {s for t in wanted for s in t.required}
    quotas = {s: max(FEWEST, round(quota * _FINISHING_SHARE)) if s in finishing else quota for s in slots}
    last = _other_colours(request, anchors, retriever)
    shortlists, missing = retriever.retrieve(request, brief, lane, quotas, nudges, last)
    planned.sizes = {s: len(shortlists[s].candidates) if s in shortlists else 0 for s in slots}
    shortlists |= {slot: _single(candidate, brief, retriever) for slot, candidate in anchors.items()}
    asked = frozenset(request.slots or ())
    possible: list[Template] = []
    for template in wanted:
        kept = _carried(template, missing, retriever, lane, asked, planned)
        if kept is not None and _within_budget(kept, shortlists, request, planned):
            possible.append(kept)
    if possible:  # what kept another template out is no loss; a slot that the store never carries is
        planned.unmet = [u for u in planned.unmet if u.constraint == "slots"]
        chosen = _alternate(possible, shortlists, request.count)
        planned.plans = [_plan(t, request, lane, shortlists, anchors) for t in chosen]
        if pins := retriever.pins(request, brief, lane, quotas, nudges):
            budget = request.budget.cents if request.budget else None
            tried = [
                _plan(t, request, lane, shortlists, anchors) for t in dict.fromkeys([chosen[0], *possible])
            ]
            # The first outfit is of the kind that shows most pins.
            planned.plans[0] = max((with_pins(p, pins, budget) for p in tried), key=lambda p: len(p.pinned))
    return planned


def _held_back(
    anchors: dict[Slot, Candidate], retriever: Retriever, nudges: Sequence[ScoreAdjustment]
) -> Iterator[Unmet]:
    """Anchors that the store does not want in outfits."""
    mask = withheld(nudges, retriever.view.columns)
    for anchor in anchors.values():
        if mask is not None and mask[anchor.position]:
            reason = f"the store holds back {anchor.item.title}"
            yield Unmet(constraint="merchandising", reason=reason, hint="leave it out")


def _other_colours(
    request: OutfitRequest, anchors: dict[Slot, Candidate], retriever: Retriever
) -> Mask | None:
    """Where one slot alone is open, as in a swap: the other colours of excluded pieces of that slot, shape (items,).

    Who sends a piece away wants another model first. The request tells it all, so composing it again gives the
    same.
    """
    free = {*(request.slots or ())} - anchors.keys()
    if len(free) != 1 or not request.exclude.skus:
        return None
    gone = [item for item in retriever.view.bearers(request.exclude.skus).values() if item.slot in free]
    return retriever.view.columns.any_of("group", {item.group_id for item in gone}) if gone else None


def _carried(
    template: Template,
    missing: dict[Slot, Unmet],
    retriever: Retriever,
    lane: Audience,
    asked: frozenset[Slot],
    planned: Planned,
) -> Template | None:
    """The template without slots that the store does not carry; None when a slot it carries cannot be filled."""
    required: list[Slot] = []
    whole = True
    for slot in template.required:
        if slot not in missing:
            required.append(slot)
            continue
        carried = retriever.view.carries(slot, *lane)
        if not carried and slot not in _CORE and slot not in asked:
            who = lane[1] or lane[0]
            reason = f"the store carries no {slot} for {who}; the outfits come without"
            _note(planned, Unmet(constraint="slots", reason=reason, hint="add such pieces to the feed"))
            continue
        whole = False
        _note(planned, missing[slot])
    return replace(template, required=tuple(required)) if whole and required else None


def _within_budget(
    template: Template, shortlists: dict[Slot, Shortlist], request: OutfitRequest, planned: Planned
) -> bool:
    if request.budget is None:
        return True
    least = sum(min(c.cents for c in shortlists[s].candidates) for s in template.required)
    if least <= request.budget.cents:
        return True
    amount = f"{least / 100:.2f}"
    reason = f"the cheapest whole outfit that fits costs {amount}"
    _note(planned, Unmet(constraint="budget", reason=reason, hint=f"raise the budget to {amount}"))
    return False


def _note(planned: Planned, unmet: Unmet) -> None:
    if unmet not in planned.unmet:
        planned.unmet.append(unmet)


def _alternate(possible: Sequence[Template], shortlists: dict[Slot, Shortlist], count: int) -> list[Template]:
    """One template per outfit: the best, taking turns with those that come close."""
    quality = {t: _quality(t, shortlists) for t in possible}
    ranked = sorted(possible, key=lambda t: -quality[t])
    close = [t for t in ranked if quality[t] >= quality[ranked[0]] - _CLOSE]
    return [close[i % len(close)] for i in range(count)]


def _quality(template: Template, shortlists: dict[Slot, Shortlist]) -> float:
    best = [
        sorted((c.similarity + c.fit for c in shortlists[s].candidates), reverse=True)[:3]
        for s in template.required
    ]
    return sum(sum(scores) / len(scores) for scores in best) / len(best)


def _single(anchor: Candidate, brief: QueryIntent, retriever: Retriever) -> Shortlist:
    vectors = retriever.view.snapshot.vectors.vectors(np.array([anchor.position]))
    return Shortlist([replace(anchor, similarity=float(brief.similarity(vectors)[0]))], vectors)


def _plan(
    template: Template,
    request: OutfitRequest,
    lane: Audience,
    shortlists: dict[Slot, Shortlist],
    anchors: dict[Slot, Candidate],
) -> Plan:
    optional = tuple(s for s in template.optional if s in shortlists)
    used = {s: shortlists[s] for s in (*template.required, *optional)}
    context = Context(
        vibe=request.vibe,
        department=lane[0],
        occasion=request.occasion or "",
        season=request.season,
        weather=weather_words(request),
        shortlist={s: [c.label for c in used[s].candidates] for s in used},
    )
    return Plan(context, template.required, optional, used, frozenset(anchors))
