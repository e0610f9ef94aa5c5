"""`stylist index`: a build in this process, its progress on stderr. Knows no feed format."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from indexer.pipeline.read import FeedSource
from indexer.pipeline.report import render
from service.indexing.addresses import is_address, parse_address
from service.indexing.build import FeedFormat, build_index, check_currency, check_mapping
from service.indexing.download import FOLDER, kept_at

if TYPE_CHECKING:
    from tqdm import tqdm

    from service.settings import Settings

_UNITS = {
    "fetch": " bytes",
    "read": " rows",
    "normalise": " rows",
    "embed": " items",
    "images": " images",
}


class StageBars:
    """A bar per stage on a terminal; one plain line per finished stage elsewhere, such as in a log."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._bar: tqdm[NoReturn] | None = None
        self._stage = ""
        self._done = 0

    def start(self, stage: str, total: int | None) -> None:
        self.close()
        self._stage, self._done = stage, 0
        if self._is_terminal:
            from tqdm import tqdm

            self._bar = tqdm(
                desc=f"{stage:<9}", total=total, unit=_UNITS.get(stage, ""), file=sys.stderr, unit_scale=True
            )

    def advance(self, count: int) -> None:
        self._done += count
        if self._bar is not None:
            self._bar.update(count)

    def close(self, *, finished: bool = True) -> None:
        """End the stage under way; of one that is given up no line remains in a log."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        elif self._stage and finished:
            counted = f" {self._done:,}{_UNITS[self._stage]}" if self._stage in _UNITS else " done"
            print(f"{self._stage}:{counted}", file=sys.stderr)
        self._stage = ""


@dataclass(frozen=True, slots=True)
class IndexOptions:
    """What is said of all feeds of one run, as it was typed."""

    format: FeedFormat = "auto"
    mapping: Sequence[str] = ()
    allow_rejects: bool = False
    minor_units: bool = False
    confirm_prices: bool = False


def run(settings: Settings, names: Sequence[str], options: IndexOptions) -> str:
    """Builds the index from files and addresses; returns the report.

    Raises StylistError, and OSError for a feed that is not there.
    """
    pairs = check_mapping(options.mapping)
    check_currency(settings.currency)
    feeds = [_source(settings, name, pairs, options) for name in names]
    bars = StageBars()
    try:
        report = build_index(
            settings,
            feeds,
            allow_rejects=options.allow_rejects,
            confirm_prices=options.confirm_prices,
            hosts=None,
            progress=bars,
        )
    except BaseException:
        bars.close(finished=False)
        raise
    bars.close()
    return render(report)


def _source(settings: Settings, name: str, mapping: tuple[str, ...], options: IndexOptions) -> FeedSource:
    label, url, path = "", "", Path(name)
    if is_address(name):
        label, url, path = parse_address(name).label, name, kept_at(settings.data_dir / FOLDER, name)
    else:
        path.open("rb").close()  # before the model is loaded, which takes seconds
    return FeedSource(
        path,
        options.format,
        mapping,
        settings.currency,
        label,
        settings.max_unpacked_bytes,
        options.minor_units,
        url,
    )
