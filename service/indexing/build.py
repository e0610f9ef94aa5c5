"""A build of the index with the settings' embedder, and what people write to ask for one.

The command line and the admin API build through here, so that both mean the same by a format or a mapping.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Literal

from indexer.errors import FeedError, SnapshotError
from indexer.feeds.columns.columns import parse_mapping
from indexer.feeds.detect import Format
from indexer.feeds.values.currency import currency_code
from service.errors import InvalidError
from service.indexing.download import FOLDER, Fetching, fetch

if TYPE_CHECKING:
    from indexer.pipeline.build import FeedSource, ProgressSink
    from indexer.pipeline.images import ImageOptions
    from indexer.pipeline.report import BuildReport
    from indexer.storage.snapshot import SnapshotStore
    from service.db.repositories.stock import StockRepository
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
    confirm_prices: bool = False,
    hosts: Collection[str] | None = (),
    progress: ProgressSink | None = None,
) -> BuildReport:
    """Build a snapshot in the data directory and make it current. What staff said of stock before counts no more then.

    A `dry_run` only finds out what would change; `max_removed` is the share of the current items that may go;
    `confirm_prices` says that prices are right, however high. Feeds with an address are fetched first, from `hosts`
    alone; None: from any. `started` is the moment of `StockRepository.mark` that the feeds are as of; now when empty.
    Raises FeedError, SnapshotError or ModelError; the former snapshot stays current then.
    """
    from indexer.embedder import load_embedder
    from indexer.pipeline.build import BuildOptions, build_snapshot
    from indexer.storage.snapshot import SnapshotStore
    from service.db.repositories.stock import StockRepository
    from service.db.session import State

    store = SnapshotStore(settings.data_dir)
    with closing(State.of(settings)) as state:
        book = StockRepository(state)
        options = BuildOptions(
            allow_rejects=allow_rejects,
            dry_run=dry_run,
            max_removed=max_removed,
            started=started or book.mark(),
            confirm_prices=confirm_prices,
            images=_images(settings),
        )
        _fetch(settings, feeds, hosts, progress)
        report = build_snapshot(store, feeds, load_embedder(settings.embedder), options, progress)
        _settle(book, store, report, options.started)
    return report


def _fetch(
    settings: Settings,
    feeds: Sequence[FeedSource],
    hosts: Collection[str] | None,
    progress: ProgressSink | None,
) -> None:
    """Bring the feeds that have an address to where they are read from."""
    remote = [feed.url for feed in feeds if feed.url]
    if not remote:
        return
    how = Fetching(settings.data_dir / FOLDER, settings.max_upload_bytes, settings.feed_seconds, hosts)
    if progress is not None:
        progress.start("fetch", None)
    try:
        for url in remote:
            fetch(url, how, progress.advance if progress is not None else lambda _: None)
    except OSError as error:
        raise SnapshotError(f"a feed could not be kept, the current index stays: {error}") from error


def _settle(book: StockRepository, store: SnapshotStore, report: BuildReport, started: str) -> None:
    """After a build that began at the moment `started`: what it overruled is not used, or dropped, from now on."""
    if report.dry_run or report.version is None:
        return
    if report.unchanged:
        book.confirm(report.version, started)
    with suppress(SnapshotError):  # a damaged one tells nothing: what was said stays for now
        book.forget(min(store.manifest(version).started for version in store.versions()))
