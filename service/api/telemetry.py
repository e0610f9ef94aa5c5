"""Traces by OpenTelemetry, when they are asked for. Knows no route.

Where traces go is set as OpenTelemetry has it set everywhere, by its `OTEL_*` variables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI

from indexer.errors import StylistError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

SERVICE_NAME = "vibe-stylist"
_QUIET = "healthz,readyz,metrics"
_TELLING = ("url.full", "url.query", "url.path", "http.url", "http.target")
"""Attributes that would hold what shoppers typed; the route stays."""
_ADDRESSES = ("client.address", "net.peer.ip", "client.port", "net.peer.port")


def instrument(app: FastAPI, provider: TracerProvider | None = None, client_address: bool = False) -> None:
    """One span per request, without query, path and client address.

    Spans go to `provider`, else by OTLP over HTTP. Raises StylistError when the packages are not installed.
    """
    try:
        from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
    except ImportError as error:
        raise StylistError(
            "STYLIST_OTEL is on, but OpenTelemetry is not installed: pip install 'vibe-stylist[otel]'"
        ) from error
    hidden = _TELLING if client_address else _TELLING + _ADDRESSES

    def hide(span: Span, _scope: dict[str, Any]) -> None:
        for name in hidden:
            if name in (getattr(span, "attributes", None) or {}):
                span.set_attribute(name, "")

    FastAPIInstrumentor.instrument_app(
        app,
        tracer_provider=provider or _exporting(),
        server_request_hook=hide,
        excluded_urls=_QUIET,
        exclude_spans=["receive", "send"],
    )


def _exporting() -> TracerProvider:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise StylistError(
            "STYLIST_OTEL is on, but its exporter is not installed: pip install 'vibe-stylist[otel]'"
        ) from error
    provider = TracerProvider(resource=Resource.create({"service.name": SERVICE_NAME}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
