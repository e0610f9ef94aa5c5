"""What every response carries, and what every error looks like."""

from __future__ import annotations

import json
import logging

import pytest

from indexer.errors import FeedError, ModelError, SnapshotError, StylistError
from service.cli.logging import JsonFormatter
from service.errors import UnavailableError

pytestmark = pytest.mark.anyio

VIBE = {"vibe": "rooftop jazz"}


async def test_an_error_is_a_problem_document(running):
    response = await running.client.get("/v1/outfits/nope")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "about:blank",
        "title": "Not found",
        "status": 404,
        "detail": "no outfit 'nope'",
        "instance": "/v1/outfits/nope",
        "request_id": response.headers["x-request-id"],
        "errors": [],
    }


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("GET", "/v1/styles/", 404), ("DELETE", "/v1/outfits", 405)],
)
async def test_the_routers_own_errors_are_problems(running, method, path, status):
    response = await running.client.request(method, path)
    assert (response.status_code, response.json()["status"]) == (status, status)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["instance"] == path
    if status == 405:
        assert response.headers["allow"] == "POST"


async def test_an_unexpected_error_shows_nothing_of_the_inside(running, fake, caplog):
    fake.error = RuntimeError("secret of the inside")
    response = await running.client.post("/v1/outfits", json=VIBE)
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert "secret" not in response.text
    assert response.json()["request_id"] == response.headers["x-request-id"]
    logged = [r for r in caplog.records if r.name == "stylist.error"]
    assert response.headers["x-request-id"] in logged[0].getMessage()
    assert "secret of the inside" in logged[0].exc_text


@pytest.mark.parametrize(
    ("error", "status"),
    [(FeedError, 422), (SnapshotError, 503), (ModelError, 503), (UnavailableError, 503), (StylistError, 500)],
)
async def test_errors_written_for_people_are_shown(running, fake, error, status):
    fake.error = error("vectors.faiss is damaged")
    response = await running.client.post("/v1/outfits", json=VIBE)
    assert (response.status_code, response.json()["detail"]) == (status, "vectors.faiss is damaged")
    assert ("retry-after" in response.headers) == (status == 503)


async def test_a_sane_request_id_is_kept_and_another_replaced(running):
    kept = await running.client.get("/healthz", headers={"X-Request-ID": "web-7.a_B"})
    assert kept.headers["x-request-id"] == "web-7.a_B"
    for bad in ("", "a b", "x" * 65, 'a"b', "é"):
        answer = await running.client.get("/healthz", headers={"X-Request-ID": bad.encode("latin-1")})
        assert len(answer.headers["x-request-id"]) == 32
    composed = await running.client.post("/v1/outfits", json=VIBE, headers={"X-Request-ID": "mine"})
    assert composed.json()["request_id"] == "mine"


async def test_responses_carry_security_headers(running):
    api = await running.client.get("/v1/styles")
    assert api.headers["x-content-type-options"] == "nosniff"
    assert api.headers["x-frame-options"] == "DENY"
    assert api.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in api.headers["content-security-policy"]
    docs = await running.client.get("/docs")
    assert (docs.status_code, docs.headers["x-content-type-options"]) == (200, "nosniff")
    assert "script-src 'self';" in docs.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in docs.headers["content-security-policy"]
    assert "strict-transport-security" not in api.headers  # said by whoever ends TLS, and never without it


async def test_the_access_log_holds_no_body_query_or_key(running, caplog):
    caplog.set_level(logging.INFO, "stylist.access")
    headers = running.shopper()
    await running.client.post("/v1/outfits", json=VIBE, headers=headers)
    await running.client.get("/v1/items", params={"q": "private words"}, headers=headers)
    await running.client.get("/nowhere/private")
    lines = [JsonFormatter().format(r) for r in caplog.records if r.name == "stylist.access"]
    found = [json.loads(line) for line in lines]
    assert [(line["method"], line["route"], line["status"]) for line in found] == [
        ("POST", "/v1/outfits", 200),
        ("GET", "/v1/items", 200),
        ("GET", "other", 404),
    ]
    (key,) = running.services.keys.list()
    assert [line.get("key") for line in found] == [key.id, key.id, None]
    assert all(line["ms"] >= 0 and len(line["request_id"]) == 32 for line in found)
    for secret in ("jazz", "private", headers["Authorization"].split()[1], "127.0.0.1"):
        assert secret not in "".join(lines)


async def test_settings_let_the_vibe_and_the_address_into_the_log(start, settings, fake, caplog):
    caplog.set_level(logging.INFO, "stylist.access")
    chatty = settings.model_copy(update={"log_shopper_text": True, "log_client_address": True})
    async with start(chatty, fake) as running:
        await running.client.post("/v1/outfits", json=VIBE)
    (line,) = [json.loads(JsonFormatter().format(r)) for r in caplog.records if r.name == "stylist.access"]
    assert (line["vibe"], line["client"]) == ("rooftop jazz", "127.0.0.1")


async def test_a_failure_logs_where_and_nothing_that_was_typed(running, fake, caplog):
    fake.error = RuntimeError("inside")
    headers = running.shopper()
    await running.client.post("/v1/outfits", json={"vibe": "unhappy private birthday"}, headers=headers)
    written = "".join(JsonFormatter().format(r) for r in caplog.records)
    assert "RuntimeError: inside" in written
    for secret in ("unhappy", "private", headers["Authorization"].split()[1]):
        assert secret not in written
