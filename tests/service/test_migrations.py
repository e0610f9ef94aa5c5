"""Migrations: they lead to the tables as the code has them, from any former state, with nothing lost."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, select, text

from indexer.errors import StylistError
from service.catalog.stock_overlay import StockUpdate
from service.catalog.stock_patches import Said
from service.db.engine import postgres_engine, sqlite_engine
from service.db.migrate import HEAD
from service.db.repositories.keys import KeyRepository
from service.db.repositories.stock import StockRepository
from service.db.session import STATE_FILE, State
from service.db.tables import JobRow, KeyRow, OutfitRow, StockRow, Table
from service.settings import Settings

ROOT = Path(__file__).parents[2]

# What the version before migrations wrote, character for character as SQLite keeps it.
FORMER = """
CREATE TABLE keys (id VARCHAR NOT NULL, digest VARCHAR NOT NULL, prefix VARCHAR NOT NULL, scope VARCHAR NOT NULL,
  created VARCHAR NOT NULL, last_used VARCHAR, revoked VARCHAR, PRIMARY KEY (id), UNIQUE (digest));
CREATE TABLE outfits (id VARCHAR NOT NULL, request_id VARCHAR NOT NULL, created VARCHAR NOT NULL,
  request VARCHAR NOT NULL, outfit VARCHAR NOT NULL, composer VARCHAR NOT NULL, style VARCHAR NOT NULL,
  style_digest VARCHAR NOT NULL, index_version VARCHAR NOT NULL, seed INTEGER NOT NULL, PRIMARY KEY (id));
CREATE INDEX ix_outfits_request_id ON outfits (request_id);
CREATE TABLE jobs (id VARCHAR NOT NULL, status VARCHAR NOT NULL, stage VARCHAR NOT NULL, counts VARCHAR NOT NULL,
  created VARCHAR NOT NULL, started VARCHAR, finished VARCHAR, report VARCHAR, error VARCHAR, PRIMARY KEY (id));
CREATE INDEX ix_jobs_status ON jobs (status);
INSERT INTO keys VALUES ('k1', 'd1', 'vs_abcde', 'staff', '2026-01-01T00:00:00.000000Z', NULL, NULL);
INSERT INTO outfits VALUES ('o1', 'r1', '2026-01-01T00:00:00.000000Z', '{}', '{}', 'lora', 'house', 'd', 'v1',
  9223372036854775807);
INSERT INTO jobs VALUES ('j1', 'done', 'reload', '{"read": 3}', '2026-01-01T00:00:00.000000Z', NULL, NULL, '{}', NULL);
PRAGMA user_version = 1;
"""


def former(folder: Path, *more: str) -> Path:
    folder.mkdir(exist_ok=True)
    with closing(sqlite3.connect(folder / STATE_FILE)) as connection:
        connection.executescript(FORMER + "".join(more))
    return folder


def differences(state: State) -> list[object]:
    """What alembic would change to make the database what the code says."""
    with state.session() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        return compare_metadata(context, Table.metadata)


def test_the_migrations_make_the_tables_that_the_code_has(any_state):
    assert differences(any_state) == []


def test_the_check_for_differences_finds_them(any_state):
    with any_state.session() as session:
        session.execute(text("DROP INDEX ix_events_shopper"))
        session.execute(text("ALTER TABLE keys ADD COLUMN extra INTEGER"))
    assert len(differences(any_state)) == 2


def test_the_newest_revision_is_the_one_that_is_asked_for():
    config = Config()
    config.set_main_option("script_location", "service.db:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_state_of_the_former_version_is_taken_over_whole(tmp_path):
    with closing(State(former(tmp_path))) as state:
        assert differences(state) == []
        with state.session() as session:
            key, outfit, job = (session.scalars(select(row)).one() for row in (KeyRow, OutfitRow, JobRow))
        assert (key.id, key.digest, key.expires, key.name) == ("k1", "d1", None, None)
        assert (outfit.id, outfit.seed) == ("o1", 2**63 - 1)
        assert (job.id, job.counts, job.dry_run, job.order) == ("j1", '{"read": 3}', False, None)
        assert KeyRepository(state).list()[0].prefix == "vs_abcde"
    State(tmp_path).close()  # and is current from then on


def engine_of(settings: Settings) -> Engine:
    if settings.database_url is not None:
        return postgres_engine(settings.database_url.get_secret_value())
    settings.data_dir.mkdir(exist_ok=True)
    return sqlite_engine(settings.data_dir / STATE_FILE)


def at_revision(settings: Settings, revision: str, *statements: str) -> None:
    """Makes the state that the version of this revision left, and runs the statements in it."""
    config = Config()
    config.set_main_option("script_location", "service.db:migrations")
    engine = engine_of(settings)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_a_file_with_the_tables_from_before_revisions_were_kept_is_taken_over(settings):
    key = (
        "INSERT INTO keys (id, digest, prefix, scope, created) VALUES ('k1', 'd1', 'vs_abcde', 'staff', '1')"
    )
    at_revision(settings, "0002", key, "DROP TABLE alembic_version", "PRAGMA user_version = 2")
    with closing(State(settings.data_dir)) as state:
        assert [key.prefix for key in KeyRepository(state).list()] == ["vs_abcde"]
        assert differences(state) == []


EARLY, LATE, LAST = (f"2026-01-01T00:00:0{n}.000000Z" for n in (1, 2, 3))

# (sku, size, quantity, price, updated): two moments stood in one text, moments of no SKU beside the changes.
FORMER_STOCK = f"""INSERT INTO stock VALUES
    ('', '', NULL, NULL, '{LAST}'), ('', 'v7', NULL, NULL, '{EARLY}'),
    ('A', '', 3, 9.5, '{LATE} quantity {EARLY}'), ('A', 'M', 2, 7.5, '{LATE} price {EARLY}'),
    ('B', '', 1, 5.5, '{LATE}'), ('C', '', 0, NULL, '{EARLY}'), ('D', 'ä 1/2', NULL, 4.5, '{LAST}')"""


def test_the_two_moments_of_stock_get_two_columns(any_settings):
    at_revision(any_settings, "0002", FORMER_STOCK)
    with closing(State.of(any_settings)) as state:
        book = StockRepository(state)
        assert sorted(book.since("", ""), key=lambda note: (note.sku, note.size)) == [
            StockUpdate("A", "", 3, EARLY, 9.5, LATE),
            StockUpdate("A", "M", 2, LATE, 7.5, EARLY),
            StockUpdate("B", "", 1, LATE, 5.5, LATE),
            StockUpdate("C", "", 0, EARLY),
            StockUpdate("D", "ä 1/2", price=4.5, price_at=LAST),
        ]
        assert (book.now(), book.confirmed("v7"), book.confirmed("v8")) == (LAST, EARLY, "")
        assert differences(state) == []
        assert book.write([Said("A", "", 0, None)]) > LAST
        assert {note.sku for note in book.since(LAST, "")} == {"A"}


def test_more_stock_than_one_statement_takes_is_converted(any_settings):
    rows = ", ".join(f"('s{n}', '', {n}, {n}.5, '{LATE} price {EARLY}')" for n in range(3000))
    at_revision(any_settings, "0002", f"INSERT INTO stock VALUES {rows}")
    with closing(State.of(any_settings)) as state, state.session() as session:
        found = {row.sku: row for row in session.scalars(select(StockRow))}
    assert len(found) == 3000
    last = found["s2999"]
    assert (last.quantity, last.quantity_at, last.price, last.price_at) == (2999, LATE, 2999.5, EARLY)


def test_a_former_version_refuses_the_file_afterwards(tmp_path):
    State(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / STATE_FILE)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)  # it reads up to 1


def test_a_migration_that_fails_half_way_changes_nothing(tmp_path):
    former(tmp_path, "CREATE TABLE looks (mine TEXT); INSERT INTO looks VALUES ('kept');")
    with pytest.raises(
        StylistError, match=r"cannot be used as the service's state: table looks already exists"
    ):
        State(tmp_path)
    with closing(sqlite3.connect(tmp_path / STATE_FILE)) as connection:
        tables = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        assert tables == {"keys", "outfits", "jobs", "looks"}
        assert len(connection.execute("SELECT * FROM keys").fetchone()) == 7
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)


def test_a_newer_revision_is_refused_and_left_alone(any_settings):
    with closing(State.of(any_settings)) as state, state.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for _ in range(2):
        with pytest.raises(
            StylistError, match=rf"has revision 9999, this version knows up to {HEAD}"
        ) as refused:
            State.of(any_settings)
        assert "p%40ss" not in str(refused.value)


def test_an_unknown_layout_is_refused_and_left_alone(tmp_path):
    with closing(sqlite3.connect(tmp_path / STATE_FILE)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StylistError, match="layout 99"):
        State(tmp_path)


OPENER = """
import sys
from service.settings import Settings
from service.db.session import State

print("ready", flush=True)
sys.stdin.readline()
State.of(Settings(data_dir=sys.argv[1], database_url=sys.argv[2] or None)).close()
"""


def test_two_processes_may_open_a_new_state_at_once(any_settings):
    url = any_settings.database_url.get_secret_value() if any_settings.database_url else ""
    command = [sys.executable, "-c", OPENER, str(any_settings.data_dir), url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    openers = [subprocess.Popen(command, cwd=ROOT, **pipes) for _ in range(2)]
    for opener in openers:
        assert opener.stdout.readline() == "ready\n"
    for opener in openers:
        opener.stdin.write("\n")
        opener.stdin.flush()
    assert [(opener.communicate()[1], opener.returncode) for opener in openers] == [("", 0), ("", 0)]
    with closing(State.of(any_settings)) as state:
        assert differences(state) == []


def test_a_current_state_is_opened_without_alembic(tmp_path):
    State(tmp_path).close()
    code = (
        "import sys; from pathlib import Path; from service.db.session import State; "
        f"State(Path({str(tmp_path)!r})).close(); print('alembic' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"
