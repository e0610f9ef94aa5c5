"""What is left in doubt is refused: unknown query parameters, doubled names, methods, and requests sent twice."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.anyio

WISH = {"vibe": "jazz", "count": 1}


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("/v1/items?limit=2&colour=red", "limit"),
        ("/v1/styles?x=1", "none"),
        ("/v1/outfits/x?repaly=true", "replay"),
        ("/v1/outfits/x/image?widht=300", "width"),
    ],
)
async def test_a_query_parameter_that_nobody_reads_is_named(running, path, known):
    answer = await running.client.get(path)
    assert answer.status_code == 422
    error = answer.json()["errors"][0]
    assert error["field"] in path
    assert known in error["message"]


async def test_those_that_are_read_are_fine(running):
    assert (await running.client.get("/v1/items?limit=2&slot=top")).status_code == 200
    assert (await running.client.post("/v1/outfits?x=1", json=WISH)).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "body", "name"),
    [
        ("POST", "/v1/outfits", '{"vibe": "jazz", "vibe": "rock"}', "vibe"),
        ("POST", "/v1/outfits", '{"vibe": "jazz", "budget": {"max": 9, "max": 900}}', "max"),
        ("POST", "/v1/feedback", '[{"event_id": "a", "event_id": "b"}]', "event_id"),
        ("PATCH", "/v1/admin/stock", '[{"sku": "a", "quantity": 1, "quantity": 0}]', "quantity"),
        ("POST", "/v1/admin/reindex", '{"path": "a.csv", "path": "b.csv"}', "path"),
    ],
)
async def test_a_name_that_stands_twice_is_named(running, method, path, body, name):
    headers = running.staff() | {"Content-Type": "application/json"}
    answer = await running.client.request(method, path, content=body, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": name, "message": "stands twice in one object: say it once"}]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'"\\ud800"'])
async def test_what_is_no_json_is_said_as_before(running, body):
    answer = await running.client.post(
        "/v1/outfits", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/v1/items", "GET"),
        ("DELETE", "/v1/outfits", "POST"),
        ("POST", "/v1/admin/looks/x", "DELETE, GET, PATCH, PUT"),
        ("DELETE", "/v1/admin/rules", "GET, POST"),
    ],
)
async def test_what_a_path_allows_is_told_whichever_route_has_it(running, method, path, allow):
    answer = await running.client.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == allow
    assert answer.headers["content-type"] == "application/problem+json"


def preflight(method, origin="https://shop.example", headers="content-type"):
    return {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": headers,
    }


async def test_preflights_tell_what_this_path_takes(start, settings, fake):
    named = settings.model_copy(update={"cors_origins": ("https://shop.example",)})
    async with start(named, fake) as running:

        async def ask(path, **asked):
            return await running.client.options(path, headers=preflight(**asked))

        good = await ask("/v1/outfits", method="POST", headers="authorization, idempotency-key")
        assert good.status_code == 200
        assert good.headers["access-control-allow-methods"] == "POST"
        for path, status, asked in [
            ("/v1/outfits", 405, {"method": "DELETE"}),
            ("/v1/nothing", 404, {"method": "GET"}),
            ("/v1/outfits", 400, {"method": "POST", "origin": "https://evil.example"}),
            ("/v1/outfits", 400, {"method": "POST", "headers": "x-odd"}),
        ]:
            answer = await ask(path, **asked)
            assert answer.status_code == status, (path, asked)
            assert answer.headers["content-type"] == "application/problem+json"


async def test_a_post_that_is_sent_again_is_answered_again(running):
    headers = running.shopper() | {"Idempotency-Key": "one"}
    wish = WISH | {"seed": 3}
    first = await running.client.post("/v1/outfits", json=wish, headers=headers)
    composed = len(running.fake.requests) if hasattr(running, "fake") else None
    again = await running.client.post("/v1/outfits", json=wish, headers=headers)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert composed is None or len(running.fake.requests) == composed
    other = await running.client.post("/v1/outfits", json=wish | {"seed": 4}, headers=headers)
    assert other.status_code == 422
    assert other.json()["errors"][0]["field"] == "Idempotency-Key"
    stranger = await running.client.post(
        "/v1/outfits", json=wish | {"seed": 5}, headers=running.shopper() | {"Idempotency-Key": "one"}
    )
    assert stranger.status_code == 200  # keys of one caller are nobody else's


async def test_staff_make_a_thing_once(running):
    headers = running.staff() | {"Idempotency-Key": "rule"}
    rule = {"action": "boost", "match": {"brands": ["Acme"]}, "strength": 0.5}
    first = await running.client.post("/v1/admin/rules", json=rule, headers=headers)
    again = await running.client.post("/v1/admin/rules", json=rule, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert len((await running.client.get("/v1/admin/rules", headers=headers)).json()) == 1


async def test_what_failed_may_be_tried_again_with_the_same_key(running):
    headers = {"Idempotency-Key": "x"}
    bad = await running.client.post("/v1/outfits", json={"vibe": ""}, headers=headers)
    assert bad.status_code == 422
    assert (await running.client.post("/v1/outfits", json=WISH, headers=headers)).status_code == 200
    for key in ("", "a b", "x" * 201):
        answer = await running.client.post("/v1/outfits", json=WISH, headers={"Idempotency-Key": key})
        assert answer.status_code == 422


async def test_every_post_documents_the_key(running):
    paths = running.app.openapi()["paths"]
    for path, operations in paths.items():
        if "post" in operations:
            names = {each["name"].lower() for each in operations["post"].get("parameters", ())}
            assert "idempotency-key" in names, path
            assert "409" in operations["post"]["responses"], path


async def test_docs_and_metrics_can_be_closed(start, settings, fake):
    closed = settings.model_copy(update={"docs": False, "metrics": "off"})
    async with start(closed, fake) as running:
        for path in ("/docs", "/openapi.json", "/metrics"):
            answer = await running.client.get(path)
            assert answer.status_code == 404
            assert answer.headers["content-type"] == "application/problem+json"
    async with start(settings.model_copy(update={"metrics": "staff"}), fake) as running:
        assert (await running.client.get("/metrics")).status_code == 401
        assert (await running.client.get("/metrics", headers=running.shopper())).status_code == 403
        assert (await running.client.get("/metrics", headers=running.staff())).status_code == 200


def test_doubled_names_read_as_json_otherwise():
    from service.api.intake.strictness import read_json

    text = b'{"a": [1, {"b": null}], "c": "\\u00e9", "d": {"a": 1}}'
    assert read_json(text) == json.loads(text)
