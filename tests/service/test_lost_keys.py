"""Losing the state opens no door: an emptied, damaged or missing database is refused, and said how to mend."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from contextlib import closing

import pytest
from sqlalchemy import delete

from indexer.errors import StylistError
from service.cli.keys import add
from service.cli.main import main
from service.cli.serve import _require_protection
from service.db.key_marker import MARKER_FILE
from service.db.repositories.keys import KeyRepository
from service.db.session import STATE_FILE, State
from service.db.tables import KeyRow
from service.errors import UnavailableError


def empty(settings):
    """A state that never had a key takes the place of the one that had."""
    for path in settings.data_dir.glob(f"{STATE_FILE}*"):
        path.unlink()


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["stylist", *map(str, arguments)])
    code = 0
    try:
        main()
    except SystemExit as stopped:
        code = stopped.code or 0
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_a_state_that_lost_its_keys_is_not_one_that_never_had_any(any_settings):
    with closing(State.of(any_settings)) as state:
        ring = KeyRepository(state)
        assert not ring.configured()
        ring.add("staff")
        assert ring.configured()
        with state.session() as session:
            session.execute(delete(KeyRow))
        for keys in (ring, KeyRepository(state)):
            with pytest.raises(UnavailableError, match="`stylist doctor` says how to mend"):
                keys.configured()
        with pytest.raises(StylistError, match="put a copy of the state back, or make new ones"):
            _require_protection(any_settings)
        ring.add("staff")
        assert ring.configured()


def test_keys_of_before_the_marker_are_noted_when_they_are_seen(settings):
    add(settings, "staff")
    (settings.data_dir / MARKER_FILE).unlink()
    with closing(State.of(settings)) as state:
        assert KeyRepository(state).configured()
    empty(settings)
    with closing(State.of(settings)) as state, pytest.raises(UnavailableError):
        KeyRepository(state).configured()


def test_no_key_is_given_out_that_could_be_forgotten(settings, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("service.db.key_marker.KeyMarker.write", full)
    with pytest.raises(UnavailableError, match="No space left"):
        add(settings, "staff")
    monkeypatch.undo()
    with closing(State.of(settings)) as state:
        assert not KeyRepository(state).configured()


def test_the_doctor_finds_all_well_or_says_what_is_not(monkeypatch, capsys, settings):
    here = ("--data-dir", settings.data_dir)
    assert run(monkeypatch, capsys, "doctor", *here)[:2] == (0, "state: ok\nindex: ok\nprivate files: ok\n")
    add(settings, "staff")
    healthy = "state: ok\nkeys: ok\nindex: ok\nprivate files: ok\n"
    assert run(monkeypatch, capsys, "doctor", *here)[:2] == (0, healthy)
    empty(settings)
    code, out, err = run(monkeypatch, capsys, "doctor", *here)
    assert (code, out) == (1, "")
    assert "keys were made for this service, and here are none" in err
    assert f"delete {MARKER_FILE} in the data folder" in err
    add(settings, "staff")
    (settings.data_dir / STATE_FILE).chmod(0o600)
    (settings.data_dir / "pages.secret").write_bytes(b"x" * 32)
    (settings.data_dir / "pages.secret").chmod(0o644)
    code, _, err = run(monkeypatch, capsys, "doctor", *here)
    assert code == 1
    assert "pages.secret: every user of this machine may read it" in err


def test_a_damaged_database_is_found_before_the_service_starts(monkeypatch, capsys, settings):
    add(settings, "staff")
    with closing(sqlite3.connect(settings.data_dir / STATE_FILE)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = db.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'ix_events_outfit_id'"
        ).fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    with (settings.data_dir / STATE_FILE).open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(os.urandom(size))
    code, _, err = run(monkeypatch, capsys, "doctor", "--data-dir", settings.data_dir)
    assert code == 1
    assert "is damaged" in err
    assert "put a copy of the state back" in err
    with pytest.raises(StylistError, match="is damaged"):
        _require_protection(settings)


def test_a_database_that_is_taken_away_is_not_made_anew(settings):
    add(settings, "staff")
    with closing(State.of(settings)) as state:
        empty(settings)
        state._engine.dispose()  # as a service does that opens another connection
        with pytest.raises(UnavailableError, match="the file of the database is gone"):
            KeyRepository(state).configured()
    assert not (settings.data_dir / STATE_FILE).exists()


def test_copies_that_are_put_back_are_private_again(settings):
    add(settings, "staff")
    path = settings.data_dir / STATE_FILE
    path.chmod(0o644)
    State.of(settings).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_deleted_is_overwritten(settings):
    with closing(State.of(settings)) as state, state.session() as session:
        assert session.connection().exec_driver_sql("PRAGMA secure_delete").scalar() == 1
