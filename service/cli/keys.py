"""The texts that `stylist keys` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime

from service.db.repositories.keys import KeyInfo, KeyRepository, Scope, expiry
from service.db.session import State
from service.settings import Settings

_HEAD = ("ID", "SCOPE", "KEY", "NAME", "CREATED", "LAST USED", "EXPIRES")


def add(
    settings: Settings,
    scope: Scope,
    name: str | None = None,
    expires: str | None = None,
    origins: Sequence[str] = (),
) -> str:
    """A new key, alone on the last line. `expires` is a number of days or a date.

    Raises InvalidError of `name`, `expires` or `origin`.
    """
    ends = None if expires is None else expiry(expires, datetime.now(UTC))
    with _ring(settings) as ring:
        key = ring.add(scope, name, ends, origins)
    return f"A new {scope} key; it is shown only now. Send it as `Authorization: Bearer KEY`.\n{key}"


def listing(settings: Settings, scope: Scope | None) -> str:
    """A table of the keys that were not revoked."""
    with _ring(settings) as ring:
        found = [key for key in ring.list() if scope in (None, key.scope)]
    if not found:
        return "no keys; `stylist keys add --scope staff` makes one"
    rows = [_HEAD, *(_cells(key) for key in found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(c.ljust(width) for c, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def revoke(settings: Settings, id_or_key: str) -> str:
    """Ends the key. Raises NotFoundError when there is none."""
    with _ring(settings) as ring:
        key = ring.revoke(id_or_key)
    return f"revoked {key.scope} key {key.id} ({key.prefix}...)"


@contextmanager
def _ring(settings: Settings) -> Iterator[KeyRepository]:
    with closing(State.of(settings)) as state:
        yield KeyRepository(state)


def _cells(key: KeyInfo) -> tuple[str, ...]:
    ends = "never" if key.expires is None else _to_seconds(key.expires) + (" (over)" if key.expired else "")
    used = _to_seconds(key.last_used) if key.last_used else "never"
    return (key.id, key.scope, key.prefix, key.name or "-", _to_seconds(key.created), used, ends)


def _to_seconds(time: str) -> str:
    return time[:19] + "Z"
