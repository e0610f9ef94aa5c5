"""The recommender: one snapshot, one embedder and the stylists, behind one door. Knows no HTTP."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from indexer.embedder import Embedder, load_embedder
from indexer.storage.snapshot import SnapshotStore
from service.catalog.browse import page, view
from service.catalog.live import LiveCatalog, StockSource
from service.catalog.stock_patches import StockPatch, StockResult
from service.catalog.view import CatalogView
from service.composition.draft import OutfitDraft
from service.composition.planner import Planned
from service.composition.selection import compose_best
from service.composition.swap import SwapOrder
from service.critic.critic import packaged
from service.critic.judge import Judge
from service.db.repositories.outfits import Made
from service.db.repositories.styles import Choices
from service.errors import ProblemError
from service.pictures.piece import Piece
from service.policy.policy import policy, use_policy
from service.policy.score_weights import Weights, tuned_weights
from service.query.conditions import check
from service.query.encoder import QueryEncoder
from service.query.memory import open_memory
from service.query.parser import QueryParser
from service.recommender.pieces import picture_piece
from service.recommender.progress import ProgressListener, Unwatched
from service.recommender.protocol import Condition
from service.recommender.response import Clock, ResponseBuilder, identity, identity_of, shortfall
from service.recommender.style_choice import chosen_style
from service.recommender.trace import trace_of
from service.recommender.understanding import Planning, Understanding, plan_for, understood
from service.recommender.why import why
from service.registry.live_encoder import LiveEncoder
from service.registry.style import Style
from service.registry.style_key import RETRIEVER, StyleKey
from service.registry.styles import Styles
from service.retrieval.adjustments import AdjustmentSource, ScoreAdjustment, digests
from service.retrieval.merchandising import RuleMatch
from service.retrieval.retriever import Retriever
from service.schemas.catalog import ItemPage, ItemQuery, ItemView
from service.schemas.outfits import (
    IndexRef,
    Outfit,
    OutfitRequest,
    OutfitResponse,
    RefineRequest,
    StyleView,
)
from service.schemas.trace import Why
from service.settings import Settings

_EXTRA = 4
"""Candidates per slot beyond the number of outfits, so that the last outfit still has a choice."""


class StoreRecommender:
    """Serves the current snapshot. Thread-safe: `reload` swaps the snapshot, requests keep the one they began with."""

    def __init__(
        self,
        settings: Settings,
        nudges: AdjustmentSource | None = None,
        book: StockSource | None = None,
        choices: Callable[[], Choices] = Choices,
    ) -> None:
        check(use_policy(settings.policy_dir))
        self._settings = settings
        self._nudges: AdjustmentSource = nudges or (lambda _: ())
        self._embedder: Embedder = load_embedder(settings.embedder)
        self._memory = open_memory(self._embedder, settings.model_dir) if settings.memory else None
        self._critic = packaged() if settings.critic else None
        self._live = LiveEncoder(self._embedder, settings.adapters_dir)
        encoder = self._live.current()
        self._reading = encoder, QueryParser(self._embedder, encoder, self._memory)
        self._understanding = Understanding(self._embedder)
        self._stylists = Styles(settings, choices)
        self._holder = LiveCatalog(SnapshotStore(settings.data_dir), self._embedder, book)

    def _encoding(self) -> tuple[QueryEncoder, QueryParser]:
        """What a request is read and searched with, from its beginning to its end."""
        encoder = self._live.current()
        reading = self._reading
        if reading[0] is not encoder:
            reading = self._reading = encoder, reading[1].with_encoder(encoder)
        return reading

    def reload(self) -> None:
        """Serve the current snapshot from now on. Raises SnapshotError, and then goes on with the old one."""
        self._holder.reload()

    def not_ready(self) -> str | None:
        return None if self._holder.ready else self._holder.why_not

    def condition(self) -> Condition:
        version, created = self._holder.served() or (None, None)
        broken = dict(self._stylists.broken_styles() | self._live.broken())
        if fault := self._stylists.default_fault():
            broken.setdefault("default", fault)
        return Condition(version, created, self._stylists.no_model, broken, self._holder.instead)

    def close(self) -> None:
        self._holder.close()

    def styles(self) -> list[StyleView]:
        return self._stylists.views()

    def style_fault(self, key: str) -> str | None:
        wanted = StyleKey.parse(key)
        return self._live.fault(wanted.version) if wanted.name == RETRIEVER else self._stylists.fault(key)

    def follow_styles(self) -> None:
        self._stylists.look_again()
        self._live.look_again()

    def item(self, sku: str) -> ItemView | None:
        with self._holder.lease() as catalog:
            found = catalog.find(sku)
        return None if found is None else view(found.item, sku)

    def items(self, query: ItemQuery) -> ItemPage:
        with self._holder.lease() as catalog:
            return page(query, catalog, self._embedder)

    def why(self, sku: str, request: OutfitRequest) -> Why | None:
        """Why the item of this SKU is not in outfits for the request; None where no item has it."""
        with self._holder.lease() as catalog:
            demands = self._understanding.read(request, catalog).demands
            brief, nudges = self._encoding()[1].read(demands.request, demands), self._nudges(request)
            return why(
                sku, demands.request, brief, Retriever(catalog, self._critic), self._quota(request), nudges
            )

    def patch_stock(self, patches: Sequence[StockPatch]) -> StockResult:
        """Keep what staff say of stock. Raises UnavailableError without an index, or without a book to keep it in."""
        return self._holder.patch_stock(patches)

    def matches(self, matches: Sequence[RuleMatch]) -> list[int]:
        with self._holder.lease() as catalog:
            return [int(match.mask(catalog.columns).sum()) for match in matches]

    def compose(
        self, request: OutfitRequest, request_id: str, watch: ProgressListener | None = None
    ) -> OutfitResponse:
        """Whole outfits for the request, and what could not be met. Raises ProblemError subclasses.

        A watch sees each outfit as soon as it is whole. What it raises ends the work, and is raised here.
        """
        with self._holder.lease() as catalog:
            return self._answer(request, request_id, Retriever(catalog, self._critic), watch or Unwatched())

    def swap(
        self, order: SwapOrder, request_id: str, watch: ProgressListener | None = None
    ) -> OutfitResponse:
        """The outfit of the order with another piece in one slot, as often as wanted and possible, best first."""
        with self._holder.lease() as catalog:
            return self._answer(
                order.request, request_id, Retriever(catalog, self._critic), watch or Unwatched(), order
            )

    def refine(self, made: Made, body: RefineRequest) -> SwapOrder:
        """What to compose so that an outfit is as the shopper says. Raises InvalidError where that cannot be told."""
        with self._holder.lease() as catalog:
            return self._understanding.turn(made, body, catalog)

    def pieces(self, outfit: Outfit) -> list[Piece]:
        with self._holder.lease() as catalog:
            return [picture_piece(catalog, worn) for worn in outfit.items]

    def difference(self, made: Made) -> str | None:
        """Why composing again would not give what was made; None while all that decided it is unchanged."""
        with self._holder.lease() as catalog:
            version = catalog.snapshot.version
            if not made.wish_kept:
                return "what was asked for is not kept"
            if version != made.index_version:
                return f"index {made.index_version} is gone: {version} is served"
            try:
                style, _ = chosen_style(self._stylists, made.request)
            except ProblemError as error:
                return f"adapter {made.style_digest} is gone: {error.detail}"
            if style.ref.digest != made.style_digest:
                return f"adapter {made.style_digest} is gone: {style.ref.name} has {style.ref.digest} now"
            if style.scorer.composer != made.composer:
                return f"composed by {made.composer} then, by {style.scorer.composer} now"
            nudges = self._nudges(made.request)
            decided_by = self._decided_by(catalog, style, nudges, self._live.current())
            now = identity(made.request, made.seed, decided_by)
        return (
            None
            if now == identity_of(made.outfit.id)
            else "stock, rules, retriever or settings have changed since"
        )

    def _answer(
        self,
        asked: OutfitRequest,
        request_id: str,
        retriever: Retriever,
        watch: ProgressListener,
        order: SwapOrder | None = None,
    ) -> OutfitResponse:
        style, unmet = chosen_style(self._stylists, asked)
        seed = secrets.randbelow(2**31) if asked.seed is None else asked.seed
        clock = Clock.start()
        wish = self._understanding.read(asked, retriever.view)
        request = wish.demands.request
        encoder, parser = self._encoding()
        brief = parser.read(request, wish.demands)
        clock.lap("read")
        nudges = self._nudges(asked)
        plan = Planning(self._quota(request), self._settings.default_department, order)
        planned = plan_for(wish, brief, retriever, nudges, plan)
        clock.lap("retrieve")
        with self._turn(style, planned, watch) as used:
            head = OutfitResponse(
                request_id=request_id,
                understood=understood(wish.demands, planned),
                unread=list(wish.demands.unread),
                outfits=[],
                composer=used.scorer.composer,
                style=used.ref,
                index=IndexRef(version=retriever.view.snapshot.version),
                seed=seed,
            )
            decided_by = self._decided_by(retriever.view, used, nudges, encoder, style)
            answering = ResponseBuilder(head, request, brief, identity(asked, seed, decided_by), watch)
            composed = self._composed(planned, used, encoder, answering)
        clock.lap("compose")
        outfits = answering.outfits(composed)
        clock.lap("explain")
        unmet += [*planned.unmet, *shortfall(request, planned, composed)]
        update: dict[str, object] = {"outfits": outfits, "unmet": unmet, "timings_ms": clock.stages}
        if request.trace:
            ranked = sorted(composed, key=lambda c: c.rank)
            made = {o.id: c for o, c in zip(outfits, ranked, strict=True)}
            update["trace"] = trace_of(request, brief, retriever, planned, nudges, made)
        return head.model_copy(update=update)

    def _quota(self, request: OutfitRequest) -> int:
        return max(self._settings.candidates_per_slot, request.count + _EXTRA)

    def _decided_by(
        self,
        catalog: CatalogView,
        used: Style,
        nudges: Sequence[ScoreAdjustment],
        encoder: QueryEncoder,
        wanted: Style | None = None,
    ) -> list[str]:
        """All that decides an answer beside the request and its seed."""
        degraded = [] if wanted is None or used.scorer is wanted.scorer else [used.scorer.composer]
        decided_by = [catalog.snapshot.version, used.ref.digest, encoder.digest, *digests(nudges)]
        decided_by += [f"policy:{policy().digest}"]
        decided_by += [f"stock:{catalog.stock.digest}"] if catalog.stock.digest else []
        decided_by += [f"critic:{self._critic.digest}"] if self._critic else []
        return [*decided_by, str(self._settings.candidates_per_slot), *degraded]

    @contextmanager
    def _turn(self, style: Style, planned: Planned, watch: ProgressListener) -> Iterator[Style]:
        """The style to compose with: the wanted one, or one without a language model when that is too busy."""
        if not planned.plans or style.scorer.composer == "retrieval":
            yield style
            return
        with self._stylists.turn(watch.check) as ours:
            yield style if ours else replace(style, scorer=self._stylists.fallback.scorer)

    def _composed(
        self, planned: Planned, style: Style, encoder: QueryEncoder, answering: ResponseBuilder
    ) -> list[OutfitDraft]:
        if not planned.plans:
            return []
        budget = answering.request.budget.cents if answering.request.budget else None
        weights, worn = style.weights, None
        if encoder.tuned:
            worn = encoder.encode_worn
            if weights == Weights():
                weights = tuned_weights()
        judge = None if self._critic is None else Judge(self._critic, answering.brief)
        seed = answering.head.seed
        return compose_best(planned.plans, style.scorer, budget, seed, weights, worn, answering, judge)


def open_recommender(
    settings: Settings,
    nudges: AdjustmentSource | None = None,
    book: StockSource | None = None,
    choices: Callable[[], Choices] = Choices,
) -> StoreRecommender:
    """The recommender of these settings. Slow: loads the models. Raises ModelError when the embedder is missing.

    Without a book, stock and prices are those of the index. `choices` are what staff decided of styles.
    """
    return StoreRecommender(settings, nudges, book, choices)
