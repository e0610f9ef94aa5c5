"""Grades of two outfits against each other over HTTP: given, refused, and given out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from app_runner import Running

pytestmark = pytest.mark.anyio

GRADES = "/v1/admin/grades"


async def shown(running: Running, **wish: Any) -> list[str]:
    answer = await running.client.post(
        "/v1/outfits", json={"vibe": "rooftop jazz", "count": 2, "seed": 7, **wish}
    )
    return [outfit["id"] for outfit in answer.json()["outfits"]]


async def test_a_grade_is_kept_with_what_was_shown(running: Running) -> None:
    running.client.headers.update(running.staff())
    a, b = await shown(running, department="women")
    said = {
        "outfits": {"a": a, "b": b},
        "chosen": "b",
        "grade": 4,
        "faults": {"a": {"shoes": ["formality", "color"]}},
    }
    answer = await running.client.post(GRADES, json=said)
    kept = answer.json()
    assert answer.status_code == 201
    assert (kept["vibe"], kept["department"], kept["chosen"], kept["grade"]) == (
        "rooftop jazz",
        "women",
        "b",
        4,
    )
    assert kept["faults"] == said["faults"]
    assert (kept["a"]["outfit_id"], kept["b"]["outfit_id"]) == (a, b)
    assert kept["a"]["items"][0] == {"slot": "top", "sku": "T/1-M", "title": "Silk camisole"}
    assert kept["a"]["style"].startswith("house")
    assert kept["grader"]
    assert (
        await running.client.post(GRADES, json={"outfits": said["outfits"], "chosen": "neither"})
    ).status_code == 201
    export = await running.client.get(GRADES)
    assert export.headers["content-type"].startswith("application/x-ndjson")
    first, second = map(json.loads, export.text.splitlines())
    assert first == kept
    assert (second["chosen"], second["grade"], second["faults"]) == ("neither", None, {})
    later = await running.client.get(GRADES, params={"since": second["created"]})
    assert [json.loads(line) for line in later.text.splitlines()] == [second]
    assert (await running.client.get(GRADES, params={"until": "2020-01-01"})).text == ""


async def test_a_grade_that_cannot_be_meant_names_its_field(running: Running) -> None:
    running.client.headers.update(running.staff())
    a, b = await shown(running)
    (other,) = await shown(running, vibe="first snow walk", count=1, seed=8)
    good = {"outfits": {"a": a, "b": b}, "chosen": "a"}
    bad: list[tuple[dict[str, Any], str]] = [
        ({"chosen": "both"}, "chosen"),
        ({"grade": 6}, "grade"),
        ({"outfits": {"a": a, "b": a}}, "outfits.b"),
        ({"outfits": {"a": a, "b": other}}, "outfits.b"),
        ({"faults": {"a": {"bag": ["color"]}}}, "faults.a.bag"),
        ({"faults": {"a": {"shoes": ["ugly"]}}}, "faults.a.shoes.0"),
        ({"why": "so"}, "why"),
    ]
    for change, field in bad:
        answer = await running.client.post(GRADES, json={**good, **change})
        assert answer.status_code == 422, change
        assert field in [error["field"] for error in answer.json()["errors"]]
    gone = await running.client.post(GRADES, json={**good, "outfits": {"a": a, "b": "none"}})
    assert gone.status_code == 404


async def test_grades_are_for_staff(running: Running) -> None:
    for headers, status in (({}, 401), (running.shopper(), 403)):
        assert (await running.client.get(GRADES, headers=headers)).status_code == status
        assert (await running.client.post(GRADES, json={}, headers=headers)).status_code == status
