"""API keys: made, listed, revoked and verified. Knows nothing of HTTP; a key itself is never stored."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, cast

from sqlalchemy import or_, select, update

from service.db.session import State, to_text, utc_now
from service.db.tables import KeyRow
from service.errors import InvalidError, NotFoundError, UnauthorizedError, UnavailableError

Scope = Literal["shopper", "staff", "publishable"]

KEYS_LOST = (
    "keys were made for this service, and its state has lost them: `stylist doctor` says how to mend that"
)

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")
_PREFIX = "vs_"
_SHOWN_CHARS = 8
_LAST_USED_EVERY = timedelta(minutes=1)  # a write per request would cost more than the request's own reads
_STEP_BACK = timedelta(hours=1)
_MAX_DAYS = 36_500
_MAX_NAME_CHARS = 120


@dataclass(frozen=True, slots=True)
class Principal:
    """Who sends a request: the id of the key, which may be logged and stored, and its scope."""

    key_id: str
    scope: Scope
    origins: frozenset[str] = frozenset()
    """Of a publishable key: the pages that it is good from."""


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What may be shown of a key. Times are ISO 8601 in UTC; `last_used` is exact to a minute.

    `expired` is as of the moment of asking.
    """

    id: str
    scope: Scope
    prefix: str
    name: str | None
    created: str
    last_used: str | None
    expires: str | None
    expired: bool


class KeyRepository:
    """The keys of one state. Every call reads the database: changes of other processes count at once.

    `clock` says what time it is, in UTC. Nothing about expiry is ever stored but the date itself, so that a clock that
    was wrong for a while ends no key for good.
    """

    def __init__(self, state: State, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._state = state
        self._clock = _Clock(clock)

    def add(
        self,
        scope: Scope,
        name: str | None = None,
        expires: datetime | None = None,
        origins: Sequence[str] = (),
    ) -> str:
        """A new key. It is returned here and never again.

        Raises InvalidError of `name` when it cannot be shown in a line of its own, of `expires` when that is over, of
        `origin` when it is none, or is missing or too much for the scope.
        """
        if (scope == "publishable") != bool(origins):
            raise InvalidError.at("origin", "a publishable key needs one or more, other keys take none")
        if wrong := [origin for origin in origins if not _ORIGIN.fullmatch(origin)]:
            raise InvalidError.at("origin", f"{wrong[0]!r} is none, such as https://shop.example")
        now = self._clock.now()
        if expires is not None and expires <= now:
            raise InvalidError.at("expires", "is over already")
        key = _PREFIX + secrets.token_urlsafe(24)
        row = KeyRow(
            id=secrets.token_hex(4),
            digest=_digest(key),
            prefix=key[:_SHOWN_CHARS],
            scope=scope,
            created=to_text(now),
            expires=None if expires is None else to_text(expires),
            name=None if name is None else _checked_name(name),
            origins=" ".join(origins) or None,
        )
        with self._state.session() as session:
            session.add(row)
            session.flush()
            self._note()  # before the key counts: none is ever given out that could be forgotten
        return key

    def list(self) -> list[KeyInfo]:
        """The keys that were not revoked, also those that expired, oldest first."""
        query = select(KeyRow).where(KeyRow.revoked.is_(None)).order_by(KeyRow.created)
        with self._state.session() as session:
            return [self._info(row) for row in session.scalars(query)]

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
            return self._info(row)

    def configured(self) -> bool:
        """Whether a key was ever added. Neither revoking nor expiry of the last one opens the service again.

        Raises UnavailableError where keys were made and the database has lost them: that opens nothing either.
        """
        with self._state.session() as session:
            found = session.scalar(select(KeyRow.id).limit(1)) is not None
        if found:
            with suppress(UnavailableError):  # the keys themselves are there
                self._note()
        elif self._state.key_marker.found():
            raise UnavailableError(KEYS_LOST)
        return found

    def _note(self) -> None:
        try:
            self._state.key_marker.write()
        except OSError as error:
            raise UnavailableError(
                f"that keys exist cannot be noted in the data folder: {error.strerror}"
            ) from error

    def verify(self, key: str) -> Principal | None:
        """Whose key it is; None when it is not known, or was revoked.

        Raises UnauthorizedError, which says so, when it expired: only who holds the key learns that.
        """
        digest = _digest(key)
        with self._state.session() as session:
            row = session.scalar(select(KeyRow).where(KeyRow.digest == digest, KeyRow.revoked.is_(None)))
            if row is None or not hmac.compare_digest(row.digest, digest):
                return None
        now = self._clock.now()
        if _is_over(row.expires, now):
            raise UnauthorizedError(
                f"this key expired at {row.expires}; `stylist keys add --scope {row.scope}` makes another"
            )
        if _is_stale(row.last_used, now):
            self._touch(row.id, now)
        return Principal(row.id, cast(Scope, row.scope), frozenset((row.origins or "").split()))

    def _touch(self, key_id: str, now: datetime) -> None:
        # A note for staff: while another process holds the write lock, the request matters more.
        with suppress(UnavailableError), self._state.session() as session:
            session.execute(update(KeyRow).where(KeyRow.id == key_id).values(last_used=to_text(now)))

    def _info(self, row: KeyRow) -> KeyInfo:
        return KeyInfo(
            id=row.id,
            scope=cast(Scope, row.scope),
            prefix=row.prefix,
            name=row.name,
            created=row.created,
            last_used=row.last_used,
            expires=row.expires,
            expired=_is_over(row.expires, self._clock.now()),
        )


class _Clock:
    """A clock that stands still rather than go back a little: a key that has expired stays so.

    It follows a step back of more than an hour: the time before that step was wrong, and keys that expired by it
    are good again.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._latest = clock()

    def now(self) -> datetime:
        now = self._clock()
        if not timedelta(0) < self._latest - now <= _STEP_BACK:
            self._latest = now
        return self._latest


def expiry(text: str, now: datetime) -> datetime:
    """When a key ends: after so many days (`30`), or with a day, UTC (`2031-12-31`: good through that day).

    Raises InvalidError of `expires`.
    """
    try:
        if text.isdecimal():
            if not 1 <= int(text) <= _MAX_DAYS:
                raise InvalidError.at("expires", f"1 to {_MAX_DAYS} days")
            return now + timedelta(days=int(text))
        day = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
        return day + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise InvalidError.at(
            "expires", f"{text!r} is neither a number of days nor a date, YYYY-MM-DD"
        ) from error


def _checked_name(name: str) -> str:
    plain = name.strip()
    if not plain or len(plain) > _MAX_NAME_CHARS or not plain.isprintable():
        raise InvalidError.at("name", f"1 to {_MAX_NAME_CHARS} printable characters")
    return plain


def _digest(key: str) -> str:
    # Keys are 192 random bits: a slow, salted hash would add nothing but time.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _is_over(expires: str | None, now: datetime) -> bool:
    return expires is not None and now >= datetime.fromisoformat(expires)


def _is_stale(last_used: str | None, now: datetime) -> bool:
    # A use in the future was noted by a clock that was wrong: what is known now takes its place.
    return last_used is None or abs(now - datetime.fromisoformat(last_used)) > _LAST_USED_EVERY
