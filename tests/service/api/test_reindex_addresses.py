"""Reindexing from addresses: only of hosts that the service was told of, and what is said of prices."""

from __future__ import annotations

import pytest
from app_runner import until
from test_reindex import Builder

pytestmark = pytest.mark.anyio
URL = "/v1/admin/reindex"


@pytest.fixture
def builder() -> Builder:
    return Builder()


@pytest.fixture
async def staffed(start, settings, fake, builder):
    hosts = ("feeds.example.com", "10.0.0.7:8080")
    async with start(settings.model_copy(update={"feed_hosts": hosts}), fake, builder) as running:
        running.client.headers.update(running.staff())
        yield running


@pytest.mark.parametrize(
    "body", [{"path": "https://feeds.example.com/a.csv?key=1"}, {"paths": ["http://10.0.0.7:8080/x"]}]
)
async def test_an_allowed_address_becomes_a_job_that_fetches(staffed, builder, settings, body):
    options = {"confirm_prices": True, "minor_units": True}
    response = await staffed.client.post(URL, json={**body, **options})
    assert response.status_code == 202
    await until(lambda: len(builder.orders) == 1)
    (order,) = builder.orders
    (feed,) = order.feeds
    assert feed.url == (body.get("path") or body["paths"][0])
    assert feed.label in ("https://feeds.example.com/a.csv?...", "http://10.0.0.7:8080/x")
    assert feed.path.is_relative_to(settings.data_dir / "fetched")
    assert (order.confirm_prices, feed.minor_units) == (True, True)
    assert order.missing() == []


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        (
            {"path": "https://other.example.com/a.csv"},
            "path",
            "other.example.com is not among STYLIST_FEED_HOSTS",
        ),
        ({"paths": ["http://10.0.0.7/a.csv"]}, "paths.0", "10.0.0.7 is not among STYLIST_FEED_HOSTS"),
        ({"path": "http://feeds.example.com@10.0.0.1/"}, "path", "10.0.0.1 is not among"),
        ({"path": "http://feeds.example.com\\@evil.test/"}, "path", "blanks or backslashes"),
        ({"path": "https://"}, "path", "with a host"),
        ({"path": "ftp://feeds.example.com/a.csv"}, "path", "STYLIST_FEED_DIR"),
        ({"path": "https://feeds.example.com/" + "a" * 2000}, "path", ""),
        ({"path": "https://feeds.example.com/a", "confirm_prices": "maybe"}, "confirm_prices", ""),
    ],
)
async def test_other_addresses_are_refused_before_anything_is_asked(staffed, builder, body, field, said):
    response = await staffed.client.post(URL, json=body)
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error["field"] == field
    assert said in error["message"]
    assert builder.orders == []


async def test_without_hosts_no_address_is_fetched(running):
    response = await running.client.post(URL, json={"path": "https://x.test/a"}, headers=running.staff())
    assert response.status_code == 422
    assert "STYLIST_FEED_HOSTS would allow" in response.json()["detail"]


async def test_configured_sources_may_be_addresses(start, settings, fake, builder):
    changed = {"feed_hosts": ("x.test",), "feed_sources": ("https://x.test/a.csv",)}
    async with start(settings.model_copy(update=changed), fake, builder) as running:
        response = await running.client.post(URL, json={}, headers=running.staff())
        assert response.status_code == 202
        await until(lambda: len(builder.orders) == 1)
    assert builder.orders[0].feeds[0].url == "https://x.test/a.csv"
