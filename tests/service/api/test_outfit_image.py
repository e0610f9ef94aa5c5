"""The picture of an outfit over HTTP: formats, headers, caching, and who may see it."""

from __future__ import annotations

from xml.etree.ElementTree import ParseError

import pytest
from defusedxml.ElementTree import fromstring
from fake_recommender import SHELF, FakeRecommender, piece

from service.pictures.laydown import POLICY

pytestmark = pytest.mark.anyio


async def image_of(running, **body) -> str:
    answer = await running.client.post("/v1/outfits", json={"vibe": "rooftop jazz", "seed": 7, **body})
    return f"/v1/outfits/{answer.json()['outfits'][0]['id']}/image"


async def test_an_outfit_is_shown_as_svg(running):
    response = await running.client.get(await image_of(running))
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("image/svg+xml")
    assert response.headers["content-security-policy"] == POLICY
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"].startswith("private, max-age=")
    root = fromstring(response.text)
    assert root.get("role") == "img"
    assert "Silk camisole (black)" in response.text


async def test_an_outfit_is_shown_as_png_of_a_width(running):
    response = await running.client.get(await image_of(running), params={"format": "png", "width": 240})
    assert response.headers["content-type"] == "image/png"
    assert response.content[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(response.content[16:20], "big") == 240
    tall = await running.client.get(
        await image_of(running), params={"format": "png", "width": 240, "shape": "portrait", "theme": "dark"}
    )
    assert int.from_bytes(tall.content[20:24], "big") == 300


async def test_a_picture_that_did_not_change_is_not_sent_again(running):
    path = await image_of(running)
    first = await running.client.get(path)
    etag = first.headers["etag"]
    again = await running.client.get(path, headers={"If-None-Match": f'"other", W/{etag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == etag
    others = [{"theme": "dark"}, {"shape": "portrait"}, {"format": "png", "width": 200}]
    for params in others:
        other = await running.client.get(path, params=params, headers={"If-None-Match": etag})
        assert other.status_code == 200
        assert other.headers["etag"] != etag


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"format": "gif"}, "format"),
        ({"theme": "blue"}, "theme"),
        ({"shape": "round"}, "shape"),
        ({"width": "0"}, "width"),
        ({"width": "99999"}, "width"),
    ],
)
async def test_what_cannot_be_drawn_is_refused_by_name(running, params, field):
    response = await running.client.get(await image_of(running), params=params)
    assert response.status_code == 422
    assert [e["field"] for e in response.json()["errors"]] == [field]


async def test_of_no_outfit_there_is_no_picture(running):
    response = await running.client.get("/v1/outfits/nope/image")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


class TestHostile:
    @pytest.fixture
    def fake(self):
        title = '</desc></svg><script>alert(document.domain)</script><svg onload="x">'
        return FakeRecommender((piece("T/9", "top", title, 40.0), *SHELF[1:]))

    async def test_a_hostile_title_stays_text(self, running):
        response = await running.client.get(await image_of(running))
        try:
            root = fromstring(response.text)
        except ParseError as error:
            pytest.fail(str(error))
        assert all("script" not in element.tag for element in root.iter())
        assert not any(name.startswith("on") for element in root.iter() for name in element.attrib)
        assert "alert(document.domain)" in (root.findtext("{http://www.w3.org/2000/svg}desc") or "")
