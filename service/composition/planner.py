"""From a request to outfits that can be composed: who they are for, which slots, which candidates, and what is
missing. Knows no language model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from indexer.item import SLOTS, Department, Slot
from service.catalog.columns import Mask
from service.composition.anchors import conflicts, find_anchors, mixtures
from service.composition.draft import Plan
from service.composition.pins import with_pins
from service.lm.prompt import Context
from service.query.parser import Brief, weather_words
from service.retrieval.adjustments import Nudge, withheld
from service.retrieval.attribute_fit import Template, templates
from service.retrieval.retriever import Retriever
from service.retrieval.shortlist import Candidate, Shortlist
from service.retrieval.suitability import out_of_place, out_of_weather
from service.schemas.outfits import OutfitRequest, Unmet

Line = Literal["girls", "boys", ""]
Lane = tuple[Department, Line]

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
    lane: Lane | None = None
    """Whom the outfits are for; None where the anchors already could not be had."""
    sizes: dict[Slot, int] = field(default_factory=dict)
    """How many candidates each slot that was looked at has."""


def make_plans(
    request: OutfitRequest, brief: Brief, retriever: Retriever, quota: int, nudges: Sequence[Nudge] = ()
) -> Planned:
    """What to compose for the request. Raises InvalidError for anchors that cannot be meant."""
    anchors = find_anchors(request, retriever)
    unmet = [*conflicts(request, anchors, retriever), *_held_back(anchors, retriever, nudges)]
    if unmet:
        return Planned(unmet=unmet)
    lane = _lane(request, brief, retriever, anchors)
    if mixed := [*mixtures(request.slots or (), anchors, lane[0])]:
        return Planned(unmet=mixed)
    planned = Planned(lane=lane)
    wanted = [_with_anchors(t, anchors) for t in _templates(request, brief, lane[0], anchors)]
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
    anchors: dict[Slot, Candidate], retriever: Retriever, nudges: Sequence[Nudge]
) -> Iterator[Unmet]:
    """Anchors that the store does not want in outfits."""
    mask = withheld(nudges, retriever.view.facets)
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
    return retriever.view.facets.any_of("group", {item.group_id for item in gone}) if gone else None


def _lane(request: OutfitRequest, brief: Brief, retriever: Retriever, anchors: dict[Slot, Candidate]) -> Lane:
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
    grown: list[Lane] = [("women", ""), ("men", "")]
    return max(grown, key=lambda lane: _suits(brief, retriever, lane))


def _better_line(brief: Brief, retriever: Retriever) -> Line:
    lines: list[Line] = ["girls", "boys"]
    return max(lines, key=lambda line: _suits(brief, retriever, ("kids", line)))


def _suits(brief: Brief, retriever: Retriever, lane: Lane) -> float:
    """How near the best tops, bottoms and shoes for such a shopper come to the brief."""
    facets = retriever.view.facets
    mask = (
        facets.for_department(*lane)
        & facets.stocked
        & ~out_of_place(facets, brief)
        & ~out_of_weather(facets, brief)
    )
    best = []
    for slot in ("top", "bottom", "shoes"):
        allowed = np.flatnonzero(mask & facets.in_slot(slot))
        if not len(allowed):
            best.append(-1.0)
            continue
        scores, _ = retriever.view.snapshot.vectors.search(brief.query[None], min(5, len(allowed)), allowed)
        best.append(float(scores[0].mean()))
    return sum(best)


def _templates(
    request: OutfitRequest, brief: Brief, department: Department, anchors: dict[Slot, Candidate]
) -> list[Template]:
    if request.slots is not None:
        return [Template(tuple(s for s in SLOTS if s in request.slots))]
    found = list(templates(brief, department))
    if "dress" in anchors:
        dress = next((t for t in found if "dress" in t.required), None)
        if dress is None:
            separates = found[0]
            rest = tuple(s for s in separates.required if s not in ("top", "bottom"))
            dress = replace(separates, required=("dress", *rest))
        if "needs-top" in anchors["dress"].item.tags:
            dress = replace(dress, required=("dress", "top", *dress.required[1:]))
        return [dress]
    if "top" in anchors or "bottom" in anchors:
        return [t for t in found if "dress" not in t.required]
    return found


def _with_anchors(template: Template, anchors: dict[Slot, Candidate]) -> Template:
    required = {*template.required, *anchors}
    return Template(
        tuple(s for s in SLOTS if s in required), tuple(s for s in template.optional if s not in required)
    )


def _carried(
    template: Template,
    missing: dict[Slot, Unmet],
    retriever: Retriever,
    lane: Lane,
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


def _single(anchor: Candidate, brief: Brief, retriever: Retriever) -> Shortlist:
    vectors = retriever.view.snapshot.vectors.vectors(np.array([anchor.position]))
    return Shortlist([replace(anchor, similarity=float(brief.similarity(vectors)[0]))], vectors)


def _plan(
    template: Template,
    request: OutfitRequest,
    lane: Lane,
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
