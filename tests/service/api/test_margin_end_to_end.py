"""Rules by margin over HTTP with every real part but a language model; no shopper learns what a piece has cost."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest
from app_runner import Running
from sqlalchemy import select

from service.db.tables import OutfitRow
from service.settings import Settings

pytestmark = pytest.mark.anyio

SECRETS = ("13.37", "31.41", "1337", "3141")
FEED = """sku,title,category,gender,color,price,currency,quantity,cost
T1,Silk camisole one,Tops,women,black,40,EUR,3,31.41
T2,Silk camisole two,Tops,women,black,40,EUR,3,31.41
T3,Silk camisole three,Tops,women,black,40,EUR,3,
T4,Satin camisole four,Tops,women,black,40,EUR,3,13.37
T5,Satin camisole five,Tops,women,black,40,EUR,3,13.37
B1,Wide trousers,Trousers,women,black,60,EUR,5,13.37
S1,Strappy sandals,Sandals,women,black,50,EUR,4,13.37
"""
RULES, WISH = "/v1/admin/rules", {"vibe": "a warm evening", "count": 4, "seed": 3, "slots": ["top"]}


@pytest.fixture
async def shop(start: Any, settings: Settings, tmp_path: Any) -> AsyncIterator[Running]:
    """A service over the feed."""
    updates = {"composer": "retrieval", "adapters_dir": tmp_path / "adapters"}
    async with start(settings.model_copy(update=updates), None) as running:
        with anyio.fail_after(120):
            while "no index yet" not in (await running.client.get("/readyz")).text:
                await anyio.sleep(0.02)
            files = {"file": ("store.csv", FEED.encode())}
            job = await running.client.post("/v1/admin/reindex", files=files, headers=running.staff())
            while (await running.client.get("/readyz")).status_code != 200:
                await anyio.sleep(0.02)
        assert job.status_code == 202
        yield running


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from keys(inner)
    if isinstance(value, list):
        for inner in value:
            yield from keys(inner)


async def tops(shop: Running) -> set[str]:
    answer = (await shop.client.post("/v1/outfits", json=WISH, headers=shop.shopper())).json()
    return {item["sku"] for outfit in answer["outfits"] for item in outfit["items"]}


async def test_rules_by_margin_move_and_remove_pieces_and_follow_the_price(shop: Running) -> None:
    client, staff = shop.client, shop.staff()
    boost = {"action": "boost", "match": {"min_margin": 0.6, "slots": ["top"]}, "strength": 1}
    made = await client.post(RULES, json=boost, headers=staff)
    assert (made.status_code, made.json()["matches"]) == (201, 2)
    assert await tops(shop) & {"T4", "T5"}
    exclude = {"action": "exclude", "match": {"max_margin": 0.5}}
    rule = await client.put(made.headers["Location"], json=exclude, headers=staff)
    assert rule.json()["matches"] == 2
    assert "T3" in await tops(shop)  # whose cost nobody knows
    assert not await tops(shop) & {"T1", "T2"}
    dearer = [{"sku": "T1", "price": 90.0}, {"sku": "T3", "quantity": 0}, {"sku": "T4", "price": 20.0}]
    assert (await client.patch("/v1/admin/stock", json=dearer, headers=staff)).json()["applied"] == 3
    assert await tops(shop) == {"T1", "T5"}
    assert (await client.get(made.headers["Location"], headers=staff)).json()["matches"] == 2  # T2 and T4 now


async def test_costs_stay_with_the_store(shop: Running, caplog: pytest.LogCaptureFixture) -> None:
    client, shopper = shop.client, shop.shopper()
    body = {"action": "boost", "match": {"min_margin": 0.01}, "strength": 1}
    assert (await client.post(RULES, json=body, headers=shop.staff())).status_code == 201
    with caplog.at_level(logging.DEBUG):
        answers = [
            await client.post("/v1/outfits", json=WISH | {"explain": True}, headers=shopper),
            await client.post("/v1/outfits", json=WISH | {"trace": True}, headers=shop.staff()),
            await client.get("/v1/items", headers=shopper),
            await client.get("/v1/items", params={"q": "cost margin"}, headers=shopper),
            *[await client.get(f"/v1/items/{sku}", headers=shopper) for sku in ("T1", "T4", "S1")],
            await client.post("/v1/outfits", json=WISH, headers={**shopper, "Accept": "text/event-stream"}),
        ]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    with shop.services.state.session() as session:
        stored = [row.outfit + row.request for row in session.scalars(select(OutfitRow))]
    assert stored
    for text in [*(answer.text for answer in answers), *stored, caplog.text]:
        assert not any(secret in text for secret in SECRETS)
    for answer in answers[:-1]:
        assert not [key for key in keys(answer.json()) if "cost" in key or "margin" in key]
    assert "cost" not in answers[-1].text
