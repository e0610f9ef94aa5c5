"""Large feeds are streamed: what is held does not grow with the file."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from indexer.feeds.open import open_feed

TRACED = (
    20_000  # rows traced at the beginning and at the end; tracing all of them would take most of a minute
)
ALLOWED_BYTES = 20_000_000


def _csv(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.write("sku,title,note\n")
        stream.writelines(f"s{n},shirt {n},{'x' * 100}\n" for n in range(rows))


def _jsonl(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(f'{{"sku":"s{n}","title":"shirt {n}","note":"{"x" * 100}"}}\n' for n in range(rows))


def _json_array(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.write("[")
        stream.writelines(
            f'{{"sku":"s{n}","title":"shirt {n}","note":"{"x" * 100}"}},' for n in range(rows - 1)
        )
        stream.write('{"sku":"last","title":"shirt"}]')


def _traced(take: Callable[[], int]) -> tuple[int, int]:
    """How many rows `take` took, and the most bytes that were held meanwhile."""
    tracemalloc.start()
    try:
        return take(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _count(rows: Iterator[object], most: int) -> int:
    return sum(1 for _ in islice(rows, most))


@pytest.mark.parametrize(("write", "rows"), [(_csv, 200_000), (_jsonl, 200_000), (_json_array, 80_000)])
def test_memory_does_not_grow_with_the_file(
    tmp_path: Path, write: Callable[[Path, int], None], rows: int
) -> None:
    path = tmp_path / "feed"
    write(path, rows)
    events: list[Iterator[object]] = []

    def begin() -> int:
        events.append(open_feed(path).rows())
        return _count(events[0], TRACED)

    first, peak = _traced(begin)
    assert (first, peak < ALLOWED_BYTES) == (TRACED, True)
    middle = _count(events[0], rows - 2 * TRACED)
    last, growth = _traced(lambda: _count(events[0], rows))
    assert first + middle + last == rows
    assert growth < ALLOWED_BYTES / 4
