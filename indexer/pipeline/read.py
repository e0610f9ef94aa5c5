"""Feeds into staging: opens each, keeps its rows, logs its rejects, counts everything. Knows no item."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from indexer.errors import FeedError
from indexer.feeds.open import Feed, open_feed
from indexer.pipeline.group import Staging
from indexer.pipeline.rejects import RejectLog
from indexer.pipeline.report import SourceReport
from indexer.record import COST, MAX_UNPACKED, Reject, Row, Skipped
from indexer.storage.durable import sha256_file
from indexer.storage.manifest import Source

_TICK = 1000  # rows between two reports of progress
_SHARED_SKUS = frozenset({"shopify", "shopify-json"})
"""Formats of shops that let several products have one SKU."""


@dataclass(frozen=True)
class FeedSource:
    """A feed file and how to read it: `mapping` holds FIELD=COLUMN texts, `currency` is the ISO 4217 code of
    prices that name none, `name` is what messages and rejects call the file (its path when empty), `max_unpacked`
    how many bytes a packed one may unpack to. `minor_units`: its prices are cents. `url` is where the file is to be
    fetched from before it is read, "" for one that is there; reading itself fetches nothing."""

    path: Path
    format: str = "auto"
    mapping: tuple[str, ...] = ()
    currency: str = "EUR"
    name: str = ""
    max_unpacked: int = MAX_UNPACKED
    minor_units: bool = False
    url: str = ""

    @property
    def label(self) -> str:
        return self.name or str(self.path)


@dataclass
class Tally:
    """The running account of one feed file."""

    feed: Feed
    file: str
    sha256: str
    staged: int = 0  # rows that passed reading; some may be rejected later
    rejected: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    late: int = 0  # rows rejected after they were staged
    remarks: Counter[str] = field(default_factory=Counter)  # of single rows; see `Feed.rows`
    renamed: int = 0  # rows that got an SKU of their own

    @property
    def accepted(self) -> int:
        return self.staged - self.late

    @property
    def rows(self) -> int:
        return self.accepted + self.rejected.total() + self.skipped.total()

    def report(self) -> SourceReport:
        detection = self.feed.detection
        return SourceReport(
            file=self.file,
            format=detection.format,
            why=detection.why,
            rows=self.rows,
            accepted=self.accepted,
            rejected=dict(self.rejected),
            skipped=dict(self.skipped),
            notes=(*self.feed.notes, *self._row_notes()),
            sha256=self.sha256,
        )

    def _row_notes(self) -> Iterator[str]:
        if count := self.remarks[COST]:
            yield f"{count:,} costs not used: no amount above zero in the currency of the price"
        yield from (f"{count:,} rows: {said}" for said, count in self.remarks.most_common() if said != COST)
        if self.renamed:
            yield (
                f"{self.renamed:,} rows have an SKU that another product had first: theirs got the product's own name"
                " behind, as in SKU-product"
            )

    def source(self) -> Source:
        return Source(file=self.file, format=self.feed.detection.format, sha256=self.sha256, rows=self.rows)


class Intake:
    """Reads feeds one after another into one staging area."""

    def __init__(self, staging: Staging, rejects: RejectLog, scratch: Path | None = None) -> None:
        """`scratch` is the folder that packed feeds are unpacked into."""
        self._scratch = scratch
        self.tallies: list[Tally] = []
        self._staging = staging
        self._rejects = rejects
        self._by_file: dict[str, Tally] = {}

    def read(self, source: FeedSource, advance: Callable[[int], None]) -> None:
        """Stage every row of one feed. Raises FeedError when the feed as a whole cannot be used."""
        with _readable(source):
            feed = _opened(source, self._scratch)
            tally = Tally(feed, source.name or source.path.name, sha256_file(source.path))
        self.tallies.append(tally)
        shared_skus = feed.detection.format in _SHARED_SKUS
        for count, row in enumerate(_rows(feed, source, tally.remarks), start=1):
            if isinstance(row, Skipped):
                tally.skipped[row.reason] += 1
            else:
                self._by_file.setdefault(row.file, tally)
                reject = row if isinstance(row, Reject) else self._staging.add(row, shared_skus)
                if reject is None:
                    tally.staged += 1
                else:
                    tally.rejected[reject.reason] += 1
                    self._rejects.add(reject)
            if count % _TICK == 0:
                advance(_TICK)
        advance(tally.rows % _TICK)
        tally.renamed = self._staging.renamed[source.label]

    def reject_later(self, reject: Reject) -> None:
        """Log a row that was staged but cannot become an item."""
        tally = self._by_file.get(reject.file, self.tallies[0])
        tally.rejected[reject.reason] += 1
        tally.late += 1
        self._rejects.add(reject)

    def name_of(self, file: str) -> str:
        """What the report calls the feed that a row is from."""
        tally = self._by_file.get(file)
        return file if tally is None else tally.file

    @property
    def accepted(self) -> int:
        return sum(t.accepted for t in self.tallies)

    @property
    def rejected(self) -> int:
        return sum(t.rejected.total() for t in self.tallies)


def _opened(source: FeedSource, scratch: Path | None) -> Feed:
    feed = open_feed(
        source.path,
        source.format,
        source.mapping,
        source.currency,
        max_unpacked=source.max_unpacked,
        minor_units=source.minor_units,
        scratch=scratch,
    )
    return dataclasses.replace(feed, defaults=dataclasses.replace(feed.defaults, file=source.label))


def _rows(feed: Feed, source: FeedSource, remarks: Counter[str]) -> Iterator[Row | Reject | Skipped]:
    with _readable(source):
        yield from feed.rows(remarks)


@contextmanager
def _readable(source: FeedSource) -> Iterator[None]:
    """A feed that the system refuses to read is the feed's fault, not the index's."""
    try:
        yield
    except OSError as error:
        raise FeedError(f"{source.label}: cannot be read: {error.strerror or error}") from error
    except FeedError as error:
        if not source.name:
            raise
        raise FeedError(str(error).replace(str(source.path), source.name)) from error
