"""Whole outfits for held-out vibes, composed over a catalogue of held-out looks by the code that serves.

Every system gets the same limits and contexts, and the same shortlists as all others that search with the same
query encoder; only scores and their weights differ.
What comes out is held against the looks that a stylist made for that very vibe. Knows no training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from tqdm import tqdm

from service.composition.composer import compose
from service.composition.draft import Plan
from service.registry.evaluation import Estimate, EvaluationError
from service.retrieval.shortlist import Candidate
from training.evaluation.bootstrap import estimate
from training.evaluation.cases.catalog import LookbookCatalogue, Row
from training.evaluation.cases.wishes import Wish
from training.evaluation.systems.scorers import Contestant
from training.evaluation.tasks.violations import violations

TASK = "composition"
CANDIDATES = 16
"""Candidates per slot. The retriever's shortlist is near the wish already; a shorter one leaves little to choose."""

Outfit = tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one system composed for one wish; at most as many outfits as plans."""

    wish: Wish
    plans: tuple[Plan, ...]
    outfits: tuple[Outfit, ...]


def compose_all(
    catalogue: LookbookCatalogue,
    wishes: Sequence[Wish],
    contestants: Mapping[str, Contestant],
    candidates: int = CANDIDATES,
) -> dict[str, list[Answer]]:
    """Every system's answer to every wish, in the order of the wishes. Deterministic."""
    answers: dict[str, list[Answer]] = {name: [] for name in contestants}
    for wish in tqdm(wishes, desc="compose", unit="wish"):
        plain, _ = catalogue.plan(wish.request, candidates)
        for name, contestant in contestants.items():
            encoder = contestant.encoder
            planned = plain if encoder is None else catalogue.plan(wish.request, candidates, encoder)[0]
            answers[name].append(answer(wish, planned.plans, contestant))
    return answers


def answer(wish: Wish, plans: Sequence[Plan], contestant: Contestant) -> Answer:
    """One system's answer over given plans."""
    if not plans:
        return Answer(wish, (), ())
    request = wish.request
    budget = request.budget.cents if request.budget else None
    composed = compose(
        plans, contestant.scorer, budget, request.seed or 0, contestant.weights, contestant.encode_worn
    )
    return Answer(wish, tuple(plans), tuple(tuple(outfit.pieces) for outfit in composed))


def evaluate_composition(
    catalogue: LookbookCatalogue,
    wishes: Sequence[Wish],
    contestants: Mapping[str, Contestant],
    candidates: int = CANDIDATES,
    seed: int = 0,
) -> list[Estimate]:
    """Every metric of every system, with intervals over vibes, and how much the shortlists allow, as systems
    `shortlist` and `tuned shortlist`.
    """
    answers = compose_all(catalogue, wishes, contestants, candidates)
    estimates = [e for name, own in answers.items() for e in measure(name, own, catalogue.rows, seed)]
    shortlists = {
        "shortlist" if c.encoder is None else "tuned shortlist": name for name, c in contestants.items()
    }
    return estimates + [
        _reachable(by, answers[name], catalogue.rows, seed) for by, name in shortlists.items()
    ]


def measure(system: str, answers: Sequence[Answer], rows: Mapping[str, Row], seed: int) -> list[Estimate]:
    """The metrics of one system.

    `piece_precision`: share of an outfit's pieces that a look of this very vibe wears. `look_pairs`: share of its
    pairs of pieces that some look wears together. `filled`: share of the outfits asked for that were composed.
    `distinct_items`: different items over all pieces of all outfits. `violations`: faults found, in number.
    Raises EvaluationError when there is no outfit.
    """
    judged = [(a, outfit) for a in answers for outfit in a.outfits]
    if not judged:
        raise EvaluationError(f"{TASK}: {system}: no outfit was composed for any of {len(answers)} wishes")
    groups = [a.wish.group for a, _ in judged]
    precision = [piece_precision(outfit, a.wish.group, rows) for a, outfit in judged]
    paired = [
        (pairs, group) for (_, o), group in zip(judged, groups, strict=True) if (pairs := look_pairs(o, rows))
    ]
    chances = [own_share(plan, a.wish.group, rows) for a in answers for plan in a.plans]
    chance = float(np.mean(chances)) if chances else None
    filled = [len(a.outfits) / a.wish.request.count for a in answers]
    faults = sum(len(violations(a.outfits, a.wish.request, rows)) for a in answers)
    return [
        estimate(TASK, "piece_precision", system, precision, groups, seed=seed, chance=chance),
        estimate(
            TASK,
            "look_pairs",
            system,
            [float(np.mean(p)) for p, _ in paired],
            [g for _, g in paired],
            seed=seed,
        ),
        estimate(TASK, "filled", system, filled, [a.wish.group for a in answers], seed=seed),
        distinct_items(system, [(a.wish.group, o) for a, o in judged]),
        Estimate(
            task=TASK,
            metric="violations",
            system=system,
            value=faults,
            low=faults,
            high=faults,
            n=len(judged),
            higher_is_better=False,
        ),
    ]


def piece_precision(outfit: Outfit, group: str, rows: Mapping[str, Row]) -> float:
    """Share of the pieces that belong to a look of the group."""
    return sum(group in rows[piece.sku].groups for piece in outfit) / len(outfit)


def look_pairs(outfit: Outfit, rows: Mapping[str, Row]) -> list[bool]:
    """For every pair of pieces, whether they stand together in one look."""
    homes = [set(rows[piece.sku].homes) for piece in outfit]
    return [bool(one & other) for one, other in combinations(homes, 2)]


def own_share(plan: Plan, group: str, rows: Mapping[str, Row]) -> float:
    """Share of each slot's candidates that belong to the group, over slots: what a blind choice would get."""
    shares = [
        np.mean([group in rows[c.sku].groups for c in plan.shortlists[slot].candidates])
        for slot in (*plan.required, *plan.optional)
    ]
    return float(np.mean(shares))


def distinct_items(system: str, outfits: Sequence[tuple[str, Outfit]]) -> Estimate:
    """Different items over all pieces. `outfits` come with their groups.

    A count of different things is no mean, and a bootstrap would draw groups twice; the interval is that of the
    jackknife over groups (Tukey 1958; Efron & Stein 1981).
    """
    groups = sorted({group for group, _ in outfits})
    value = _distinct([outfit for _, outfit in outfits])
    without = np.array([_distinct([o for g, o in outfits if g != left_out]) for left_out in groups])
    n = len(groups)
    error = float(np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())) if n > 1 else 1.0
    return Estimate(
        task=TASK,
        metric="distinct_items",
        system=system,
        value=value,
        low=max(0.0, value - 1.96 * error),
        high=min(1.0, value + 1.96 * error),
        n=len(outfits),
    )


def _distinct(outfits: Sequence[Outfit]) -> float:
    skus = [piece.sku for outfit in outfits for piece in outfit]
    return len(set(skus)) / len(skus) if skus else 0.0


def _reachable(system: str, answers: Sequence[Answer], rows: Mapping[str, Row], seed: int) -> Estimate:
    """Share of the required slots whose shortlist has a piece of the vibe: no system can do better."""
    found = [
        (
            float(any(a.wish.group in rows[c.sku].groups for c in plan.shortlists[slot].candidates)),
            a.wish.group,
        )
        for a in answers
        for plan in a.plans
        for slot in plan.required
    ]
    values, groups = [value for value, _ in found], [group for _, group in found]
    return estimate(TASK, "reachable", system, values, groups, seed=seed)
