"""A service without keys answers its own machine, and no page of another site that got a browser to ask."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio

WISH = {"vibe": "jazz", "count": 1}


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:8000", "[::1]:8000", "shop.localhost", "stylist", "test"]
)
async def test_names_and_addresses_of_this_machine_are_answered(running, host):
    answer = await running.client.post("/v1/outfits", json=WISH, headers={"Host": host})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "a.b.", "x[.y"]
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("GET", "/v1/items"), ("POST", "/v1/outfits")])
async def test_a_name_that_was_bound_to_this_machine_is_not(running, host, method, path):
    answer = await running.client.request(method, path, json=WISH, headers={"Host": host})
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert "STYLIST_ALLOWED_HOSTS" in answer.json()["detail"]


async def test_a_named_host_is_answered_and_so_is_any_with_a_key(start, settings, fake):
    named = settings.model_copy(update={"allowed_hosts": ("shop.example",)})
    async with start(named, fake) as running:
        ask = running.client.get
        assert (await ask("/v1/items", headers={"Host": "shop.example:80"})).status_code == 200
        assert (await ask("/v1/items", headers={"Host": "other.example"})).status_code == 403
        key = running.shopper()
        assert (await ask("/v1/items", headers={"Host": "other.example", **key})).status_code == 200
        assert (await ask("/v1/items", headers={"Host": "other.example"})).status_code == 401


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://test:81", "http://test.evil.example"]
)
@pytest.mark.parametrize("kind", ["text/plain", "application/json", None])
async def test_pages_of_other_origins_may_not_send_anything(running, origin, kind):
    headers = {"Origin": origin} | ({"Content-Type": kind} if kind else {})
    answer = await running.client.post("/v1/outfits", content='{"vibe": "jazz"}', headers=headers)
    assert answer.status_code == 403
    assert (await running.client.get("/v1/items", headers={"Origin": origin})).status_code == 200


async def test_its_own_pages_and_those_named_may(start, settings, fake):
    named = settings.model_copy(update={"cors_origins": ("https://shop.example",)})
    async with start(named, fake) as running:
        for origin in ("http://test", "https://shop.example"):
            answer = await running.client.post("/v1/outfits", json=WISH, headers={"Origin": origin})
            assert answer.status_code == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded"]
)
async def test_a_body_that_needs_no_permission_across_origins_is_no_json(running, kind):
    answer = await running.client.post(
        "/v1/outfits", content='{"vibe": "jazz"}', headers={"Content-Type": kind}
    )
    assert answer.status_code == 422


async def test_a_service_that_lost_its_keys_answers_nobody(running):
    running.staff()
    from sqlalchemy import delete

    from service.db.tables import KeyRow

    with running.services.state.session() as session:
        session.execute(delete(KeyRow))
    for method, path in (("GET", "/v1/items"), ("POST", "/v1/outfits"), ("GET", "/")):
        answer = await running.client.request(method, path, json=WISH)
        assert answer.status_code == 503, path
    assert "stylist doctor" in (await running.client.get("/v1/items")).json()["detail"]
    assert str(running.services.settings.data_dir) not in (await running.client.get("/v1/items")).text
