"""HTTP while the database fails, and with keys that expire: problems, never tracebacks."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, event, update

from service.db.tables import KeyRow
from service.settings import Settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def locked_out():
    """From when it is called on, every statement fails as on a full disk."""

    def fail(connection, cursor, statement, parameters, context, executemany):
        cursor.execute("PRAGMA max_page_count = 1")

    yield lambda: event.listen(Engine, "before_cursor_execute", fail)
    if event.contains(Engine, "before_cursor_execute", fail):
        event.remove(Engine, "before_cursor_execute", fail)


async def test_on_a_full_disk_composing_goes_on_and_says_what_is_not_saved(running, locked_out, caplog):
    locked_out()
    with caplog.at_level(logging.ERROR, "stylist.error"):
        while True:  # pages that are there are filled first
            body = {"vibe": "hunter2 " * 60, "count": 10}
            response = await running.client.post("/v1/outfits", json=body)
            assert response.status_code == 200
            if response.json()["unmet"]:
                break
    assert [unmet["constraint"] for unmet in response.json()["unmet"]] == ["saved"]
    assert len(response.json()["outfits"]) == 10
    assert response.json()["request_id"] in caplog.text
    assert "database or disk is full" in caplog.text
    assert "hunter2" not in caplog.text


async def test_what_cannot_be_kept_of_staffs_work_is_a_503_that_says_when_to_come_again(running, locked_out):
    headers = running.staff()
    locked_out()
    rule = {"action": "boost", "match": {"brands": ["Acme"]}, "strength": 0.5, "note": "x" * 200}
    while True:
        response = await running.client.post("/v1/admin/rules", json=rule, headers=headers)
        if response.status_code != 201:
            break
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert response.headers["Content-Type"] == "application/problem+json"
    assert "database or disk is full" in response.json()["detail"]


async def test_an_expired_key_is_told_so(running):
    staff = running.services.keys.add("staff", expires=datetime.now(UTC) + timedelta(days=1))
    headers = {"Authorization": f"Bearer {staff}"}
    assert (await running.client.get("/v1/admin/jobs/x", headers=headers)).status_code == 404
    with running.services.state.session() as session:
        session.execute(update(KeyRow).values(expires="2020-01-01T00:00:00.000000Z"))
    expired = await running.client.get("/v1/admin/jobs/x", headers=headers)
    assert expired.status_code == 401
    assert "expired at 2020-01-01" in expired.json()["detail"]
    assert expired.headers["WWW-Authenticate"] == "Bearer"
    guessed = await running.client.get("/v1/admin/jobs/x", headers={"Authorization": f"Bearer {staff}x"})
    assert "expired" not in guessed.json()["detail"]


async def test_the_service_runs_on_postgresql(start, fake, tmp_path, postgres):
    settings = Settings(data_dir=tmp_path / "data", database_url=postgres.new_database())
    async with start(settings, fake) as running:
        made = await running.client.post("/v1/outfits", json={"vibe": "gala", "seed": 2**63 - 1, "count": 1})
        assert made.status_code == 200
        outfit = made.json()["outfits"][0]
        assert (await running.client.get(f"/v1/outfits/{outfit['id']}")).json() == outfit
        impossible = await running.client.get("/v1/outfits/a%00b")
        assert (impossible.status_code, impossible.headers["Content-Type"]) == (
            422,
            "application/problem+json",
        )
