"""Makes the services that the routes work with when the app starts, and ends them when it stops. Knows no route."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from service.api.concurrency import Gate
from service.api.dependencies import Services
from service.api.intake.idempotency import Replies
from service.api.metrics import Metrics
from service.api.rate_limit import Limits
from service.db.repositories.corrections import CorrectionRepository
from service.db.repositories.events import EventRepository
from service.db.repositories.grades import GradeRepository
from service.db.repositories.jobs import JobRepository
from service.db.repositories.keys import KeyRepository
from service.db.repositories.looks import LookRepository
from service.db.repositories.requests import RequestRepository
from service.db.repositories.rules import RuleRepository
from service.db.repositories.stock import StockRepository
from service.db.repositories.styles import StylePolicyRepository
from service.db.repositories.taste import TasteRepository
from service.db.session import State
from service.indexing.build import build_index
from service.indexing.order import Build, BuildOrder
from service.indexing.runner import JobRunner
from service.recommender.handle import RecommenderHandle
from service.recommender.protocol import Recommender
from service.retrieval.adjustments import ScoreAdjustment
from service.schemas.outfits import OutfitRequest
from service.settings import Settings

if TYPE_CHECKING:
    from indexer.pipeline.build import ProgressSink
    from indexer.pipeline.report import BuildReport


def start(
    settings: Settings, metrics: Metrics, recommender: Recommender | None, build: Build | None
) -> Services:
    """Opens the state and begins to open the recommender, which goes on in the background."""
    state = State.of(settings)
    rules, chosen = RuleRepository(state), StylePolicyRepository(state)
    told = CorrectionRepository(state)
    serving = RecommenderHandle(
        (lambda: recommender)
        if recommender is not None
        else (lambda: _open(settings, state, rules, chosen, told))
    )
    jobs = JobRunner(state, build or _builder(settings), serving.refresh, settings.data_dir)
    serving.start()
    jobs.start()
    return Services(
        settings=settings,
        state=state,
        keys=KeyRepository(state),
        rules=rules,
        corrections=told,
        styles=chosen,
        requests=RequestRepository(
            state, settings.keep_days, keep_vibes=bool(settings.keep_vibes), also=[JobRepository(state).prune]
        ),
        feedback=EventRepository(state),
        looks=LookRepository(state),
        grades=GradeRepository(state),
        serving=serving,
        jobs=jobs,
        gate=Gate(settings.queue_size, metrics.turned_away.inc),
        limits=Limits(settings.rate_per_minute, metrics.rate_limited.inc),
        metrics=metrics,
        replies=Replies(),
    )


def _builder(settings: Settings) -> Build:
    def build(order: BuildOrder, progress: ProgressSink) -> BuildReport:
        return build_index(
            settings,
            order.feeds,
            allow_rejects=order.allow_rejects,
            dry_run=order.dry_run,
            max_removed=order.max_removed,
            started=order.started,
            confirm_prices=order.confirm_prices,
            hosts=settings.feed_hosts or (),
            progress=progress,
        )

    return build


def stop(running: Services) -> None:
    """Ends what runs in the background and closes what was opened. Blocks while that takes."""
    running.jobs.close()
    running.serving.close()
    running.requests.close()
    running.state.close()


def _open(
    settings: Settings,
    state: State,
    rules: RuleRepository,
    chosen: StylePolicyRepository,
    told: CorrectionRepository,
) -> Recommender:
    from service.recommender.recommender import (
        open_recommender,  # loads torch: only when the app really starts
    )

    tastes = TasteRepository(state, settings.personalise)

    def nudges(asked: OutfitRequest) -> Sequence[ScoreAdjustment]:
        return [*rules.nudges(asked), *tastes.nudges(asked)]

    return open_recommender(settings, nudges, StockRepository(state), chosen.choices, told)
