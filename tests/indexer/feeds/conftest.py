"""Small feeds written into a temporary folder, and read through the one entry that the indexer uses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from reading_feeds import NOW, Events, ReadFeed, WriteFeed

from indexer.feeds.open import open_feed


@pytest.fixture
def feed_file(tmp_path: Path) -> WriteFeed:
    def write(content: str | bytes, name: str = "feed.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def read_feed(feed_file: WriteFeed) -> ReadFeed:
    def read(
        content: str | bytes, name: str = "feed.csv", mapping: Sequence[str] = (), currency: str = "EUR"
    ) -> Events:
        feed = open_feed(feed_file(content, name), mapping=mapping, currency=currency, now=NOW)
        return list(feed.rows())

    return read
