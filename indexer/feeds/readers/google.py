"""Google Merchant feeds, XML or tab-separated, as streams of records. Decides the flavour by the first bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from indexer.errors import FeedError
from indexer.feeds.files.table import RawRow, read_header, read_table
from indexer.feeds.files.textfile import decode_head, read_head
from indexer.feeds.readers.google_fields import attribute_name, google_fields
from indexer.feeds.readers.google_xml import check_whole, read_items
from indexer.record import Event, Inspection, Record

PEEKED_RECORDS = 200
_UNPRICED = "no price attribute: items are unpriced"


def is_xml(path: Path) -> bool:
    """Whether the file begins like XML."""
    return decode_head(read_head(path, 1024)).lstrip().startswith("<")


@dataclass(frozen=True, slots=True)
class GoogleReader:
    """Streams a Merchant feed. `now` (aware) decides whether dated sale prices hold."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def inspect(self, path: Path) -> Inspection:
        """Read XML once through, so that a file cut off is refused before its first item is used.

        Raises FeedError for broken XML, for XML without items, and for a table without id or title.
        """
        if is_xml(path):
            check_whole(path)
            head = [values for _, values in islice(read_items(path), PEEKED_RECORDS)]
            if not head:
                raise FeedError(f"{path}: the XML has no <item> or <entry>")
            names = set().union(*head)
        else:
            names = {attribute_name(c) for c in read_header(path)}
        missing = [name for name in ("id", "title") if name not in names]
        if missing:
            given = ", ".join(sorted(names)[:30])
            advice = "" if is_xml(path) else "; to match its columns yourself, add --format csv"
            raise FeedError(
                f"{path}: no Google Merchant feed: attribute {missing[0]!r} is nowhere given; these are: {given}"
                + advice
            )
        priced = bool(names & {"price", "sale_price"})
        return Inspection(priced, () if priced else (_UNPRICED,))

    def read(self, path: Path) -> Iterator[Event]:
        if is_xml(path):
            for line, values in read_items(path):
                yield self._record(line, values)
            return
        for row in read_table(path):
            if isinstance(row, RawRow):
                yield self._record(row.line, _by_attribute(row))
            else:
                yield row

    def _record(self, line: int, values: Mapping[str, Sequence[str]]) -> Record:
        return Record(line, google_fields(values, self.now))


def _by_attribute(row: RawRow) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for column, text in row.cells.items():
        values.setdefault(attribute_name(column), []).append(text)
    return values
