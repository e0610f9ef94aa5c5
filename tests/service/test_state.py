"""The state, over SQLite and over PostgreSQL: kept across runs, shared by processes, each table as it was written."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from fake_recommender import FakeRecommender
from sqlalchemy import BigInteger, Boolean, Float, Integer, select, text
from sqlalchemy.exc import IntegrityError

from service.db.repositories.outfits import read_made
from service.db.session import STATE_FILE, State, insert_new, upsert
from service.db.tables import EventRow, JobRow, KeyRow, StockRow, StyleRow, Table
from service.errors import InvalidError, NotFoundError
from service.schemas.outfits import OutfitRequest

ROOT = Path(__file__).parents[2]


def test_outfits_outlive_the_process(any_settings):
    request = OutfitRequest(vibe="gala \u0000 naïve 🎉", seed=2**63 - 1, count=2)
    response = FakeRecommender().compose(request, "r1")
    with closing(State.of(any_settings)) as first:
        first.save_response(request, response)
    with closing(State.of(any_settings)) as second:
        made = [read_made(second, o.id) for o in response.outfits]
        assert [m.outfit for m in made] == response.outfits
        assert made[1].request == request
        with pytest.raises(NotFoundError):
            read_made(second, "3-2")


def test_an_outfit_composed_again_replaces_itself(any_state):
    request = OutfitRequest(vibe="gala", seed=3, count=1)
    fake = FakeRecommender()
    any_state.save_response(request, fake.compose(request, "r1"))
    again = fake.compose(request.model_copy(update={"explain": True}), "r1")
    any_state.save_response(request, again)
    assert read_made(any_state, "3-0").outfit == again.outfits[0]


def test_one_request_id_for_two_requests_mixes_nothing_up(any_state):
    one, two = (OutfitRequest(vibe=vibe, seed=seed, count=1) for vibe, seed in (("gala", 1), ("gym", 2)))
    fake = FakeRecommender()
    for request in (one, two):
        any_state.save_response(request, fake.compose(request, "same"))
    assert [read_made(any_state, outfit_id).request for outfit_id in ("1-0", "2-0")] == [one, two]


def some_value(column):
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, BigInteger):
        return 2**62
    if isinstance(column.type, Integer):
        return 2**31 - 1
    if isinstance(column.type, Float):
        return 0.1 + 0.2
    return f"{column.name}: ä 🎉 'quoted' \n"


@pytest.mark.parametrize("table", Table.__subclasses__(), ids=lambda table: table.__tablename__)
def test_every_table_gives_back_what_it_was_given(any_state, table):
    columns = table.__table__.columns
    full = {c.name: some_value(c) for c in columns}
    bare = {c.name: None if c.nullable else full[c.name] for c in columns}
    bare |= {c.name: f"bare {c.name}" for c in columns if c.primary_key or c.unique}
    with any_state.session() as session:
        session.add(table(**full))
        upsert(session, table, bare)
    with any_state.session() as session:
        rows = [{c.name: getattr(row, c.name) for c in columns} for row in session.scalars(select(table))]
    assert len(rows) == 2
    assert full in rows
    assert bare in rows


def test_upsert_changes_what_is_named_and_leaves_the_rest(any_state):
    first = {"sku": "A", "size": "M", "quantity": 3, "quantity_at": "1", "price": 49.0, "price_at": "1"}
    with any_state.session() as session:
        upsert(session, StockRow, first)
        upsert(session, StockRow, {**first, "size": "", "quantity": 9})
        later = {"sku": "A", "size": "M", "quantity": 0, "quantity_at": "2", "price_at": "1"}
        upsert(session, StockRow, later)
        upsert(session, StyleRow, {"name": "house", "retired": False, "is_default": True, "updated": "1"})
    with any_state.session() as session:
        row = session.get(StockRow, ("A", "M"))
        assert (row.quantity, row.quantity_at, row.price, row.price_at) == (0, "2", 49.0, "1")
        assert session.get(StockRow, ("A", "")).quantity == 9


def test_what_is_there_already_is_not_inserted_again(any_state):
    event = {
        "event_id": "e1",
        "type": "like",
        "at": "1",
        "received": "1",
        "outfit_id": "o",
        "body": "first",
    }
    job = {
        "id": "j1",
        "status": "queued",
        "stage": "",
        "counts": "{}",
        "created": "1",
        "idempotency_key": "k",
    }
    with any_state.session() as session:
        assert insert_new(session, EventRow, event)
        assert not insert_new(session, EventRow, {**event, "body": "second"})
        assert insert_new(session, EventRow, {**event, "event_id": "e2"})
        assert insert_new(session, JobRow, job)
        assert not insert_new(session, JobRow, {**job, "id": "j2"})
    with any_state.session() as session:
        assert session.get(EventRow, "e1").body == "first"
        assert session.get(JobRow, "j2") is None


def test_a_block_that_raises_leaves_nothing(any_state):
    row = {"id": "a", "digest": "d", "prefix": "p", "scope": "staff", "created": "1"}
    with pytest.raises(IntegrityError), any_state.session() as session:  # noqa: PT012 - the block is the test
        session.add(KeyRow(**row))
        session.flush()
        session.add(KeyRow(**{**row, "id": "b"}))
    with any_state.session() as session:
        assert session.scalars(select(KeyRow)).all() == []


def test_a_text_that_the_database_has_no_room_for_is_the_senders_mistake(any_settings):
    with closing(State.of(any_settings)) as state:
        what = NotFoundError if any_settings.database_url is None else InvalidError
        with pytest.raises(what, match=r"no outfit|cannot be stored"):
            read_made(state, "a\0b")


def test_several_threads_and_states_write_at_the_same_time(any_settings):
    fake, failures = FakeRecommender(), []

    def save(first_seed: int) -> None:
        try:
            with closing(State.of(any_settings)) as state:
                for seed in range(first_seed, first_seed + 10):
                    request = OutfitRequest(vibe="x", seed=seed, count=1)
                    state.save_response(request, fake.compose(request, str(seed)))
        except Exception as error:
            failures.append(error)

    starts = (0, 100, 200)
    threads = [threading.Thread(target=save, args=(start,)) for start in starts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with closing(State.of(any_settings)) as state:
        seeds = [seed for start in starts for seed in range(start, start + 10)]
        assert [read_made(state, f"{seed}-0").seed for seed in seeds] == seeds


def test_only_the_owner_can_read_the_file(tmp_path):
    State(tmp_path).close()
    assert stat.S_IMODE((tmp_path / STATE_FILE).stat().st_mode) == 0o600


def test_a_commit_is_on_the_disk_before_it_is_said_to_be_done(tmp_path):
    with closing(State(tmp_path)) as state, state.session() as session:
        assert session.scalar(text("PRAGMA synchronous")) == 2  # FULL: not even a power cut loses it
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"


KILLED_AFTER_COMMIT = """
import os, signal, sys
from pathlib import Path
from service.db.session import State, upsert
from service.db.tables import StockRow

with State(Path(sys.argv[1])).session() as session:
    row = {"sku": "A", "size": "", "quantity": 0, "quantity_at": "1", "price_at": ""}
    upsert(session, StockRow, row)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_committed_survives_a_killed_process(tmp_path):
    command = [sys.executable, "-c", KILLED_AFTER_COMMIT, str(tmp_path)]
    killed = subprocess.run(command, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert killed.returncode == -signal.SIGKILL
    with closing(State(tmp_path)) as state, state.session() as session:
        assert session.get(StockRow, ("A", "")).quantity == 0
