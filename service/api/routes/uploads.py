"""Multipart uploads straight to disk: at no time is a file, or a chunk of more than one read, in memory.

While an upload arrives, a lock tells other processes that its folder is nobody's leftover.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from anyio import to_thread
from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from indexer.storage.durable import try_lock
from service.errors import InvalidError, UnavailableError
from service.indexing.lock import UPLOAD_LOCK

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_MAX_FIELD_BYTES = 4096
_MAX_PARTS = 200
_STEM_BYTES, _SUFFIX_BYTES = 200, 20  # file systems take names of 255 bytes
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_UNSAFE = re.compile(r"[^\w.()+ -]+")


@dataclass(slots=True)
class Form:
    """What was sent: uploaded files in `folder`, and the values of the other fields, in order.

    `release` it once somebody else answers for the folder, or `discard` it.
    """

    folder: Path
    files: list[Path] = field(default_factory=list)
    fields: dict[str, list[str]] = field(default_factory=dict)
    lock: int | None = None

    def make(self) -> None:
        """Create the folder, as one that is in use."""
        self.folder.mkdir(parents=True, mode=0o700)
        self.lock = try_lock(self.folder / UPLOAD_LOCK)

    def release(self) -> None:
        """From now on the folder is a leftover unless a job names it."""
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None

    def discard(self) -> None:
        """Delete what was uploaded."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.release()


async def receive_form(request: Request, parent: Path, file_field: str) -> Form:
    """Writes each file of the request into a fresh folder under `parent`; the caller deletes it.

    Raises InvalidError on a malformed form or a file in another field, UnavailableError when the disk is full; nothing
    stays on disk then.
    """
    _, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary")
    if not boundary:
        raise InvalidError.at("body", "the Content-Type of a form names its boundary")
    form = Form(parent / secrets.token_hex(8))
    writer = _FormWriter(form, file_field)
    try:
        await to_thread.run_sync(form.make)
        parser = MultipartParser(boundary, writer.callbacks())
        async for chunk in request.stream():
            await to_thread.run_sync(parser.write, chunk)
        parser.finalize()
        if not writer.ended:
            raise InvalidError.at("body", "the form ends before its last boundary")
    except MultipartParseError as error:
        _discard(writer, form)
        raise InvalidError.at("body", f"not a multipart form: {error}") from error
    except OSError as error:
        _discard(writer, form)
        if error.errno in _FULL:
            raise UnavailableError("the disk is full: the upload cannot be kept", retry_after=60) from error
        raise
    except BaseException:
        _discard(writer, form)
        raise
    return form


def _discard(writer: _FormWriter, form: Form) -> None:
    with suppress(OSError):  # of what is still to be written, on a full disk
        writer.close()
    form.discard()


class _FormWriter:
    """The parser's callbacks: collects a part's headers, then writes its bytes where they belong."""

    def __init__(self, form: Form, file_field: str) -> None:
        self.ended = False
        self._form = form
        self._file_field = file_field
        self._header = b""
        self._value = b""
        self._disposition = b""
        self._name = ""
        self._file: BinaryIO | None = None
        self._text = b""
        self._parts = 0

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._on_part_begin,
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_part_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }

    def close(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            file.close()

    def _on_part_begin(self) -> None:
        self._parts += 1
        if self._parts > _MAX_PARTS:
            raise InvalidError.at("body", f"a form may have at most {_MAX_PARTS} parts")
        self._header = self._value = self._disposition = self._text = b""

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition.decode("latin-1"))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        given = options.get(b"filename")
        if given is None:
            return
        if self._name != self._file_field:
            raise InvalidError.at(self._name or "body", f"files go in the field {self._file_field!r}")
        folder = self._form.folder / str(len(self._form.files) + 1)
        folder.mkdir()
        path = folder / safe_name(given.decode("utf-8", "replace"))
        self._file = path.open("wb")
        self._form.files.append(path)

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(memoryview(data)[start:end])
            return
        self._text += data[start:end]
        if len(self._text) > _MAX_FIELD_BYTES:
            raise InvalidError.at(self._name, f"longer than {_MAX_FIELD_BYTES} bytes")

    def _on_part_end(self) -> None:
        if self._file is not None:
            self.close()
        else:
            self._form.fields.setdefault(self._name, []).append(self._text.decode("utf-8", "replace"))

    def _on_end(self) -> None:
        self.ended = True


def safe_name(name: str) -> str:
    """A file name that names no folder, keeps its extension, and is never hidden or empty."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    clean = _UNSAFE.sub("_", base).strip(" .") or "feed"
    stem, dot, suffix = clean.rpartition(".")
    if not dot:
        stem, suffix = clean, ""
    return _cut(stem, _STEM_BYTES) + dot + _cut(suffix, _SUFFIX_BYTES)


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore")
