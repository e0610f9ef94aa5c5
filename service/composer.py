"""Composes several outfits at once, slot by slot, over given candidates. Knows no index, no HTTP and no torch.

At every step each outfit only considers pieces after which it can still be completed within its limits, and
takes the best of them: the stylist's score for the text, the retriever's similarity, the fit of attributes,
likeness to the pieces chosen so far and the harmony with them, in one sum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from indexer.item import Slot
from service.harmony import harmony
from service.outfit import Candidate, Limits, choices, outlooks, shareable
from service.prompt import Context
from service.retriever import Shortlist
from service.scorer import Question, Scorer, Scores

TUNED_REST = 0.6
"""`Weights.rest` where worn pieces are encoded by a tuned query encoder, for styles that bring no weights."""
EncodeWorn = Callable[[Sequence[str]], NDArray[np.float32]]
"""Labels of worn pieces -> shape (labels, dim), in the space of the candidates' vectors."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What each part of the score counts, in units of cosine similarity. An adapter may bring its own."""

    text: float = 0.03
    """Per unit of log-odds, where the stylist's scores are that; else per standard deviation among the candidates."""
    vibe: float = 1.0
    rest: float = 0.4
    harmony: float = 1.0
    repeat: float = 0.18
    """Taken off for every other outfit of the answer that has the piece, most of it for another colour of it."""
    noise: float = 0.02
    """Scale of the Gumbel noise by which seeds differ."""
    skip: float = -0.35
    """An optional slot stays empty when fit and harmony of its best piece are below this."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One outfit to compose: its slots in order, and what may fill them. Anchored slots have one candidate."""

    context: Context
    required: tuple[Slot, ...]
    optional: tuple[Slot, ...]
    shortlists: Mapping[Slot, Shortlist]
    anchored: frozenset[Slot] = frozenset()

    def order(self) -> list[Slot]:
        """The required slots; anchors first, so that everything else is chosen to go with them."""
        return sorted(self.required, key=lambda slot: slot not in self.anchored)

    def rounds(self) -> list[tuple[Slot, ...]]:
        """The slots that are asked for together: the required ones one by one, then all optional ones at once."""
        optional = tuple(s for s in self.optional if s in self.shortlists and s not in self.required)
        return [*((slot,) for slot in self.order()), *([optional] if optional else [])]


@dataclass(slots=True)
class Composed:
    """An outfit under way, and in the end a whole one."""

    plan: Plan
    pieces: list[Candidate] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    rows: list[NDArray[np.float32]] = field(default_factory=list)
    dead: bool = False
    """Whether no whole outfit is possible any more; only ever true before the first piece is chosen, or when
    the other outfits of the answer took what would have made this one different."""

    @property
    def skus(self) -> frozenset[str]:
        return frozenset(c.sku for c in self.pieces)

    @property
    def score(self) -> float:
        return sum(self.scores) / len(self.scores) if self.scores else 0.0

    def open_slots(self, slot: Slot) -> list[list[Candidate]]:
        """Candidates of the required slots that come after `slot`; none after an optional one."""
        order = self.plan.order()
        rest = order[order.index(slot) + 1 :] if slot in order else []
        return [self.plan.shortlists[s].candidates for s in rest]


def compose(
    plans: Sequence[Plan],
    scorer: Scorer,
    budget_cents: int | None,
    seed: int,
    weights: Weights | None = None,
    encode_worn: EncodeWorn | None = None,
) -> list[Composed]:
    """Whole outfits for as many of the plans as possible, in the order of the plans.

    Every outfit fills its required slots, costs at most the budget, and shares at most half of its pieces
    with any other; the last is given up piece by piece when the candidates allow no other whole outfit, but
    no two outfits are the same. `encode_worn` turns the labels of chosen pieces into the vectors that further ones
    are held against; by default they are the pieces' own. Deterministic in its arguments.
    """
    weights = weights or Weights()
    random = np.random.default_rng(seed)
    session = scorer.open([p.context for p in plans])
    outfits = [Composed(p) for p in plans]
    for step in range(max(len(p.rounds()) for p in plans)):
        questions = [q for i, o in enumerate(outfits) if not o.dead for q in _questions(i, o, step)]
        if not questions:
            break
        for question, scores in zip(questions, session.score(questions), strict=True):
            text = scores - scores.mean() if scorer.log_odds else standardise(scores)
            outfit = outfits[question.outfit]
            others = [o for o in outfits if o is not outfit and not o.dead]
            noise = random.gumbel(size=len(question.labels)) * weights.noise
            choice = _choose(outfit, others, question.slot, text, noise, budget_cents, weights)
            if choice is not None:
                session.choose(question, choice)
        if encode_worn is not None:
            _encode(outfits, encode_worn)
    return [o for o in outfits if not o.dead]


def _encode(outfits: Sequence[Composed], encode_worn: EncodeWorn) -> None:
    """Vectors of all chosen pieces, in one go: the encoder remembers those that it has seen."""
    labels = list(dict.fromkeys(c.label for o in outfits for c in o.pieces))
    vectors = dict(zip(labels, encode_worn(labels), strict=True))
    for outfit in outfits:
        outfit.rows = [vectors[c.label] for c in outfit.pieces]


def _questions(i: int, outfit: Composed, step: int) -> list[Question]:
    rounds = outfit.plan.rounds()
    slots = rounds[step] if step < len(rounds) else ()
    return [Question(i, s, tuple(c.label for c in outfit.plan.shortlists[s].candidates)) for s in slots]


def _choose(
    outfit: Composed,
    others: Sequence[Composed],
    slot: Slot,
    text: Scores,
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
    total, objection = _utilities(outfit, others, shortlist, text, weights)
    outlook = _outlook(outfit, slot, shortlist.candidates, budget_cents)
    best = max(possible, key=lambda i: (total[i] + noise[i] + outlook[i], -i))
    if not required and objection[best] < weights.skip:
        return None
    outfit.pieces.append(shortlist.candidates[best])
    outfit.scores.append(float(total[best]))
    outfit.rows.append(shortlist.vectors[best])
    return best


def _possible(
    outfit: Composed,
    others: Sequence[Composed],
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
    least = shareable(size, len(plan.anchored))
    for shared in range(least, max(size, least + 1) if required else least + 1):
        found = choices(outfit.pieces, candidates, rest, Limits(budget_cents, taken, shared))
        if found:
            return found
    return []


def _outlook(
    outfit: Composed, slot: Slot, candidates: Sequence[Candidate], budget_cents: int | None
) -> Sequence[float]:
    """How good the rest can still become after each candidate: under a budget, a dear piece costs the others."""
    rest = outfit.open_slots(slot)
    if budget_cents is None or not rest:
        return [0.0] * len(candidates)
    spent = sum(c.cents for c in outfit.pieces)
    return outlooks(rest, [budget_cents - spent - c.cents for c in candidates])


def _utilities(
    outfit: Composed, others: Sequence[Composed], shortlist: Shortlist, text: Scores, weights: Weights
) -> tuple[Scores, Scores]:
    """Score of every candidate, and the part of it that says how much speaks against the piece."""
    worn = [c.item for c in outfit.pieces]
    objection = np.array([c.fit + weights.harmony * harmony(c.item, worn) for c in shortlist.candidates])
    total = objection + weights.vibe * np.array([c.similarity for c in shortlist.candidates])
    total += weights.text * text
    if outfit.rows:
        total += weights.rest * (shortlist.vectors @ np.mean(outfit.rows, axis=0))
    total -= [weights.repeat * sum(_sameness(c, o) for o in others) for c in shortlist.candidates]
    return total, objection


def _sameness(candidate: Candidate, other: Composed) -> float:
    """1 when the other outfit has the piece, a little less when it has it in another colour."""
    if candidate.sku in other.skus:
        return 1.0
    return 0.6 * any(candidate.item.group_id == c.item.group_id for c in other.pieces)


def standardise(scores: Scores) -> Scores:
    """Mean 0 and standard deviation 1, cut off at 2.5; all zeros where nothing differs."""
    spread = float(scores.std())
    if spread < 1e-9:
        return np.zeros_like(scores)
    return np.asarray(np.clip((scores - scores.mean()) / spread, -2.5, 2.5))
