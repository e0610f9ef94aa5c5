"""The recommender: one snapshot, one embedder and the stylists, behind one door. Knows no HTTP."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from indexer.embedder import Embedder, load_embedder
from indexer.storage.snapshot import SnapshotStore
from service.catalog.browse import page, view
from service.catalog.corrections import CorrectionSource
from service.catalog.live import LiveCatalog, StockSource
from service.catalog.readings import reading, readings
from service.catalog.stock_patches import StockPatch, StockResult
from service.catalog.view import CatalogView
from service.composition.draft import OutfitDraft
from service.composition.planner import Planned
from service.composition.selection import compose_best
from service.composition.swap import SwapOrder
from service.critic.critic import critic_for
from service.critic.judge import Judge
from service.db.repositories.outfits import Made
from service.db.repositories.styles import Choices
from service.errors import UnavailableError
from service.pictures.piece import Piece
from service.policy.policy import use_policy
from service.policy.score_weights import Weights, tuned_weights
from service.query.conditions import check
from service.query.encoder import QueryEncoder
from service.query.memory import open_memory
from service.query.parser import QueryParser
from service.recommender.critique import CritiqueCase, as_request, critique
from service.recommender.pieces import picture_piece
from service.recommender.progress import ProgressListener, Unwatched
from service.recommender.protocol import Condition
from service.recommender.replay import changed_since, decisions
from service.recommender.response import Clock, ResponseBuilder, identity, shortfall
from service.recommender.style_choice import chosen_style
from service.recommender.trace import trace_of
from service.recommender.understanding import Planning, Understanding, plan_for, understood, unread
from service.recommender.why import why
from service.registry.live_encoder import LiveEncoder
from service.registry.style import Style
from service.registry.style_key import RETRIEVER, StyleKey
from service.registry.styles import Styles
from service.retrieval.adjustments import AdjustmentSource, ScoreAdjustment, digests
from service.retrieval.merchandising import RuleMatch
from service.retrieval.retriever import Retriever
from service.schemas.catalog import ItemPage, ItemQuery, ItemView, Reading, ReadingQuery, Readings
from service.schemas.critique import Critique, CritiqueRequest
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
        told: CorrectionSource | None = None,
    ) -> None:
        """Slow: loads models. Raises ModelError when the embedder is missing. Without `book`, stock is as indexed."""
        check(use_policy(settings.policy_dir))
        self._settings = settings
        self._nudges: AdjustmentSource = nudges or (lambda _: ())
        self._embedder: Embedder = load_embedder(settings.embedder)
        self._memory = open_memory(self._embedder, settings.model_dir) if settings.memory else None
        self._critic = critic_for(self._embedder.digest) if settings.critic else None
        self._live = LiveEncoder(self._embedder, settings.adapters_dir)
        encoder = self._live.current()
        self._reading = encoder, QueryParser(self._embedder, encoder, self._memory)
        self._understanding = Understanding(self._embedder)
        self._stylists = Styles(settings, choices)
        self._holder = LiveCatalog(SnapshotStore(settings.data_dir), self._embedder, book, told)

    def _encoding(self) -> tuple[QueryEncoder, QueryParser]:
        """What a request is read and searched with, from its beginning to its end."""
        encoder, reading = self._live.current(), self._reading
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
        broken = self._stylists.broken_styles() | self._live.broken()
        broken |= {"default": fault} if (fault := self._stylists.default_fault()) else {}
        return Condition(version, created, self._stylists.no_model, broken, self._holder.instead)

    def styles(self) -> list[StyleView]:
        return self._stylists.views()

    def style_fault(self, key: str) -> str | None:
        wanted = StyleKey.parse(key)
        return self._live.fault(wanted.version) if wanted.name == RETRIEVER else self._stylists.fault(key)

    def follow_styles(self) -> None:
        self._stylists.look_again()
        self._live.look_again()

    def close(self) -> None:
        self._holder.close()

    def item(self, sku: str) -> ItemView | None:
        with self._holder.lease() as catalog:
            return None if (found := catalog.find(sku)) is None else view(found.item, sku)

    def items(self, query: ItemQuery) -> ItemPage:
        with self._holder.lease() as catalog:
            return page(query, catalog, self._embedder)

    def reading(self, sku: str) -> Reading | None:
        with self._holder.lease() as catalog:
            return reading(sku, catalog)

    def readings(self, query: ReadingQuery) -> Readings:
        with self._holder.lease() as catalog:
            return readings(query, catalog)

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

    def critique(self, body: CritiqueRequest, request_id: str) -> Critique:
        """What works of the pieces together, and what would help. Raises InvalidError for pieces that nobody knows."""
        if self._critic is None:
            raise UnavailableError("the critic is switched off")
        with self._holder.lease() as catalog:
            wish = self._understanding.read(asked := as_request(body), catalog)
            brief = self._encoding()[1].read(wish.demands.request, wish.demands)
            default, nudges = self._settings.default_department, self._nudges(asked)
            case = CritiqueCase(body, wish.demands, brief, wish.own, nudges, default)
            return critique(case, Retriever(catalog, self._critic), Judge(self._critic, brief), request_id)

    def pieces(self, outfit: Outfit) -> list[Piece]:
        with self._holder.lease() as catalog:
            return [picture_piece(catalog, worn) for worn in outfit.items]

    def difference(self, made: Made) -> str | None:
        """Why composing again would not give what was made; None while all that decided it is unchanged."""
        with self._holder.lease() as catalog:
            nudges, encoder = self._nudges(made.request), self._live.current()

            def now(style: Style) -> list[str]:
                return self._decided_by(catalog, style, nudges, encoder)

            return changed_since(made, catalog.snapshot.version, self._stylists, now)

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
                unread=unread(wish.demands, order),
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
        parts = {
            "default": self._settings.default_department or "",
            "memory": self._memory.digest if self._memory else "",
            "critic": self._critic.digest if self._critic else "",
            "reader": self._understanding.digest,
        }
        decided = [*digests(nudges), *(f"{name}:{part}" for name, part in parts.items())]
        decided += [encoder.digest, str(self._settings.candidates_per_slot)]
        degraded = [] if wanted is None or used.scorer is wanted.scorer else [used.scorer.composer]
        return decisions(catalog, used.ref.digest, [*decided, *degraded])

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
        plain = not encoder.tuned or style.weights != Weights()
        weights = style.weights if plain else tuned_weights()
        worn = encoder.encode_worn if encoder.tuned else None
        judge = None if self._critic is None else Judge(self._critic, answering.brief)
        seed = answering.head.seed
        return compose_best(planned.plans, style.scorer, budget, seed, weights, worn, answering, judge)


open_recommender = StoreRecommender
