"""`stylist feedback`, `looks` and `corrections`: what shoppers did and staff said, into files for training."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from pydantic import TypeAdapter, ValidationError

from indexer.storage.durable import sync
from service.db.repositories.corrections import CorrectionRepository
from service.db.repositories.events import EventRepository
from service.db.repositories.looks import LookRepository
from service.db.session import State
from service.errors import InvalidError
from service.schemas.fields import Instant, Pseudonym
from service.settings import Settings

STDOUT = Path("-")


def export_events(settings: Settings, file: Path, since: str | None, until: str | None) -> str:
    """Writes the events received in that time; says how many, unless they went to standard output.

    Raises InvalidError of `since` or `until`, OSError.
    """
    begin = None if since is None else _checked(Instant, "since", since)
    end = None if until is None else _checked(Instant, "until", until)
    with _state(settings) as state:
        return _said(write_lines(file, EventRepository(state).lines(begin, end)), "events", file)


def forget(settings: Settings, shopper: str) -> str:
    """Deletes the shopper's events. Raises InvalidError for what is no pseudonym."""
    known_as = _checked(Pseudonym, "shopper", shopper)
    with _state(settings) as state:
        return (
            f"{EventRepository(state).forget(known_as)} events deleted; files exported before have them still"
        )


def export_shopper(settings: Settings, shopper: str) -> int:
    """Writes what is kept of the shopper to standard output; how many lines. Raises InvalidError for no pseudonym."""
    known_as = _checked(Pseudonym, "shopper", shopper)
    with _state(settings) as state:
        return write_lines(STDOUT, EventRepository(state).known_of(known_as))


def export_looks(settings: Settings, file: Path) -> str:
    """Writes the approved looks; says how many, unless they went to standard output. Raises OSError."""
    with _state(settings) as state:
        return _said(write_lines(file, LookRepository(state).lines()), "looks", file)


def export_corrections(settings: Settings, file: Path) -> str:
    """Writes what staff said of pieces; says of how many, unless they went to standard output. Raises OSError."""
    with _state(settings) as state:
        return _said(write_lines(file, CorrectionRepository(state).lines()), "corrections", file)


@contextmanager
def _state(settings: Settings) -> Iterator[State]:
    with closing(State.of(settings)) as state:
        yield state


def _said(count: int, what: str, file: Path) -> str:
    return "" if file == STDOUT else f"{count} {what} -> {file}"


def _checked(kind: Any, field: str, text: str) -> str:
    try:
        return str(TypeAdapter(kind).validate_python(text))
    except ValidationError as error:
        raise InvalidError.at(field, error.errors()[0]["msg"].removeprefix("Value error, ")) from error


def write_lines(path: Path, lines: Iterable[str]) -> int:
    """Writes every line with a newline after it, and returns how many; `-` is standard output.

    A file gets its new content in one step, once all of it is on the disk: whoever reads sees the old lines or all of
    the new ones. Raises OSError.
    """
    if path == STDOUT:
        return _write(sys.stdout, lines)
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with draft.open("w", encoding="utf-8") as file:
            count = _write(file, lines)
        sync(draft)
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    sync(path.parent)
    return count


def _write(file: TextIO, lines: Iterable[str]) -> int:
    count = 0
    for line in lines:
        file.write(f"{line}\n")
        count += 1
    return count
