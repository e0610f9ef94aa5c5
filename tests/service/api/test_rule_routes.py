"""The staff's rules over HTTP, and who may ask for a trace."""

from __future__ import annotations

from typing import Any

import pytest
from app_runner import Running
from fake_recommender import FakeRecommender

from service.db.repositories.outfits import read_made

pytestmark = pytest.mark.anyio

RULES = "/v1/admin/rules"
BOOST = {"action": "boost", "match": {"brands": ["Lune"]}}


async def test_a_rule_is_made_read_replaced_and_deleted(running: Running) -> None:
    client, staff = running.client, running.staff()
    made = await client.post(RULES, json={**BOOST, "note": " new brand "}, headers=staff)
    rule = made.json()
    assert made.status_code == 201
    assert made.headers["Location"] == f"{RULES}/{rule['id']}"
    assert (rule["active"], rule["matches"], rule["strength"], rule["note"]) == (True, 1, 0.5, "new brand")
    assert (await client.get(made.headers["Location"], headers=staff)).json() == rule
    assert (await client.get(RULES, headers=staff)).json() == [rule]
    other = {"action": "exclude", "match": {"brands": ["Norda"]}, "starts": "2999-01-01T02:00:00+02:00"}
    replaced = (await client.put(made.headers["Location"], json=other, headers=staff)).json()
    kept = {"id": rule["id"], "created": rule["created"], "note": "", "starts": "2999-01-01T00:00:00.000000Z"}
    assert replaced == {
        **rule,
        **kept,
        "action": "exclude",
        "match": {**rule["match"], "brands": ["Norda"]},
    } | {
        "active": False,
        "matches": 2,
    }
    gone = await client.delete(made.headers["Location"], headers=staff)
    assert (gone.status_code, gone.content) == (204, b"")
    for method in ("GET", "DELETE"):
        assert (await client.request(method, made.headers["Location"], headers=staff)).status_code == 404
    missing = await client.put(made.headers["Location"], json=BOOST, headers=staff)
    assert missing.status_code == 404


async def test_rules_can_be_kept_before_there_is_an_index(running: Running, fake: FakeRecommender) -> None:
    fake.reason = "there is no index yet"
    made = await running.client.post(RULES, json=BOOST, headers=running.staff())
    assert (made.status_code, made.json()["matches"]) == (201, None)


async def test_rules_are_for_staff(running: Running) -> None:
    for headers, status in (({}, 401), (running.shopper(), 403)):
        assert (await running.client.get(RULES, headers=headers)).status_code == status
        assert (await running.client.post(RULES, json=BOOST, headers=headers)).status_code == status


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "boost", "match": {}}, "match"),
        ({"action": "boost", "match": {"margin": 0.5}}, "match.margin"),
        ({"action": "boost", "match": {"min_margin": 60}}, "match.min_margin"),
        ({"action": "boost", "match": {"min_margin": 0.6, "max_margin": 0.1}}, "match.max_margin"),
        ({**BOOST, "ends": "soon"}, "ends"),
        ({**BOOST, "strength": 2}, "strength"),
    ],
)
async def test_a_bad_rule_names_its_field(running: Running, body: dict[str, Any], field: str) -> None:
    answer = await running.client.post(RULES, json=body, headers=running.staff())
    assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (422, [field])


async def test_a_trace_is_for_staff(running: Running) -> None:
    ask = {"vibe": "jazz", "trace": True}
    while_open = await running.client.post("/v1/outfits", json=ask)
    assert while_open.status_code == 200
    refused = await running.client.post("/v1/outfits", json=ask, headers=running.shopper())
    assert (refused.status_code, refused.headers["Content-Type"]) == (403, "application/problem+json")
    plain = await running.client.post("/v1/outfits", json={"vibe": "jazz"}, headers=running.shopper())
    assert plain.status_code == 200
    assert "trace" not in plain.json()
    allowed = await running.client.post("/v1/outfits", json=ask, headers=running.staff())
    assert allowed.status_code == 200
    stored = read_made(running.services.state, allowed.json()["outfits"][0]["id"])
    assert not stored.request.trace  # who swaps a piece of it later may not be staff
