"""Settings as the command line gives them, and how it ends when something is wrong. Loads nothing heavy."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from indexer.errors import StylistError

if TYPE_CHECKING:
    from pydantic import ValidationError

    from service.errors import FieldError
    from service.settings import Settings


def settings_of(data_dir: Path | None, **overrides: Any) -> Settings:
    """The settings, with what the command says in their place. Ends the program where one is wrong."""
    from pydantic import ValidationError

    from service.settings import Settings

    given = {k: v for k, v in {"data_dir": data_dir, **overrides}.items() if v is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        leave(_settings_reason(error, given), 2)


def _settings_reason(error: ValidationError, given: dict[str, Any]) -> str:
    first = error.errors()[0]
    name = str(first["loc"][0])
    shown = f"--{name.replace('_', '-')}" if name in given else f"STYLIST_{name.upper()}"
    return f"{shown}: {first['msg']}"


def run(command: Callable[[], object]) -> None:
    """The command, whose failures end the program with one line."""
    try:
        command()
    except StylistError as error:
        fail(error)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        leave(f"{where}{error.strerror or error}", 1)
    except Exception as error:
        leave(f"unexpected {type(error).__name__}: {error}", 1)


def fail(error: StylistError) -> NoReturn:
    """Ends the program with what the error says: 2 where the usage is wrong, 1 else."""
    from service.errors import InvalidError

    if isinstance(error, InvalidError) and error.errors:
        leave("; ".join(f"{_option(e)}: {e.message}" for e in error.errors), 2)
    leave(str(error), 1)


def _option(error: FieldError) -> str:
    from service.cli.compose import option_of

    return option_of(error.field)


def leave(reason: str, code: int) -> NoReturn:
    """Ends the program, with the reason in one line."""
    print(f"stylist: {' '.join(reason.split())}", file=sys.stderr)
    sys.exit(code)
