"""What the service remembers between runs, in DATA_DIR/state.sqlite.

Owns the connection; knows neither HTTP nor what a row means.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, text
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from indexer.disk import locked
from indexer.errors import StylistError
from service.schema import Outfit, OutfitRequest, OutfitResponse
from service.tables import OutfitRow, Table

STATE_FILE = "state.sqlite"
_LAYOUT = 2
_BUSY_MS = 5_000


class State:
    """The open database; safe to use from several threads and next to other processes.

    Raises StylistError when the file is damaged, unreadable, or written by a newer version.
    """

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / STATE_FILE
        self._engine = _open(self.path)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction: committed at the end of the block, rolled back when it raises."""
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    def save_response(self, request: OutfitRequest, response: OutfitResponse) -> None:
        """Keeps each outfit under its id; an id seen before (same request, same answer) is replaced."""
        about = {
            "request_id": response.request_id,
            "created": utc_now(),
            "request": request.model_dump_json(),
            "composer": response.composer,
            "style": response.style.name,
            "style_digest": response.style.digest,
            "index_version": response.index.version,
            "seed": response.seed,
        }
        with self.session() as session:
            for outfit in response.outfits:
                row = {"id": outfit.id, "outfit": outfit.model_dump_json(), **about}
                statement = insert(OutfitRow).values(row)
                session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=row))

    def outfit(self, outfit_id: str) -> Outfit | None:
        """The outfit as it was answered; None when no such id was ever given out."""
        with self.session() as session:
            row = session.get(OutfitRow, outfit_id)
        return Outfit.model_validate_json(row.outfit) if row else None

    def request_of(self, outfit_id: str) -> OutfitRequest | None:
        """The request that the outfit answered."""
        with self.session() as session:
            row = session.get(OutfitRow, outfit_id)
        return OutfitRequest.model_validate_json(row.request) if row else None

    def close(self) -> None:
        self._engine.dispose()


def utc_now() -> str:
    """Now, as ISO 8601 in UTC with microseconds: text that sorts by time."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _open(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)), connect_args={"timeout": _BUSY_MS / 1000}
    )
    event.listen(engine, "connect", _configure)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # SQLite does not wait where two processes turn a new file into a WAL database at once.
        with locked(path.with_suffix(".lock")):
            _create_privately(path)
            _create_tables(engine, path)
    except OSError as error:
        raise StylistError(f"{path}: cannot be opened: {error.strerror}") from error
    except DatabaseError as error:
        engine.dispose()
        raise StylistError(f"{path}: cannot be used as the service's state: {error.orig}") from error
    except StylistError:
        engine.dispose()
        raise
    return engine


def _create_privately(path: Path) -> None:
    # By us, because SQLite would let the umask decide who may read it. Never opened here when it exists:
    # to close it again would drop the locks that this process holds on it.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _create_tables(engine: Engine, path: Path) -> None:
    with engine.begin() as connection:
        layout = connection.execute(text("PRAGMA user_version")).scalar_one()
        if layout not in (0, _LAYOUT):
            raise StylistError(f"{path}: has layout {layout}, this version reads layout {_LAYOUT}")
        Table.metadata.create_all(connection)
        connection.execute(text(f"PRAGMA user_version = {_LAYOUT}"))


def _configure(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()
