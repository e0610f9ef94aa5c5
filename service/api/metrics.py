"""What the service counts and times, in the Prometheus format. Each app has a registry of its own.

Labels come from closed sets (routes, methods, statuses, names of styles on the shelf), so that no client can make
the number of time series grow. Knows no route.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from service.schemas.outfits import OutfitResponse

OTHER = "other"
"""Route of requests for paths that do not exist."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_STAGES = frozenset({"retrieve", "compose", "explain", "total"})
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40)
_CONVERTER = re.compile(r":\w+}")

Read = Callable[[], Iterable[Metric]]


class Metrics:
    """The metrics of one app. Safe to use from any thread."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        one = self.registry
        self._requests = Counter(
            "stylist_requests", "Answered requests.", ["route", "method", "status"], registry=one
        )
        self._seconds = Histogram(
            "stylist_request_seconds",
            "Time to the end of an answer.",
            ["route"],
            buckets=_SECONDS,
            registry=one,
        )
        self._stages = Histogram(
            "stylist_stage_seconds", "Time per stage of composing.", ["stage"], buckets=_SECONDS, registry=one
        )
        self._composed = Counter(
            "stylist_composed", "Answers with outfits, by what composed them.", ["composer"], registry=one
        )
        self.degraded = Counter(
            "stylist_degraded",
            "Answers by retrieval alone although a language model was wanted.",
            registry=one,
        )
        self.rate_limited = Counter("stylist_rate_limited", "Requests answered 429.", registry=one)
        self.turned_away = Counter("stylist_turned_away", "Requests that found the queue full.", registry=one)
        self.feedback_events = Counter(
            "stylist_feedback_events", "Feedback events that were new and were kept.", registry=one
        )
        self.stock_rows = Counter(
            "stylist_stock_rows", "Rows of stock changes that were applied.", registry=one
        )
        self.in_flight = Gauge("stylist_requests_in_flight", "Requests under way.", registry=one)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """One request was answered."""
        known = method if method in _METHODS else OTHER
        self._requests.labels(route, known, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def composed(self, response: OutfitResponse, wants_model: bool) -> None:
        """One request for outfits was composed. `wants_model`: the settings ask for a language model."""
        self._composed.labels(response.composer).inc()
        if wants_model and response.composer == "retrieval":
            self.degraded.inc()
        for stage, milliseconds in response.timings_ms.items():
            if stage in _STAGES:
                self._stages.labels(stage).observe(milliseconds / 1000)
        self._stages.labels("total").observe(sum(response.timings_ms.values()) / 1000)

    def watch(self, name: str, what: str, read: Callable[[], float]) -> None:
        """A gauge whose value is read when somebody asks."""
        Gauge(name, what, registry=self.registry).set_function(read)

    def collect_from(self, read: Read) -> None:
        """Whatever `read` gives whenever somebody asks."""
        self.registry.register(_Collector(read))

    def render(self) -> bytes:
        """All of it, in the text format 0.0.4."""
        return generate_latest(self.registry)


class _Collector(Collector):
    def __init__(self, read: Read) -> None:
        self._read = read

    def describe(self) -> Iterable[Metric]:
        return []  # asked for at registration, before there is anything to read

    def collect(self) -> Iterator[Metric]:
        yield from self._read()


def route_of(scope: Mapping[str, object]) -> str:
    """The template of the route that a request was for, without converters; `OTHER` where there is none."""
    path = getattr(scope.get("route"), "path", None)
    return _CONVERTER.sub("}", path) if isinstance(path, str) else OTHER


def family(name: str, what: str, labels: list[str], rows: Iterable[tuple[list[str], float]]) -> Metric:
    """A gauge of several rows, each of label values and a number."""
    found = GaugeMetricFamily(name, what, labels=labels)
    for values, number in rows:
        found.add_metric(values, number)
    return found


def age_seconds(created: str) -> float:
    """Seconds since an ISO 8601 time."""
    return (datetime.now(UTC) - datetime.fromisoformat(created)).total_seconds()
