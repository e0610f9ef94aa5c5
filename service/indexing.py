"""A build of the index with the settings' embedder, and what people write to ask for one.

The command line and the admin API build through here, so that both mean the same by a format or a mapping.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from indexer.feeds.record import FIELDS
from service.problems import InvalidError

if TYPE_CHECKING:
    from indexer.build import FeedSource, ProgressSink
    from indexer.report import BuildReport
    from service.settings import Settings

FeedFormat = Literal["auto", "csv", "jsonl", "parquet", "shopify", "google", "woocommerce"]


def check_mapping(pairs: Iterable[str]) -> tuple[str, ...]:
    """The pairs as they are. Raises InvalidError of `map` naming the first that is no FIELD=COLUMN."""
    checked = tuple(pairs)
    for pair in checked:
        _check_pair(pair)
    return checked


def build_index(
    settings: Settings,
    feeds: Sequence[FeedSource],
    *,
    allow_rejects: bool = False,
    progress: ProgressSink | None = None,
) -> BuildReport:
    """Build a snapshot in the data directory and make it current.

    Raises FeedError, SnapshotError or ModelError; the former snapshot stays current then.
    """
    from indexer.build import BuildOptions, build_snapshot
    from indexer.embedder import load_embedder
    from indexer.snapshot import SnapshotStore

    store = SnapshotStore(settings.data_dir)
    options = BuildOptions(allow_rejects=allow_rejects)
    return build_snapshot(store, feeds, load_embedder(settings.embedder), options, progress)


def _check_pair(pair: str) -> None:
    field, equals, column = (part.strip() for part in pair.partition("="))
    if not (field and equals and column):
        raise InvalidError.at("map", f"{pair!r} is not FIELD=COLUMN, as in title=Product name")
    if field not in FIELDS:
        raise InvalidError.at("map", f"{field!r} is no field; fields are {', '.join(FIELDS)}")
