"""The one entry to feeds: a path in any known format -> validated rows, rejects and deliberate skips."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from indexer.errors import FeedError
from indexer.feeds.detect import Detection, Format, detect
from indexer.feeds.files.encodings import UTF8, encoding_of
from indexer.feeds.files.packed import Unpacked, is_gzip
from indexer.feeds.files.sheet import find_sheet, is_workbook, is_zip
from indexer.feeds.files.table import EMPTY_ROW
from indexer.feeds.files.textfile import read_head
from indexer.feeds.readers.commerce.protocol import ProtocolReader
from indexer.feeds.readers.commerce.shopify_json import ShopifyJsonReader
from indexer.feeds.readers.csv_feed import CsvReader
from indexer.feeds.readers.google import GoogleReader
from indexer.feeds.readers.jsonl_feed import JsonlReader
from indexer.feeds.readers.parquet_feed import ParquetReader
from indexer.feeds.readers.shopify import ShopifyReader
from indexer.feeds.readers.woocommerce import WooReader
from indexer.feeds.validate import Defaults, to_row
from indexer.feeds.values.currency import currency_code
from indexer.record import COST, MAX_ROWS, MAX_UNPACKED, FeedReader, Record, Reject, Row, Skipped

PRICES = frozenset({"price", "sale_price", COST})

_MAPPABLE = frozenset({"csv", "xlsx", "jsonl", "parquet"})
_UNUSABLE = (
    100_000  # rows in vain, and fifty times the good ones: a file made to fill a disk, or none of ours
)
_UNUSABLE_SHARE = 50


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed that has been looked at and can be read. `notes` are for the person who runs the indexer, and `hints`
    those of them that say what would help if its rows cannot be used. `unpacked` holds the file that is read, where
    that is not the feed's own."""

    path: Path
    detection: Detection
    notes: tuple[str, ...]
    defaults: Defaults
    reader: FeedReader
    hints: tuple[str, ...] = ()
    unpacked: Unpacked | None = None

    def rows(self, remarks: Counter[str] | None = None) -> Iterator[Row | Reject | Skipped]:
        """Every row of the feed, streaming; each call reads the file again. `remarks` counts what a person should
        know of single rows: COST where a cost was given that cannot be used, else a phrase.

        Raises FeedError when the file breaks off, holds no row at all, or hardly any that can be used.
        """
        events = good = bad = 0
        with _naming(self.path, self._read):
            for event in self.reader.read(self._read):
                found = self._found(event, Counter() if remarks is None else remarks)
                yield found
                events += 1
                good += isinstance(found, Row)
                bad += isinstance(found, Reject) or (isinstance(found, Skipped) and found.reason == EMPTY_ROW)
                self._require_sense(events, good, bad)
            if not events:
                raise FeedError(f"{self.path}: the feed has a header but no rows")

    @property
    def _read(self) -> Path:
        return self.path if self.unpacked is None else self.unpacked.path

    def _found(self, event: Record | Reject | Skipped, remarks: Counter[str]) -> Row | Reject | Skipped:
        if not isinstance(event, Record):
            return dataclasses.replace(event, file=self.defaults.file)
        row = to_row(event, self.defaults)
        if isinstance(row, Row):
            remarks.update(event.remarks)
            if row.cost is None and event.get(COST).strip():
                remarks[COST] += 1
        return row

    def _require_sense(self, events: int, good: int, bad: int) -> None:
        if events > MAX_ROWS:
            raise FeedError(f"{self.path}: over {MAX_ROWS:,} rows; that is no product feed")
        if bad >= _UNUSABLE and bad > _UNUSABLE_SHARE * good:
            raise FeedError(
                f"{self.path}: of the first {events:,} rows only {good:,} can be used; reading stops"
            )


def open_feed(
    path: Path,
    format: str = "auto",
    mapping: Sequence[str] = (),
    currency: str = "EUR",
    now: datetime | None = None,
    max_unpacked: int = MAX_UNPACKED,
    *,
    minor_units: bool = False,
    scratch: Path | None = None,
) -> Feed:
    """Recognise a feed and check that it can be used; its rows are not read yet.

    `mapping` holds FIELD=COLUMN texts for generic feeds. `currency` is the ISO 4217 code of prices that name
    none. `now` (aware) dates sale prices; the present when None. `max_unpacked` bounds what a packed feed may
    unpack to, in bytes, and `scratch` is the folder that it is unpacked into. `minor_units`: all prices are cents.
    Raises FeedError when the feed as a whole cannot be used, saying what to do.
    """
    path = Path(path)
    home = currency_code(currency)
    if home is None:
        raise FeedError(f"currency {currency!r} is no ISO 4217 code, such as EUR or USD")
    unpacked = _unpacked(path, max_unpacked, scratch)
    source = path if unpacked is None else unpacked.path
    with _naming(path, source):
        if source.is_file() and is_zip(read_head(source, 4)) and is_workbook(source):
            find_sheet(source, max_unpacked)  # before anything of it is unpacked
        detection = detect(source, format)
        if mapping and detection.format not in _MAPPABLE:
            raise FeedError(
                f"{path}: --map is for csv, xlsx, jsonl and parquet; this is {detection.format}"
                f" ({detection.why}). To match its columns yourself, add --format csv"
            )
        reader = _reader(detection.format, tuple(mapping), now or datetime.now(UTC), max_unpacked)
        inspection = reader.inspect(source)
        notes = (*_about_file(source), *inspection.notes)
    minor = inspection.minor | (PRICES if minor_units else frozenset())
    defaults = Defaults(str(path), home, inspection.priced, minor)
    if unpacked is not None:
        detection = dataclasses.replace(detection, why=f"gzip; inside, {detection.why}")
    return Feed(path, detection, notes, defaults, reader, inspection.hints, unpacked)


def _unpacked(path: Path, limit: int, scratch: Path | None) -> Unpacked | None:
    if path.is_file() and is_gzip(read_head(path, 2)):
        return Unpacked(path, limit, scratch)
    return None


def _about_file(source: Path) -> tuple[str, ...]:
    head = read_head(source)
    if is_zip(head):
        return find_sheet(source).notes()
    encoding = encoding_of(head)
    if head.isascii() or head.startswith((b"PAR1", b"<")) or encoding.startswith("utf-16"):
        return ()
    if encoding != UTF8:
        return (f"not UTF-8: read as {encoding}",)
    try:
        head[:-4].decode()
    except UnicodeDecodeError as error:
        if error.end < len(head) - 8:
            return (
                "not all UTF-8: the rest is read as Windows-1252; save it as UTF-8 if letters come out wrong",
            )
    return ()


@contextmanager
def _naming(path: Path, source: Path) -> Iterator[None]:
    """Errors name the feed: in front where a part that knows no file raised them, and never what it was unpacked to."""
    try:
        yield
    except FeedError as error:
        text = str(error).replace(str(source), str(path))
        if text == str(error) and text.startswith(str(path)):
            raise
        raise FeedError(text if text.startswith(str(path)) else f"{path}: {text}") from error


def _reader(format: Format, mapping: tuple[str, ...], now: datetime, max_unpacked: int) -> FeedReader:
    readers: dict[Format, FeedReader] = {
        "csv": CsvReader(mapping),
        "xlsx": CsvReader(mapping),
        "jsonl": JsonlReader(mapping),
        "parquet": ParquetReader(mapping, max_unpacked),
        "shopify": ShopifyReader(),
        "shopify-json": ShopifyJsonReader(),
        "google": GoogleReader(now),
        "woocommerce": WooReader(now),
        "acp": ProtocolReader("acp"),
        "ucp": ProtocolReader("ucp"),
    }
    return readers[format]
