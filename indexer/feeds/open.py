"""The one entry to feeds: a path in any known format -> validated rows, rejects and deliberate skips."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from indexer.errors import FeedError
from indexer.feeds.detect import Detection, Format, detect
from indexer.feeds.readers.csv_feed import CsvReader
from indexer.feeds.readers.google import GoogleReader
from indexer.feeds.readers.jsonl_feed import JsonlReader
from indexer.feeds.readers.parquet_feed import ParquetReader
from indexer.feeds.readers.shopify import ShopifyReader
from indexer.feeds.readers.woocommerce import WooReader
from indexer.feeds.validate import Defaults, to_row
from indexer.feeds.values.currency import currency_code
from indexer.record import COST, MAX_UNPACKED, FeedReader, Record, Reject, Row, Skipped

_MAPPABLE = frozenset({"csv", "jsonl", "parquet"})


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed that has been looked at and can be read. `notes` are for the person who runs the indexer."""

    path: Path
    detection: Detection
    notes: tuple[str, ...]
    defaults: Defaults
    reader: FeedReader

    def rows(self, unused: Counter[str] | None = None) -> Iterator[Row | Reject | Skipped]:
        """Every row of the feed, streaming; each call reads the file again. `unused` counts, by field,
        optional values that rows gave and that could not be used.

        Raises FeedError when the file breaks off, or holds no row at all.
        """
        empty = True
        for event in self.reader.read(self.path):
            empty = False
            if isinstance(event, Record):
                row = to_row(event, self.defaults)
                if unused is not None and _lost_cost(event, row):
                    unused[COST] += 1
                yield row
            else:
                yield dataclasses.replace(event, file=self.defaults.file)
        if empty:
            raise FeedError(f"{self.path}: the feed has a header but no rows")


def _lost_cost(record: Record, row: Row | Reject) -> bool:
    return isinstance(row, Row) and row.cost is None and bool(record.get(COST).strip())


def open_feed(
    path: Path,
    format: str = "auto",
    mapping: Sequence[str] = (),
    currency: str = "EUR",
    now: datetime | None = None,
    max_unpacked: int = MAX_UNPACKED,
) -> Feed:
    """Recognise a feed and check that it can be used; its rows are not read yet.

    `mapping` holds FIELD=COLUMN texts for generic feeds. `currency` is the ISO 4217 code of prices that name
    none. `now` (aware) dates sale prices; the present when None. `max_unpacked` bounds what a packed feed may
    unpack to, in bytes. Raises FeedError when the feed as a whole cannot be used, saying what to do.
    """
    path = Path(path)
    home = currency_code(currency)
    if home is None:
        raise FeedError(f"currency {currency!r} is no ISO 4217 code, such as EUR or USD")
    detection = detect(path, format)
    if mapping and detection.format not in _MAPPABLE:
        raise FeedError(
            f"{path}: --map is for csv, jsonl and parquet; this is {detection.format} ({detection.why}). "
            "To match its columns yourself, add --format csv"
        )
    reader = _reader(detection.format, tuple(mapping), now or datetime.now(UTC), max_unpacked)
    try:
        inspection = reader.inspect(path)
    except FeedError as error:
        raise _naming(path, error) from error
    defaults = Defaults(str(path), home, inspection.priced)
    return Feed(path, detection, inspection.notes, defaults, reader)


def _naming(path: Path, error: FeedError) -> FeedError:
    """The same error, with the file in front where a part that knows no file has raised it."""
    return error if str(error).startswith(str(path)) else FeedError(f"{path}: {error}")


def _reader(format: Format, mapping: tuple[str, ...], now: datetime, max_unpacked: int) -> FeedReader:
    readers: dict[Format, FeedReader] = {
        "csv": CsvReader(mapping),
        "jsonl": JsonlReader(mapping),
        "parquet": ParquetReader(mapping, max_unpacked),
        "shopify": ShopifyReader(),
        "google": GoogleReader(now),
        "woocommerce": WooReader(now),
    }
    return readers[format]
