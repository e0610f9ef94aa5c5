"""The rejects file: every row that was not used, as JSON lines. Knows no rule by which a row is rejected."""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Self

from indexer.record import Reject


class RejectLog:
    """Appends rejects to a new file: file, line, field, value, reason, sku and the whole raw row."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # ASCII with escapes: text that is no valid Unicode is written as it came.
        self._stream = path.open("w", encoding="ascii")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, reject: Reject) -> None:
        """Raises ValueError once the log is closed."""
        entry = {
            "file": reject.file,
            "line": reject.line,
            "field": reject.field,
            "value": reject.value,
            "reason": reject.reason,
            "sku": reject.sku,
            "row": reject.row,
        }
        self._stream.write(json.dumps(entry) + "\n")

    def close(self) -> None:
        self._stream.close()
