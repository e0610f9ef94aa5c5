"""From an empty data directory to an outfit over HTTP, with every real part but a language model."""

from __future__ import annotations

import anyio
import pytest

pytestmark = pytest.mark.anyio

FEED = """sku,title,category,gender,color,price,currency,quantity
T1,Silk camisole,Tops,women,black,40,EUR,3
B1,Wide trousers,Trousers,women,white,60,EUR,5
S1,Strappy sandals,Sandals,women,black,50,EUR,4
X1,No price,Tops,women,black,,EUR,4
"""


async def test_an_uploaded_feed_becomes_outfits(start, settings, tmp_path):
    updates = {"composer": "retrieval", "adapters_dir": tmp_path / "adapters"}
    async with start(settings.model_copy(update=updates), None) as running:
        client = running.client
        client.headers.update(running.staff())
        with anyio.fail_after(120):
            while "no index yet" not in (unready := await client.get("/readyz")).text:
                await anyio.sleep(0.05)
            assert unready.status_code == 503
            files = {"file": ("store.csv", FEED.encode())}
            job = (await client.post("/v1/admin/reindex", files=files)).json()
            while (found := (await client.get(job["url"])).json())["status"] in ("queued", "running"):
                await anyio.sleep(0.05)
        assert (found["status"], found["error"]) == ("done", None)
        assert found["counts"]["read"] == 4
        assert found["report"]["sources"][0]["file"] == "store.csv"
        assert found["report"]["sources"][0]["rejected"] == {"price missing": 1}

        index = (await client.get("/v1/admin/index")).json()
        assert (index["items"], index["version"]) == (3, found["report"]["version"])
        assert {slot: n for slot, n in index["counts"].items() if n} == {"top": 1, "bottom": 1, "shoes": 1}
        assert index["model"]["dim"] == 384
        assert [kept["version"] for kept in index["versions"]] == [index["version"]]

        assert (await client.get("/readyz")).status_code == 200
        answer = (await client.post("/v1/outfits", json={"vibe": "rooftop jazz", "count": 1})).json()
        (outfit,) = answer["outfits"]
        assert {item["sku"] for item in outfit["items"]} == {"T1", "B1", "S1"}
        assert outfit["total_price"] == 150.0
        assert answer["index"]["version"] == index["version"]
        assert (await client.get(f"/v1/outfits/{outfit['id']}")).json() == outfit
