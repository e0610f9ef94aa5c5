"""The HTTP application: routes, middleware and services put together. Knows no more than that."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from anyio import to_thread
from fastapi import FastAPI
from starlette.routing import Route

from service.api.body_limit import BodyLimit, BodyRules
from service.api.dependencies import Services
from service.api.errors import Problem, install
from service.api.gauges import observe
from service.api.intake.strangers import Strangers
from service.api.lifespan import start, stop
from service.api.metrics import Metrics
from service.api.middleware import RequestContext, ShopperCors
from service.api.routes import (
    events,
    health,
    index,
    items,
    looks,
    outfits,
    reindex,
    reports,
    rules,
    stock,
    styles,
)
from service.api.telemetry import instrument
from service.indexing.order import Build
from service.policy.policy import use_policy
from service.query.conditions import check
from service.recommender.protocol import Recommender
from service.settings import Settings
from service.web.site import routers
from service.web.staff.feed import FEED

_PARTS = (
    health,
    outfits,
    items,
    index,
    reindex,
    stock,
    rules,
    events,
    looks,
    styles,
    reports,
)


class StylistApp(FastAPI):
    """FastAPI whose OpenAPI document knows the problem body."""

    def openapi(self) -> dict[str, Any]:
        if not self.openapi_schema:
            schema = super().openapi()
            known = schema.setdefault("components", {}).setdefault("schemas", {})
            for body in (Problem, health.NotReady):
                found = body.model_json_schema(ref_template="#/components/schemas/{model}")
                known |= {**found.pop("$defs", {}), body.__name__: found}
        return super().openapi()


def create_app(
    settings: Settings, recommender: Recommender | None = None, build: Build | None = None
) -> FastAPI:
    """The service over one data directory. A given recommender is closed with the app.

    Without one, the real one is opened in the background after start-up; until then `/readyz` answers 503.
    `build` carries out reindex requests; the indexer does when it is None. Raises PolicyError for a store's own table
    that says what cannot be meant.
    """
    check(use_policy(settings.policy_dir))  # rather now than when the first request comes
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        running = await to_thread.run_sync(start, settings, metrics, recommender, build)
        app.state.services = running
        observe(metrics, running)
        try:
            yield
        finally:
            await to_thread.run_sync(stop, running)

    app = StylistApp(
        title="Vibe stylist",
        version=version("vibe-stylist"),
        lifespan=lifespan,
        redirect_slashes=False,
        openapi_url="/openapi.json" if settings.docs else None,
        docs_url=None,  # a page of our own, which asks nobody else
        redoc_url=None,
    )
    served = [*(part.router for part in _PARTS), *routers()]
    for router in served:
        app.include_router(router)
    app.state.served = [route for router in served for route in router.routes if isinstance(route, Route)]
    install(app)
    rules = BodyRules(
        settings.max_body_bytes,
        settings.max_upload_bytes,
        settings.body_timeout_seconds,
        upload_paths=(reindex.REINDEX_PATH, FEED),
        wider={stock.STOCK_PATH: stock.MAX_STOCK_BYTES},
    )
    app.add_middleware(BodyLimit, rules=rules)
    app.add_middleware(Strangers, hosts=settings.allowed_hosts or (), origins=settings.cors_origins or ())
    if settings.cors_origins:
        app.add_middleware(ShopperCors, origins=settings.cors_origins)
    app.add_middleware(RequestContext, settings=settings, metrics=metrics)  # added last: outermost
    if settings.otel:
        instrument(app, client_address=settings.log_client_address)
    return app


def drain(app: FastAPI) -> None:
    """Answer 503 to whatever comes from now on; what is under way goes on. Nothing to do before the app has started."""
    running = getattr(app.state, "services", None)
    if isinstance(running, Services):
        running.serving.drain()
