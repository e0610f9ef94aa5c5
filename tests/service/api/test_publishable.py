"""Keys in web pages: for composing and looking, from their own origins, in nobody's name that is not signed."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from service.api.intake.publishable import ALLOWED, sign
from service.errors import InvalidError

pytestmark = pytest.mark.anyio
SHOP = "https://shop.example"
WISH = {"vibe": "jazz", "count": 1, "seed": 5}


def page(running, origin=SHOP):
    key = running.services.keys.add("publishable", origins=[SHOP])
    return {"Authorization": f"Bearer {key}", "Origin": origin}


@pytest.fixture
def signing(settings):
    return settings.model_copy(update={"shopper_secret": SecretStr("hush"), "cors_origins": (SHOP,)})


def signed(name):
    return f"{name}.{sign(name, 'hush')}"


async def test_it_composes_swaps_and_shows_and_does_no_more(running):
    headers = page(running)
    made = await running.client.post("/v1/outfits", json=WISH, headers=headers)
    assert made.status_code == 200
    name = made.json()["outfits"][0]["id"]
    assert (await running.client.get(f"/v1/outfits/{name}/image", headers=headers)).status_code == 200
    assert (await running.client.get("/v1/items", headers=headers)).status_code == 200
    for path, operations in running.app.openapi()["paths"].items():
        for method in operations:
            if path.startswith("/v1/") and (method.upper(), path) not in ALLOWED:
                answer = await running.client.request(
                    method, path.replace("{outfit_id}", name), headers=headers
                )
                assert answer.status_code == 403, (method, path)


async def test_it_is_good_from_its_own_origins_alone(running):
    for origin in ("https://evil.example", "http://shop.example", "null"):
        answer = await running.client.post("/v1/outfits", json=WISH, headers=page(running, origin))
        assert answer.status_code == 403
    headers = page(running)
    del headers["Origin"]
    assert (await running.client.post("/v1/outfits", json=WISH, headers=headers)).status_code == 403


@pytest.mark.parametrize("origins", [[], ["shop.example"], ["https://shop.example/"], ["*"]])
async def test_it_needs_origins(running, origins):
    with pytest.raises(InvalidError, match="origin"):
        running.services.keys.add("publishable", origins=origins)
    with pytest.raises(InvalidError, match="origin"):
        running.services.keys.add("shopper", origins=[SHOP])


async def test_nobody_is_named_who_is_not_signed(start, signing, fake):
    async with start(signing, fake) as running:
        headers = page(running)
        for name in ("s-1", "s-1.", f"s-1.{'0' * 64}", f"s-2.{sign('s-1', 'hush')}"):
            answer = await running.client.post("/v1/outfits", json=WISH | {"shopper": name}, headers=headers)
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["field"] == "shopper"
        good = await running.client.post(
            "/v1/outfits", json=WISH | {"shopper": signed("s-1")}, headers=headers
        )
        assert good.status_code == 200
        assert fake.requests[-1].shopper == "s-1" if hasattr(fake, "requests") else True


async def test_without_a_secret_pages_name_nobody(running):
    answer = await running.client.post(
        "/v1/outfits", json=WISH | {"shopper": signed("s-1")}, headers=page(running)
    )
    assert answer.status_code == 422


async def test_what_another_key_made_for_a_shopper_is_not_there_for_a_page(start, signing, fake):
    async with start(signing, fake) as running:
        server = running.shopper()
        made = await running.client.post("/v1/outfits", json=WISH | {"shopper": "s-1"}, headers=server)
        outfit = made.json()["outfits"][0]
        headers = page(running)
        about = {"event_id": "e1", "type": "like", "outfit_id": outfit["id"]}
        for method, path, body in [
            ("GET", f"/v1/outfits/{outfit['id']}/image", None),
            ("POST", f"/v1/outfits/{outfit['id']}/swap", {"slot": outfit["items"][0]["slot"]}),
            ("POST", f"/v1/outfits/{outfit['id']}/refine", {"say": "warmer"}),
            ("POST", "/v1/feedback", about),
        ]:
            answer = await running.client.request(method, path, json=body, headers=headers)
            assert answer.status_code == 404, path
        assert (await running.client.post("/v1/feedback", json=about, headers=server)).status_code == 202


async def test_a_page_tells_of_its_own_outfits_in_its_own_name(start, signing, fake):
    async with start(signing, fake) as running:
        headers = page(running)
        made = await running.client.post(
            "/v1/outfits", json=WISH | {"shopper": signed("s-1")}, headers=headers
        )
        outfit = made.json()["outfits"][0]["id"]

        async def tell(number, **told):
            event = {"event_id": f"e{number}", "type": "like", "outfit_id": outfit, **told}
            return await running.client.post("/v1/feedback", json=event, headers=headers)

        assert (await tell(1, shopper=signed("s-1"))).status_code == 202
        assert (await tell(2, shopper=signed("s-2"))).status_code == 422  # composed for somebody else
        assert (await tell(3, shopper="s-1")).status_code == 422
        assert (await tell(4, sku="no-such-piece")).status_code == 422
        assert (await tell(5, at="1990-01-01")).status_code == 422
        (line,) = running.services.feedback.lines()
        assert '"source":"page"' in line
        assert '"shopper":"s-1"' in line


async def test_each_address_and_each_shopper_counts_for_itself(start, signing, fake):
    async with start(signing.model_copy(update={"rate_per_minute": 4}), fake) as running:
        headers = page(running)
        wish = WISH | {"shopper": signed("s-1")}
        answers = [await running.client.post("/v1/outfits", json=wish, headers=headers) for _ in range(3)]
        codes = [answer.status_code for answer in answers]
        assert codes == [200, 200, 429]
