"""What befalls a database: each failure is one line that says what is wrong, and no line holds a secret."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import postgres_server
import pytest
from fake_recommender import FakeRecommender
from sqlalchemy import Engine, event

from indexer.errors import StylistError
from service.db.repositories.keys import KeyRepository
from service.db.repositories.outfits import read_made
from service.db.session import STATE_FILE, State
from service.errors import NotFoundError, UnavailableError
from service.schemas.outfits import OutfitRequest
from service.settings import Settings

SECRET = "hunter2"


@pytest.fixture
def full_disk():
    """From when it is called on, database files grow no more."""

    def limit(connection, _record):
        connection.execute("PRAGMA max_page_count = 1")  # SQLite makes that: as many as there are now

    yield lambda: event.listen(Engine, "connect", limit)
    if event.contains(Engine, "connect", limit):
        event.remove(Engine, "connect", limit)


def save(state: State, seeds: range, vibe: str = "gala") -> None:
    fake = FakeRecommender()
    for seed in seeds:
        request = OutfitRequest(vibe=(vibe + " ") * 50, seed=seed, count=3)
        state.save_response(request, fake.compose(request, str(seed)))


def test_a_full_disk_is_said_and_nothing_is_lost(tmp_path, full_disk):
    with closing(State(tmp_path)) as state:
        save(state, range(3))
    full_disk()
    with closing(State(tmp_path)) as state:
        with pytest.raises(UnavailableError, match="database or disk is full"):
            save(state, range(3, 100))
        assert [read_made(state, f"{seed}-2").seed for seed in range(3)] == [0, 1, 2]
        with pytest.raises(NotFoundError):
            read_made(state, "99-0")
        assert KeyRepository(state).list() == []


def test_a_new_state_on_a_full_disk_is_refused(tmp_path, full_disk):
    full_disk()
    with pytest.raises(StylistError, match=rf"{STATE_FILE}: cannot be used .* full"):
        State(tmp_path)


def test_a_file_of_another_kind_is_refused_by_name(tmp_path):
    (tmp_path / STATE_FILE).write_bytes(b"not a database, " * 100)
    with pytest.raises(StylistError, match=rf"{STATE_FILE}: cannot be used .* not a database"):
        State(tmp_path)


def test_a_damaged_file_is_a_failure_of_the_service_not_of_the_request(tmp_path):
    with closing(State(tmp_path)) as state:
        save(state, range(20))
    path = tmp_path / STATE_FILE
    size = path.stat().st_size
    with path.open("r+b") as stream:  # all but the first pages, which opening reads
        stream.seek(size // 2)
        stream.write(b"\xff" * (size - size // 2))
    with pytest.raises(StylistError) as refused, closing(State(tmp_path)) as state:
        save(state, range(20, 60))
    assert "malformed" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_folder_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StylistError, match="cannot be opened"):
        State(tmp_path / "file" / "data")


@contextmanager
def nobody_special() -> Iterator[None]:
    """Root may write anywhere: what a read-only folder means, only others see."""
    if os.getuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("is_new", [True, False])
def test_a_read_only_folder_is_refused_by_name(is_new):
    with TemporaryDirectory() as name:
        folder = Path(name)
        if not is_new:
            State(folder).close()
            for path in folder.iterdir():
                path.chmod(0o444)
        folder.chmod(0o555)
        with (
            nobody_special(),
            pytest.raises(StylistError, match=rf"{name}.*: cannot be opened: Permission denied"),
        ):
            State(folder)
        folder.chmod(0o700)


def test_a_read_only_file_is_refused_by_name():
    with TemporaryDirectory() as name:
        folder = Path(name)
        State(folder).close()
        folder.chmod(0o777)
        (folder / "state.lock").chmod(0o666)
        (folder / STATE_FILE).chmod(0o444)
        with (
            nobody_special(),
            pytest.raises(StylistError, match=rf"{STATE_FILE}: cannot be opened: it is read-only"),
        ):
            State(folder)


def postgres_state(url: str) -> State:
    return State.of(Settings(database_url=url))


def refusal(url: str) -> str:
    with pytest.raises(StylistError) as refused:
        postgres_state(url)
    message = str(refused.value)
    assert SECRET not in message
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://me:{SECRET}@host/db",
        f"sqlite:///{SECRET}",
        f"me:{SECRET}@host/db",
        f"postgresql://me:{SECRET}@host:port/db",
        f"postgresql://me:{SECRET}@[::1/db",
        SECRET,
        "",
    ],
)
def test_a_url_that_is_none_is_refused_and_not_repeated(url):
    assert "postgresql://USER:PASSWORD@HOST:PORT/DATABASE" in refusal(url)


def test_a_server_that_is_not_there_is_named(postgres):
    with closing(postgres_server.free_port()) as taken:  # bound, and nobody listens
        port = taken.getsockname()[1]
        message = refusal(f"postgresql://me:{SECRET}@127.0.0.1:{port}/shop")
    assert message.startswith(f"PostgreSQL at 127.0.0.1:{port}, database shop: cannot be used")


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_a_wrong_password_is_told_but_not_shown(postgres, scheme):
    url = postgres.url("postgres", password=SECRET).replace("postgresql", scheme, 1)
    assert "password authentication failed" in refusal(url)
    assert 'database "none" does not exist' in refusal(postgres.url("none").replace("postgresql", scheme, 1))


def test_a_missing_driver_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "pip install 'vibe-stylist[postgres]'" in refusal(f"postgresql://me:{SECRET}@127.0.0.1/db")


def test_settings_do_not_show_the_url():
    settings = Settings(database_url=f"postgresql://me:{SECRET}@host/db")
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


def test_a_server_that_restarts_costs_nothing_and_one_that_is_gone_is_unavailable():
    try:
        with postgres_server.running() as server:
            state = postgres_state(server.new_database())
            save(state, range(1))
            with server.connect() as connection:  # as a restart does to connections
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
            assert read_made(state, "0-0").seed == 0
        with pytest.raises(UnavailableError) as gone:
            read_made(state, "0-0")
        assert str(gone.value) == "the database cannot be used now"  # no host, no user
        assert gone.value.retry_after
        state.close()
    except postgres_server.CannotStartError as error:
        pytest.skip(f"no PostgreSQL: {error}")


def test_what_shoppers_typed_is_in_no_error(tmp_path, full_disk):
    State(tmp_path).close()
    full_disk()
    with closing(State(tmp_path)) as state:
        with pytest.raises(UnavailableError) as refused:
            save(state, range(100), vibe=SECRET)
        assert SECRET not in f"{refused.value} {refused.value.__cause__}"
