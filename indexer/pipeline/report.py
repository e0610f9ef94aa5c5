"""What a build did: counted while it runs, kept as JSON, printed for a person. Knows no storage."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from indexer.errors import FeedError
from indexer.item import SLOTS, Item
from indexer.storage.diff import Diff
from indexer.taxonomy.lexicon import keys

LOW_CONFIDENCE = 0.5  # below it a slot is rather a guess than a reading, and worth a person's look
EXAMPLES = 20
DOUBTFUL_LISTED = 200

# Ages, and words for everybody, say nothing of whom a piece is for.
_OF_ANY_GENDER = frozenset(
    {
        "adult",
        "adults",
        "erwachsene",
        "adulte",
        "adultes",
        "adulto",
        "adultos",
        "adulti",
        "all",
        "n/a",
        "none",
        "-",
    }
)
_MAX_WORDS = 200
_WORD_CHARS = 80
_REASONS_SHOWN = 8
_EXAMPLES_SHOWN = 5


@dataclass(frozen=True)
class SourceReport:
    """One feed file. `rows` = `accepted` + all of `rejected` + all of `skipped`, the latter two by reason."""

    file: str
    format: str
    why: str
    rows: int
    accepted: int
    rejected: Mapping[str, int]
    skipped: Mapping[str, int]
    notes: tuple[str, ...]
    sha256: str


@dataclass(frozen=True)
class UncertainItem:
    """An item whose slot was guessed with little confidence (0 to 1)."""

    sku: str
    title: str
    kind: str
    slot: str | None
    confidence: float


@dataclass(frozen=True)
class DoubtfulItem:
    """An item that is unlike what it is said to be; `nearest` are the kinds that it is most like."""

    sku: str
    title: str
    kind: str
    slot: str | None
    nearest: tuple[str, ...]


@dataclass(frozen=True)
class BuildReport:
    """The account of one build; `as_dict` is JSON-able.

    `version` is the one that is current after the build, None when there is none. `unchanged` means that the build
    came out equal to the current snapshot, which therefore stays; a `dry_run` changes nothing either. `not_composed`
    counts, by kind, the items without a slot; `doubtful` items are not composed before staff looked, and the first of
    them are named. `seconds` is wall time per stage; `rejects_path` is None when
    no file of rejects is kept. `diff` compares with the snapshot that was current before. `unknown_departments` counts
    rows by what stands in their gender or department column, where no word of it is known. `price_levels` are, by feed
    file, the middle price as a share of the highest plausible; `prices_confirmed` says that somebody called them right.
    """

    version: str | None
    unchanged: bool
    sources: tuple[SourceReport, ...]
    items: int
    variants: int
    by_slot: Mapping[str, int]
    not_composed: Mapping[str, int]
    low_confidence: int
    low_confidence_examples: tuple[UncertainItem, ...]
    embedded: int
    reused: int
    seconds: Mapping[str, float]
    items_per_second: float
    rejects_path: str | None
    diff: Diff
    dry_run: bool = False
    notes: tuple[str, ...] = ()
    unknown_departments: Mapping[str, int] = field(default_factory=dict)
    price_levels: Mapping[str, float] = field(default_factory=dict)
    prices_confirmed: bool = False
    doubtful: int = 0
    doubtful_items: tuple[DoubtfulItem, ...] = ()

    @property
    def accepted(self) -> int:
        return sum(s.accepted for s in self.sources)

    @property
    def rejected(self) -> int:
        return sum(sum(s.rejected.values()) for s in self.sources)

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


class RemovalError(FeedError):
    """A feed would remove more of the current items than is allowed; `report` says which."""

    def __init__(self, message: str, report: BuildReport) -> None:
        super().__init__(message)
        self.report = report


@dataclass
class Census:
    """Counts items as they pass by."""

    items: int = 0
    variants: int = 0
    by_slot: Counter[str] = field(default_factory=Counter)
    not_composed: Counter[str] = field(default_factory=Counter)
    low_confidence: int = 0
    examples: list[UncertainItem] = field(default_factory=list)
    doubtful: int = 0
    doubtful_items: list[DoubtfulItem] = field(default_factory=list)
    unknown_departments: Counter[str] = field(default_factory=Counter)

    def add_department(self, text: str) -> None:
        """Count what a row's gender or department column says, when no word of it is known."""
        words = " ".join(w for w in text.split() if w.casefold().strip(",;|") not in _OF_ANY_GENDER)
        if words and not _is_known(words):
            if words not in self.unknown_departments and len(self.unknown_departments) >= _MAX_WORDS:
                words = "others"
            self.unknown_departments[words[:_WORD_CHARS]] += 1

    def add(self, item: Item) -> None:
        self.items += 1
        self.variants += len(item.variants)
        if item.slot is None:
            self.not_composed[item.kind] += 1
        else:
            self.by_slot[item.slot] += 1
        if item.doubtful:
            self.doubtful += 1
            if len(self.doubtful_items) < DOUBTFUL_LISTED:
                self.doubtful_items.append(
                    DoubtfulItem(item.sku, item.title, item.kind, item.slot, item.nearest)
                )
        if item.slot_confidence < LOW_CONFIDENCE:
            self.low_confidence += 1
            if len(self.examples) < EXAMPLES:
                self.examples.append(
                    UncertainItem(item.sku, item.title, item.kind, item.slot, item.slot_confidence)
                )


def render(report: BuildReport) -> str:
    """The report in a few lines of plain text, without a newline at the end."""
    lines = [line for source in report.sources for line in _source_lines(source)]
    slots = ", ".join(f"{report.by_slot.get(slot, 0):,} {slot}" for slot in SLOTS)
    lines.append(f"{_n(report.items, 'item')} in {_n(report.variants, 'size')}: {slots}")
    if report.not_composed:
        lines.append(f"not composed into outfits: {_ranked(report.not_composed)}")
    if report.unknown_departments:
        lines.append(
            f"unknown in gender or department columns, in rows: {_quoted(report.unknown_departments)}"
        )
    if report.low_confidence:
        shown = "; ".join(_example(e) for e in report.low_confidence_examples[:_EXAMPLES_SHOWN])
        lines.append(f"unsure of the slot of {_n(report.low_confidence, 'item')}: {shown}")
    if report.doubtful:
        shown = "; ".join(_doubt(d) for d in report.doubtful_items[:_EXAMPLES_SHOWN])
        lines.append(f"doubtful, not composed before somebody looks: {_n(report.doubtful, 'item')}: {shown}")
    lines.append(
        f"{report.embedded:,} embedded, {report.reused:,} reused, in {sum(report.seconds.values()):.1f} s"
        f" ({report.items_per_second:,.0f} items/s)"
    )
    if report.rejects_path is not None:
        lines.append(f"{_n(report.rejected, 'rejected row')} in full: {report.rejects_path}")
    diff = report.diff
    if diff.before and not report.unchanged:
        counts = f"{diff.added.count:,} added, {diff.changed.count:,} changed, {diff.removed.count:,} removed"
        lines.append(f"against the former index: {counts}")
    lines.extend(f"note: {note}" for note in report.notes)
    lines.append(f"{'unchanged, stays' if report.unchanged else 'now current'}: {report.version}")
    return "\n".join(lines)


def _source_lines(source: SourceReport) -> list[str]:
    rejected, skipped = sum(source.rejected.values()), sum(source.skipped.values())
    lines = [
        f"{source.file}: {source.format} ({source.why}), {_n(source.rows, 'row')}: {source.accepted:,} accepted,"
        f" {rejected:,} rejected, {skipped:,} skipped"
    ]
    if rejected:
        lines.append(f"  rejected: {_ranked(source.rejected)}")
    if skipped:
        lines.append(f"  skipped: {_ranked(source.skipped)}")
    return [*lines, *(f"  note: {note}" for note in source.notes)]


def _quoted(counts: Mapping[str, int]) -> str:
    return _ranked({repr(text): count for text, count in counts.items()})


@lru_cache(maxsize=4096)
def _is_known(text: str) -> bool:
    return bool(keys("departments.tsv", text))


def _ranked(counts: Mapping[str, int]) -> str:
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    shown = ", ".join(f"{count:,} {name}" for name, count in ranked[:_REASONS_SHOWN])
    rest = len(ranked) - _REASONS_SHOWN
    return f"{shown}, and {rest} more" if rest > 0 else shown


def _example(item: UncertainItem) -> str:
    return f"{item.sku} {item.title!r} as {item.slot or item.kind} ({item.confidence:.2f})"


def _doubt(item: DoubtfulItem) -> str:
    return (
        f"{item.sku} {item.title!r} as {item.kind}, more like {' or '.join(item.nearest) or 'nothing known'}"
    )


def _n(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
