"""The summary over HTTP, and prices in the caller's language."""

from __future__ import annotations

import pytest
from app_runner import Running
from fake_recommender import FakeRecommender

from service.settings import Settings

pytestmark = pytest.mark.anyio
URL = "/v1/admin/metrics/summary"


async def test_an_answered_request_is_in_the_summary(running: Running) -> None:
    staff = running.staff()
    body = {"vibe": "my secret date", "count": 2, "experiment": "arm-b"}
    for extra in ({}, {"budget": {"max": 1}}):
        assert (await running.client.post("/v1/outfits", json=body | extra, headers=staff)).status_code == 200
    response = await running.client.get(URL, headers=staff)
    found = response.json()
    assert (found["requests"], found["outfits"], found["empty"]) == (2, 2, 1)
    assert found["unmet"] == {"budget": 1}
    assert [e["name"] for e in found["experiments"]] == ["arm-b"]
    assert found["note"].startswith("vibes are not kept")
    assert "secret" not in response.text


async def test_vibes_are_kept_where_the_setting_says_so(
    start, settings: Settings, fake: FakeRecommender
) -> None:
    async with start(settings.model_copy(update={"keep_vibes": True}), fake) as running:
        staff = running.staff()
        body = {"vibe": "Gala", "budget": {"max": 1}}
        await running.client.post("/v1/outfits", json=body, headers=staff)
        found = (await running.client.get(URL, headers=staff)).json()
    assert (found["empty_vibes"], found["note"]) == ([{"vibe": "gala", "count": 1}], None)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("since=yesterday", "since"),
        ("since=2026-11-01T00:00:00", "since"),  # no zone
        ("until=2026-13-01T00:00:00Z", "until"),
        ("since=2026-11-02T00:00:00Z&until=2026-11-01T00:00:00Z", "since"),
        ("until=0001-01-01T00:00:00%2B05:00", "until"),
        ("until=0001-01-02T00:00:00Z", "until"),
    ],
)
async def test_a_period_that_cannot_be(running: Running, query: str, field: str) -> None:
    response = await running.client.get(f"{URL}?{query}", headers=running.staff())
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field


async def test_an_experiment_changes_nothing_but_its_label(running: Running) -> None:
    answers = []
    for experiment in (None, "a", "b"):
        body = {"vibe": "office", "seed": 3, "experiment": experiment}
        answers.append((await running.client.post("/v1/outfits", json=body)).json()["outfits"])
    assert answers[0] == answers[1] == answers[2]
    bad = await running.client.post("/v1/outfits", json={"vibe": "office", "experiment": "x" * 200})
    assert bad.json()["errors"][0]["field"] == "experiment"


async def test_prices_come_in_the_callers_language(running: Running) -> None:
    client, body = running.client, {"vibe": "office", "count": 1, "seed": 3}
    german = {"Accept-Language": "de-DE,de;q=0.9"}
    response = await client.post("/v1/outfits", json=body, headers=german)
    (outfit,) = response.json()["outfits"]
    assert (outfit["items"][0]["price_text"], outfit["total_price_text"]) == ("40,00\xa0€", "150,00\xa0€")
    assert response.headers["content-language"] == "de-DE"
    assert response.headers["vary"] == "Accept-Language"
    path = f"/v1/outfits/{outfit['id']}"
    again = await client.get(path, headers=german)
    assert again.text in response.text  # the very same bytes
    english = await client.get(path, headers={"Accept-Language": b"\xff;;q=x"})
    assert english.json()["total_price_text"] == "€150.00"
    assert english.headers["content-language"] == "en"
    assert english.json()["id"] == outfit["id"]


async def test_items_have_prices_in_the_callers_language(running: Running) -> None:
    for path in ("/v1/items", "/v1/items/T/1"):
        response = await running.client.get(path, headers={"Accept-Language": "fr"})
        found = response.json()
        item = found["items"][0] if "items" in found else found
        assert (item["price_text"], item["variants"][0]["price_text"]) == ("40,00\xa0€",) * 2
        assert response.headers["content-language"] == "fr"
