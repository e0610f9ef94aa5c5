"""The pieces that a store pins, in the first outfit of an answer. Knows plans; nothing of rules or of composing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from indexer.item import SLOTS, Slot
from service.composition.draft import Plan
from service.retrieval.shortlist import Shortlist


def with_pins(plan: Plan, pins: Mapping[Slot, Shortlist], budget_cents: int | None) -> Plan:
    """The plan with only pinned candidates in as many of its slots as the budget allows, in order of the slots.

    A slot that may stay empty is filled then, and paid for, unless the pinned pieces go badly with the rest.
    """
    for slot in SLOTS:
        if slot not in pins or slot in plan.anchored or slot not in (*plan.required, *plan.optional):
            continue
        tried = _pinned(plan, slot, pins[slot])
        if budget_cents is None or _cheapest(tried) <= budget_cents:
            plan = tried
    return plan


def _pinned(plan: Plan, slot: Slot, shortlist: Shortlist) -> Plan:
    labels = [c.label for c in shortlist.candidates]
    return replace(
        plan,
        required=tuple(s for s in SLOTS if s in plan.required or s == slot),
        optional=tuple(s for s in plan.optional if s != slot),
        shortlists={**plan.shortlists, slot: shortlist},
        pinned=plan.pinned | {slot},
        spare=plan.spare | ({slot} & {*plan.optional}),
        context=replace(plan.context, shortlist={**plan.context.shortlist, slot: labels}),
    )


def _cheapest(plan: Plan) -> int:
    return sum(min(c.cents for c in plan.shortlists[s].candidates) for s in plan.required)
