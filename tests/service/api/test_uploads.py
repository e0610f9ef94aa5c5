"""Uploads, whatever bytes they hold and however the network cuts them up."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

import anyio
import pytest
from fastapi import Request
from hypothesis import given, settings
from hypothesis import strategies as st

from service.api.routes.uploads import receive_form, safe_name
from service.errors import InvalidError

BOUNDARY = b"xYzZy"
contents = st.binary(max_size=300).filter(lambda data: BOUNDARY not in data)


def request_of(body: bytes, cuts: list[int]) -> Request:
    edges = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    messages = [{"type": "http.request", "body": body[a:b], "more_body": True} for a, b in pairwise(edges)]
    messages[-1]["more_body"] = False
    pending = iter(messages)

    async def receive():
        return next(pending)

    kind = b"multipart/form-data; boundary=" + BOUNDARY
    return Request({"type": "http", "headers": [(b"content-type", kind)]}, receive)


def part(disposition: str, data: bytes) -> bytes:
    header = f"Content-Disposition: form-data; {disposition}\r\n\r\n".encode()
    return b"--" + BOUNDARY + b"\r\n" + header + data + b"\r\n"


@settings(max_examples=60, deadline=None)
@given(
    files=st.lists(contents, max_size=3),
    value=st.text(max_size=40),
    cuts=st.lists(st.integers(0), max_size=6),
)
def test_files_and_fields_arrive_byte_for_byte(files, value, cuts):
    parts = [part('name="file"; filename="a.csv"', data) for data in files]
    parts.insert(len(parts) // 2, part('name="map"', value.encode()))
    body = b"".join(parts) + b"--" + BOUNDARY + b"--\r\n"
    with tempfile.TemporaryDirectory() as folder:
        form = anyio.run(receive_form, request_of(body, cuts), Path(folder), "file")
        assert [path.read_bytes() for path in form.files] == files
        assert form.fields == {"map": [value]}
        form.discard()
        assert list(Path(folder).iterdir()) == []


@settings(max_examples=60, deadline=None)
@given(body=st.binary(max_size=200), cuts=st.lists(st.integers(0), max_size=4), opened=st.booleans())
def test_junk_is_an_invalid_form_and_leaves_nothing(body, cuts, opened):
    body = (part('name="file"; filename="a.csv"', b"x") if opened else b"") + body
    with tempfile.TemporaryDirectory() as folder:
        with pytest.raises(InvalidError) as caught:
            anyio.run(receive_form, request_of(body, cuts), Path(folder), "file")
        assert [error.field for error in caught.value.errors] == ["body"]
        assert list(Path(folder).iterdir()) == []


@given(st.text(max_size=300))
def test_a_safe_name_is_one_visible_plain_file(name):
    safe = safe_name(name)
    assert safe == Path(safe).name
    assert safe not in ("", ".", "..")
    assert not safe.startswith(".")
    assert len(safe.encode()) <= 255


def test_a_safe_name_keeps_what_tells_the_format():
    assert safe_name("C:\\feeds\\store.google.XML") == "store.google.XML"
    assert safe_name("é" * 300 + ".csv").endswith("é.csv")
    assert len(safe_name("𝒳" * 300 + ".csv").encode()) <= 255
    assert safe_name("../../etc/passwd") == "passwd"
