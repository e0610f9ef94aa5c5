"""The texts that `stylist keys` prints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from service.keys import KeyRing, Scope
from service.settings import Settings
from service.state import State

_COLUMNS = "{:<9} {:<8} {:<9} {:<20} {}"


def add(settings: Settings, scope: Scope) -> str:
    """A new key, alone on the last line."""
    with _ring(settings) as ring:
        key = ring.add(scope)
    return f"A new {scope} key; it is shown only now. Send it as `Authorization: Bearer KEY`.\n{key}"


def listing(settings: Settings, scope: Scope | None) -> str:
    """A table of the keys that are good."""
    with _ring(settings) as ring:
        found = [key for key in ring.list() if scope in (None, key.scope)]
    if not found:
        return "no keys; `stylist keys add --scope staff` makes one"
    lines = [_COLUMNS.format("ID", "SCOPE", "KEY", "CREATED", "LAST USED")]
    for key in found:
        used = _to_seconds(key.last_used) if key.last_used else "never"
        lines.append(_COLUMNS.format(key.id, key.scope, key.prefix, _to_seconds(key.created), used))
    return "\n".join(lines)


def revoke(settings: Settings, id_or_key: str) -> str:
    """Ends the key. Raises NotFoundError when there is none."""
    with _ring(settings) as ring:
        key = ring.revoke(id_or_key)
    return f"revoked {key.scope} key {key.id} ({key.prefix}...)"


@contextmanager
def _ring(settings: Settings) -> Iterator[KeyRing]:
    with closing(State(settings.data_dir)) as state:
        yield KeyRing(state)


def _to_seconds(time: str) -> str:
    return time[:19] + "Z"
