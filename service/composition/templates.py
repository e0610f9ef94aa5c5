"""The kinds of outfit that make sense: which slots, required and optional. Knows no candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from indexer.item import SLOTS, Department, Slot
from service.policy.policy import policy
from service.query.conditions import holds
from service.query.wish import QueryIntent
from service.retrieval.placing import Placed
from service.retrieval.shortlist import Candidate
from service.schemas.outfits import OutfitRequest

NEEDS_TOP = "needs-top"
"""The tag of pieces that are sold without the shirt that they need."""


@dataclass(frozen=True, slots=True)
class Template:
    """The slots of one outfit, in the order in which they are composed. `optional` ones may stay empty."""

    required: tuple[Slot, ...]
    optional: tuple[Slot, ...] = ()
    suit: bool = False
    """Whether its outerwear is a whole suit, which fills the bottom as well."""


def templates(brief: QueryIntent, department: Department) -> tuple[Template, ...]:
    """The outfits that make sense for the brief, by the policy's tables: the first kind is tried first."""
    tail = _joining(brief, department, needed=True)
    optional = tuple(s for s in finishing(brief, department) if s not in tail)
    found = [Template((*core, *tail), optional) for core in policy().templates.core[department]]
    if holds(policy().templates.suit.whole.when, brief, department):
        found.append(_suit(optional))
    return tuple(found)


def _suit(optional: tuple[Slot, ...] = ()) -> Template:
    slots = policy().templates.suit.whole.slots
    return Template(slots, tuple(s for s in optional if s not in slots), suit=True)


def finishing(brief: QueryIntent, department: Department) -> list[Slot]:
    """Pieces that round the outfit off: never required, left out when nothing suits or the budget is spent."""
    return _joining(brief, department, needed=False)


def _joining(brief: QueryIntent, department: Department, *, needed: bool) -> list[Slot]:
    rows = policy().templates.join.values()
    joining = (row.slot for row in rows if row.needed == needed and holds(row.when, brief, department))
    return list(dict.fromkeys(joining))


def templates_for(
    request: OutfitRequest, brief: QueryIntent, department: Department, anchors: dict[Slot, Candidate]
) -> list[Template]:
    if request.slots is not None:
        return [Template(tuple(s for s in SLOTS if s in request.slots))]
    found = list(templates(brief, department))
    slots = policy().slots
    covering = next((slot for slot in anchors if slots.covers(slot)), None)
    if covering is not None:
        return [_around(covering, found, anchors[covering])]
    if "outerwear" in anchors and "bottom" in anchors["outerwear"].item.covers:
        return [_suit(found[0].optional)]
    if "bottom" in anchors or "outerwear" in anchors:
        found = [t for t in found if not t.suit]
    covered = {*anchors} & {*slots.separates}
    return [t for t in found if not any(covered & {*slots.covers(slot)} for slot in t.required)]


def _around(slot: Slot, found: list[Template], anchor: Candidate) -> Template:
    """The outfit with an anchor that covers other slots, such as a dress."""
    covers = policy().slots.covers(slot)
    template = next((t for t in found if slot in t.required), None)
    if template is None:
        rest = tuple(s for s in found[0].required if s not in covers)
        template = replace(found[0], required=(slot, *rest))
    if NEEDS_TOP in anchor.item.tags:
        template = replace(template, required=(slot, "top", *template.required[1:]))
    return template


def filled(held: Mapping[Slot, Candidate]) -> frozenset[Slot]:
    """The slots that given pieces fill: their own, and what they cover besides."""
    covered = {slot for candidate in held.values() for slot in candidate.item.covers}
    return frozenset({*held, *covered})


def shaped(found: Sequence[Template], placed: Placed, held: Mapping[Slot, Candidate]) -> list[Template]:
    """The templates with a place for all that was asked for by name; those that there are where none has."""
    if placed.whole_suit:
        suits = [t for t in found if t.suit] or [_suit(found[0].optional if found else ())]
        found = suits
    else:
        found = [t for t in found if not (t.suit and "outerwear" in placed.only)]
    if "dress" in placed.forced and not any("dress" in t.required for t in found):
        found = [replace(t, required=_dressed(t.required)) for t in found if not t.suit]
    separates = [s for s in policy().slots.separates if s in placed.forced]
    kept = [
        t
        for t in found
        if not placed.without & {*t.required}
        and not ("dress" in placed.forced and "dress" not in t.required)
        and not (separates and "dress" in t.required)
        and not ("bottom" in placed.forced and t.suit)
    ]
    return [_with_forced(t, placed.forced, held) for t in kept or found]


def _dressed(required: tuple[Slot, ...]) -> tuple[Slot, ...]:
    return ("dress", *(s for s in required if s not in policy().slots.covers("dress")))


def _with_forced(template: Template, forced: Sequence[Slot], held: Mapping[Slot, Candidate]) -> Template:
    more = [s for s in forced if s not in template.required and s not in held]
    core = policy().slots.of("core")
    required = {*template.required, *(s for s in more if s not in core)}
    return replace(
        template,
        required=tuple(s for s in SLOTS if s in required),
        optional=tuple(s for s in template.optional if s not in required),
    )


def with_anchors(template: Template, anchors: dict[Slot, Candidate]) -> Template:
    required = {*template.required, *anchors}
    return replace(
        template,
        required=tuple(s for s in SLOTS if s in required),
        optional=tuple(s for s in template.optional if s not in required),
    )
