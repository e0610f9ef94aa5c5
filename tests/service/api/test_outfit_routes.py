"""Composing over HTTP: the answers, what is kept of them, and that waiting blocks nobody."""

from __future__ import annotations

import threading
from dataclasses import replace

import anyio
import httpx
import pytest
from fake_recommender import FakeRecommender

from service.db.repositories.outfits import read_made
from service.errors import InvalidError, NotFoundError, TooManyError

pytestmark = pytest.mark.anyio


async def test_outfits_are_composed_and_given_back_by_id(running):
    response = await running.client.post("/v1/outfits", json={"vibe": "rooftop jazz", "count": 2, "seed": 7})
    assert response.status_code == 200
    body = response.json()
    assert [o["id"] for o in body["outfits"]] == ["7-0", "7-1"]
    assert body["request_id"] == response.headers["x-request-id"]
    assert (body["composer"], body["seed"], body["outfits"][0]["total_price"]) == ("retrieval", 7, 150.0)
    again = await running.client.get("/v1/outfits/7-1")
    assert again.json() == body["outfits"][1]
    assert read_made(running.services.state, "7-1").request.vibe == "rooftop jazz"


async def test_unmet_constraints_come_with_no_outfits(running):
    response = await running.client.post("/v1/outfits", json={"vibe": "gala", "budget": {"max": 149.99}})
    assert response.status_code == 200
    assert response.json()["outfits"] == []
    assert response.json()["unmet"][0]["constraint"] == "budget"


async def test_an_unknown_outfit_is_not_found(running):
    response = await running.client.get("/v1/outfits/nope")
    assert response.status_code == 404
    assert "nope" in response.json()["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "vibe"),
        ({"vibe": "  "}, "vibe"),
        ({"vibe": "..."}, "vibe"),
        ({"vibe": "x", "budget": {"max": -1}}, "budget.max"),
        ({"vibe": "x", "budget": {"max": 1, "currency": "eur"}}, "budget.currency"),
        ({"vibe": "x", "count": 11}, "count"),
        ({"vibe": "x", "anchors": ["A", ""]}, "anchors.1"),
        ({"vibe": "x", "anchors": ["A", "A"]}, "anchors"),
        ({"vibe": "x", "slots": ["top", "top"]}, "slots"),
        ({"vibe": "x", "sizes": {"hat": ["M"]}}, "sizes.hat"),
        ({"vibe": "x", "weather": {"wind": 3}}, "weather.wind"),
        ({"vibe": "x", "surprise": 1}, "surprise"),
        ([], "body"),
    ],
)
async def test_an_invalid_field_is_named(running, body, field):
    response = await running.client.post("/v1/outfits", json=body)
    assert response.status_code == 422
    assert [e["field"] for e in response.json()["errors"]] == [field]
    assert field in response.json()["detail"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"vibe": ', "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"vibe": "x"}', "text/plain"),
        (b'{"vibe": "x"}', ""),
        (b"", "application/json"),
        (b'{"vibe": "x", "\\ud800": 1}', "application/json"),
        (b'{"vibe": "\\ud800"}', "application/json"),
        (b'{"vibe": "x", "budget": {"max": Infinity}}', "application/json"),
    ],
)
async def test_a_body_that_is_no_request_is_a_422(running, content, kind):
    headers = {"Content-Type": kind} if kind else {}
    response = await running.client.post("/v1/outfits", content=content, headers=headers)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["errors"]


async def test_errors_of_the_recommender_keep_their_status(running, fake):
    for error, status in [
        (NotFoundError("no such style"), 404),
        (InvalidError.at("anchors.0", "unknown SKU 'A'"), 422),
        (TooManyError("slow down", retry_after=9), 429),
    ]:
        fake.error = error
        response = await running.client.post("/v1/outfits", json={"vibe": "x"})
        assert (response.status_code, response.json()["detail"]) == (status, error.detail)
    assert response.headers["retry-after"] == "9"


async def test_composing_leaves_the_service_responsive_and_the_queue_bounded(settings, fake, start):
    fake.hold = threading.Event()
    settings = settings.model_copy(update={"queue_size": 2})
    results: list[httpx.Response] = []
    async with start(settings, fake) as running:

        async def compose(seed: int) -> None:
            results.append(await running.client.post("/v1/outfits", json={"vibe": "x", "seed": seed}))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(compose, 1)
            tasks.start_soon(compose, 2)
            for _ in range(2):
                assert await anyio.to_thread.run_sync(fake.composing.acquire, True, 10)
            assert (await running.client.get("/healthz")).status_code == 200
            assert results == []
            turned_away = await running.client.post("/v1/outfits", json={"vibe": "x"})
            assert turned_away.status_code == 503
            assert int(turned_away.headers["retry-after"]) > 0
            fake.hold.set()
        assert sorted(r.json()["seed"] for r in results) == [1, 2]
        assert (await running.client.post("/v1/outfits", json={"vibe": "x"})).status_code == 200


async def test_styles_are_listed(running):
    (style,) = (await running.client.get("/v1/styles")).json()
    assert (style["name"], style["default"], style["layout"]) == ("house", True, "scored")


def test_the_fake_follows_the_contract():
    from service.recommender.protocol import Recommender
    from service.schemas.catalog import ItemQuery

    recommender: Recommender = FakeRecommender()
    assert recommender.items(replace(ItemQuery(), limit=2)).next_cursor == "2"
