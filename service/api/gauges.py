"""What the metrics read from the running services whenever somebody asks. Knows no route."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from prometheus_client.metrics_core import Metric

from service.api.dependencies import Services
from service.api.metrics import Metrics, age_seconds, family
from service.db.repositories.jobs import JobRepository
from service.errors import ProblemError

_log = logging.getLogger("stylist.error")


def observe(metrics: Metrics, running: Services) -> None:
    """Have these services asked at each scrape."""
    metrics.watch(
        "stylist_queue_places", "Requests for outfits that may be under way.", lambda: running.gate.places
    )
    metrics.watch(
        "stylist_queue_taken", "Requests for outfits that are under way.", lambda: running.gate.taken
    )
    metrics.watch(
        "stylist_ready", "1 while outfits can be composed.", lambda: running.serving.not_ready() is None
    )
    metrics.collect_from(lambda: _served(running))
    metrics.collect_from(lambda: _jobs(running))


def _served(running: Services) -> Iterator[Metric]:
    try:
        condition = running.serving.condition()
        styles = running.serving.get().styles() if condition is not None else []
    except ProblemError:  # no index, or stopping: nothing is served, and that is no failure of the scrape
        return
    if condition is None or condition.index_version is None or condition.index_created is None:
        return
    version, created = condition.index_version, condition.index_created
    yield family("stylist_index_info", "The index that is served.", ["version"], [([version], 1)])
    yield family("stylist_index_age_seconds", "Time since it was built.", [], [([], age_seconds(created))])
    rows = [([style.name, style.version, style.digest], 1.0) for style in styles]
    yield family("stylist_style_info", "Styles that are served.", ["style", "version", "digest"], rows)
    broken = float(len(condition.broken_styles))
    yield family("stylist_styles_broken", "Styles on the shelf that cannot be used.", [], [([], broken)])


def _jobs(running: Services) -> Iterator[Metric]:
    try:
        rows = [([status], float(n)) for status, n in JobRepository(running.state).count().items()]
    except ProblemError as error:  # the database is away: the other metrics matter all the more
        _log.error("metrics: jobs cannot be counted: %s", error)
        return
    yield family("stylist_jobs", "Index builds that are remembered.", ["status"], rows)
