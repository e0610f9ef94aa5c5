"""What staff say of pieces over HTTP: who may, what is refused, and that outfits, builds and training follow."""

from __future__ import annotations

import json
from pathlib import Path

import anyio
import pytest

from indexer.pipeline.read import FeedSource
from service.cli.export import export_corrections
from service.indexing.build import build_index
from training.garments.corpus import read_corrections

pytestmark = pytest.mark.anyio

ITEMS = "/v1/admin/items"
FEED = """sku,title,category,gender,color,size,price,currency,quantity
T1,Silk camisole,Tops,women,black,M,40,EUR,3
B1,Wide trousers,Trousers,women,white,38,60,EUR,5
S1,Strappy sandals,Sandals,women,black,39,50,EUR,4
S2,White sneakers,Sneakers,women,white,39,55,EUR,1
O1,Garden apron,Accessories,women,green,,15,EUR,9
"""


@pytest.mark.parametrize(("key", "status"), [("shopper", 403), ("", 401)])
async def test_only_staff_may(running, key, status):
    headers = running.shopper() if key else {}
    for method, path in (("GET", ITEMS), ("PATCH", f"{ITEMS}/T/1"), ("DELETE", f"{ITEMS}/T/1")):
        running.services.keys.add("staff")
        response = await running.client.request(
            method, path, headers=headers, **({"json": {}} if method == "PATCH" else {})
        )
        assert response.status_code == status


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"kind": "trowsers"}, "kind", "trousers"),
        ({"kind": "Wide Leg Trouser"}, "kind", "wide-leg-trousers"),
        ({"slot": "shoe"}, "slot", "shoes"),
        ({"department": "woman"}, "department", "women"),
        ({"kind": "zzzz"}, "kind", "one of top, t-shirt"),
        ({"color": "red"}, "color", "not permitted"),
        ({"kind": ""}, "kind", "at least 1"),
    ],
)
async def test_an_unknown_word_is_refused_with_the_nearest_known(running, body, field, words):
    response = await running.client.patch(f"{ITEMS}/T/1", json=body, headers=running.staff())
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error["field"] == field
    assert words in error["message"]
    assert running.services.corrections.list() == []


async def test_fields_are_said_one_by_one_and_undone(running):
    client, path = running.client, f"{ITEMS}/T/1-M"
    client.headers.update(running.staff())

    def said() -> list[tuple[str | None, str | None, str | None]]:
        return [(c.kind, c.slot, c.department) for c in running.services.corrections.all().values()][:1]

    assert (await client.patch(path, json={"kind": "blouse"})).status_code == 200
    first = running.services.corrections.stamp()
    await client.patch(path, json={"department": "men"})
    assert said() == [("blouse", None, "men")]
    assert running.services.corrections.stamp() not in ("", first)
    await client.patch(path, json={"kind": None})
    assert said() == [(None, None, "men")]
    await client.patch(path, json={"department": None, "slot": None})
    assert (said(), running.services.corrections.stamp()) == ([], "")
    assert (await client.patch(path, json={})).status_code == 200
    assert said() == [(None, None, None)]  # as it was read, and no doubt of it
    assert (await client.delete(path)).status_code == 204
    assert (await client.delete(path)).status_code == 404
    assert (await client.patch(f"{ITEMS}/X", json={})).status_code == 404


async def test_outfits_builds_and_training_follow(start, settings, tmp_path):
    settings = settings.model_copy(update={"composer": "retrieval", "adapters_dir": tmp_path / "adapters"})
    feed = tmp_path / "feed.csv"
    feed.write_text(FEED)
    build_index(settings, [FeedSource(feed)])
    wish = {"vibe": "rooftop jazz", "count": 1, "seed": 1, "anchors": ["S1"], "department": "women"}
    async with start(settings, None) as running:
        client = running.client
        client.headers.update(running.staff())
        with anyio.fail_after(120):
            while (await client.get("/readyz")).status_code != 200:
                await anyio.sleep(0.05)
        assert (await client.post("/v1/outfits", json=wish)).json()["outfits"]
        answer = (await client.patch(f"{ITEMS}/T1", json={"kind": "vest-nothing"})).json()
        assert answer["status"] == 422
        told = (await client.patch(f"{ITEMS}/T1", json={"slot": "none"})).json()
        assert (told["slot"], told["source"], told["correction"]["slot"]) == (None, "staff", "none")
        assert (await client.post("/v1/outfits", json=wish)).json()["outfits"] == []  # no other top
        assert (await client.patch("/v1/admin/stock", json=[{"sku": "T1", "quantity": 2}])).status_code == 200
        told = (await client.patch(f"{ITEMS}/T1", json={"slot": None, "kind": "blouse"})).json()
        assert (told["kind"], told["slot"]) == ("blouse", "top")
        (outfit,) = (await client.post("/v1/outfits", json=wish)).json()["outfits"]
        assert "T1" in {piece["sku"] for piece in outfit["items"]}
        listed = (await client.get(ITEMS, params={"corrected": True})).json()
        assert [item["sku"] for item in listed["items"]] == ["T1"]
        job = (await client.post("/v1/admin/reindex", files={"file": ("s.csv", FEED.encode())})).json()
        with anyio.fail_after(120):
            while (await client.get(job["url"])).json()["status"] != "done":
                await anyio.sleep(0.05)
        assert (await client.get("/v1/items/T1")).json()["kind"] == "blouse"
        assert (await client.delete(f"{ITEMS}/T1")).status_code == 204
        assert (await client.patch(f"{ITEMS}/T1", json={"kind": "camisole"})).status_code == 200
    lines = tmp_path / "corrections.jsonl"
    assert export_corrections(settings, lines) == f"1 corrections -> {lines}"
    (line,) = map(json.loads, lines.read_text().splitlines())
    assert (line["sku"], line["kind"], line["title"]) == ("T1", "camisole", "Silk camisole")
    assert [(s.text, s.kind) for s in read_corrections(lines)] == [("Silk camisole", "camisole")]
    report = build_index(settings, [FeedSource(feed)])  # as the command line does
    assert not [note for note in report.notes if "corrections" in note]


def test_what_is_no_correction_is_named_by_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    good = {"title": "Cami", "kind": None, "slot": None, "was": {"kind": "camisole"}}
    for wrong, message in (
        ("{", "line 2: the line"),
        (json.dumps({**good, "kind": "boat"}), "'boat' is no kind"),
    ):
        path.write_text(f"{json.dumps(good)}\n{wrong}\n")
        with pytest.raises(ValueError, match=message):
            list(read_corrections(path))
    slot_alone = json.dumps({**good, "slot": "top"})  # says nothing of the kind
    path.write_text(f"{json.dumps(good)}\n{slot_alone}\n")
    assert [s.kind for s in read_corrections(path)] == ["camisole"]
