"""Pages of other origins: none by default, and only those named, only for shopper routes."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from service.settings import Settings

pytestmark = pytest.mark.anyio

SHOP = "https://shop.example"


def preflight(origin: str, method: str = "POST") -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type",
    }


async def test_it_is_off_by_default(running):
    answer = await running.client.get("/v1/styles", headers={"Origin": SHOP})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert (await running.client.options("/v1/outfits", headers=preflight(SHOP))).status_code == 405


async def test_pages_of_a_named_origin_may_call_shopper_routes(start, settings, fake):
    shared = settings.model_copy(update={"cors_origins": (SHOP,)})
    async with start(shared, fake) as running:
        client = running.client
        asked = await client.options("/v1/outfits", headers=preflight(SHOP))
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, SHOP)
        assert "access-control-allow-credentials" not in asked.headers
        for path, status in (("/v1/styles", 200), ("/v1/outfits/nope", 404)):
            answer = await client.get(path, headers={"Origin": SHOP})
            assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, SHOP)
        for origin in ("https://evil.example", f"{SHOP}.evil.example", "http://shop.example", "null"):
            refused = await client.options("/v1/outfits", headers=preflight(origin))
            assert (refused.status_code, "access-control-allow-origin" in refused.headers) == (400, False)
            answer = await client.get("/v1/styles", headers={"Origin": origin})
            assert "access-control-allow-origin" not in answer.headers
        staff = await client.get("/v1/admin/index", headers={"Origin": SHOP, **running.staff()})
        assert "access-control-allow-origin" not in staff.headers
        asked = await client.options("/v1/admin/reindex", headers=preflight(SHOP))
        assert asked.status_code == 405


async def test_origins_are_separated_by_commas(monkeypatch):
    monkeypatch.setenv("STYLIST_CORS_ORIGINS", f"{SHOP}, http://127.0.0.1:3000")
    assert Settings().cors_origins == (SHOP, "http://127.0.0.1:3000")
    monkeypatch.setenv("STYLIST_CORS_ORIGINS", "")
    assert Settings().cors_origins is None


@pytest.mark.parametrize(
    "origin", ["*", "shop.example", f"{SHOP}/", f"{SHOP}/page", "https://*.example", "null"]
)
async def test_what_is_no_exact_origin_is_refused(monkeypatch, origin):
    monkeypatch.setenv("STYLIST_CORS_ORIGINS", origin)
    with pytest.raises(ValidationError):
        Settings()
