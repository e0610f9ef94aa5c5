"""Composes several outfits at once, slot by slot, over given candidates. Knows no index, no HTTP and no torch.

At every step each outfit only considers pieces after which it can still be completed within its limits, and
takes the best of them: the stylist's score for the text, the retriever's similarity, the fit of attributes,
likeness to the pieces chosen so far and the harmony with them, in one sum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.item import Slot
from service.composition.compatibility import harmony
from service.composition.constraints import Limits, choices, outlooks, shareable
from service.composition.draft import OutfitDraft, Parts, Plan
from service.critic.judge import Judge
from service.lm.scorer import Question, Scorer, Scores
from service.policy.policy import policy
from service.policy.score_weights import Weights
from service.query.memory import Lead
from service.retrieval.shortlist import Candidate, Shortlist

EncodeWorn = Callable[[Sequence[str]], NDArray[np.float32]]
"""Labels of worn pieces -> shape (labels, dim), in the space of the candidates' vectors."""


class Watcher(Protocol):
    """Is told how composing goes on. What it raises ends the composing."""

    def check(self) -> None:
        """Called before each round of scoring."""
        ...

    def chosen(self, outfit: OutfitDraft) -> None:
        """The outfit has a new last piece."""
        ...

    def whole(self, outfit: OutfitDraft) -> None:
        """Nothing about the outfit changes any more."""
        ...


def compose(
    plans: Sequence[Plan],
    scorer: Scorer,
    budget_cents: int | None,
    seed: int,
    weights: Weights | None = None,
    encode_worn: EncodeWorn | None = None,
    watcher: Watcher | None = None,
    judge: Judge | None = None,
) -> list[OutfitDraft]:
    """Whole outfits for as many of the plans as possible, in the order of the plans.

    Every outfit fills its required slots, costs at most the budget, and shares at most half of its pieces
    with any other; the last is given up piece by piece when the candidates allow no other whole outfit, but
    no two outfits are the same. `encode_worn` turns the labels of chosen pieces into the vectors that further ones
    are held against; by default they are the pieces' own. A `judge` has a say in every choice.
    Deterministic in its arguments, and the same with and without a watcher.
    """
    weights = weights or Weights()
    random = np.random.default_rng(seed)
    session = scorer.open([p.context for p in plans])
    outfits = [OutfitDraft(p, number) for number, p in enumerate(plans)]
    for step in range(max(len(p.rounds()) for p in plans)):
        questions = [q for i, o in enumerate(outfits) if not o.dead for q in _questions(i, o, step)]
        if not questions:
            break
        if watcher is not None:
            watcher.check()
        for question, scores in zip(questions, session.score(questions), strict=True):
            text = scores - scores.mean() if scorer.log_odds else standardise(scores)
            outfit = outfits[question.outfit]
            others = [o for o in outfits if o is not outfit and not o.dead]
            noise = random.gumbel(size=len(question.labels)) * weights.noise
            parts = _parts(outfit, others, outfit.plan.shortlists[question.slot], text, weights, judge)
            choice = _choose(outfit, others, question.slot, parts, noise, budget_cents, weights)
            if choice is not None:
                session.choose(question, choice)
                if watcher is not None:
                    watcher.chosen(outfit)
        if watcher is not None:
            _tell(watcher, outfits, step)
        if encode_worn is not None:
            _encode([o for o in outfits if step + 1 < len(o.plan.rounds())], encode_worn)
    return [o for o in outfits if not o.dead]


def _tell(watcher: Watcher, outfits: Sequence[OutfitDraft], step: int) -> None:
    """Name the outfits whose last round this was."""
    for outfit in outfits:
        if not outfit.dead and step + 1 == len(outfit.plan.rounds()):
            watcher.whole(outfit)


def _encode(outfits: Sequence[OutfitDraft], encode_worn: EncodeWorn) -> None:
    """Vectors of all pieces chosen for outfits that go on, in one go: the encoder remembers those it has seen."""
    labels = list(dict.fromkeys(c.label for o in outfits for c in o.pieces))
    if not labels:
        return
    vectors = dict(zip(labels, encode_worn(labels), strict=True))
    for outfit in outfits:
        outfit.rows = [vectors[c.label] for c in outfit.pieces]


def _questions(i: int, outfit: OutfitDraft, step: int) -> list[Question]:
    rounds = outfit.plan.rounds()
    slots = rounds[step] if step < len(rounds) else ()
    return [Question(i, s, tuple(c.label for c in outfit.plan.shortlists[s].candidates)) for s in slots]


def _choose(
    outfit: OutfitDraft,
    others: Sequence[OutfitDraft],
    slot: Slot,
    parts: Parts,
    noise: Scores,
    budget_cents: int | None,
    weights: Weights,
) -> int | None:
    """Take the best piece that keeps the outfit completable; None when an optional slot stays empty."""
    shortlist = outfit.plan.shortlists[slot]
    required = slot in outfit.plan.required
    possible = _possible(outfit, others, slot, shortlist.candidates, budget_cents)
    if not possible:
        outfit.dead = required
        return None
    total, objection = parts.total, parts.objection
    outlook = _outlook(outfit, slot, shortlist.candidates, budget_cents)
    possible = [i for i in possible if not shortlist.candidates[i].last_resort] or possible
    if not required:
        possible = [i for i in possible if parts.familiar[i] >= policy().weights.critic.familiar]
    if not possible:
        return None
    best = max(possible, key=lambda i: (total[i] + noise[i] + outlook[i], -i))
    spoils = objection[best] < weights.skip or parts.doubt[best] > policy().weights.critic.spare
    if (not required or slot in outfit.plan.spare) and spoils:
        return None
    outfit.pieces.append(shortlist.candidates[best])
    outfit.scores.append(float(total[best]))
    outfit.parts.append(parts.of(best))
    outfit.rows.append(shortlist.vectors[best])
    outfit.vectors.append(shortlist.vectors[best])
    return best


def _possible(
    outfit: OutfitDraft,
    others: Sequence[OutfitDraft],
    slot: Slot,
    candidates: Sequence[Candidate],
    budget_cents: int | None,
) -> list[int]:
    """Candidates that can be completed; sharing more than half with another outfit only when nothing else can."""
    plan = outfit.plan
    rest = outfit.open_slots(slot)
    required = slot in plan.required
    own = len(plan.required) if required else len(outfit.pieces) + 1
    size = min([own, *(len(o.plan.required) if required else len(o.pieces) for o in others)])
    taken = tuple(o.skus for o in others)
    least = shareable(size, len(plan.given))
    # With a pinned slot more than the others have, an outfit may hold all that one of them holds, and differs.
    most = max(size, least + 1) + bool(plan.pinned) if required else least + 1
    for shared in range(least, most):
        found = choices(outfit.pieces, candidates, rest, Limits(budget_cents, taken, shared))
        if found:
            return found
    return []


def _outlook(
    outfit: OutfitDraft, slot: Slot, candidates: Sequence[Candidate], budget_cents: int | None
) -> Sequence[float]:
    """How good the rest can still become after each candidate: under a budget, a dear piece costs the others."""
    rest = outfit.open_slots(slot)
    if budget_cents is None or not rest:
        return [0.0] * len(candidates)
    spent = sum(c.cents for c in outfit.pieces)
    return outlooks(rest, [budget_cents - spent - c.cents for c in candidates])


def _parts(
    outfit: OutfitDraft,
    others: Sequence[OutfitDraft],
    shortlist: Shortlist,
    text: Scores,
    weights: Weights,
    judge: Judge | None,
) -> Parts:
    """The score of every candidate, in its parts."""
    candidates = shortlist.candidates
    opinion, doubt = _opinion(outfit, shortlist, judge)
    familiar = np.ones(len(candidates))
    if judge is not None:
        familiar = judge.familiar(candidates[0].slot, [c.item for c in candidates])
    worn = [c.item for c in outfit.pieces]
    rest = shortlist.vectors @ np.mean(outfit.rows, axis=0) if outfit.rows else np.zeros(len(candidates))
    return Parts(
        fit=np.array([c.fit for c in candidates]),
        harmony=weights.harmony * np.array([harmony(c.item, worn) for c in candidates]),
        vibe=weights.vibe * np.array([c.similarity for c in candidates]),
        text=np.clip(weights.text * text, -weights.most_text, weights.most_text),
        rest=weights.rest * rest.astype(np.float64),
        repeat=-weights.repeat * np.array([_repetition(outfit, others, c) for c in candidates]),
        critic=opinion,
        lead=_likeness(outfit.plan.lead, shortlist),
        doubt=doubt,
        familiar=familiar,
    )


def _likeness(lead: Lead | None, shortlist: Shortlist) -> Scores:
    candidates = shortlist.candidates
    if lead is None or candidates[0].slot not in lead.pieces:
        return np.zeros(len(candidates))
    slot = candidates[0].slot
    table = policy().weights.critic
    weight = table.lead_hero if slot == lead.hero else table.lead
    return weight * (shortlist.vectors @ lead.pieces[slot]).astype(np.float64)


def _opinion(outfit: OutfitDraft, shortlist: Shortlist, judge: Judge | None) -> tuple[Scores, Scores]:
    candidates = shortlist.candidates
    if judge is None:
        return np.zeros(len(candidates)), np.full(len(candidates), -np.inf)
    worn = np.array(outfit.vectors) if outfit.vectors else shortlist.vectors[:0]
    items = [c.item for c in candidates]
    return judge.choosing(candidates[0].slot, items, shortlist.vectors, [c.item for c in outfit.pieces], worn)


def _repetition(outfit: OutfitDraft, others: Sequence[OutfitDraft], candidate: Candidate) -> float:
    """How often the other outfits have the piece already; an anchor, which all must have, is no repetition."""
    return 0.0 if candidate.slot in outfit.plan.anchored else sum(_sameness(candidate, o) for o in others)


def _sameness(candidate: Candidate, other: OutfitDraft) -> float:
    """1 when the other outfit has the piece, a little less when it has it in another colour."""
    if candidate.sku in other.skus:
        return 1.0
    return policy().weights.score.repeat_colour * any(
        candidate.item.group_id == c.item.group_id for c in other.pieces
    )


def standardise(scores: Scores) -> Scores:
    """Mean 0 and standard deviation 1, cut off at the policy's `spread`; all zeros where nothing differs."""
    spread = float(scores.std())
    if spread < 1e-9:
        return np.zeros_like(scores)
    most = policy().weights.score.spread
    return np.asarray(np.clip((scores - scores.mean()) / spread, -most, most))
