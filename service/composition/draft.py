"""Outfits in the making: what may fill their slots, what the store pins, what was chosen so far, and why.

Knows no choosing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

import numpy as np
from numpy.typing import NDArray

from indexer.item import SLOTS, Slot
from service.critic.network import chance
from service.lm.prompt import Context
from service.lm.scorer import Scores
from service.query.memory import Lead
from service.retrieval.shortlist import Candidate, Shortlist


@dataclass(frozen=True, slots=True)
class Plan:
    """One outfit to compose: its slots in order, and what may fill them. Anchored slots have one candidate."""

    context: Context
    required: tuple[Slot, ...]
    optional: tuple[Slot, ...]
    shortlists: Mapping[Slot, Shortlist]
    anchored: frozenset[Slot] = frozenset()
    pinned: frozenset[Slot] = frozenset()
    """Slots that have only candidates that the store wants to be seen."""
    spare: frozenset[Slot] = frozenset()
    """Required slots that stay empty rather than hold what goes badly with the rest: a tie without a collar."""
    lead: Lead | None = None
    """A remembered look that the outfit follows, its hero first."""

    @property
    def given(self) -> frozenset[Slot]:
        """Slots that leave no free choice."""
        return self.anchored | self.pinned

    def order(self) -> list[Slot]:
        """The required slots; anchors first, then pins, then the hero, so that everything else is chosen to go with
        them; what only rounds the outfit off comes last.
        """
        hero = self.lead.hero if self.lead else None
        return sorted(
            self.required,
            key=lambda s: (s not in self.anchored, s in self.spare, s not in self.pinned, s != hero),
        )

    def rounds(self) -> list[tuple[Slot, ...]]:
        """The slots that are asked for together: the required ones one by one, then all optional ones at once."""
        optional = tuple(s for s in self.optional if s in self.shortlists and s not in self.required)
        return [*((slot,) for slot in self.order()), *([optional] if optional else [])]


@dataclass(frozen=True, slots=True)
class Parts:
    """What scores are made of, weights applied; each of shape (candidates,), or (1,) of one chosen piece."""

    fit: Scores
    harmony: Scores
    vibe: Scores
    text: Scores
    rest: Scores
    repeat: Scores
    critic: Scores
    lead: Scores
    """How near pieces come to those of the look that is followed."""
    doubt: Scores
    """Log-odds that the piece is wrong, by the critic; no part of the sum. Far below 0 where nobody asked it."""
    familiar: Scores
    """Share of the remembered looks that have such a piece in the slot; no part of the sum either."""

    @property
    def objection(self) -> Scores:
        """How much speaks against each piece."""
        return self.fit + self.harmony

    @property
    def total(self) -> Scores:
        return self.objection + self.vibe + self.text + self.rest + self.repeat + self.critic + self.lead

    def of(self, i: int) -> Parts:
        """The parts of one candidate."""
        return Parts(*(getattr(self, f.name)[i : i + 1] for f in fields(self)))


@dataclass(slots=True)
class OutfitDraft:
    """An outfit under way, and in the end a whole one. `number` is the place of its plan among the plans."""

    plan: Plan
    number: int = 0
    pieces: list[Candidate] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    parts: list[Parts] = field(default_factory=list)
    """What each of the scores is made of, for a trace."""
    rows: list[NDArray[np.float32]] = field(default_factory=list)
    """Vectors of the pieces that further ones are held against, in the space of the query encoder."""
    vectors: list[NDArray[np.float32]] = field(default_factory=list)
    """Those of the index."""
    signed: float | None = None
    """The log-odds that a stylist hands the outfit over, as the critic says; None where nobody asked it."""
    merit: float = 0.0
    """What outfits are ranked by where a critic saw them, in log-odds: its opinion, moved by the mean score of the
    pieces.
    """
    dead: bool = False
    """Whether no whole outfit is possible any more; only ever true before the first piece is chosen, or when
    the other outfits of the answer took what would have made this one different."""

    @property
    def skus(self) -> frozenset[str]:
        return frozenset(c.sku for c in self.pieces)

    @property
    def score(self) -> float:
        """The chance that a stylist hands it over, as critic and composer see it together, where a critic saw it; else
        the mean score of its pieces.
        """
        if self.signed is not None:
            return chance(self.merit)
        return self.mean

    @property
    def mean(self) -> float:
        """The mean score of its pieces, as the composer has it."""
        return sum(self.scores) / len(self.scores) if self.scores else 0.0

    @property
    def rank(self) -> tuple[bool, bool, float]:
        """Sorts an answer: what the store pins first, what has a last resort behind, then the better score."""
        return not self.plan.pinned, any(c.last_resort for c in self.pieces), -round(self.score, 4)

    def open_slots(self, slot: Slot) -> list[list[Candidate]]:
        """Candidates of the required slots that come after `slot`; none after an optional one."""
        order = self.plan.order()
        rest = order[order.index(slot) + 1 :] if slot in order else []
        return [self.plan.shortlists[s].candidates for s in rest]


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
