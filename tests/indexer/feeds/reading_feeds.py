"""What tests of feeds share: the moment they are read at, and the types of the reading fixtures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from indexer.record import Reject, Row, Skipped

NOW = datetime(2026, 5, 10, 12, tzinfo=UTC)

Events = list[Row | Reject | Skipped]
ReadFeed = Callable[..., Events]
WriteFeed = Callable[..., Path]
