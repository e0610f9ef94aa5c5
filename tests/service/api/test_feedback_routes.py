"""Feedback over HTTP: one event or many, each once, told what became of it; exported and forgotten."""

from __future__ import annotations

import json
import logging

import pytest
from app_runner import Running
from sent_events import event

from service.api.routes.events import FeedbackReceipt
from service.db.repositories.outfits import read_made
from service.db.tables import EventRow

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shop(running: Running) -> Running:
    """With one outfit given out, 7-0."""
    asked = {"vibe": "rooftop jazz", "count": 1, "seed": 7, "shopper": "s-1"}
    assert (await running.client.post("/v1/outfits", json=asked)).status_code == 200
    return running


async def send(shop: Running, body: object) -> tuple[int, dict]:
    answer = await shop.client.post("/v1/feedback", json=body)
    return answer.status_code, answer.json()


@pytest.mark.parametrize("wrap", [lambda e: e, lambda e: [e], lambda e: {"events": [e]}])
async def test_an_event_is_taken_in_every_form(shop, wrap):
    sent = event("e1", sku="T/1-M", position=0)
    receipt = {"accepted": 1, "duplicates": 0, "rejected": [], "conflicts": []}
    assert await send(shop, wrap(sent)) == (202, receipt)
    assert await send(shop, wrap(sent)) == (202, receipt | {"accepted": 0, "duplicates": 1})
    status, told = await send(shop, wrap(sent | {"type": "dislike"}))
    assert (status, told["duplicates"], told["conflicts"]) == (202, 1, [{"index": 0, "event_id": "e1"}])
    assert shop.services.metrics.feedback_events._value.get() == 1


@pytest.mark.parametrize(
    ("sent", "status", "field"),
    [
        (event("e1", outfit_id="gone"), 404, None),
        (event("e1", sku="X"), 422, "sku"),
        (event("e1", "swap", sku="T/1-M"), 422, "replaced_by"),
        (event("e1") | {"shopper": "Ada L."}, 422, "shopper"),
        ({"type": "like"}, 422, "event_id"),
        ({}, 422, "event_id"),
        ([], 422, "body"),
        ("like", 422, "body"),
        (None, 422, "body"),
        ({"events": {}}, 422, "events"),
        ({"events": []}, 422, "events"),
        ({"events": [event("e1")], "shopper": "s-1"}, 422, "shopper"),
        ([event(f"e{n}") for n in range(501)], 422, "body"),
    ],
)
async def test_what_cannot_be_taken_is_a_problem(shop, sent, status, field):
    answered, problem = await send(shop, sent)
    assert (answered, problem["status"]) == (status, status)
    assert field in [None, *(error["field"] for error in problem["errors"])]
    assert bool(problem["errors"]) == (status == 422)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 200_000, b'{"event_id": "\\ud800"}', b'[{"position": NaN}]']
)
async def test_what_is_no_json_is_a_problem(shop, body):
    answer = await shop.client.post("/v1/feedback", content=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body")


async def test_of_a_batch_the_good_ones_are_taken(shop):
    batch = [event("e1"), event("e2", outfit_id="gone"), 7, event("e4", "wink"), event("e5", sku="S/1-M")]
    status, told = await send(shop, batch)
    assert (status, told["accepted"], told["duplicates"]) == (202, 2, 0)
    assert [(r["index"], r["event_id"], r["field"]) for r in told["rejected"]] == [
        (1, "e2", "outfit_id"),
        (2, None, "body"),
        (3, "e4", "type"),
    ]
    FeedbackReceipt.model_validate(told)


async def test_what_was_accepted_is_exported(shop):
    staff = shop.staff()
    shop.client.headers.update(shop.shopper())
    await send(shop, [event("e1", shopper="s-1"), event("e2")])
    assert (await shop.client.get("/v1/admin/feedback/export")).status_code == 403
    answer = await shop.client.get("/v1/admin/feedback/export", headers=staff)
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert [json.loads(line)["event_id"] for line in answer.text.splitlines()] == ["e1", "e2"]
    later = {"since": "2999-01-01T00:00:00+01:00"}
    assert (await shop.client.get("/v1/admin/feedback/export", params=later, headers=staff)).text == ""
    wrong = await shop.client.get("/v1/admin/feedback/export", params={"until": "soon"}, headers=staff)
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "until")
    with shop.services.state.session() as session:
        (sender,) = {row.key_id for row in session.query(EventRow)}
    assert sender in {key.id for key in shop.services.keys.list() if key.scope == "shopper"}


async def test_a_shopper_is_forgotten(shop, caplog):
    await send(shop, [event("e1", shopper="s-1"), event("e2", shopper="a/b=c")])
    with caplog.at_level(logging.INFO):
        answers = [await shop.client.delete(f"/v1/shoppers/{s}") for s in ("s-1", "s-1", "a/b=c", "nobody")]
    assert [(a.status_code, a.json()) for a in answers] == [(200, {"forgotten": n}) for n in (1, 0, 1, 0)]
    assert read_made(shop.services.state, "7-0").request.shopper is None
    ours = [record.getMessage() + repr(vars(record)) for record in caplog.records if "stylist" in record.name]
    assert len(ours) == 4
    assert "a/b=c" not in "".join(ours)
    wrong = await shop.client.delete("/v1/shoppers/ada@example.com")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "shopper")


async def test_a_key_is_asked_for(running):
    running.services.keys.add("shopper")
    answers = [
        await running.client.post("/v1/feedback", json={}),
        await running.client.delete("/v1/shoppers/s"),
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
