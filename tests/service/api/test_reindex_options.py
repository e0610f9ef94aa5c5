"""What a reindex request may ask for: a trial, a confirmed removal, a currency, one job per name; and hostile feeds."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from app_runner import until
from quick_builds import quick_build, rows

from indexer.storage.snapshot import SnapshotStore

pytestmark = pytest.mark.anyio
URL = "/v1/admin/reindex"


@pytest.fixture
async def staffed(start, settings, fake, tmp_path):
    feeds = tmp_path / "feeds"
    feeds.mkdir()
    settings = settings.model_copy(update={"feed_dir": feeds, "max_unpacked_bytes": 1_000_000})
    async with start(settings, fake, quick_build(settings.data_dir)) as running:
        running.client.headers.update(running.staff())
        yield running


async def job(running, response) -> dict:
    assert response.status_code == 202, response.text
    job_id = response.json()["id"]
    await until(lambda: running.services.jobs.get(job_id).finished is not None)
    return (await running.client.get(f"/v1/admin/jobs/{job_id}")).json()


def upload(text: str | bytes, name: str = "feed.csv") -> dict:
    return {"file": (name, text.encode() if isinstance(text, str) else text)}


def items(running) -> int:
    with SnapshotStore(running.services.settings.data_dir).current() as snapshot:
        return snapshot.manifest.contents.items


async def test_a_dry_run_answers_the_difference_and_serves_nothing_new(staffed, fake):
    await job(staffed, await staffed.client.post(URL, files=upload(rows(4))))
    assert fake.reloads == 1
    trial = await staffed.client.post(URL, files=upload(rows(4, first=3)), data={"dry_run": "true"})
    tried = await job(staffed, trial)
    assert (tried["status"], tried["dry_run"], tried["error"]) == ("done", True, None)
    diff = tried["report"]["diff"]
    assert (diff["before"], diff["after"]) == (4, 4)
    assert diff["added"] == {"count": 3, "listed": ["T4", "T5", "T6"], "complete": True}
    assert diff["removed"]["listed"] == ["T0", "T1", "T2"]
    assert (items(staffed), fake.reloads) == (4, 1)


async def test_much_removed_fails_with_the_difference_until_it_is_confirmed(staffed, fake):
    await job(staffed, await staffed.client.post(URL, files=upload(rows(10))))
    refused = await job(staffed, await staffed.client.post(URL, files=upload(rows(6))))
    assert refused["status"] == "failed"
    assert "remove 4 of 10 items (40%)" in refused["error"]
    assert refused["report"]["diff"]["removed"]["count"] == 4
    assert (items(staffed), fake.reloads) == (10, 1)
    confirmed = await staffed.client.post(URL, files=upload(rows(6)), data={"confirm": "true"})
    assert (await job(staffed, confirmed))["status"] == "done"
    assert items(staffed) == 6
    assert (await job(staffed, await staffed.client.post(URL, files=upload(rows(5)))))["status"] == "done"


async def test_a_feed_without_currency_is_in_the_one_asked_for(staffed):
    text = rows(1).replace(",EUR", "").replace(",currency", "")
    await job(staffed, await staffed.client.post(URL, files=upload(text), data={"currency": "USD"}))
    with SnapshotStore(staffed.services.settings.data_dir).current() as snapshot:
        assert {item.currency for item in snapshot.catalogue.iter_items()} == {"USD"}
    wrong = await staffed.client.post(URL, files=upload(text), data={"currency": "Taler"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "currency")


async def test_one_key_is_one_job(staffed):
    headers = {"Idempotency-Key": "nightly-1"}

    async def send(text: str, **data: str):
        return await staffed.client.post(URL, files=upload(text), data=data, headers=headers)

    first = await send(rows(2))
    again = await send(rows(2))
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    assert again.headers["location"] == first.headers["location"]
    await job(staffed, first)
    assert (await send(rows(2))).json() == {**first.json(), "status": "done"}
    for other in (await send(rows(3)), await send(rows(2), dry_run="true")):
        assert (other.status_code, other.json()["errors"][0]["field"]) == (422, "idempotency-key")
        assert first.json()["id"] in other.json()["detail"]
    uploads = staffed.services.settings.data_dir / "uploads"
    await until(lambda: list(uploads.iterdir()) == [])
    for bad in ("", "two words", "x" * 201):
        response = await staffed.client.post(URL, json={}, headers={"Idempotency-Key": bad})
        assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "idempotency-key")


@pytest.mark.parametrize("body", [{}, {"source": "configured"}])
async def test_without_feeds_those_of_the_current_index_are_built_again(staffed, body):
    feed = staffed.services.settings.feed_dir / "store.csv"
    feed.write_text(rows(2))
    await job(staffed, await staffed.client.post(URL, json={"path": "store.csv"}))
    feed.write_text(rows(3))
    assert (await job(staffed, await staffed.client.post(URL, json=body)))["report"]["items"] == 3
    feed.unlink()
    gone = await staffed.client.post(URL, json=body)
    assert gone.status_code == 422
    assert "store.csv: no such file" in gone.json()["detail"]


async def test_without_feeds_those_of_the_setting_come_first(start, settings, fake, tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(rows(2 if name == "a.csv" else 3))
    settings = settings.model_copy(update={"feed_dir": tmp_path, "feed_sources": ("b.csv",)})
    async with start(settings, fake, quick_build(settings.data_dir)) as running:
        running.client.headers.update(running.staff())
        await job(running, await running.client.post(URL, json={"path": "a.csv"}))
        assert (await job(running, await running.client.post(URL, json={})))["report"]["items"] == 3


async def test_a_full_disk_is_said_and_leaves_nothing(staffed, monkeypatch):
    opened = Path.open
    monkeypatch.setattr(
        Path,
        "open",
        lambda path, mode="r": opened(Path("/dev/full") if path.name == "feed.csv" else path, mode),
    )
    response = await staffed.client.post(URL, files=upload(b"x" * 100_000))
    assert response.status_code == 503
    assert "the disk is full" in response.json()["detail"]
    assert response.headers["retry-after"] == "60"
    monkeypatch.undo()
    assert list((staffed.services.settings.data_dir / "uploads").iterdir()) == []
    assert (await staffed.client.get("/v1/admin/jobs")).json() == {"jobs": []}


async def test_bombs_fail_as_feeds_and_change_nothing(staffed, tmp_path):
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 100, pa.int32()), pa.array(["x" * 100_000]))
    pq.write_table(pa.table({"id": range(100), "title": text}), tmp_path / "bomb.parquet")
    laughs = '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;">]><rss><item><id>&b;</id></item></rss>'
    for name, content, said in (
        ("bomb.parquet", (tmp_path / "bomb.parquet").read_bytes(), "unpacks to more than 1,000,000 bytes"),
        ("laughs.xml", laughs.encode(), "a document type or entity is declared"),
        ("feed.csv.gz", b"\x1f\x8b\x08rest", "the gzip file is damaged or cut off"),
        ("bomb.csv.gz", gzip.compress(b"a" * 2_000_000), "unpacks to more than 1,000,000 bytes"),
    ):
        failed = await job(staffed, await staffed.client.post(URL, files=upload(content, name)))
        assert failed["status"] == "failed"
        assert failed["error"].startswith(name)
        assert said in failed["error"]
    assert SnapshotStore(staffed.services.settings.data_dir).versions() == []


async def test_jobs_are_listed_and_cancelled(staffed):
    done = await job(staffed, await staffed.client.post(URL, files=upload(rows(2))))
    trial = await job(
        staffed, await staffed.client.post(URL, files=upload(rows(2)), data={"dry_run": "true"})
    )
    listed = (await staffed.client.get("/v1/admin/jobs")).json()["jobs"]
    assert [entry["id"] for entry in listed] == [trial["id"], done["id"]]
    assert listed[1] == {name: value for name, value in done.items() if name != "report"}
    assert (done["counts"]["embed"], done["totals"], done["rate"], done["eta_seconds"]) == (2, {}, None, None)
    response = await staffed.client.post(f"/v1/admin/jobs/{done['id']}/cancel")
    assert response.status_code == 409
    assert (await staffed.client.post("/v1/admin/jobs/nope/cancel")).status_code == 404


async def test_a_build_under_way_is_cancelled_over_http(start, settings, fake, tmp_path):
    def endless(order, progress):
        progress.start("read", 100)
        while True:
            progress.advance(0)

    async with start(settings, fake, endless) as running:
        running.client.headers.update(running.staff())
        started = (await running.client.post(URL, files=upload(rows(1)))).json()
        url = started["url"]
        assert (await running.client.post("/v1/admin/index/rollback")).status_code == 409
        assert (await running.client.post(f"{url}/cancel")).status_code == 202
        await until(lambda: running.services.jobs.get(started["id"]).finished is not None)
        again = await running.client.post(f"{url}/cancel")
        assert (again.status_code, again.json()["status"]) == (202, "cancelled")
        await until(lambda: list((settings.data_dir / "uploads").iterdir()) == [])
