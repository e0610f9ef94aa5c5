"""What the service remembers between runs: in DATA_DIR/state.sqlite, or in PostgreSQL.

Opens the database and brings it up to date; knows neither HTTP nor what most rows mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from pydantic import SecretStr
from sqlalchemy import Engine, inspect, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from indexer.errors import StylistError
from indexer.storage.durable import locked
from service.db.engine import (
    create_privately,
    damages,
    erase,
    keep_private,
    never_made_anew,
    place,
    postgres_engine,
    reason,
    sqlite_engine,
    translated,
)
from service.db.key_marker import KeyMarker
from service.db.migrate import migrate
from service.db.tables import OutfitRow, Table
from service.db.wishes import Wishes
from service.schemas.outfits import OutfitRequest, OutfitResponse
from service.settings import Settings

STATE_FILE = "state.sqlite"


class State:
    """The open database; safe to use from several threads and next to other processes.

    `database_url` names a PostgreSQL database; without one the state is a file in the data folder. Raises
    StylistError when it is damaged, unreadable, unreachable, or written by a newer version.
    """

    def __init__(
        self, data_dir: Path, database_url: SecretStr | None = None, *, keep_wishes: bool = True
    ) -> None:
        self.wishes = Wishes(kept=keep_wishes)
        self.key_marker = KeyMarker(data_dir)
        if database_url is None:
            self._engine = _open_file(data_dir / STATE_FILE)
        else:
            self._engine = _open(postgres_engine(database_url.get_secret_value()))

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The state that the settings name."""
        return cls(settings.data_dir, settings.database_url, keep_wishes=settings.keep_vibes is not False)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction: committed at the end of the block, rolled back when it raises.

        Raises UnavailableError when the database fails (full, locked, gone), InvalidError when it has no room for
        a value; errors that only a bug can cause, and IntegrityError, come as SQLAlchemy raises them.
        """
        with (
            translated(self._engine),
            Session(self._engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    def ping(self) -> None:
        """Raises UnavailableError when the database does not answer."""
        with self.session() as session:
            session.execute(select(literal(1)))

    def damages(self) -> list[str]:
        """What a whole look through the database finds wrong, in words; nothing of PostgreSQL, which minds itself.

        Raises UnavailableError where it cannot be read.
        """
        with translated(self._engine):
            return damages(self._engine)

    @property
    def place(self) -> str:
        """Where the database is, for messages to staff."""
        return place(self._engine)

    def save_response(
        self, request: OutfitRequest, response: OutfitResponse, key_id: str | None = None
    ) -> None:
        """Keeps each outfit under its id; an id seen before (same request, same answer) is replaced.

        `key_id` is the publishable key that it was composed with.
        """
        about = {
            "request_id": response.request_id,
            "created": utc_now(),
            # Who reads it again may not be staff.
            "request": self.wishes.stored(request).model_dump_json(exclude={"trace"}),
            "composer": response.composer,
            "style": response.style.name,
            "style_digest": response.style.digest,
            "index_version": response.index.version,
            "seed": response.seed,
            **({} if key_id is None else {"key_id": key_id}),
        }
        with self.session() as session:
            for outfit in response.outfits:
                row = {"id": outfit.id, "outfit": outfit.model_dump_json(), **about}
                upsert(session, OutfitRow, row)
        for outfit in response.outfits:
            self.wishes.note(outfit.id, request)

    def erase(self) -> None:
        """Takes what was deleted out of the log too: it is overwritten in the file already. Never raises.

        Of PostgreSQL its own vacuum sees to that.
        """
        with suppress(SQLAlchemyError):
            erase(self._engine)

    def close(self) -> None:
        self._engine.dispose()


def utc_now() -> str:
    """Now, as ISO 8601 in UTC with microseconds: text that sorts by time."""
    return to_text(datetime.now(UTC))


def to_text(time: datetime) -> str:
    """A time in UTC as the tables keep it."""
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")


def upsert(session: Session, table: type[Table], values: Mapping[str, Any]) -> None:
    """Inserts a row, or gives the one of the same primary key these values; columns not named stay as they are."""
    statement = _insert(session, table).values(values)
    keys = [column.name for column in inspect(table).primary_key]
    changed = {name: statement.excluded[name] for name in values if name not in keys}
    if changed:
        session.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))
    else:
        session.execute(statement.on_conflict_do_nothing(index_elements=keys))


def insert_new(session: Session, table: type[Table], values: Mapping[str, Any]) -> bool:
    """Inserts a row unless one of the same primary key, or another unique value, is there; whether it did."""
    statement = _insert(session, table).values(values).on_conflict_do_nothing()
    return session.execute(statement.returning(*inspect(table).primary_key)).first() is not None


def _insert(session: Session, table: type[Table]) -> sqlite.Insert | postgresql.Insert:
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def _open_file(path: Path) -> Engine:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # SQLite does not wait where two processes turn a new file into a WAL database at once.
        with locked(path.with_suffix(".lock")):
            create_privately(path)
            keep_private(path)
            return _open(never_made_anew(sqlite_engine(path)))
    except OSError as error:
        raise StylistError(f"{path}: cannot be opened: {error.strerror}") from error


def _open(engine: Engine) -> Engine:
    try:
        migrate(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        raise StylistError(
            f"{place(engine)}: cannot be used as the service's state: {reason(error)}"
        ) from error
    except BaseException:
        engine.dispose()
        raise
    return engine
