"""Logs as one JSON object per line, on stderr. Knows no route and no request.

What a record says beyond its message comes as `extra={"fields": {...}}`. Traces show where an error came from; where
its message would quote what a client sent, only the kind of error is written.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from collections.abc import Iterator

from pydantic import ValidationError

_ROOT_LEVEL = logging.WARNING
_OWN_LEVEL = logging.INFO


class JsonFormatter(logging.Formatter):
    """Time (UTC), level, logger, message, the record's fields, and the trace of an exception as `error`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = trace(record.exc_info[1])
        # Escaped to ASCII: no text from outside can break a line or colour a terminal.
        return json.dumps(line, default=str)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        return f"{at}.{int(record.msecs):03d}Z"


def trace(error: BaseException) -> str:
    """The trace of an error and of what caused it, without what clients sent."""
    return "\n\n".join(_told(error, set()))


def _told(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and id(cause) not in seen:
        yield from _told(cause, seen)
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _told(part, seen)
    frames = "".join(traceback.format_tb(error.__traceback__))
    yield f"Traceback (most recent call last):\n{frames}{type(error).__qualname__}: {_message(error)}"


def _message(error: BaseException) -> str:
    if isinstance(error, ValidationError):  # quotes the value
        found = error.errors(include_input=False, include_url=False, include_context=False)
        return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['type']}" for e in found)
    if type(error).__name__ in ("RequestValidationError", "ResponseValidationError"):  # so do the framework's
        return "a body does not have its shape"
    return str(error)


def log_to_stderr() -> None:
    """Makes every logger of this process write JSON lines to stderr. For processes of one's own: servers."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(handlers=[handler], level=_ROOT_LEVEL, force=True)
    logging.captureWarnings(capture=True)
    logging.getLogger("stylist").setLevel(_OWN_LEVEL)
    # What is wrong with an upload is the answer to whoever sent it, and nothing for the log.
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)
