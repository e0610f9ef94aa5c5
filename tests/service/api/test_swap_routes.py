"""Swapping over HTTP, and what an outfit that is read again says of itself."""

from __future__ import annotations

import pytest
from fake_recommender import SHELF, FakeRecommender, piece

from service.db.tables import OutfitRow

pytestmark = pytest.mark.anyio

WISH = {"vibe": "rooftop jazz", "count": 2, "seed": 7}


@pytest.fixture
def fake():
    more = (piece("S/2", "shoes", "Loafers", 70.0), piece("S/3", "shoes", "Boots", 90.0))
    return FakeRecommender((*SHELF, *more))


async def composed(running, **body):
    answer = (await running.client.post("/v1/outfits", json=WISH | body)).json()
    return answer["outfits"][0]


async def test_a_swap_answers_like_composing_and_can_be_swapped_again(running):
    old = await composed(running)
    response = await running.client.post(f"/v1/outfits/{old['id']}/swap", json={"slot": "shoes"})
    assert response.status_code == 200
    body = response.json()
    assert body["request_id"] == response.headers["x-request-id"]
    assert [o["items"][-1]["title"] for o in body["outfits"]] == ["Loafers", "Boots"]
    assert all(o["items"][:-1] == old["items"][:-1] for o in body["outfits"])
    new = body["outfits"][0]
    assert (await running.client.get(f"/v1/outfits/{new['id']}")).json() == new
    again = await running.client.post(f"/v1/outfits/{new['id']}/swap", json={"slot": "shoes", "count": 1})
    assert [o["items"][-1]["title"] for o in again.json()["outfits"]] == ["Boots"]


async def test_the_outfits_own_limits_hold_in_a_swap(running):
    old = await composed(running, budget={"max": 180})
    response = await running.client.post(f"/v1/outfits/{old['id']}/swap", json={"slot": "shoes"})
    assert [o["total_price"] for o in response.json()["outfits"]] == [170.0]
    assert [u["constraint"] for u in response.json()["unmet"]] == ["budget"]


async def test_a_swap_of_no_outfit_is_not_found(running):
    response = await running.client.post("/v1/outfits/nope/swap", json={"slot": "shoes"})
    assert response.status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"slot": "bag"}, "slot"),
        ({"slot": "hat"}, "slot"),
        ({}, "slot"),
        ({"slot": "shoes", "vibe": "another"}, "vibe"),
        ({"slot": "shoes", "count": 11}, "count"),
        ({"slot": "shoes", "budget": {"max": -1}}, "budget.max"),
        ({"slot": "shoes", "sizes": {"hat": ["M"]}}, "sizes.hat"),
    ],
)
async def test_what_a_swap_gets_wrong_is_named(running, body, field):
    old = await composed(running)
    response = await running.client.post(f"/v1/outfits/{old['id']}/swap", json=body)
    assert response.status_code == 422
    assert [e["field"] for e in response.json()["errors"]] == [field]


async def test_an_outfit_is_read_again_byte_for_byte(running):
    headers = {"Accept-Language": "de"}
    answer = await running.client.post("/v1/outfits", json=WISH | {"explain": True}, headers=headers)
    again = await running.client.get(f"/v1/outfits/{answer.json()['outfits'][1]['id']}", headers=headers)
    assert again.content in answer.content
    assert {n: v for n, v in again.headers.items() if n.startswith("stylist-")} == {
        "stylist-index-version": "v1",
        "stylist-style": "house",
        "stylist-adapter-digest": "d1",
        "stylist-seed": "7",
        "stylist-replay": "exact",
    }


async def read(running, outfit_id, **query):
    response = await running.client.get(f"/v1/outfits/{outfit_id}", params=query)
    assert response.status_code == 200
    return response.headers["stylist-replay"], response.headers.get("stylist-replay-reason")


@pytest.mark.parametrize("query", [{}, {"replay": True}])
@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [("index_version", "v0", "index v0 is gone"), ("style_digest", "d0", "adapter d0 is gone")],
)
async def test_what_is_gone_is_said(running, query, column, value, reason):
    outfit = await composed(running)
    with running.services.state.session() as session:
        setattr(session.get(OutfitRow, outfit["id"]), column, value)
    assert await read(running, outfit["id"], **query) == ("stored", reason)


async def test_a_replay_composes_again_and_compares(running, fake):
    outfit = await composed(running)
    assert fake.composing.acquire(blocking=False)
    assert await read(running, outfit["id"]) == ("exact", None)
    assert not fake.composing.acquire(blocking=False)  # nothing was composed for it
    assert await read(running, outfit["id"], replay=True) == ("exact", None)
    assert fake.composing.acquire(blocking=False)
    fake.shelf = fake.shelf[1:]
    assert await read(running, outfit["id"], replay=True) == ("stored", "another outfit comes out now")


async def test_a_service_that_cannot_compose_still_gives_what_is_stored(running, fake, monkeypatch):
    outfit = await composed(running)
    monkeypatch.setattr(fake, "reload", lambda: None)  # there is still nothing to serve
    fake.reason = "no index yet"
    for query in ({}, {"replay": True}):
        assert await read(running, outfit["id"], **query) == ("stored", "no index yet")
