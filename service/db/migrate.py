"""Brings a database to the newest revision of `service.db.migrations` when it is opened. Knows no row.

Alembic is loaded only when there is something to do: a database that is current costs one query.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from indexer.errors import StylistError
from service.db.engine import place

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0006"
"""The newest revision; a test holds it against the scripts."""

_REVISION_OF_LAYOUT = {
    1: "0001",
    2: "0002",
}  # of files from before revisions were kept, by PRAGMA user_version
_LAST_LAYOUT = 2  # written still, so that versions that look only there refuse the file
_ADVISORY_LOCK = 0x76696265  # "vibe"

_one_at_a_time = threading.Lock()  # alembic keeps the migration under way in a module


def migrate(engine: Engine) -> None:
    """All in one transaction: it is done, or nothing happened. Processes that come at once wait for the first.

    Raises StylistError when the database is of a newer version than this program.
    """
    with engine.connect() as connection:
        if _revision(connection) == HEAD:
            return
    with _one_at_a_time, engine.begin() as connection:
        _lock(connection)
        if _revision(connection) != HEAD:
            _upgrade(connection, place(engine))


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        # The driver begins a transaction at the first change of a row only: a change of tables would stand alone.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})


def _upgrade(connection: Connection, where: str) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = _config(connection)
    found = _revision(connection)
    if found is None:
        former = _former(connection, where)
        if former is not None:
            command.stamp(config, former)
    else:
        try:
            ScriptDirectory.from_config(config).get_revision(found)
        except CommandError as error:
            raise StylistError(
                f"{where}: has revision {found}, this version knows up to {HEAD}; "
                "use the version that wrote it, or a newer one"
            ) from error
    command.upgrade(config, "head")
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"PRAGMA user_version = {_LAST_LAYOUT}"))


def _former(connection: Connection, where: str) -> str | None:
    """The revision of a file that an older version made; None of a new one."""
    if connection.dialect.name != "sqlite":
        return None
    layout = connection.scalar(text("PRAGMA user_version"))
    if layout == 0:
        return None
    if layout not in _REVISION_OF_LAYOUT:
        raise StylistError(f"{where}: has layout {layout}, this version reads up to layout {_LAST_LAYOUT}")
    return _REVISION_OF_LAYOUT[layout]


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "service.db:migrations")
    config.attributes["connection"] = connection
    return config
