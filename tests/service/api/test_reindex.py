"""Reindexing over HTTP: uploads, paths in the feed folder, one build at a time, and what became of it."""

from __future__ import annotations

import dataclasses
import threading
import time

import pytest
from app_runner import until

from indexer.errors import FeedError
from indexer.pipeline.report import BuildReport
from service.indexing.order import BuildOrder

pytestmark = pytest.mark.anyio
URL = "/v1/admin/reindex"


def report(items: int) -> BuildReport:
    empty = {field.name: None for field in dataclasses.fields(BuildReport)}
    return BuildReport(**{**empty, "version": "v2", "items": items})


class Builder:
    """Counts the lines of the feeds, reading them as the indexer would: while they exist."""

    def __init__(self) -> None:
        self.orders: list[BuildOrder] = []
        self.texts: list[bytes] = []
        self.hold: threading.Event | None = None
        self.error: Exception | None = None

    def __call__(self, order, progress) -> BuildReport:
        self.orders.append(order)
        progress.start("read", None)
        if self.hold is not None:
            self.hold.wait(10)
        if self.error is not None:
            raise self.error
        self.texts += [feed.path.read_bytes() for feed in order.feeds]
        progress.advance(sum(len(text.splitlines()) for text in self.texts))
        return report(len(self.texts))


@pytest.fixture
def builder() -> Builder:
    return Builder()


@pytest.fixture
def feed_dir(tmp_path):
    folder = tmp_path / "feeds"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.csv").write_text("sku,title\n1,Shirt\n")
    (folder / "sub" / "b.csv").write_text("sku,title\n2,Skirt\n")
    (tmp_path / "secret.csv").write_text("sku,title\n")
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "loop.csv").symlink_to(folder / "loop.csv")
    (tmp_path / "feeds-not").mkdir()
    (tmp_path / "feeds-not" / "c.csv").write_text("")
    return folder


@pytest.fixture
async def staffed(start, settings, fake, builder, feed_dir):
    settings = settings.model_copy(update={"feed_dir": feed_dir, "max_upload_bytes": 300_000})
    async with start(settings, fake, builder) as running:
        running.client.headers.update(running.staff())
        yield running


async def ended(running, job_id: str) -> dict:
    def has_ended() -> bool:
        return running.services.jobs.get(job_id).finished is not None

    await until(has_ended)
    response = await running.client.get(f"/v1/admin/jobs/{job_id}")
    assert response.status_code == 200
    return response.json()


async def test_uploaded_feeds_are_built_then_served_and_deleted(staffed, builder, fake, settings):
    files = [
        ("file", ("../../evil/Müller feed.csv", b"sku\n1\n")),
        ("file", ("..", b"\r\n--not the boundary\r\n" * 10_000)),
    ]
    form = {"format": "csv", "map": ["title=Name", "price=Preis"], "allow_rejects": "true"}
    response = await staffed.client.post(URL, files=files, data=form)
    assert response.status_code == 202
    job = response.json()
    assert job == {"id": job["id"], "status": "queued", "url": response.headers["location"]}
    assert job["url"] == f"/v1/admin/jobs/{job['id']}"

    done = await ended(staffed, job["id"])
    assert (done["status"], done["error"], done["report"]["items"]) == ("done", None, 2)
    assert done["counts"] == {"read": 20_002}
    assert builder.texts == [files[0][1][1], files[1][1][1]]
    (order,) = builder.orders
    assert [feed.path.name for feed in order.feeds] == ["Müller feed.csv", "feed"]
    assert {(f.format, f.mapping, f.currency) for f in order.feeds} == {
        ("csv", ("title=Name", "price=Preis"), "EUR")
    }
    assert order.allow_rejects
    uploads = settings.data_dir / "uploads"
    assert all(feed.path.is_relative_to(uploads) for feed in order.feeds)
    await until(lambda: list(uploads.iterdir()) == [])
    assert fake.reloads == 1


async def test_uploads_are_called_as_they_were_sent(staffed, builder):
    files = [("file", (name, b"sku\n1\n")) for name in ("a.csv", "b.csv", "a.csv")]
    response = await staffed.client.post(URL, files=files)
    await ended(staffed, response.json()["id"])
    assert [feed.label for feed in builder.orders[0].feeds] == ["1 a.csv", "b.csv", "3 a.csv"]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"path": "a.csv"}, ["a.csv"]),
        ({"paths": ["a.csv", "sub/../sub/b.csv"], "format": "csv"}, ["a.csv", "b.csv"]),
    ],
)
async def test_feeds_in_the_feed_folder_are_built_and_stay(staffed, builder, feed_dir, body, names):
    response = await staffed.client.post(URL, json=body)
    assert response.status_code == 202
    assert (await ended(staffed, response.json()["id"]))["status"] == "done"
    assert [feed.path.name for feed in builder.orders[0].feeds] == names
    assert (feed_dir / "a.csv").exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"path": "../secret.csv"}, "path"),
        ({"path": "../feeds-not/c.csv"}, "path"),
        ({"paths": ["a.csv", "/etc/passwd"]}, "paths.1"),
        ({"paths": ["link.csv"]}, "paths.0"),
        ({"path": "loop.csv"}, "path"),
        ({"path": "sub"}, "path"),
        ({"path": "missing.csv"}, "path"),
        ({"path": "a\0.csv"}, "path"),
        ({"paths": []}, "paths"),
        ({"path": "a.csv", "format": "xls"}, "format"),
        ({"path": "a.csv", "map": ["Name"]}, "map"),
        ({"path": "a.csv", "map": ["nonsense=Name"]}, "map"),
        ({"path": "a.csv", "fast": True}, "fast"),
        ({"path": "a.csv", "currency": "Taler"}, "currency"),
        ({"path": "a.csv", "source": "configured"}, "source"),
        ({"source": "elsewhere"}, "source"),
        ({}, "source"),
        (["a.csv"], "body"),
    ],
)
async def test_a_wrong_request_names_its_field_and_builds_nothing(staffed, builder, body, field):
    response = await staffed.client.post(URL, json=body)
    assert response.status_code == 422
    assert [e["field"] for e in response.json()["errors"]] == [field]
    assert builder.orders == []


async def test_a_path_outside_sounds_the_same_whether_it_exists_or_not(staffed):
    there = await staffed.client.post(URL, json={"path": "../secret.csv"})
    nowhere = await staffed.client.post(URL, json={"path": "../nothing.csv"})
    assert there.json()["detail"] == nowhere.json()["detail"]


async def test_without_a_feed_folder_paths_are_refused(running):
    response = await running.client.post(URL, json={"path": "a.csv"}, headers=running.staff())
    assert response.status_code == 422
    assert "STYLIST_FEED_DIR" in response.json()["detail"]


def form(*parts: bytes, end: bytes = b"--B--\r\n") -> dict:
    body = b"".join(b"--B\r\n" + part + b"\r\n" for part in parts) + end
    return {"content": body, "headers": {"Content-Type": "multipart/form-data; boundary=B"}}


FILE = b'Content-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nsku\n'


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (form(FILE.replace(b'"file"', b'"feed"')), "feed"),
        (form(b'Content-Disposition: form-data; name="format"\r\n\r\ncsv'), "file"),
        (form(b'Content-Disposition: form-data; name="file"\r\n\r\nsku'), "file"),
        (form(FILE, b'Content-Disposition: form-data; name="format"\r\n\r\nxls'), "format"),
        (form(FILE, b'Content-Disposition: form-data; name="speed"\r\n\r\n1'), "speed"),
        (form(FILE, b'Content-Disposition: form-data; name="map"\r\n\r\n' + b"x" * 5000), "map"),
        (form(FILE, end=b""), "body"),
        (form(*[FILE] * 201), "body"),
        ({"content": b"junk", "headers": {"Content-Type": "multipart/form-data; boundary=B"}}, "body"),
        ({"content": b"junk", "headers": {"Content-Type": "multipart/form-data"}}, "body"),
        ({"content": b"sku\n", "headers": {"Content-Type": "text/csv"}}, "body"),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, "body"),
    ],
)
async def test_a_wrong_form_names_its_field_and_leaves_no_file(staffed, builder, settings, request_, field):
    response = await staffed.client.post(URL, **request_)
    assert response.status_code == 422
    assert [e["field"] for e in response.json()["errors"]] == [field]
    assert builder.orders == []
    uploads = settings.data_dir / "uploads"
    assert not uploads.exists() or list(uploads.iterdir()) == []


async def endless_file():
    yield b"--B\r\n" + FILE
    while True:
        yield b"1\n" * 10_000


async def test_an_upload_over_the_limit_is_cut_off_and_deleted(staffed, builder, settings):
    headers = {"Content-Type": "multipart/form-data; boundary=B"}
    response = await staffed.client.post(URL, content=endless_file(), headers=headers)
    assert response.status_code == 413
    assert list((settings.data_dir / "uploads").iterdir()) == []
    said = await staffed.client.post(URL, files={"file": ("a.csv", b"x" * 300_001)})
    assert said.status_code == 413
    assert builder.orders == []


async def test_a_second_build_is_a_conflict_until_the_first_ends(staffed, builder):
    builder.hold = threading.Event()
    first = (await staffed.client.post(URL, json={"path": "a.csv"})).json()
    await until(lambda: len(builder.orders) == 1)
    job = (await staffed.client.get(first["url"])).json()
    assert (job["status"], job["stage"], job["finished"]) == ("running", "read", None)
    second = await staffed.client.post(URL, json={"path": "a.csv"})
    assert second.status_code == 409
    assert first["id"] in second.json()["detail"]
    builder.hold.set()
    await ended(staffed, first["id"])
    await until(lambda: not staffed.services.jobs._thread.is_alive())
    assert (await staffed.client.post(URL, json={"path": "a.csv"})).status_code == 202


@pytest.mark.parametrize(
    ("error", "said"),
    [(FeedError("a.csv: no header"), "a.csv: no header"), (RuntimeError("inside"), "the log says why")],
)
async def test_a_failed_build_says_why_and_nothing_is_reloaded(staffed, builder, fake, error, said):
    builder.error = error
    job = (await staffed.client.post(URL, json={"path": "a.csv"})).json()
    failed = await ended(staffed, job["id"])
    assert (failed["status"], failed["report"]) == ("failed", None)
    assert said in failed["error"]
    assert "inside" not in failed["error"]
    assert fake.reloads == 0


async def test_an_unknown_job_is_not_found(staffed):
    assert (await staffed.client.get("/v1/admin/jobs/nope")).status_code == 404


async def test_there_is_no_index_before_the_first_build(staffed):
    response = await staffed.client.get("/v1/admin/index")
    assert (response.status_code, "stylist index" in response.json()["detail"]) == (404, True)


async def test_a_stopped_service_goes_on_with_its_build_when_it_starts_again(
    start, settings, fake, feed_dir, builder
):
    settings = settings.model_copy(update={"feed_dir": feed_dir})
    begun = threading.Event()

    def build(order, progress):
        progress.start("embed", None)
        begun.set()
        while True:
            progress.advance(1)
            time.sleep(0.001)

    async with start(settings, fake, build) as running:
        running.client.headers.update(running.staff())
        headers = running.client.headers
        files = {"file": ("a.csv", b"sku\n1\n")}
        job = (await running.client.post(URL, files=files)).json()
        await until(begun.is_set)
    async with start(settings, fake, builder) as running:
        running.client.headers.update(headers)
        done = await ended(running, job["id"])
    assert (done["status"], done["attempts"]) == ("done", 1)
    assert builder.texts == [b"sku\n1\n"]
