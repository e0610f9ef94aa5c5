"""The recommender: one snapshot, one embedder and the stylists, behind one door. Knows no HTTP."""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from indexer.embedder import Embedder, load_embedder
from indexer.errors import ModelError
from indexer.snapshot import SnapshotStore
from service.api.contract import ItemQuery
from service.brief import Brief, BriefReader
from service.browse import page, view
from service.composer import TUNED_REST, Composed, Weights, compose
from service.explain import explanation, title
from service.holder import SnapshotHolder
from service.outfit import Candidate
from service.plan import Planned, make_plans
from service.problems import InvalidError, UnavailableError
from service.query_encoder import RETRIEVER, QueryEncoder, load_query_encoder
from service.retriever import Retriever
from service.schema import (
    IndexRef,
    ItemPage,
    ItemView,
    Outfit,
    OutfitItem,
    OutfitRequest,
    OutfitResponse,
    StyleView,
    Unmet,
)
from service.settings import Settings
from service.stylists import HOUSE, Style, Stylists

log = logging.getLogger(__name__)

_EXTRA = 4
"""Candidates per slot beyond the number of outfits, so that the last outfit still has a choice."""


@dataclass(slots=True)
class _Clock:
    """Milliseconds per stage."""

    started: float
    stages: dict[str, float]

    @classmethod
    def start(cls) -> _Clock:
        return cls(time.perf_counter(), {})

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.stages[stage] = round((now - self.started) * 1000, 1)
        self.started = now


class StoreRecommender:
    """Serves the current snapshot. Thread-safe: `reload` swaps the snapshot, requests keep the one they began with."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._embedder: Embedder = load_embedder(settings.embedder)
        self._encoder = self._query_encoder(settings.adapters_dir / RETRIEVER)
        self._briefs = BriefReader(self._embedder, self._encoder)
        self._stylists = Stylists(settings)
        self._holder = SnapshotHolder(SnapshotStore(settings.data_dir), self._embedder)

    def _query_encoder(self, folder: Path) -> QueryEncoder:
        try:
            return load_query_encoder(self._embedder, folder)
        except ModelError as error:  # a store without a tuned retriever is better than none
            log.error("the query adapter cannot be used: %s", error)
            return QueryEncoder(self._embedder)

    def reload(self) -> None:
        """Serve the current snapshot from now on. Raises SnapshotError, and then goes on with the old one."""
        self._holder.reload()

    def not_ready(self) -> str | None:
        return None if self._holder.ready else self._holder.why_not

    def close(self) -> None:
        self._holder.close()

    def styles(self) -> list[StyleView]:
        return self._stylists.views()

    def item(self, sku: str) -> ItemView | None:
        with self._holder.lease() as retriever:
            found = retriever.snapshot.catalogue.get(sku)
        return None if found is None else view(found.item, sku)

    def items(self, query: ItemQuery) -> ItemPage:
        with self._holder.lease() as retriever:
            return page(query, retriever, self._embedder)

    def compose(self, request: OutfitRequest, request_id: str) -> OutfitResponse:
        """Whole outfits for the request, and what could not be met. Raises ProblemError subclasses."""
        with self._holder.lease() as retriever:
            return self._answer(request, request_id, retriever)

    def _answer(self, request: OutfitRequest, request_id: str, retriever: Retriever) -> OutfitResponse:
        style, unmet = self._style(request)
        seed = secrets.randbelow(2**31) if request.seed is None else request.seed
        clock = _Clock.start()
        brief = self._briefs.read(request)
        quota = max(self._settings.candidates_per_slot, request.count + _EXTRA)
        planned = make_plans(request, brief, retriever, quota)
        clock.lap("retrieve")
        composed, style = self._composed(planned, style, request, seed)
        clock.lap("compose")
        decided_by = [retriever.snapshot.version, style.ref.digest, self._encoder.digest]
        identity = _identity(request, seed, decided_by)
        outfits = [_outfit(c, f"{identity}{i:02d}", request, brief) for i, c in enumerate(composed)]
        outfits.sort(key=lambda o: -o.score)
        clock.lap("explain")
        return OutfitResponse(
            request_id=request_id,
            outfits=outfits,
            unmet=[*unmet, *planned.unmet, *_shortfall(request, planned, composed)],
            composer=style.scorer.composer,
            style=style.ref,
            index=IndexRef(version=retriever.snapshot.version),
            seed=seed,
            timings_ms=clock.stages,
        )

    def _style(self, request: OutfitRequest) -> tuple[Style, list[Unmet]]:
        name = request.style or self._stylists.default
        if reason := self._stylists.broken(name):
            raise UnavailableError(f"style {name!r} cannot be used: {reason}")
        style = self._stylists.get(name)
        if style is not None:
            return style, []
        fallback = self._stylists.get(self._stylists.default)
        if name != HOUSE or fallback is None:
            known = ", ".join(view.name for view in self._stylists.views())
            raise InvalidError.at("style", f"there is no style {name!r}; there are: {known}")
        reason = f"no house style is published yet; composed with {fallback.ref.name!r}"
        return fallback, [Unmet(constraint="style", reason=reason, hint="publish an adapter named 'house'")]

    def _composed(
        self, planned: Planned, style: Style, request: OutfitRequest, seed: int
    ) -> tuple[list[Composed], Style]:
        if not planned.plans:
            return [], style
        budget = request.budget.cents if request.budget else None
        worn = None
        if self._encoder.tuned:
            worn = self._encoder.encode_worn
            if style.weights == Weights():
                style = replace(style, weights=Weights(rest=TUNED_REST))
        if style.scorer.composer == "retrieval":
            return compose(planned.plans, style.scorer, budget, seed, style.weights, worn), style
        with self._stylists.turn() as ours:
            used = style if ours else replace(style, scorer=self._stylists.fallback.scorer)
            return compose(planned.plans, used.scorer, budget, seed, used.weights, worn), used


def open_recommender(settings: Settings) -> StoreRecommender:
    """The recommender of these settings. Slow: loads the models. Raises ModelError when the embedder is missing."""
    return StoreRecommender(settings)


def _identity(request: OutfitRequest, seed: int, decided_by: Sequence[str]) -> str:
    """The same answer has the same ids: they follow from all that decides it."""
    body = request.model_dump_json(exclude={"seed"})
    return hashlib.sha256("\n".join([body, str(seed), *decided_by]).encode()).hexdigest()[:22]


def _shortfall(request: OutfitRequest, planned: Planned, composed: Sequence[Composed]) -> list[Unmet]:
    if not planned.plans or len(composed) >= request.count:
        return []
    reason = f"only {len(composed)} of {request.count} outfits differ enough from each other in what is left"
    return [Unmet(constraint="count", reason=reason, hint="loosen a constraint, or ask for fewer")]


def _outfit(composed: Composed, identity: str, request: OutfitRequest, brief: Brief) -> Outfit:
    pairs = sorted(
        zip(composed.pieces, composed.scores, strict=True), key=lambda pair: _ORDER.index(pair[0].slot)
    )
    pieces = [candidate for candidate, _ in pairs]
    priced = all(c.variant.price is not None for c in pieces)
    return Outfit(
        id=identity,
        title=title(pieces),
        items=[_item(candidate, score) for candidate, score in pairs],
        total_price=sum(c.cents for c in pieces) / 100 if priced else None,
        currency=pieces[0].item.currency,
        score=round(composed.score, 4),
        explanation=explanation(pieces, brief) if request.explain else None,
    )


_ORDER = ("dress", "top", "bottom", "outerwear", "shoes", "bag", "jewelry", "accessory")


def _item(candidate: Candidate, score: float) -> OutfitItem:
    item, variant = candidate.item, candidate.variant
    return OutfitItem(
        slot=candidate.slot,
        sku=variant.sku,
        title=item.title,
        brand=item.brand,
        price=variant.price,
        currency=item.currency,
        size=variant.size,
        image_url=item.image_url,
        url=item.url,
        score=round(score, 4),
    )
