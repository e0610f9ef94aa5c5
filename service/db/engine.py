"""The engine of the state's database: SQLite in the data folder, or PostgreSQL by URL. Knows no table.

SQLite runs with a write-ahead log and `synchronous = FULL`: every commit is forced to the disk. In that journal
mode `NORMAL` would survive a killed process just as well, but not a power cut, and an event or a stock change
that was answered with success must not vanish then either. PostgreSQL does the same by default.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DatabaseError, DataError, OperationalError, SQLAlchemyError, TimeoutError

from indexer.errors import StylistError
from service.errors import InvalidError, ProblemError, UnavailableError

_BUSY_MS = 5_000  # how long a writer waits for another
_POOL_SECONDS = 5  # how long a request waits for a connection
_CONNECT_SECONDS = 5
_RETRY_SECONDS = 5
_DRIVERS = frozenset({"postgresql", "postgresql+psycopg"})


def sqlite_engine(path: Path) -> Engine:
    """The engine of a database file. Connects to nothing yet."""
    engine = _engine(URL.create("sqlite", database=str(path)), {"timeout": _BUSY_MS / 1000})
    event.listen(engine, "connect", _configure_sqlite)
    return engine


def postgres_engine(url: str) -> Engine:
    """The engine of `postgresql://` or `postgresql+psycopg://`. Connects to nothing yet.

    Raises StylistError, which never repeats the URL: it holds a password.
    """
    try:
        parsed = make_url(url)
    except (SQLAlchemyError, ValueError):
        parsed = None
    if parsed is None or parsed.drivername not in _DRIVERS:
        raise StylistError(
            "STYLIST_DATABASE_URL: not of the form postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
            " (percent-encode special characters of the password)"
        )
    timeout = {} if "connect_timeout" in parsed.query else {"connect_timeout": _CONNECT_SECONDS}
    try:
        return _engine(parsed.set(drivername="postgresql+psycopg"), timeout)
    except ImportError as error:
        raise StylistError(
            f"STYLIST_DATABASE_URL: the PostgreSQL driver cannot be loaded ({error}): "
            "pip install 'vibe-stylist[postgres]'"
        ) from error


def never_made_anew(engine: Engine) -> Engine:
    """The engine of a file that is there: where it is taken away later, no empty one takes its place."""
    event.listen(engine, "do_connect", _only_what_is_there)
    return engine


def create_privately(path: Path) -> None:
    """Makes an empty file that only its owner may read. Raises OSError when one is there that may not be written."""
    # By us, because SQLite would let the umask decide who may read it. Never opened here when it exists:
    # to close it again would drop the locks that this process holds on it.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    if not os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise PermissionError(13, "it is read-only", str(path))


def keep_private(path: Path) -> None:
    """Takes from others the right to read the file and its log: a copy that was put back may have come without care."""
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        with suppress(OSError):  # not there, or not ours to change
            file = path.with_name(name)
            if file.stat().st_mode & 0o077:
                file.chmod(0o600)


def damages(engine: Engine) -> list[str]:
    """What SQLite's own check of all pages and indexes finds; empty when all is well, and for PostgreSQL."""
    if engine.dialect.name != "sqlite":
        return []
    with engine.connect() as connection:
        found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
    return [] if found == ["ok"] else found


def erase(engine: Engine) -> None:
    """Moves all changes from SQLite's log into the file, and empties the log."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def place(engine: Engine) -> str:
    """Where the database is, for messages: a path, or host and name. Never a user or a password."""
    url = engine.url
    if engine.dialect.name == "sqlite":
        return str(url.database)
    address = f"{url.host or 'the local socket'}{f':{url.port}' if url.port else ''}"
    return f"PostgreSQL at {address}, database {url.database or '(default)'}"


def reason(error: SQLAlchemyError) -> str:
    """What the driver said, in one line, without the statement and its values."""
    return " ".join(str(getattr(error, "orig", None) or error).split())


def cause(error: ProblemError) -> str | None:
    """What the driver said, where a problem is the database's; `translated` leaves it out of most details."""
    return reason(error.__cause__) if isinstance(error.__cause__, SQLAlchemyError) else None


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Turns what may befall a sound program into problems: UnavailableError, or InvalidError for impossible values.

    Full disk, lock held too long, connection lost, damaged file: 503. What only a bug can cause passes through.
    """
    try:
        yield
    except DataError as error:  # such as a NUL in a text, which PostgreSQL has no room for
        raise InvalidError("a value cannot be stored as text or number of this database") from error
    except TimeoutError as error:
        raise UnavailableError("the database is too busy", retry_after=_RETRY_SECONDS) from error
    except DatabaseError as error:
        if not isinstance(error, OperationalError) and type(error) is not DatabaseError:
            raise
        # Hosts and users of a server are not for whoever sent the request; the cause has them, for the log.
        said = f": {reason(error)}" if engine.dialect.name == "sqlite" else ""
        raise UnavailableError(
            f"the database cannot be used now{said}", retry_after=_RETRY_SECONDS
        ) from error


def _engine(url: URL, connect_args: dict[str, Any]) -> Engine:
    # Parameters stay out of errors, and so out of logs: they hold what shoppers typed.
    engine = create_engine(
        url,
        connect_args=connect_args,
        hide_parameters=True,
        pool_timeout=_POOL_SECONDS,
        pool_pre_ping=url.get_backend_name() != "sqlite",  # a restarted server costs no request
    )
    event.listen(engine, "handle_error", _not_answering)
    return engine


def _not_answering(context: ExceptionContext) -> None:
    # Tidying up after a ping that failed, the driver may fail with an error that says nothing of the connection.
    if context.is_pre_ping:
        context.is_disconnect = True


def _only_what_is_there(_dialect: Any, _record: Any, arguments: list[Any], _options: Any) -> None:
    # SQLite would make an empty database, readable by all, where a running service's file was taken away.
    path = Path(arguments[0])
    if not path.exists():
        raise sqlite3.OperationalError("the file of the database is gone")
    keep_private(path)


def _configure_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten, not merely unlinked
    cursor.close()
