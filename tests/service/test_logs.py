"""Log lines are JSON, one each, whole, and without what clients sent."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from service.cli.logging import JsonFormatter, trace
from service.schemas.outfits import OutfitRequest


def line(message: str, *arguments: object, error: BaseException | None = None, **extra: object) -> str:
    info = None if error is None else (type(error), error, error.__traceback__)
    record = logging.LogRecord("stylist.test", logging.WARNING, __file__, 1, message, arguments, info)
    record.__dict__.update(extra)
    return JsonFormatter().format(record)


@given(st.text())
def test_any_message_is_one_line_of_ascii_json(text):
    written = line("%s", text, fields={"route": text})
    assert written.isascii()
    assert "\n" not in written
    assert (json.loads(written)["message"], json.loads(written)["route"]) == (text, text)


def test_a_line_says_when_how_bad_who_and_what():
    found = json.loads(line("%d of %d", 1, 2, fields={"status": 200}))
    assert found.pop("time").endswith("Z")
    assert found == {"level": "warning", "logger": "stylist.test", "message": "1 of 2", "status": 200}


def test_an_error_has_its_trace_and_that_of_its_cause():
    def inner() -> None:
        raise KeyError("inside")

    try:
        try:
            inner()
        except KeyError as error:
            raise RuntimeError("outside") from error
    except RuntimeError as error:
        found = json.loads(line("failed", error=error))["error"]
    assert found.index("KeyError: 'inside'") < found.index("RuntimeError: outside")
    assert "in inner" in found


def test_the_trace_of_a_bad_value_does_not_quote_it():
    sent = json.loads('{"vibe": "ok", "count": "a secret wish"}')
    with pytest.raises(ValidationError) as raised:
        OutfitRequest.model_validate(sent)
    found = trace(raised.value)
    assert "secret wish" not in found
    assert "count: int_type" in found


def test_a_group_of_errors_tells_all_of_them():
    found = trace(ExceptionGroup("both", [ValueError("one"), TypeError("two")]))
    assert "ValueError: one" in found
    assert "TypeError: two" in found


def test_every_logger_of_a_server_writes_json_to_stderr():
    code = (
        "import logging, warnings\n"
        "from service.cli.logging import log_to_stderr\n"
        "log_to_stderr()\n"
        "logging.getLogger('uvicorn.error').error('from uvicorn')\n"
        "logging.getLogger('stylist.access').info('own')\n"
        "logging.getLogger('other').info('too quiet to hear')\n"
        "warnings.warn('mind this')\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = [json.loads(text) for text in run.stderr.splitlines()]
    assert [found["logger"] for found in lines] == ["uvicorn.error", "stylist.access", "py.warnings"]
    assert run.stdout == ""
