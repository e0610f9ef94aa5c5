"""What `stylist keys` prints, and how it refuses."""

from __future__ import annotations

import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from service.cli.keys import add, listing, revoke
from service.cli.main import main
from service.db.repositories.keys import KeyRepository
from service.db.session import State
from service.db.tables import KeyRow


def test_keys_are_added_listed_and_revoked_over_either_database(any_settings):
    key = add(any_settings, "staff", "Ana's till", "30").splitlines()[-1]
    add(any_settings, "shopper", "web shop")
    with closing(State.of(any_settings)) as state:
        assert KeyRepository(state).verify(key).scope == "staff"
    head, staff, shopper = listing(any_settings, None).splitlines()
    assert head.split("  ")[0] == "ID"
    columns = [head.index(name) for name in ("SCOPE", "KEY", "NAME", "CREATED", "LAST USED", "EXPIRES")]
    cells = [
        [line[a:b].strip() for a, b in zip(columns, [*columns[1:], None], strict=True)]
        for line in (staff, shopper)
    ]
    ends = (datetime.now(UTC) + timedelta(days=30)).date()
    assert cells[0][:3] == ["staff", key[:8], "Ana's till"]
    assert cells[0][4] != "never"
    assert abs(datetime.fromisoformat(cells[0][5]).date() - ends) <= timedelta(days=1)
    assert cells[1][2:3] + cells[1][4:] == ["web shop", "never", "never"]
    assert len(listing(any_settings, "shopper").splitlines()) == 2
    assert revoke(any_settings, key).startswith("revoked staff key")
    assert len(listing(any_settings, None).splitlines()) == 2


def test_the_list_says_which_keys_are_over(settings):
    add(settings, "staff", expires="1")
    with closing(State.of(settings)) as state, state.session() as session:
        session.execute(update(KeyRow).values(expires="2020-01-01T00:00:00.000000Z"))
    assert listing(settings, None).endswith("2020-01-01T00:00:00Z (over)")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--expires", "soon"], "--expires: 'soon' is neither a number of days nor a date, YYYY-MM-DD"),
        (["--expires", "2020-01-01"], "--expires: is over already"),
        (["--name", "a\tb"], "--name: 1 to 120 printable characters"),
    ],
)
def test_wrong_options_are_wrong_usage(capsys, monkeypatch, tmp_path, options, reason):
    command = ["stylist", "keys", "add", "--scope", "staff", *options, "--data-dir", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert (stopped.value.code, capsys.readouterr()) == (2, ("", f"stylist: {reason}\n"))


def test_a_database_that_refuses_is_one_line(capsys, monkeypatch, postgres):
    monkeypatch.setenv("STYLIST_DATABASE_URL", postgres.url("postgres", password="hunter2"))
    monkeypatch.setattr(sys, "argv", ["stylist", "keys", "list"])
    with pytest.raises(SystemExit) as stopped:
        main()
    out, err = capsys.readouterr()
    assert (stopped.value.code, out, err.count("\n")) == (1, "", 1)
    assert f"stylist: PostgreSQL at 127.0.0.1:{postgres.port}, database postgres: cannot be used" in err
    assert "password authentication failed" in err
    assert "hunter2" not in err
