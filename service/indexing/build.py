"""A build of the index with the settings' embedder, and what people write to ask for one.

The command line and the admin API build through here, so that both mean the same by a format or a mapping.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Literal

from indexer.errors import FeedError
from indexer.feeds.columns.columns import parse_mapping
from indexer.feeds.detect import Format
from indexer.feeds.values.currency import currency_code
from service.errors import InvalidError

if TYPE_CHECKING:
    from indexer.pipeline.build import FeedSource, ProgressSink
    from indexer.pipeline.images import ImageOptions
    from indexer.pipeline.report import BuildReport
    from service.settings import Settings

FeedFormat = Literal["auto", Format]


def check_mapping(pairs: Iterable[str]) -> tuple[str, ...]:
    """The FIELD=COLUMN pairs as they are. Raises InvalidError of `map` naming the first that is wrong."""
    checked = tuple(pairs)
    try:
        parse_mapping(checked)
    except FeedError as error:
        raise InvalidError.at("map", str(error).removeprefix("--map ")) from error
    return checked


def check_currency(code: str) -> None:
    """Raises InvalidError of `currency` for what is no ISO 4217 code, nor a sign or name of one."""
    if currency_code(code) is None:
        raise InvalidError.at("currency", f"{code!r} is no ISO 4217 code, such as EUR or USD")


def _images(settings: Settings) -> ImageOptions | None:
    from indexer.pipeline.images import ImageOptions

    if settings.image_hosts is None:
        return None
    return ImageOptions(settings.image_hosts, settings.image_max_bytes)


def build_index(
    settings: Settings,
    feeds: Sequence[FeedSource],
    *,
    allow_rejects: bool = False,
    dry_run: bool = False,
    max_removed: float | None = None,
    started: str = "",
    progress: ProgressSink | None = None,
) -> BuildReport:
    """Build a snapshot in the data directory and make it current. What staff said of stock before counts no more then.

    A `dry_run` only finds out what would change; `max_removed` is the share of the current items that may go.
    `started` is the moment of `StockRepository.mark` that the feeds are as of; now when empty.
    Raises FeedError, SnapshotError or ModelError; the former snapshot stays current then.
    """
    from indexer.embedder import load_embedder
    from indexer.pipeline.build import BuildOptions, build_snapshot
    from indexer.storage.snapshot import SnapshotStore
    from service.db.repositories.stock import StockRepository, settle
    from service.db.session import State

    store = SnapshotStore(settings.data_dir)
    with closing(State.of(settings)) as state:
        book = StockRepository(state)
        options = BuildOptions(
            allow_rejects=allow_rejects,
            dry_run=dry_run,
            max_removed=max_removed,
            started=started or book.mark(),
            images=_images(settings),
        )
        report = build_snapshot(store, feeds, load_embedder(settings.embedder), options, progress)
        settle(book, store, report, options.started)
    return report
