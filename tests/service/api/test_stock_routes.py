"""Changes of stock over HTTP: who may, what is refused and how, and that everything sees them."""

from __future__ import annotations

import json

import anyio
import pytest

from service.api.routes.stock import MAX_STOCK_BYTES, STOCK_PATH
from service.catalog.stock_patches import MAX_PATCHES

pytestmark = pytest.mark.anyio

FEED = """sku,title,category,gender,color,size,price,currency,quantity
T1,Silk camisole,Tops,women,black,M,40,EUR,3
B1,Wide trousers,Trousers,women,white,38,60,EUR,5
S1,Strappy sandals,Sandals,women,black,39,50,EUR,4
S2,White sneakers,Sneakers,women,white,39,55,EUR,1
"""


async def test_rows_change_what_shoppers_see(running):
    rows = [
        {"sku": "T/1", "quantity": 0},
        {"sku": "B/1-M", "size": "M", "price": 45},
        {"sku": "X", "price": 1},
    ]
    response = await running.client.patch(STOCK_PATH, json=rows, headers=running.staff())
    assert response.status_code == 200
    unknown = {"index": 2, "sku": "X", "size": None, "reason": "not on the shelf"}
    assert response.json() == {"applied": 2, "unknown": [unknown], "items": 2}
    shopper = running.shopper()
    assert not (await running.client.get("/v1/items/T/1", headers=shopper)).json()["in_stock"]
    assert (await running.client.get("/v1/items/B/1", headers=shopper)).json()["price"] == 45


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"quantity": -1}, "1.quantity"),
        ({"quantity": "2"}, "1.quantity"),
        ({"price": "49 €"}, "1.price"),
        ({"price": float("nan")}, "1.price"),
        ({"price": 1e300}, "1.price"),
        ({"price": 1, "currency": "EUR"}, "1.currency"),
        ({"size": "M"}, "1"),
    ],
)
async def test_one_bad_row_is_named_and_nothing_is_applied(running, row, field):
    body = json.dumps([{"sku": "T/1", "quantity": 0}, {"sku": "B/1", **row}])
    response = await running.client.patch(STOCK_PATH, content=body, headers=running.staff())
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert [e["field"] for e in response.json()["errors"]] == [field]
    assert (await running.client.get("/v1/items/T/1", headers=running.shopper())).json()["in_stock"]


@pytest.mark.parametrize(
    ("body", "field"), [(b"[]", "body"), (b"{}", "body"), (b"[{", "body"), (b"", "body"), (b'["T/1"]', "0")]
)
async def test_a_body_that_is_no_list_of_rows_is_refused(running, body, field):
    response = await running.client.patch(STOCK_PATH, content=body, headers=running.staff())
    assert response.status_code == 422
    assert [e["field"] for e in response.json()["errors"]] == [field]


async def test_the_largest_call_is_taken_and_a_larger_one_is_not(running):
    rows = [
        {"sku": f"{n:0120}", "size": "x" * 120, "quantity": 1, "price": 19.99} for n in range(MAX_PATCHES)
    ]
    body = json.dumps(rows)
    assert 256 * 1024 < len(body) < MAX_STOCK_BYTES
    staff = running.staff()
    response = await running.client.patch(STOCK_PATH, content=body, headers=staff)
    assert (response.status_code, len(response.json()["unknown"])) == (200, MAX_PATCHES)
    many = await running.client.patch(STOCK_PATH, json=[*rows, rows[0]], headers=staff)
    assert many.status_code == 422
    large = await running.client.patch(STOCK_PATH, content=b" " * (MAX_STOCK_BYTES + 1), headers=staff)
    assert large.status_code == 413
    assert f"stylist_stock_rows_total {0.0}" in (await running.client.get("/metrics")).text


@pytest.mark.parametrize(("key", "status"), [("shopper", 403), ("", 401)])
async def test_only_staff_may(running, key, status):
    headers = running.shopper() if key else {}
    response = await running.client.patch(STOCK_PATH, json=[{"sku": "T/1", "quantity": 0}], headers=headers)
    assert response.status_code == status


async def test_without_an_index_it_is_not_now(running, fake):
    fake.reason = "no index yet"
    response = await running.client.patch(
        STOCK_PATH, json=[{"sku": "T/1", "quantity": 0}], headers=running.staff()
    )
    assert response.status_code == 503
    assert response.headers["retry-after"]


async def test_outfits_follow_at_once_and_after_a_restart(start, settings, tmp_path):
    updates = {"composer": "retrieval", "adapters_dir": tmp_path / "adapters"}
    settings = settings.model_copy(update=updates)
    wish = {"vibe": "rooftop jazz", "count": 1, "seed": 1, "anchors": ["S1"]}
    async with start(settings, None) as running:
        client = running.client
        client.headers.update(running.staff())
        job = (await client.post("/v1/admin/reindex", files={"file": ("s.csv", FEED.encode())})).json()
        with anyio.fail_after(120):
            while (await client.get(job["url"])).json()["status"] != "done":
                await anyio.sleep(0.05)
        assert (await client.post("/v1/outfits", json=wish)).json()["outfits"]
        rows = [{"sku": "S1", "size": "EU 39", "quantity": 0}, {"sku": "T1", "price": 12.5}]
        answer = (await client.patch(STOCK_PATH, json=rows)).json()
        assert answer == {"applied": 2, "unknown": [], "items": 2}
        refused = (await client.post("/v1/outfits", json=wish)).json()
        assert (refused["outfits"], refused["unmet"][0]["constraint"]) == ([], "anchors")
    async with start(settings, None) as running:
        client = running.client
        client.headers.update(running.staff())
        with anyio.fail_after(120):
            while (await client.get("/readyz")).status_code != 200:
                await anyio.sleep(0.05)
        (outfit,) = (await client.post("/v1/outfits", json={**wish, "anchors": []})).json()["outfits"]
        assert {(p["sku"], p["price"]) for p in outfit["items"]} >= {("T1", 12.5), ("S2", 55.0)}
        page = (await client.get("/v1/items", params={"max_price": 20, "in_stock": True})).json()
        assert [(i["sku"], i["price"]) for i in page["items"]] == [("T1", 12.5)]
