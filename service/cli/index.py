"""`stylist index`: a build in this process, its progress on stderr. Knows no feed format."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from indexer.pipeline.read import FeedSource
from indexer.pipeline.report import render
from service.indexing.build import FeedFormat, build_index, check_currency, check_mapping

if TYPE_CHECKING:
    from tqdm import tqdm

    from service.settings import Settings

_UNITS = {"read": " rows", "normalise": " rows", "embed": " items", "images": " images"}


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


def run(
    settings: Settings, paths: Sequence[Path], format: FeedFormat, mapping: Sequence[str], allow_rejects: bool
) -> str:
    """Builds the index; returns the report. Raises StylistError, and OSError for a feed that is not there."""
    pairs = check_mapping(mapping)
    check_currency(settings.currency)
    for path in paths:  # before the model is loaded, which takes seconds
        path.open("rb").close()
    limit = settings.max_unpacked_bytes
    feeds = [FeedSource(p, format, pairs, settings.currency, max_unpacked=limit) for p in paths]
    bars = StageBars()
    try:
        report = build_index(settings, feeds, allow_rejects=allow_rejects, progress=bars)
    except BaseException:
        bars.close(finished=False)
        raise
    bars.close()
    return render(report)
