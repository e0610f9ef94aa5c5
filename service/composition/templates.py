"""The kinds of outfit that make sense: which slots, required and optional. Knows no candidates."""

from __future__ import annotations

from dataclasses import dataclass, replace

from indexer.item import SLOTS, Department, Slot
from service.policy.policy import policy
from service.query.conditions import holds
from service.query.wish import QueryIntent
from service.retrieval.shortlist import Candidate
from service.schemas.outfits import OutfitRequest

NEEDS_TOP = "needs-top"
"""The tag of pieces that are sold without the shirt that they need."""


@dataclass(frozen=True, slots=True)
class Template:
    """The slots of one outfit, in the order in which they are composed. `optional` ones may stay empty."""

    required: tuple[Slot, ...]
    optional: tuple[Slot, ...] = ()


def templates(brief: QueryIntent, department: Department) -> tuple[Template, ...]:
    """The outfits that make sense for the brief, by the policy's tables: the first kind is tried first."""
    tail = _joining(brief, department, needed=True)
    optional = tuple(s for s in finishing(brief, department) if s not in tail)
    return tuple(Template((*core, *tail), optional) for core in policy().templates.core[department])


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


def with_anchors(template: Template, anchors: dict[Slot, Candidate]) -> Template:
    required = {*template.required, *anchors}
    return Template(
        tuple(s for s in SLOTS if s in required), tuple(s for s in template.optional if s not in required)
    )
