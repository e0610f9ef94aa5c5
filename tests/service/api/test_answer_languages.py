"""Answers and problems over HTTP in the language that the header asks for, else in that of the wish."""

from __future__ import annotations

import pytest
from app_runner import Running

pytestmark = pytest.mark.anyio

GERMAN = "etwas Elegantes für die Hochzeit meiner Schwester"


async def test_the_wish_decides_unless_the_header_does(running: Running) -> None:
    said = await running.client.post("/v1/outfits", json={"vibe": GERMAN})
    assert said.headers["content-language"] == "de"
    assert "\xa0€" in said.json()["outfits"][0]["total_price_text"]
    asked = await running.client.post(
        "/v1/outfits", json={"vibe": GERMAN}, headers={"Accept-Language": "en-GB"}
    )
    assert asked.headers["content-language"] == "en-GB"


@pytest.mark.parametrize(
    ("language", "title", "message"),
    [
        ("en", "Invalid request", "Input should be greater than 0"),
        ("de", "Ungültige Anfrage", "muss größer als 0 sein"),
        ("ja", "無効なリクエスト", "0 より大きくしてください"),
        ("ar-EG", "طلب غير صالح", "يجب أن يكون أكبر من 0"),
        ("sv", "Invalid request", "Input should be greater than 0"),
    ],
)
async def test_problems_come_in_the_language_of_the_header(
    running: Running, language: str, title: str, message: str
) -> None:
    body = {"vibe": "office", "budget": {"max": -1}}
    response = await running.client.post("/v1/outfits", json=body, headers={"Accept-Language": language})
    problem = response.json()
    assert response.status_code == 422
    assert (problem["title"], problem["errors"]) == (title, [{"field": "budget.max", "message": message}])
    assert problem["detail"] == f"budget.max: {message}"


async def test_an_outfit_that_is_not_there(running: Running) -> None:
    response = await running.client.get("/v1/outfits/nope", headers={"Accept-Language": "fr"})
    assert (response.json()["title"], response.json()["detail"]) == ("Introuvable", "aucune tenue 'nope'")
