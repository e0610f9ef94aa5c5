"""What is indexed, which indexes are kept, and the way back to one of them."""

from __future__ import annotations

import pytest
from quick_builds import quick_build, rows

from indexer.errors import SnapshotError
from indexer.pipeline.read import FeedSource
from indexer.storage.snapshot import SnapshotStore
from service.indexing.job_progress import Progress
from service.indexing.order import BuildOrder

pytestmark = pytest.mark.anyio
URL = "/v1/admin/index"
BACK = f"{URL}/rollback"


@pytest.fixture
async def staffed(running):
    running.client.headers.update(running.staff())
    return running


@pytest.fixture
def store(settings) -> SnapshotStore:
    return SnapshotStore(settings.data_dir)


@pytest.fixture
def versions(settings, tmp_path) -> list[str]:
    """Three snapshots of 1, 2 and 3 items; the last is current."""
    feed = tmp_path / "feed.csv"
    made = []
    for count in (1, 2, 3):
        feed.write_text(rows(count))
        order = BuildOrder((FeedSource(feed),))
        progress = Progress(lambda: None, lambda _: None)
        made.append(str(quick_build(settings.data_dir)(order, progress).version))
    return made


async def test_every_kept_index_is_described(staffed, versions):
    found = (await staffed.client.get(URL)).json()
    assert (found["version"], found["items"], found["variants"]) == (versions[2], 3, 3)
    assert found["age_seconds"] >= 0
    assert [(v["version"], v["items"], v["current"]) for v in found["versions"]] == [
        (versions[0], 1, False),
        (versions[1], 2, False),
        (versions[2], 3, True),
    ]
    oldest = found["versions"][0]
    assert (oldest["counts"]["top"], oldest["counts"]["shoes"], oldest["model"]["name"]) == (1, 0, "quick")
    assert (oldest["intact"], oldest["damage"]) == (None, None)


async def test_files_are_read_only_when_asked(staffed, store, versions):
    (store.snapshots / versions[0] / "vectors.faiss").write_bytes(b"damaged")
    (store.snapshots / versions[1] / "manifest.json").write_bytes(b"{}")
    quick = (await staffed.client.get(URL)).json()["versions"]
    assert [v["intact"] for v in quick] == [None, False, None]
    assert "manifest.json" in quick[1]["damage"]
    whole = (await staffed.client.get(URL, params={"verify": "true"})).json()["versions"]
    assert [v["intact"] for v in whole] == [False, False, True]
    assert "vectors.faiss is damaged" in whole[0]["damage"]


async def test_a_damaged_current_index_is_unavailable(staffed, store, versions):
    (store.snapshots / versions[2] / "manifest.json").write_bytes(b"{}")
    assert (await staffed.client.get(URL)).status_code == 503


async def test_one_step_back_then_to_a_version(staffed, fake, store, versions):
    back = await staffed.client.post(BACK)
    assert (back.status_code, back.json()["version"], fake.reloads) == (200, versions[1], 1)
    there = await staffed.client.post(BACK, json={"version": versions[0]})
    assert (there.json()["version"], there.json()["items"], store.current_version()) == (
        versions[0],
        1,
        versions[0],
    )
    assert (await staffed.client.post(BACK, json={"version": versions[0]})).status_code == 200
    forth = await staffed.client.post(BACK, json={"version": versions[2]})
    assert (forth.json()["version"], fake.reloads) == (versions[2], 4)


async def test_where_there_is_no_way_back(staffed, fake, store, versions):
    unknown = await staffed.client.post(BACK, json={"version": "20200101T000000000000Z-000000000000"})
    assert unknown.status_code == 404
    (store.snapshots / versions[1] / "vectors.faiss").write_bytes(b"damaged")
    damaged = await staffed.client.post(BACK, json={"version": versions[1]})
    assert (damaged.status_code, "vectors.faiss is damaged" in damaged.json()["detail"]) == (409, True)
    assert (await staffed.client.post(BACK)).json()["version"] == versions[0]  # past the damaged one
    nothing = await staffed.client.post(BACK)
    assert (nothing.status_code, "no earlier intact" in nothing.json()["detail"]) == (409, True)
    for wrong in ({"version": 3}, {"version": ""}, {"to": versions[0]}):
        assert (await staffed.client.post(BACK, json=wrong)).status_code == 422
    assert store.current_version() == versions[0]
    assert fake.reloads == 1


async def test_what_cannot_be_served_is_not_left_current(staffed, fake, store, versions, monkeypatch):
    def refuse() -> None:
        raise SnapshotError("embedded with another model")

    monkeypatch.setattr(fake, "reload", refuse)
    refused = await staffed.client.post(BACK)
    assert refused.status_code == 409
    assert "another model" in refused.json()["detail"]
    assert f"{versions[2]} is current as before" in refused.json()["detail"]
    assert store.current_version() == versions[2]


async def test_without_an_index_there_is_nothing_to_go_back_to(staffed):
    assert (await staffed.client.post(BACK)).status_code == 404
