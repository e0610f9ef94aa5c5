"""Style fidelity: which designer's adapter composed this outfit? A judge has to tell from the pieces alone.

All adapters answer the same wishes from the same shortlists, in which every designer's held-out pieces lie beside
each other and beside those of the house. One style for all would be named right in one of k cases, whatever it is:
that is the chance given with every figure. Knows no training of adapters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from indexer.embedder import Embedder
from indexer.item import Department
from service.composition.draft import Plan
from service.composition.weights import Weights
from service.lm.engine import ScoringEngine
from service.lm.lm_scorer import LmScorer, PmiBaseline
from service.lm.scorer import RetrievalScorer
from service.query.encoder import QueryEncoder
from service.query.wish import QueryIntent
from service.registry.evaluation import Confusion, Estimate
from training.data.looks import StyledLook, split_by_group
from training.evaluation.bootstrap import estimate
from training.evaluation.cases.catalog import LookbookCatalogue, lookbook_catalogue
from training.evaluation.cases.wishes import Wish, plain_wishes, wishes_of
from training.evaluation.systems.scorers import Contestant, tuned
from training.evaluation.tasks.composition import Answer, answer
from training.evaluation.tasks.style_judge import Judge, train_judge

TASK = "fidelity"
CANDIDATES = 32
"""Candidates per slot: enough that pieces of several designers are among them."""
NEW_WISHES: tuple[tuple[str, Department], ...] = (
    ("a night at the theatre, front row", "women"),
    ("moving into a new studio flat on a cold saturday", "men"),
    ("lunch with my publisher in a hotel garden", "women"),
    ("late train home after a long exhibition", "men"),
    ("school reunion where I want to look like myself", "women"),
    ("spring market by the river", "women"),
    ("my sister's engagement party at a vineyard", "men"),
    ("giving a talk in front of two hundred people", "women"),
    ("a quiet birthday dinner in january", "men"),
    ("city walk with a camera, light drizzle", "women"),
)
"""Wishes that stand in no lookbook."""


@dataclass(frozen=True, slots=True)
class Fidelity:
    """Estimates `top1` by system, the judge's own on authored looks, and who was taken for whom."""

    estimates: list[Estimate]
    confusion: Confusion


def evaluate_fidelity(
    model: ScoringEngine,
    adapters: Mapping[str, Path],
    looks: Mapping[str, Sequence[StyledLook]],
    house: Sequence[StyledLook],
    embedder: Embedder,
    folder: Path,
    *,
    count: int = 3,
    candidates: int = CANDIDATES,
    new_wishes: Sequence[tuple[str, Department]] = NEW_WISHES,
    limit: int | None = None,
    seed: int = 0,
    encoder: QueryEncoder | None = None,
) -> Fidelity:
    """Fidelity of the styles' adapters. `adapters` and `looks` (all of them, unsplit) are keyed by style.

    The judge learns from training wishes; the catalogue in `folder` holds the pieces of test wishes, and of
    `house` as distractors. `limit` keeps so many wishes. Raises EvaluationError and ModelError.
    """
    splits = {style: split_by_group(looks[style]) for style in adapters}
    held_out = [look for split in splits.values() for look in split["test"]]
    judge = train_judge({style: split["train"] for style, split in splits.items()}, embedder)
    lookbook_catalogue([*held_out, *house], folder, embedder, seed=seed, sold_out=False)
    catalogue = LookbookCatalogue(folder, embedder)
    wishes = [
        *wishes_of(held_out, {}, count, seed, constrained=False),
        *plain_wishes(new_wishes, count, seed),
    ][:limit]
    neutral = PmiBaseline(model)
    styles = {style: tuned(model, path, neutral, encoder)["tuned"] for style, path in adapters.items()}
    named = {
        "retrieval-only": Contestant(RetrievalScorer(), Weights()),
        "prompt+retrieval": Contestant(LmScorer(model, None, "scored", neutral), Weights()),
    }
    own = judge_accuracy(judge, {style: split["test"] for style, split in splits.items()}, seed)
    found = compare_styles(catalogue, judge, wishes, styles, named, candidates, seed)
    catalogue.close()
    return Fidelity([own, *found.estimates], found.confusion)


def judge_accuracy(judge: Judge, looks: Mapping[str, Sequence[StyledLook]], seed: int = 0) -> Estimate:
    """How often the judge names the author of an authored look that it never saw: the most that one can expect."""
    cases = [(style, look) for style, own in looks.items() for look in own]
    names = judge.name([look.pieces for _, look in cases])
    right = [float(name == style) for name, (style, _) in zip(names, cases, strict=True)]
    groups = [look.group for _, look in cases]
    chance = 1 / len(judge.styles)
    return estimate(TASK, "judge_top1", "judge", right, groups, chance=chance, seed=seed)


def compare_styles(
    catalogue: LookbookCatalogue,
    judge: Judge,
    wishes: Sequence[Wish],
    styles: Mapping[str, Contestant],
    named: Mapping[str, Contestant],
    candidates: int = CANDIDATES,
    seed: int = 0,
) -> Fidelity:
    """Every style's composer on every wish, as system `tuned`. Each composer of `named` has no style of its own and
    is told the style's name in the wish instead; its shortlists are the same, ranked by the wish that has the name.
    """
    answers: dict[str, list[tuple[str, Answer]]] = {"tuned": [], **{name: [] for name in named}}
    for wish in tqdm(wishes, desc="fidelity", unit="wish"):
        planned, _ = catalogue.plan(wish.request, candidates)
        for style, contestant in styles.items():
            own = planned
            if contestant.encoder is not None:
                own = catalogue.plan(wish.request, candidates, contestant.encoder)[0]
            answers["tuned"].append((style, answer(wish, own.plans, contestant)))
            if named:
                plans = _plans_by_name(catalogue, wish, planned.plans, style)
                for name, composer in named.items():
                    answers[name].append((style, answer(wish, plans, composer)))
    estimates = [_top1(judge, name, own, seed) for name, own in answers.items()]
    return Fidelity(estimates, _confusion(judge, answers["tuned"]))


def _plans_by_name(catalogue: LookbookCatalogue, wish: Wish, plans: Sequence[Plan], style: str) -> list[Plan]:
    """The same candidates, told and ranked with the style's name in the wish."""
    vibe = f"{wish.request.vibe}, in the style of {style.replace('-', ' ').title()}"
    brief = catalogue.briefs.read(wish.request.model_copy(update={"vibe": vibe}))
    return [_by_name(plan, vibe, brief) for plan in plans]


def _by_name(plan: Plan, vibe: str, brief: QueryIntent) -> Plan:
    shortlists = {}
    for slot, shortlist in plan.shortlists.items():
        nearness = brief.similarity(shortlist.vectors)
        ranked = [
            replace(candidate, similarity=float(cosine))
            for candidate, cosine in zip(shortlist.candidates, nearness, strict=True)
        ]
        shortlists[slot] = replace(shortlist, candidates=ranked)
    return replace(plan, context=replace(plan.context, vibe=vibe), shortlists=shortlists)


def _judged(judge: Judge, answers: Sequence[tuple[str, Answer]]) -> list[tuple[str, str, str]]:
    """(style that composed, style that the judge names, wish) of every outfit."""
    cases = [(style, a.wish.group, outfit) for style, a in answers for outfit in a.outfits]
    names = judge.name([{piece.slot: piece.item.title for piece in outfit} for _, _, outfit in cases])
    return [(style, name, group) for (style, group, _), name in zip(cases, names, strict=True)]


def _top1(judge: Judge, system: str, answers: Sequence[tuple[str, Answer]], seed: int) -> Estimate:
    judged = _judged(judge, answers)
    right = [float(style == name) for style, name, _ in judged]
    groups = [group for _, _, group in judged]
    return estimate(TASK, "top1", system, right, groups, chance=1 / len(judge.styles), seed=seed)


def _confusion(judge: Judge, answers: Sequence[tuple[str, Answer]]) -> Confusion:
    position = {style: n for n, style in enumerate(judge.styles)}
    counts = [[0] * len(position) for _ in position]
    for style, name, _ in _judged(judge, answers):
        counts[position[style]][position[name]] += 1
    return Confusion(labels=list(judge.styles), counts=counts)
