"""Files whose bytes depend on their content alone: gzip without a time, workbooks without one either."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from pathlib import Path

_MADE = (2026, 1, 2, 9, 0, 0)
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")


def write_packed(text: str, path: Path) -> None:
    """The text as UTF-8, packed with gzip."""
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def without_times(archive: bytes) -> bytes:
    """The same workbook with one and the same time for all that is in it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(packed, "w") as target:
        for part in source.infolist():
            entry = zipfile.ZipInfo(part.filename, _MADE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            content = _MODIFIED.sub(rb"\g<1>2026-01-02T09:00:00Z", source.read(part))
            target.writestr(entry, content)
    return packed.getvalue()
