"""The HTTP application: routes, middleware and services put together. Knows no more than that."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from fastapi import FastAPI

from service.api import admin, health, items, outfits, reindex
from service.api.contract import Recommender
from service.api.middleware import BodyLimit, RequestContext
from service.api.problem import Problem, install
from service.api.services import Services
from service.api.serving import Gate, Serving
from service.indexing import build_index
from service.jobs import Build, BuildOrder, JobRunner
from service.keys import KeyRing
from service.settings import Settings
from service.state import State

if TYPE_CHECKING:
    from indexer.build import ProgressSink
    from indexer.report import BuildReport


class StylistApp(FastAPI):
    """FastAPI whose OpenAPI document knows the problem body."""

    def openapi(self) -> dict[str, Any]:
        if not self.openapi_schema:
            schema = super().openapi()
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            nested = problem.pop("$defs", {})
            schema.setdefault("components", {}).setdefault("schemas", {}).update(Problem=problem, **nested)
        return super().openapi()


def create_app(
    settings: Settings, recommender: Recommender | None = None, build: Build | None = None
) -> FastAPI:
    """The service over one data directory. A given recommender is closed with the app.

    Without one, the real one is opened in the background after start-up; until then `/readyz` answers 503.
    `build` carries out reindex requests; the indexer does when it is None.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        running = await to_thread.run_sync(_start, settings, recommender, build)
        app.state.services = running
        try:
            yield
        finally:
            await to_thread.run_sync(_stop, running)

    app = StylistApp(
        title="Vibe stylist",
        version=version("vibe-stylist"),
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url="/docs",
        redoc_url=None,
    )
    for part in (health, outfits, items, admin, reindex):
        app.include_router(part.router)
    install(app)
    app.add_middleware(
        BodyLimit,
        max_body=settings.max_body_bytes,
        max_upload=settings.max_upload_bytes,
        upload_paths=(reindex.REINDEX_PATH,),
    )
    app.add_middleware(RequestContext)  # added last: outermost
    return app


def _start(settings: Settings, recommender: Recommender | None, build: Build | None) -> Services:
    state = State(settings.data_dir)
    # Uploads of a process that died: their jobs died with it.
    shutil.rmtree(settings.data_dir / reindex.UPLOADS_FOLDER, ignore_errors=True)
    serving = Serving((lambda: recommender) if recommender is not None else (lambda: _open(settings)))
    jobs = JobRunner(state, build or _builder(settings), serving.refresh)
    serving.start()
    return Services(settings, state, KeyRing(state), serving, jobs, Gate(settings.queue_size))


def _builder(settings: Settings) -> Build:
    def build(order: BuildOrder, progress: ProgressSink) -> BuildReport:
        return build_index(settings, order.feeds, allow_rejects=order.allow_rejects, progress=progress)

    return build


def _stop(running: Services) -> None:
    running.jobs.close()
    running.serving.close()
    running.state.close()


def _open(settings: Settings) -> Recommender:
    from service.recommender import open_recommender  # loads torch: only when the app really starts

    return open_recommender(settings)
