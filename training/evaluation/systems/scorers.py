"""The systems of the evaluation as composers: a scorer and weights, for the very code that serves.

Systems without the retriever's share rank by their score alone. The rules of a composition hold for all: limits,
variety among the outfits of an answer, and the objection to attributes that speak against the wish.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexer.item import Slot
from indexer.taxonomy.classify import ProductText, classify
from service.artifacts import must_be
from service.composition.composer import EncodeWorn
from service.composition.weights import Weights, tuned_weights
from service.lm.engine import ScoringEngine
from service.lm.lm_scorer import LmScorer, PmiBaseline
from service.lm.prompt import Context
from service.lm.scorer import ComposerName, Question, RetrievalScorer, Scorer, Scores, Session
from service.query.encoder import QueryEncoder
from service.registry.adapter import MANIFEST, Adapter, check_adapter, read_manifest
from service.registry.evaluation import System
from training.data.looks import StyledLook

ALONE = Weights(text=1.0, most_text=np.inf, vibe=0.0, rest=0.0, harmony=0.0, repeat=3.0, noise=0.0)
"""The scorer decides. A repeated piece costs three standard deviations, about what it costs in the served sum."""

Rate = Callable[[Slot, str, Context], float]


@dataclass(frozen=True, slots=True)
class Contestant:
    """Who composes, how its score is weighed against the retriever's, and the query encoder of both, if tuned."""

    scorer: Scorer
    weights: Weights
    encoder: QueryEncoder | None = None

    @property
    def encode_worn(self) -> EncodeWorn | None:
        return None if self.encoder is None else self.encoder.encode_worn


class RateScorer:
    """Every piece by a rule of its own, whatever else is worn."""

    composer: ComposerName = "retrieval"
    log_odds = False

    def __init__(self, rate: Rate) -> None:
        self._rate = rate

    def open(self, contexts: Sequence[Context]) -> Session:
        return _RateSession(self._rate, contexts)


class _RateSession:
    def __init__(self, rate: Rate, contexts: Sequence[Context]) -> None:
        self._rate = rate
        self._contexts = contexts

    def score(self, questions: Sequence[Question]) -> list[Scores]:
        return [
            np.array([self._rate(q.slot, label, self._contexts[q.outfit]) for label in q.labels])
            for q in questions
        ]

    def choose(self, question: Question, choice: int) -> None:
        pass


class RandomScorer:
    """Any piece is as good as any other; which one is drawn follows from the seed and the wish."""

    composer: ComposerName = "retrieval"
    log_odds = False

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def open(self, contexts: Sequence[Context]) -> Session:
        wish = f"{self._seed}/{contexts[0].vibe}/{contexts[0].department}/{contexts[0].season}"
        return _RandomSession(np.random.default_rng(list(hashlib.sha256(wish.encode()).digest())))


class _RandomSession:
    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def score(self, questions: Sequence[Question]) -> list[Scores]:
        return [self._rng.random(len(q.labels)) for q in questions]

    def choose(self, question: Question, choice: int) -> None:
        pass


class Kinds:
    """How often each kind of piece is worn in the training looks: whatever the wish, and on such occasions."""

    def __init__(self, train: Sequence[StyledLook]) -> None:
        self._kinds: dict[tuple[Slot, str], str] = {}
        worn = [(look, slot, piece) for look in train for slot, piece in look.pieces.items()]
        self._learn([(slot, piece) for _, slot, piece in worn])
        kinds = [(look, slot, self._kinds[slot, piece]) for look, slot, piece in worn]
        self._overall = Counter((slot, kind) for _, slot, kind in kinds)
        self._by_line = Counter((slot, kind, look.department) for look, slot, kind in kinds)
        self._by_season = Counter((slot, kind, look.season) for look, slot, kind in kinds)

    def popularity(self, slot: Slot, label: str, context: Context) -> float:  # noqa: ARG002 - a Rate
        """Log of one more than how many training looks wear the kind."""
        return float(np.log1p(self._overall[slot, self._kind(slot, label)]))

    def category(self, slot: Slot, label: str, context: Context) -> float:
        """The same among looks of the wish's department, and of its season where it names one."""
        kind = self._kind(slot, label)
        found = float(np.log1p(self._by_line[slot, kind, context.department]))
        if context.season is not None:
            found += float(np.log1p(self._by_season[slot, kind, context.season]))
        return found

    def _kind(self, slot: Slot, label: str) -> str:
        if (slot, label) not in self._kinds:
            self._learn([(slot, label)])
        return self._kinds[slot, label]

    def _learn(self, entries: Sequence[tuple[Slot, str]]) -> None:
        rows = [ProductText(title=text, slot=slot) for slot, text in entries]
        for entry, guess in zip(entries, classify(rows), strict=True):
            self._kinds[entry] = guess.kind


def baselines(train: Sequence[StyledLook], seed: int) -> dict[System, Contestant]:
    """The systems without a language model. `train` are the looks that popularity is counted in."""
    kinds = Kinds(train)
    return {
        "random": Contestant(RandomScorer(seed), ALONE),
        "popularity": Contestant(RateScorer(kinds.popularity), ALONE),
        "category-only": Contestant(RateScorer(kinds.category), ALONE),
        "retrieval-only": Contestant(RetrievalScorer(), Weights()),
    }


def untuned(model: ScoringEngine, neutral: PmiBaseline) -> dict[System, Contestant]:
    """The base model: its score alone, and in one sum with the retriever's."""
    scorer = LmScorer(model, None, "scored", neutral)
    return {
        "prompt-only": Contestant(scorer, ALONE),
        "prompt+retrieval": Contestant(scorer, Weights()),
    }


def tuned(
    model: ScoringEngine, folder: Path, neutral: PmiBaseline, encoder: QueryEncoder | None = None
) -> dict[System, Contestant]:
    """The adapter in `folder`, published or not: its score alone, and as it is served, with the query encoder.

    Raises ModelError when it does not fit the model.
    """
    adapter = checked(model, folder)
    model.add_adapter(adapter.digest, folder)
    scorer = LmScorer(model, adapter.digest, adapter.manifest.layout, neutral)
    found: dict[System, Contestant] = {
        "tuned-only": Contestant(scorer, ALONE),
        "tuned": Contestant(scorer, adapter.weights, encoder),
    }
    if encoder is not None:
        found["tuned-retrieval"] = Contestant(RetrievalScorer(), tuned_weights(), encoder)
    return found


def checked(model: ScoringEngine, folder: Path) -> Adapter:
    """The adapter in `folder`, wherever that lies. Raises ModelError when it is damaged or of another model."""
    manifest = read_manifest(folder)
    must_be(folder / MANIFEST, "base_digest", manifest.base_digest, model.digest)
    return check_adapter(folder)


def all_systems(
    model: ScoringEngine,
    folder: Path | None,
    train: Sequence[StyledLook],
    seed: int,
    encoder: QueryEncoder | None = None,
    neutral: PmiBaseline | None = None,
) -> dict[System, Contestant]:
    """Every system of the evaluation; without an adapter folder those without `tuned`. `neutral` may know pieces
    already.
    """
    neutral = neutral or PmiBaseline(model)
    own = tuned(model, folder, neutral, encoder) if folder is not None else {}
    return {**baselines(train, seed), **untuned(model, neutral), **own}
