"""From a request to outfits that can be composed, and what is missing. Knows no language model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from indexer.item import SLOTS, Department, Slot
from service.catalog.columns import Mask
from service.composition.anchors import conflicts, find_anchors, mixtures
from service.composition.audience import Audience, audience_of
from service.composition.draft import Plan, with_pins
from service.composition.own import OwnCandidate
from service.composition.templates import Template, filled, shaped, templates_for, with_anchors
from service.lm.prompt import Context
from service.localization.text import named, phrase
from service.policy.policy import policy
from service.query.parser import weather_words
from service.query.wish import QueryIntent
from service.retrieval.adjustments import ScoreAdjustment, withheld
from service.retrieval.asked import left_out
from service.retrieval.placing import place
from service.retrieval.retriever import Retriever
from service.retrieval.shortlist import Candidate, Shortlist
from service.schemas.outfits import OutfitRequest, Unmet


@dataclass(slots=True)
class Planned:
    """Plans for at most the wanted number of outfits. `unmet` says what could not be had."""

    plans: list[Plan] = field(default_factory=list)
    unmet: list[Unmet] = field(default_factory=list)
    lane: Audience | None = None
    """Whom the outfits are for; None where the anchors already could not be had."""
    lane_guessed: bool = False
    """Whether nobody said so: the store's default, or its stock, decided."""
    possible: list[Plan] = field(default_factory=list)
    """One plan of each kind of outfit that can be composed, the best first."""
    sizes: dict[Slot, int] = field(default_factory=dict)
    """How many candidates each slot that was looked at has."""


@dataclass(frozen=True, slots=True)
class _Offer:
    """What may fill the slots of one kind of outfit: shortlists, and why a slot has none."""

    shortlists: dict[Slot, Shortlist]
    missing: dict[Slot, Unmet]


def make_plans(
    request: OutfitRequest,
    brief: QueryIntent,
    retriever: Retriever,
    quota: int,
    nudges: Sequence[ScoreAdjustment] = (),
    own: Mapping[Slot, OwnCandidate] | None = None,
    default: Department | None = None,
) -> Planned:
    """What to compose for the request. `own` are pieces that the shopper has, by slot; `default` is whom an outfit is
    for where nobody says so. Raises InvalidError for anchors that cannot be meant.
    """
    anchors = find_anchors(request, retriever)
    unmet = [*conflicts(request, anchors, retriever), *_held_back(anchors, retriever, nudges)]
    if unmet:
        return Planned(unmet=unmet)
    lane, guessed = audience_of(request, brief, retriever, anchors, default)
    if mixed := [*mixtures(request.slots or (), anchors, lane[0])]:
        return Planned(unmet=mixed)
    given = {slot: _single(candidate, brief, retriever) for slot, candidate in anchors.items()}
    given |= {
        slot: Shortlist([o.candidate], o.vectors) for slot, o in (own or {}).items() if slot not in given
    }
    held = {slot: listed.candidates[0] for slot, listed in given.items()}
    placed = place(
        retriever.view.columns,
        request,
        brief.pieces,
        retriever.within(request, brief, lane, nudges),
        filled(held),
        lane[0] != "men",
        brief.throughout,
    )
    planned = Planned(lane=lane, lane_guessed=guessed)
    wanted = shaped(
        [with_anchors(t, held) for t in templates_for(request, brief, lane[0], held)], placed, held
    )
    slots = [s for s in SLOTS if any(s in (*t.required, *t.optional) for t in wanted) and s not in given]
    quotas = lengths(wanted, slots, quota)
    last = _other_colours(request, anchors, retriever)
    found = retriever.retrieve(request, brief, lane, quotas, nudges, last, placed.only)
    offers = {False: _Offer({**found.shortlists, **given}, found.unmet)}
    if any(t.suit for t in wanted) and "outerwear" in quotas:
        of_suits: dict[Slot, int] = {"outerwear": quotas["outerwear"]}
        suits = retriever.retrieve(request, brief, lane, of_suits, nudges, last, placed.only, suits=True)
        offers[True] = _Offer(
            _instead(offers[False].shortlists, suits.shortlists), _instead(found.unmet, suits.unmet)
        )
    planned.sizes = {s: _offered(s, offers) for s in slots}
    _choose(planned, wanted, offers, request, retriever, frozenset(held))
    if planned.plans:
        unknown = left_out(retriever.view.columns, request, lane[0])
        planned.unmet += [u for u in [*placed.unmet, *found.given_up, *unknown] if u not in planned.unmet]
        _pin(planned, request, brief, retriever, quotas, nudges)
    elif placed.unmet:
        planned.unmet += placed.unmet
    return planned


T = TypeVar("T")


def _instead(separates: Mapping[Slot, T], suits: Mapping[Slot, T]) -> dict[Slot, T]:
    """What holds of outfits that are built on a whole suit: of the outerwear what is said of suits."""
    return {**{s: what for s, what in separates.items() if s != "outerwear"}, **suits}


def _offered(slot: Slot, offers: Mapping[bool, _Offer]) -> int:
    return max(
        len(offer.shortlists[slot].candidates) if slot in offer.shortlists else 0 for offer in offers.values()
    )


def _choose(
    planned: Planned,
    wanted: Sequence[Template],
    offers: Mapping[bool, _Offer],
    request: OutfitRequest,
    retriever: Retriever,
    anchored: frozenset[Slot],
) -> None:
    """One plan an outfit, of the kinds of outfit that can be composed."""
    assert planned.lane is not None
    asked = frozenset(request.slots or ())
    possible: list[tuple[Template, _Offer]] = []
    for template in wanted:
        offer = offers.get(template.suit, offers[False])
        kept = _carried(template, offer.missing, retriever, planned.lane, asked, planned)
        if kept is not None and _within_budget(kept, offer.shortlists, request, planned):
            possible.append((kept, offer))
    if not possible:
        return
    # What kept another template out is no loss; a slot that the store never carries is.
    planned.unmet = [u for u in planned.unmet if u.constraint == "slots"]
    chosen = _alternate(possible, request.count)
    planned.plans = [_plan(t, request, planned, offer.shortlists, anchored) for t, offer in chosen]
    planned.possible = [
        _plan(t, request, planned, offer.shortlists, anchored)
        for t, offer in [chosen[0], *(p for p in possible if p[0] != chosen[0][0])]
    ]


def _pin(
    planned: Planned,
    request: OutfitRequest,
    brief: QueryIntent,
    retriever: Retriever,
    quotas: Mapping[Slot, int],
    nudges: Sequence[ScoreAdjustment],
) -> None:
    """The first outfit is of the kind that shows most of what the store pins."""
    assert planned.lane is not None
    if pins := retriever.pins(request, brief, planned.lane, quotas, nudges):
        budget = request.budget.cents if request.budget else None
        tried = [with_pins(p, pins, budget) for p in planned.possible]
        planned.plans[0] = max(tried, key=lambda p: len(p.pinned))


def lengths(wanted: Sequence[Template], slots: Sequence[Slot], quota: int) -> dict[Slot, int]:
    """How many pieces of each slot are offered: fewer of what only rounds an outfit off, since reading costs time."""
    weights = policy().weights.shortlist
    finishing = {s for t in wanted for s in t.optional} - {s for t in wanted for s in t.required}
    short = max(weights.fewest, round(quota * weights.finishing_share))
    return {s: short if s in finishing else quota for s in slots}


def _held_back(
    anchors: dict[Slot, Candidate], retriever: Retriever, nudges: Sequence[ScoreAdjustment]
) -> Iterator[Unmet]:
    """Anchors that the store does not want in outfits."""
    mask = withheld(nudges, retriever.view.columns)
    for anchor in anchors.values():
        if mask is not None and mask[anchor.position]:
            reason = phrase("the store holds back {title}", title=anchor.item.title)
            yield Unmet(constraint="merchandising", reason=reason, hint=phrase("leave it out"))


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
        spare = slot not in policy().slots.of("core") or (template.suit and slot == "top")
        spare &= not (template.suit and slot == "outerwear")  # which is the suit
        if not carried and spare and slot not in asked:
            reason = phrase(
                "the store carries no {slot} for {whom}; the outfits come without",
                slot=named("slot", slot),
                whom=named("department", lane[1] or lane[0]),
            )
            _note(
                planned, Unmet(constraint="slots", reason=reason, hint=phrase("add such pieces to the feed"))
            )
            continue
        if missing[slot].constraint == "exclude.kinds" and spare and slot not in asked:
            continue  # who rules out every bag wants none
        whole = False
        _note(planned, missing[slot])
    return replace(template, required=tuple(required)) if whole and required else None


def _within_budget(
    template: Template, shortlists: dict[Slot, Shortlist], request: OutfitRequest, planned: Planned
) -> bool:
    least = sum(min(c.cents for c in shortlists[s].candidates) for s in template.required)
    if request.budget is None or least <= request.budget.cents:
        return True
    amount = f"{least / 100:.2f}"
    reason = phrase("the cheapest whole outfit that fits costs {amount}", amount=amount)
    hint = phrase("raise the budget to {amount}", amount=amount)
    _note(planned, Unmet(constraint="budget", reason=reason, hint=hint))
    return False


def _note(planned: Planned, unmet: Unmet) -> None:
    if unmet not in planned.unmet:
        planned.unmet.append(unmet)


def _alternate(possible: Sequence[tuple[Template, _Offer]], count: int) -> list[tuple[Template, _Offer]]:
    """One template per outfit: the best, taking turns with those that come close."""
    quality = [_quality(template, offer.shortlists) for template, offer in possible]
    ranked = sorted(range(len(possible)), key=lambda i: -quality[i])
    margin = policy().weights.shortlist.close_templates
    close = [possible[i] for i in ranked if quality[i] >= quality[ranked[0]] - margin]
    return [close[i % len(close)] for i in range(count)]


def _quality(template: Template, shortlists: dict[Slot, Shortlist]) -> float:
    best = [
        sorted((c.similarity + c.fit for c in shortlists[s].candidates), reverse=True)[:3]
        for s in template.required
    ]
    return sum(sum(scores) / len(scores) for scores in best) / len(best)


def _single(anchor: Candidate, brief: QueryIntent, retriever: Retriever) -> Shortlist:
    vectors = retriever.view.snapshot.vectors.vectors(np.array([anchor.position]))
    return Shortlist([replace(anchor, similarity=float(brief.similarity(vectors, anchor.slot)[0]))], vectors)


def _plan(
    template: Template,
    request: OutfitRequest,
    planned: Planned,
    shortlists: dict[Slot, Shortlist],
    anchored: frozenset[Slot],
) -> Plan:
    assert planned.lane is not None
    optional = tuple(s for s in template.optional if s in shortlists)
    used = {s: shortlists[s] for s in (*template.required, *optional)}
    context = Context(
        vibe=request.vibe,
        department=planned.lane[0],
        occasion=request.occasion or "",
        season=request.season,
        weather=weather_words(request),
        shortlist={s: [c.label for c in used[s].candidates] for s in used},
    )
    return Plan(context, template.required, optional, used, anchored)
