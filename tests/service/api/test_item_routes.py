"""The catalogue over HTTP: each filter, pages, and SKUs with slashes."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("params", "skus"),
    [
        ({}, ["T/1", "B/1", "S/1"]),
        ({"q": "SANDALS"}, ["S/1"]),
        ({"slot": "top"}, ["T/1"]),
        ({"department": "men"}, []),
        ({"brand": "Lune"}, ["B/1"]),
        ({"color": "white"}, ["B/1"]),
        ({"min_price": 50}, ["B/1", "S/1"]),
        ({"max_price": 50}, ["T/1", "S/1"]),
        ({"in_stock": "true"}, ["T/1", "B/1", "S/1"]),
        ({"in_stock": "false"}, []),
    ],
)
async def test_each_filter_reaches_the_recommender(running, params, skus):
    response = await running.client.get("/v1/items", params=params)
    assert response.status_code == 200
    assert [i["sku"] for i in response.json()["items"]] == skus
    assert response.json()["total"] == len(skus)


async def test_the_cursor_leads_through_all_pages(running):
    seen, cursor = [], None
    while True:
        params = {"limit": 2} if cursor is None else {"limit": 2, "cursor": cursor}
        page = (await running.client.get("/v1/items", params=params)).json()
        seen += [i["sku"] for i in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["T/1", "B/1", "S/1"]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"slot": "hat"}, "slot"),
        ({"min_price": -1}, "min_price"),
        ({"max_price": "nan"}, "max_price"),
        ({"min_price": 9, "max_price": 8}, "min_price"),
        ({"in_stock": "maybe"}, "in_stock"),
        ({"cursor": "forged"}, "cursor"),
    ],
)
async def test_a_bad_filter_is_named(running, params, field):
    response = await running.client.get("/v1/items", params=params)
    assert response.status_code == 422
    assert [e["field"] for e in response.json()["errors"]] == [field]


@pytest.mark.parametrize("path", ["/v1/items/T/1", "/v1/items/T%2F1", "/v1/items/T/1-M"])
async def test_an_item_is_found_by_its_sku_and_by_a_size_s(running, path):
    response = await running.client.get(path)
    assert (response.status_code, response.json()["title"]) == (200, "Silk camisole")
    assert response.json()["variants"][0]["size"] == "M"


async def test_an_unknown_sku_is_not_found(running):
    response = await running.client.get("/v1/items/none")
    assert (response.status_code, response.json()["detail"]) == (404, "no item with SKU 'none'")


@pytest.mark.parametrize("price", ["1e308", "inf", "nan", "-1"])
async def test_a_price_that_none_has_is_named(running, price):
    response = await running.client.get("/v1/items", params={"max_price": price})
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "max_price")


async def test_staff_ask_why_an_item_is_not_shown(running):
    asked = {"vibe": "first snow walk", "department": "men", "size": ["M", "L"], "temperature_c": -3}
    response = await running.client.get("/v1/admin/items/T/1/why", params=asked, headers=running.staff())
    assert response.status_code == 200
    assert (response.json()["sku"], response.json()["department"]) == ("T/1", "men")
    assert response.json()["sentence"] == "first snow walk"  # the fake says what it was asked


@pytest.mark.parametrize(
    ("sku", "params", "status", "field"),
    [
        ("T/1", {}, 422, "vibe"),
        ("T/1", {"vibe": "…"}, 422, "vibe"),
        ("T/1", {"vibe": "snow", "department": "dogs"}, 422, "department"),
        ("T/1", {"vibe": "snow", "temperature_c": "99"}, 422, "temperature_c"),
        ("T/1", {"vibe": "snow", "budget": "0"}, 422, "budget"),
        ("T/1", {"vibe": "snow", "shopper": "ann@example.com"}, 422, "shopper"),
        ("none", {"vibe": "snow"}, 404, None),
    ],
)
async def test_a_why_that_cannot_be_answered_is_named(running, sku, params, status, field):
    response = await running.client.get(f"/v1/admin/items/{sku}/why", params=params, headers=running.staff())
    assert response.status_code == status
    assert [e["field"] for e in response.json().get("errors", [])] == ([field] if field else [])


async def test_a_shopper_does_not_ask_why(running):
    response = await running.client.get(
        "/v1/admin/items/T/1/why", params={"vibe": "snow"}, headers=running.shopper()
    )
    assert response.status_code == 403
