"""`stylist doctor`: looks through what the service keeps, says what is wrong with it and how that is mended.

Changes nothing. `stylist serve` asks the same of the state before it starts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from indexer.errors import SnapshotError, StylistError
from indexer.storage.snapshot import SnapshotStore
from service.db.key_marker import MARKER_FILE
from service.db.repositories.keys import KeyRepository
from service.db.session import STATE_FILE, State
from service.errors import UnavailableError
from service.settings import Settings

_SHOWN = 3


def run(settings: Settings) -> str:
    """A line for each thing that is well. Raises StylistError that names all that is not."""
    well, ill = [], []
    for name, faults in _findings(settings):
        ill += faults
        well += [] if faults else [f"{name}: ok"]
    if ill:
        raise StylistError("; ".join(ill))
    return "\n".join(well)


def _findings(settings: Settings) -> Iterator[tuple[str, list[str]]]:
    """What was looked at, and what is wrong with it."""
    data = settings.data_dir
    if (
        settings.database_url is None
        and not (data / STATE_FILE).exists()
        and not (data / MARKER_FILE).exists()
    ):
        yield "state", []  # none yet
    else:
        try:
            with closing(State.of(settings)) as state:
                yield "state", damages(state)
                yield "keys", lost_keys(state)
        except StylistError as error:
            yield "state", [f"{error}; {_RESTORE}"]
    yield "index", _index(settings.data_dir)
    yield "private files", _readable(settings)


_RESTORE = "put a copy of the state back"


def damages(state: State) -> list[str]:
    """What is wrong with the database's file, in one line with what to do."""
    try:
        found = state.damages()
    except UnavailableError as error:
        found = [error.detail]
    if not found:
        return []
    more = f", and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return [f"{state.place}: is damaged ({', '.join(found[:_SHOWN])}{more}); {_RESTORE}"]


def lost_keys(state: State) -> list[str]:
    """Whether keys were made that the database does not have, in one line with what to do."""
    with suppress(UnavailableError):
        KeyRepository(state).configured()
        return []
    return [
        f"{state.place}: keys were made for this service, and here are none: {_RESTORE}, or make new ones with"
        f" `stylist keys add`; to do without keys on purpose, delete {MARKER_FILE} in the data folder"
    ]


def _index(data_dir: Path) -> list[str]:
    store = SnapshotStore(data_dir)
    faults = []
    for version in store.versions():
        try:
            store.verify(version)
        except SnapshotError as error:
            faults.append(str(error))
    current = store.current_version()
    if current is None and store.versions():
        faults.append("index: nothing says which snapshot is current: roll back to one, or index again")
    if current is not None and current not in store.versions():
        faults.append(f"index: the current snapshot {current!r} does not exist: roll back, or index again")
    return faults


def _readable(settings: Settings) -> list[str]:
    """Files with keys' hashes, outfits, costs or secrets that every user of the machine may read."""
    data = settings.data_dir
    private = [*data.glob(f"{STATE_FILE}*"), data / "pages.secret", data / MARKER_FILE, data / "index"]
    open_ = []
    for path in private:
        with suppress(OSError):
            if path.stat().st_mode & 0o007:
                open_.append(path)
    return [f"{path}: every user of this machine may read it: chmod o-rwx" for path in open_]
