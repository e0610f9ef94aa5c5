"""Several whole outfits for each one that is wanted, and the best few of them, as a critic sees them.

The critic may leave out a last piece that spoils an outfit; it changes nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from service.composition.composer import EncodeWorn, Watcher, compose
from service.composition.constraints import shareable
from service.composition.draft import OutfitDraft, Plan
from service.critic.judge import Judge
from service.lm.scorer import Scorer
from service.policy.policy import policy
from service.policy.score_weights import Weights
from service.query.memory import Lead

_LOOSER = 3.0
"""Each further round of drafts without a language model has so much more noise: the same choices are no proposal."""


def compose_best(
    plans: Sequence[Plan],
    scorer: Scorer,
    budget_cents: int | None,
    seed: int,
    weights: Weights,
    encode_worn: EncodeWorn | None,
    watcher: Watcher,
    judge: Judge | None,
) -> list[OutfitDraft]:
    """Outfits for as many of the plans as possible. Without a judge in the order of the plans, as `compose` makes them;
    with one, the best of several drafts. The watcher is told of outfits that are kept, once they are.
    """
    if judge is None:
        return compose(plans, scorer, budget_cents, seed, weights, encode_worn, watcher)
    quiet = _Quiet(watcher)
    table, leads = policy().weights.critic, judge.leads()
    if scorer.composer == "retrieval":
        drafts = []
        for turn in range(table.drafts):
            looser = replace(weights, noise=weights.noise * _LOOSER**turn)
            led = [_led(plan, leads) for plan in plans] if turn else plans
            made = compose(led, scorer, budget_cents, seed + turn, looser, encode_worn, quiet, judge)
            for draft in made:
                draft.number += turn * len(plans)
            drafts += made
    else:
        many = [*plans]
        for _ in range(1, table.drafts_read):
            many += [_led(plan, leads) for plan in plans]
        drafts = compose(many, scorer, budget_cents, seed, weights, encode_worn, quiet, judge)
    best = select(drafts, len(plans), judge)
    for outfit in best:
        _tell(watcher, outfit)
    return best


def _tell(watcher: Watcher, outfit: OutfitDraft) -> None:
    """Piece by piece, and then the whole: as one sees an outfit that is composed without a judge."""
    for place in range(len(outfit.pieces)):
        watcher.chosen(replace(outfit, pieces=outfit.pieces[: place + 1], scores=outfit.scores[: place + 1]))
    watcher.whole(outfit)


def _led(plan: Plan, leads: Iterator[Lead]) -> Plan:
    """The plan, following the next look that has something to say of its slots, while there are any."""
    for lead in leads:
        if sum(slot in lead.pieces for slot in plan.required) > 1:
            return replace(plan, lead=lead)
    return plan


class _Quiet:
    """Passes on that somebody still waits, and nothing of drafts: most are not kept."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher

    def check(self) -> None:
        self._watcher.check()

    def chosen(self, outfit: OutfitDraft) -> None:
        pass

    def whole(self, outfit: OutfitDraft) -> None:
        pass


def select(drafts: Sequence[OutfitDraft], count: int, judge: Judge) -> list[OutfitDraft]:
    """At most `count` outfits, the likeliest to be signed first, but no two that share more than half of their pieces
    while others are left. What the store pins stays. Each draft has `signed` set, and may have lost an optional piece.
    """
    table = policy().weights.critic
    for draft in drafts:
        _trim(draft, judge)
        draft.merit = (draft.signed or 0.0) + table.composed * (draft.mean - table.composed_usual)
    ranked = sorted(drafts, key=lambda d: (*d.rank, d.number))
    chosen = max(
        (_unlike(first, ranked, count) for first in ranked),
        key=lambda found: (len(found), found[0].plan.pinned != frozenset(), sum(d.merit for d in found)),
        default=[],
    )
    for draft in ranked:  # where the stock allows no other
        if len(chosen) < count and _is_new(draft, chosen, distinct=False):
            chosen.append(draft)
    return sorted(chosen, key=lambda d: (*d.rank, d.number))


def _unlike(first: OutfitDraft, ranked: Sequence[OutfitDraft], count: int) -> list[OutfitDraft]:
    """At most `count` drafts, this one first and then the best, no two of which share more than half."""
    chosen = [first]
    for draft in ranked:
        if len(chosen) < count and _is_new(draft, chosen, distinct=True):
            chosen.append(draft)
    return chosen


def _is_new(draft: OutfitDraft, chosen: Sequence[OutfitDraft], *, distinct: bool) -> bool:
    """Whether no chosen outfit is the same, or shares more than half where they have to be `distinct`."""
    for other in chosen:
        shared = len(draft.skus & other.skus)
        if draft.skus == other.skus:
            return False
        least = min(len(draft.pieces), len(other.pieces))
        if distinct and shared > shareable(least, len(draft.plan.given)):
            return False
    return True


def _trim(draft: OutfitDraft, judge: Judge) -> None:
    """Leave out the optional piece that spoils the outfit most, where one does; once more where another does."""
    draft.signed = _signed(draft, range(len(draft.pieces)), judge)
    while True:
        spare = [i for i, c in enumerate(draft.pieces) if _is_spare(draft, c.slot)]
        without = {i: _signed(draft, [j for j in range(len(draft.pieces)) if j != i], judge) for i in spare}
        if not without:
            return
        worst = max(without, key=lambda i: without[i])
        if without[worst] < draft.signed + policy().weights.critic.drop:
            return
        for kept in (draft.pieces, draft.scores, draft.parts, draft.rows, draft.vectors):
            del kept[worst]
        draft.signed = without[worst]


def _is_spare(draft: OutfitDraft, slot: str) -> bool:
    plan = draft.plan
    return slot not in plan.required and slot not in plan.given


def _signed(draft: OutfitDraft, places: Sequence[int], judge: Judge) -> float:
    pieces = [draft.pieces[i] for i in places]
    vectors = np.array([draft.vectors[i] for i in places])
    return judge.verdict([c.slot for c in pieces], [c.item for c in pieces], vectors).signed
