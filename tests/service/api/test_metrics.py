"""What the metrics say, and that clients cannot make them grow."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from fake_recommender import FakeRecommender
from prometheus_client.parser import text_string_to_metric_families

from service.recommender.protocol import Condition
from service.schemas.outfits import OutfitResponse

pytestmark = pytest.mark.anyio

OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"
VIBE = {"vibe": "rooftop jazz"}

Sample = tuple[str, frozenset[tuple[str, str]]]


async def scraped(running) -> dict[Sample, float]:
    response = await running.client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def sample(name: str, **labels: str) -> Sample:
    return name, frozenset(labels.items())


async def test_requests_are_counted_by_route_method_and_status(running):
    for outfit in ("a", "b", "c"):
        await running.client.get(f"/v1/outfits/{outfit}")
    await running.client.post("/v1/outfits", json=VIBE)
    found = await scraped(running)
    route = "/v1/outfits/{outfit_id}"
    assert found[sample("stylist_requests_total", route=route, method="GET", status="404")] == 3
    assert found[sample("stylist_request_seconds_count", route=route)] == 3
    assert found[sample("stylist_requests_total", route="/v1/outfits", method="POST", status="200")] == 1


async def test_unknown_paths_and_methods_share_one_label(running):
    for number in range(20):
        await running.client.get(f"/nowhere/{number}")
        await running.client.request(f"METHOD{number}", "/v1/styles")
        await running.client.get(f"/v1/items/{number}/with/slashes")
    labels = {
        dict(labels)["route"] for name, labels in await scraped(running) if name == "stylist_requests_total"
    }
    assert labels == {"other", "/v1/styles", "/v1/items/{sku}"}
    methods = {
        dict(labels)["method"] for name, labels in await scraped(running) if name == "stylist_requests_total"
    }
    assert methods == {"GET", "other"}


class Timed(FakeRecommender):
    def compose(self, *arguments: Any, **named: Any) -> OutfitResponse:
        timings = {"retrieve": 12.0, "compose": 30.0, "explain": 1.0, "made-up": 5.0}
        return super().compose(*arguments, **named).model_copy(update={"timings_ms": timings})


async def test_composing_is_timed_by_stage_and_counted_by_composer(start, settings):
    async with start(settings, Timed()) as running:
        await running.client.post("/v1/outfits", json=VIBE)
        found = await scraped(running)
    assert found[sample("stylist_composed_total", composer="retrieval")] == 1
    assert found[sample("stylist_degraded_total")] == 1  # a language model was wanted
    stages = {dict(labels)["stage"] for name, labels in found if name == "stylist_stage_seconds_count"}
    assert stages == {"retrieve", "compose", "explain", "total"}
    assert found[sample("stylist_stage_seconds_sum", stage="compose")] == pytest.approx(0.03)


async def test_retrieval_that_was_asked_for_is_not_degraded(start, settings, fake):
    async with start(settings.model_copy(update={"composer": "retrieval"}), fake) as running:
        await running.client.post("/v1/outfits", json=VIBE)
        assert (await scraped(running))[sample("stylist_degraded_total")] == 0


async def test_what_is_served_is_shown_and_only_that(running):
    found = await scraped(running)
    assert found[sample("stylist_index_info", version="v1")] == 1
    assert found[sample("stylist_index_age_seconds")] > 0
    assert found[sample("stylist_style_info", style="house", version="1", digest="d1")] == 1
    assert found[sample("stylist_ready")] == 1
    assert found[sample("stylist_queue_places")] == running.services.settings.queue_size
    assert sample("process_resident_memory_bytes") in found
    running.services.serving.drain()
    names = {name for name, _ in await scraped(running)}
    assert "stylist_requests_total" in names
    assert not {"stylist_index_info", "stylist_style_info"} & names


async def test_every_metric_is_documented(running):
    await running.client.post("/v1/outfits", json=VIBE)
    text = (await running.client.get("/metrics")).text
    found = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in text_string_to_metric_families(text)
        if family.name.startswith("stylist_") and not family.name.endswith("_created")
    }
    listed = set(re.findall(r"^\| `(stylist_\w+)`", OPERATIONS.read_text(), re.MULTILINE))
    assert found | {"stylist_jobs"} == listed  # no job ever ran here


async def test_readiness_says_what_is_missing(start, settings):
    class Partly(FakeRecommender):
        def condition(self) -> Condition:
            return Condition("v1", "2026-01-01T00:00:00Z", "no weights", {"chanel@2": "another base model"})

    recommender = Partly()
    async with start(settings, recommender) as running:
        ready = await running.client.get("/readyz")
        assert ready.status_code == 200
        said = ready.json()
        assert said["status"] == "ready"
        assert (
            said["checks"].items()
            >= {
                "database": "ok",
                "index": "ok",
                "model": "composing by retrieval alone: no weights",
                "styles": "chanel@2: another base model",
            }.items()
        )
        running.services.serving.drain()
        draining = await running.client.get("/readyz")
        assert (draining.status_code, draining.headers["retry-after"]) == (503, "5")
        assert draining.headers["content-type"] == "application/problem+json"
        assert draining.json()["detail"].startswith("draining")
        assert draining.json()["checks"]["database"] == "ok"
        refused = await running.client.post("/v1/outfits", json=VIBE)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert (await running.client.get("/healthz")).status_code == 200
