"""Looks that staff author, approve, change and delete over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from app_runner import Running

pytestmark = pytest.mark.anyio

LOOKS = "/v1/admin/looks"


@pytest.fixture
async def staff(running: Running) -> Running:
    """A client with a staff key; the fake's shelf has T/1, B/1 and S/1, each in M."""
    running.client.headers.update(running.staff())
    return running


def look(**fields: Any) -> dict[str, Any]:
    return {"vibe": "first day at the gallery", "pieces": {"top": "T/1-M", "bottom": "B/1"}, **fields}


async def test_a_look_is_authored_changed_approved_and_deleted(staff):
    sent = look(phrasings=["a calm first day"], formality=3, season="autumn", why="Quiet colours.")
    answer = await staff.client.post(LOOKS, json=sent)
    made = answer.json()
    assert answer.status_code == 201
    assert (made["status"], made["formality"], made["near_misses"]) == ("draft", 3, {})
    url = answer.headers["location"]
    assert url == f"{LOOKS}/{made['id']}"
    assert (await staff.client.get(url)).json() == made
    approved = (await staff.client.patch(url, json={"status": "approved"})).json()
    assert approved == made | {"status": "approved", "updated": approved["updated"]}
    changed = (await staff.client.put(url, json=look(pieces={"top": "T/1", "shoes": "S/1"}))).json()
    assert (changed["status"], changed["phrasings"], changed["pieces"]) == (
        "approved",
        [],
        {"top": "T/1", "shoes": "S/1"},
    )
    assert changed["created"] == made["created"] < changed["updated"]
    assert (await staff.client.delete(url)).status_code == 204
    gone = [await staff.client.request(m, url, json=b) for m, b in (("GET", None), ("DELETE", None))]
    gone.append(await staff.client.patch(url, json={"status": "draft"}))
    gone.append(await staff.client.put(url, json=look()))
    assert [answer.status_code for answer in gone] == [404] * 4


async def test_an_outfit_is_approved(staff):
    asked = {"vibe": "rooftop jazz", "count": 1, "seed": 7, "season": "summer", "occasion": "a night out"}
    (outfit,) = (await staff.client.post("/v1/outfits", json=asked)).json()["outfits"]
    sent = {"outfit_id": outfit["id"], "why": "It sings.", "department": "women"}
    made = (await staff.client.post(LOOKS, json=sent)).json()
    assert made["pieces"] == {"top": "T/1-M", "bottom": "B/1-M", "shoes": "S/1-M"}
    told = {"vibe": "rooftop jazz", "season": "summer", "occasion": "a night out", "department": "women"}
    assert {name: made[name] for name in told} == told
    assert (made["status"], made["why"]) == ("approved", "It sings.")


@pytest.mark.parametrize(
    ("sent", "status", "fields"),
    [
        ({"outfit_id": "gone"}, 404, []),
        ({}, 422, ["vibe"]),
        ({"vibe": "x"}, 422, ["pieces"]),
        ({"outfit_id": "7-0", "vibe": "x"}, 422, ["vibe"]),
        (look(pieces={"top": "T/1"}), 422, ["pieces"]),
        (look(pieces={"hat": "T/1", "top": "T/1"}), 422, ["pieces.hat"]),
        (look(pieces={"top": "X", "bottom": "T/1"}), 422, ["pieces.top", "pieces.bottom"]),
        (look(near_misses={"top": ["T/1", "S/1", "T/1-M"]}), 422, ["near_misses.top.1", "near_misses.top.2"]),
        (look(near_misses={"shoes": ["S/1"]}), 422, ["near_misses.shoes"]),
        (look(status="rejected"), 422, ["status"]),
        (look(formality=6), 422, ["formality"]),
        (look(author="Ada"), 422, ["author"]),
    ],
)
async def test_what_is_no_look_is_named(staff, sent, status, fields):
    answer = await staff.client.post(LOOKS, json=sent)
    assert answer.status_code == status
    assert [error["field"] for error in answer.json()["errors"]] == fields
    assert (await staff.client.get(LOOKS)).json()["looks"] == []


async def test_pages_lead_through_all_looks_once_newest_first(staff):
    made = [
        (await staff.client.post(LOOKS, json=look(status="approved" if n % 2 else "draft"))).json()["id"]
        for n in range(7)
    ]
    for status, expected in (({}, made), ({"status": "approved"}, made[1::2]), ({"status": "rejected"}, [])):
        seen, cursor = [], {}
        while True:
            page = (await staff.client.get(LOOKS, params={"limit": 2} | status | cursor)).json()
            seen += [look["id"] for look in page["looks"]]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert seen == expected[::-1]
    for forged in ("x", "2025_", "2025-01-01T00:00:00Z_\ud800z".encode("utf-8", "replace").decode()):
        wrong = await staff.client.get(LOOKS, params={"cursor": forged})
        assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "cursor")


async def test_looks_are_for_staff(running):
    running.client.headers.update(running.shopper())
    assert [
        (await running.client.get(LOOKS)).status_code,
        (await running.client.post(LOOKS)).status_code,
    ] == [
        403,
        403,
    ]
