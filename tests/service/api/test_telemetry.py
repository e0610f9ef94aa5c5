"""Traces: one span per request, and nothing in it that was typed."""

from __future__ import annotations

import sys

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from indexer.errors import StylistError
from service.api.app import create_app
from service.api.telemetry import instrument

pytestmark = pytest.mark.anyio


async def test_a_request_is_a_span_without_query_path_and_address(settings, fake):
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    app = create_app(settings, fake)
    instrument(app, provider)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        await client.get("/v1/items/secret-sku?q=private")
        await client.get("/healthz")
    (span,) = exporter.get_finished_spans()
    assert span.name == "GET /v1/items/{sku:path}"
    told = str(dict(span.attributes or {}))
    for secret in ("secret-sku", "private", "127.0.0.1"):
        assert secret not in told


async def test_without_the_packages_it_says_what_to_install(settings, monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.instrumentation.fastapi", None)
    with pytest.raises(StylistError, match=r"vibe-stylist\[otel\]"):
        create_app(settings.model_copy(update={"otel": True}))
