"""API keys: made, listed, revoked and verified. Knows nothing of HTTP; a key itself is never stored."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, cast

from sqlalchemy import or_, select, update
from sqlalchemy.exc import OperationalError

from service.problems import NotFoundError
from service.state import State, utc_now
from service.tables import KeyRow

Scope = Literal["shopper", "staff"]

_PREFIX = "vs_"
_SHOWN_CHARS = 8
_LAST_USED_EVERY = timedelta(minutes=1)  # a write per request would cost more than the request's own reads


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What may be shown of a key. Times are ISO 8601 in UTC; `last_used` is exact to a minute."""

    id: str
    scope: Scope
    prefix: str
    created: str
    last_used: str | None


class KeyRing:
    """The keys of one data directory. Every call reads the database: changes of other processes count at once."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, scope: Scope) -> str:
        """A new key. It is returned here and never again."""
        key = _PREFIX + secrets.token_urlsafe(24)
        row = KeyRow(
            id=secrets.token_hex(4),
            digest=_digest(key),
            prefix=key[:_SHOWN_CHARS],
            scope=scope,
            created=utc_now(),
        )
        with self._state.session() as session:
            session.add(row)
        return key

    def list(self) -> list[KeyInfo]:
        """The keys that are good, oldest first."""
        query = select(KeyRow).where(KeyRow.revoked.is_(None)).order_by(KeyRow.created)
        with self._state.session() as session:
            return [_info(row) for row in session.scalars(query)]

    def revoke(self, id_or_key: str) -> KeyInfo:
        """Ends a key, named by its id or by itself, for good.

        Raises NotFoundError when there is no such key, or no longer.
        """
        named = or_(KeyRow.id == id_or_key, KeyRow.digest == _digest(id_or_key))
        with self._state.session() as session:
            row = session.scalar(select(KeyRow).where(named, KeyRow.revoked.is_(None)))
            if row is None:
                raise NotFoundError("no such key; `stylist keys list` shows the ids")
            row.revoked = utc_now()
            return _info(row)

    def configured(self) -> bool:
        """Whether a key was ever added. Revoking the last one does not open the service again."""
        with self._state.session() as session:
            return session.scalar(select(KeyRow.id).limit(1)) is not None

    def verify(self, key: str) -> Scope | None:
        """The key's scope; None when it is not good."""
        digest = _digest(key)
        with self._state.session() as session:
            row = session.scalar(select(KeyRow).where(KeyRow.digest == digest, KeyRow.revoked.is_(None)))
            if row is None or not hmac.compare_digest(row.digest, digest):
                return None
        if _is_stale(row.last_used):
            self._touch(row.id)
        return cast(Scope, row.scope)

    def _touch(self, key_id: str) -> None:
        # A note for staff: while another process holds the write lock, the request matters more.
        with suppress(OperationalError), self._state.session() as session:
            session.execute(update(KeyRow).where(KeyRow.id == key_id).values(last_used=utc_now()))


def _digest(key: str) -> str:
    # Keys are 192 random bits: a slow, salted hash would add nothing but time.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _is_stale(last_used: str | None) -> bool:
    return last_used is None or datetime.now(UTC) - datetime.fromisoformat(last_used) > _LAST_USED_EVERY


def _info(row: KeyRow) -> KeyInfo:
    return KeyInfo(row.id, cast(Scope, row.scope), row.prefix, row.created, row.last_used)
