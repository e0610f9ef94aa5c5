"""Feeds -> snapshot: read, stage, normalise, embed, index, commit. The one place where the parts meet.

A build whose items, texts and rejects all equal the current snapshot's makes no new one: the report says
`unchanged`, and the older snapshots that one might roll back to are not pushed out by copies.
"""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from indexer.embedder import Embedder
from indexer.errors import FeedError, SnapshotError
from indexer.item import SLOTS
from indexer.pipeline.assemble import Assembly
from indexer.pipeline.corrections import Correction, Corrections
from indexer.pipeline.embed import VectorDraft
from indexer.pipeline.group import Staging
from indexer.pipeline.read import FeedSource, Intake
from indexer.pipeline.rejects import RejectLog
from indexer.pipeline.report import BuildReport, Census, RemovalError
from indexer.storage.diff import Diff, compare, no_difference, read_rejects
from indexer.storage.draft import CATALOGUE, REJECTS, Draft
from indexer.storage.durable import sha256_file
from indexer.storage.manifest import Contents, Embedding
from indexer.storage.snapshot import KEEP, Snapshot, SnapshotStore
from indexer.storage.vectors import VectorIndex

__all__ = ["BuildOptions", "Correction", "FeedSource", "ProgressSink", "build_snapshot"]

REJECTS_LIMIT = (
    0.5  # above this share of rejected rows it is rather the wrong file or format than a few bad rows
)

_KEYS_SHOWN = 5


@dataclass(frozen=True)
class BuildOptions:
    """`allow_rejects` lets a build pass whose rows were mostly rejected; `keep` snapshots stay afterwards.

    `dry_run` ends the build once its difference to the current snapshot is known. `max_removed` is the share of the
    current items that may go (0 to 1); None allows any. `started` is what the manifest says of when feeds were read.
    """

    allow_rejects: bool = False
    keep: int = KEEP
    dry_run: bool = False
    max_removed: float | None = None
    started: str = ""


class ProgressSink(Protocol):
    """Told how a build goes on."""

    def start(self, stage: str, total: int | None) -> None:
        """A stage begins ("read", "normalise", "compare", "embed", "index", "commit"); `total` None: not known."""
        ...

    def advance(self, count: int) -> None:
        """`count` more rows (of "read" and "normalise") or items (of "embed") are done."""
        ...


class _Silent:
    def start(self, stage: str, total: int | None) -> None: ...

    def advance(self, count: int) -> None: ...


@dataclass
class _Run:
    """What the stages of one build share."""

    store: SnapshotStore
    draft: Draft
    previous: Snapshot | None
    embedder: Embedder
    options: BuildOptions
    progress: ProgressSink
    rejects: RejectLog
    corrections: Corrections
    census: Census = field(default_factory=Census)
    seconds: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[None]:
        self.progress.start(name, total)
        started = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - started, 3)


def build_snapshot(
    store: SnapshotStore,
    feeds: Sequence[FeedSource],
    embedder: Embedder,
    options: BuildOptions = BuildOptions(),
    progress: ProgressSink | None = None,
    corrections: Mapping[str, Correction] | None = None,
) -> BuildReport:
    """Build and commit a snapshot of these feeds, and say what came of it.

    `corrections` are what staff said of pieces, by SKU or group: they hold in every build that gets them.

    Raises FeedError when a feed cannot be used, most rows are rejected (unless `options` allow it), or nothing
    wearable is left; RemovalError when more items would go than `options` allow; SnapshotError when another build
    runs or the disk fails. Whatever is raised, the snapshot that was current stays so.
    """
    if not feeds:
        raise FeedError("no feed given: nothing to index")
    try:
        with store.begin(options.started) as draft, RejectLog(draft.rejects) as rejects:
            notes: list[str] = []
            previous = _previous(store, notes)
            told = Corrections(corrections or {})
            sink = progress or _Silent()
            run = _Run(store, draft, previous, embedder, options, sink, rejects, told, notes=notes)
            try:
                return _build(run, feeds)
            finally:
                if previous is not None:
                    previous.close()
    except (OSError, sqlite3.Error) as error:
        raise SnapshotError(f"the index could not be written, the current one stays: {error}") from error


def _previous(store: SnapshotStore, notes: list[str]) -> Snapshot | None:
    if store.current_version() is None:
        return None
    try:
        return store.current()
    except SnapshotError as error:  # building anew is the very cure
        notes.append(f"nothing reused: {error}")
        return None


def _build(run: _Run, feeds: Sequence[FeedSource]) -> BuildReport:
    with Staging(run.draft.scratch / "rows.sqlite") as staging:
        intake = Intake(staging, run.rejects)
        with run.stage("read"):
            for source in feeds:
                intake.read(source, run.progress.advance)
        _require_accepted(run, intake)
        with closing(VectorDraft(run.draft.scratch, run.embedder, run.previous)) as vectors:
            with run.stage("normalise", len(staging)):
                assembly = Assembly(intake, vectors, run.census, run.corrections)
                assembly.write(staging, run.draft.catalogue, run.progress.advance)
            run.rejects.close()
            run.notes.extend(_unused(run.corrections))
            _require_accepted(run, intake)
            _require_wearable(run, intake)
            report = _compared(run, intake, vectors)
            if report.unchanged or report.dry_run:
                return report
            with run.stage("embed", vectors.pending):
                vectors.encode(run.progress.advance)
            with run.stage("index"):
                VectorIndex.build(vectors.matrix(run.census.items)).save(run.draft.vectors)
            return _commit(run, intake, vectors, report.diff)


def _compared(run: _Run, intake: Intake, vectors: VectorDraft) -> BuildReport:
    """The report so far: nothing is applied yet. Raises RemovalError when too much would go."""
    reasons = sum((t.rejected for t in intake.tallies), start=Counter[str]())
    rejected = read_rejects(run.draft.rejects, reasons)
    previous = run.previous
    if previous is not None and _unchanged(run, previous):
        diff = no_difference(run.census.items, rejected)
        return _report(run, intake, vectors, diff, previous.version, unchanged=True, is_kept=True)
    with run.stage("compare"):
        old = None if previous is None else previous.path / CATALOGUE
        diff = compare(old, run.draft.catalogue, run.draft.scratch / "diff.sqlite", rejected)
    report = _report(run, intake, vectors, diff, None if previous is None else previous.version)
    allowed = run.options.max_removed
    if not run.options.dry_run and allowed is not None and diff.removed_share > allowed:
        raise RemovalError(
            f"this would remove {diff.removed.count:,} of {diff.before:,} items ({diff.removed_share:.0%}), more than"
            f" the {allowed:.0%} that may go at once: nothing was changed; confirm the removal if it is meant",
            report,
        )
    return report


def _commit(run: _Run, intake: Intake, vectors: VectorDraft, diff: Diff) -> BuildReport:
    with run.stage("commit"):
        version = run.draft.seal(_contents(run, intake))
        report = _report(run, intake, vectors, diff, version, is_kept=True)
        run.draft.report.write_text(json.dumps(report.as_dict(), indent=2), encoding="utf-8")
        run.draft.commit()
    run.store.rejects_failed.unlink(missing_ok=True)
    run.store.prune(run.options.keep)
    return dataclasses.replace(report, seconds=dict(run.seconds))


def _require_accepted(run: _Run, intake: Intake) -> None:
    rejected, total = intake.rejected, intake.rejected + intake.accepted
    if run.options.allow_rejects or not total or rejected / total <= REJECTS_LIMIT:
        return
    worst = sum((t.rejected for t in intake.tallies), start=Counter[str]()).most_common(3)
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in worst)
    raise FeedError(
        f"{rejected:,} of {total:,} rows rejected ({reasons}): nothing was indexed, the current index stays;"
        f" {_keep_rejects(run, intake)}, or allow rejects (`--allow-rejects`) to index the rest"
    )


def _require_wearable(run: _Run, intake: Intake) -> None:
    if run.census.by_slot:
        return
    files = ", ".join(t.file for t in intake.tallies)
    rows = sum(t.rows for t in intake.tallies)
    kinds = ", ".join(sorted(run.census.not_composed)[:5])
    found = f"{run.census.items:,} items, all of kinds that are not worn ({kinds})" if kinds else "no items"
    raise FeedError(
        f"no wearable item in {files}: {rows:,} rows gave {found}; nothing was indexed, the current index stays;"
        f" {_keep_rejects(run, intake)}"
    )


def _unused(corrections: Corrections) -> Iterator[str]:
    if keys := corrections.unused:
        shown = ", ".join(keys[:_KEYS_SHOWN]) + (", ..." if len(keys) > _KEYS_SHOWN else "")
        yield f"{len(keys):,} corrections name no item of these feeds: {shown}"


def _keep_rejects(run: _Run, intake: Intake) -> str:
    if not intake.rejected:
        return "no row was rejected"
    run.rejects.close()
    run.draft.rejects.replace(run.store.rejects_failed)
    return f"see {run.store.rejects_failed}"


def _unchanged(run: _Run, previous: Snapshot) -> bool:
    """Whether items, texts and rejects equal the previous snapshot's, byte for byte.

    The catalogue holds a hash of every text and of the encoder, so that equal catalogues have equal vectors.
    """
    files = previous.manifest.files
    return (
        sha256_file(run.draft.catalogue) == files[CATALOGUE].sha256
        and sha256_file(run.draft.rejects) == files[REJECTS].sha256
    )


def _contents(run: _Run, intake: Intake) -> Contents:
    return Contents(
        items=run.census.items,
        variants=run.census.variants,
        by_slot={slot: run.census.by_slot[slot] for slot in SLOTS},
        embedding=Embedding(name=run.embedder.name, digest=run.embedder.digest, dim=run.embedder.dim),
        sources=tuple(tally.source() for tally in intake.tallies),
    )


def _report(
    run: _Run,
    intake: Intake,
    vectors: VectorDraft,
    diff: Diff,
    version: str | None,
    *,
    unchanged: bool = False,
    is_kept: bool = False,
) -> BuildReport:
    """The account up to here. `version` is what is current afterwards; `is_kept` when it holds what was built."""
    census = run.census
    rejects = run.store.snapshots / version / REJECTS if is_kept and version and intake.rejected else None
    return BuildReport(
        version=version,
        unchanged=unchanged,
        sources=tuple(tally.report() for tally in intake.tallies),
        items=census.items,
        variants=census.variants,
        by_slot=dict(census.by_slot),
        not_composed=dict(census.not_composed),
        low_confidence=census.low_confidence,
        low_confidence_examples=tuple(census.examples),
        embedded=vectors.pending,
        reused=vectors.reused,
        seconds=dict(run.seconds),
        items_per_second=round(census.items / max(sum(run.seconds.values()), 1e-9), 1),
        rejects_path=None if rejects is None else str(rejects),
        diff=diff,
        dry_run=run.options.dry_run,
        notes=tuple(run.notes),
        doubtful=census.doubtful,
        doubtful_items=tuple(census.doubtful_items),
    )
