"""`stylist feedback` and `stylist looks`: what shoppers did and what staff approved, into files for training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from service.cli.lines import STDOUT, write_lines
from service.db.repositories.events import FeedbackBook
from service.db.repositories.looks import LookBook
from service.db.session import State
from service.errors import InvalidError
from service.schemas.fields import Instant, Pseudonym
from service.settings import Settings


def export_events(settings: Settings, file: Path, since: str | None, until: str | None) -> str:
    """Writes the events received in that time; says how many, unless they went to standard output.

    Raises InvalidError of `since` or `until`, OSError.
    """
    begin = None if since is None else _checked(Instant, "since", since)
    end = None if until is None else _checked(Instant, "until", until)
    with _state(settings) as state:
        return _said(write_lines(file, FeedbackBook(state).lines(begin, end)), "events", file)


def forget(settings: Settings, shopper: str) -> str:
    """Deletes the shopper's events. Raises InvalidError for what is no pseudonym."""
    known_as = _checked(Pseudonym, "shopper", shopper)
    with _state(settings) as state:
        return f"{FeedbackBook(state).forget(known_as)} events deleted; files exported before have them still"


def export_looks(settings: Settings, file: Path) -> str:
    """Writes the approved looks; says how many, unless they went to standard output. Raises OSError."""
    with _state(settings) as state:
        return _said(write_lines(file, LookBook(state).lines()), "looks", file)


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
