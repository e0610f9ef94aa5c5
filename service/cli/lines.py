"""Lines of text into a file, in one step, or to standard output. Knows not what they say."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from indexer.storage.durable import sync

STDOUT = Path("-")


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
