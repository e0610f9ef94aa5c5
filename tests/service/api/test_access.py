"""Who may call what: no keys, shopper keys, staff keys, and none that is good."""

from __future__ import annotations

import pytest

from service.db.repositories.keys import KeyRepository
from service.db.session import State

pytestmark = pytest.mark.anyio

SHOPPER = [
    ("POST", "/v1/outfits"),
    ("GET", "/v1/outfits/x"),
    ("GET", "/v1/styles"),
    ("GET", "/v1/items"),
    ("GET", "/v1/items/x"),
]
STAFF = [
    ("POST", "/v1/admin/reindex"),
    ("GET", "/v1/admin/jobs"),
    ("GET", "/v1/admin/jobs/x"),
    ("POST", "/v1/admin/jobs/x/cancel"),
    ("GET", "/v1/admin/index"),
    ("POST", "/v1/admin/index/rollback"),
]


@pytest.mark.parametrize(("method", "path"), SHOPPER)
async def test_without_any_key_the_shopper_routes_are_open(running, method, path):
    response = await running.client.request(method, path, json={"vibe": "x"})
    assert response.status_code in (200, 404)


@pytest.mark.parametrize(("method", "path"), STAFF)
async def test_without_any_key_the_staff_routes_say_how_to_make_one(running, method, path):
    response = await running.client.request(method, path)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert "stylist keys add --scope staff" in response.json()["detail"]


@pytest.mark.parametrize(("method", "path"), SHOPPER + STAFF)
async def test_once_a_key_exists_every_route_needs_a_good_one(running, method, path):
    staff = running.staff()
    for headers in ({}, {"Authorization": "Bearer vs_wrong"}, {"Authorization": staff["Authorization"][7:]}):
        response = await running.client.request(method, path, headers=headers, content=b"not even JSON")
        assert response.status_code == 401, headers
    good = await running.client.request(method, path, headers=staff)
    assert good.status_code not in (401, 403)


@pytest.mark.parametrize(("method", "path"), STAFF)
async def test_a_shopper_key_is_forbidden_on_staff_routes(running, method, path):
    response = await running.client.request(method, path, headers=running.shopper())
    assert response.status_code == 403
    assert "staff" in response.json()["detail"]


async def test_open_routes_stay_open(running):
    running.staff()
    for path in ("/healthz", "/readyz", "/docs", "/openapi.json"):
        assert (await running.client.get(path)).status_code == 200, path


async def test_keys_of_another_process_count_at_once(running, settings):
    other = State(settings.data_dir)
    key = KeyRepository(other).add("shopper")
    assert (await running.client.get("/v1/styles")).status_code == 401
    headers = {"Authorization": f"bearer {key}"}
    assert (await running.client.get("/v1/styles", headers=headers)).status_code == 200
    KeyRepository(other).revoke(key)
    other.close()
    assert (await running.client.get("/v1/styles", headers=headers)).status_code == 401


async def test_revoking_the_last_key_does_not_open_the_service(running):
    key = running.services.keys.add("shopper")
    running.services.keys.revoke(key)
    assert (await running.client.get("/v1/styles")).status_code == 401
