"""Feeds -> snapshot: read, stage, normalise, embed, index, commit. The one place where the parts meet.

A build whose items, texts and rejects all equal the current snapshot's makes no new one: the report says
`unchanged`, and the older snapshots that one might roll back to are not pushed out by copies.
"""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing

from indexer.embedder import Embedder
from indexer.errors import FeedError, SnapshotError
from indexer.item import SLOTS
from indexer.pipeline.acceptance import require_accepted, require_prices, require_wearable
from indexer.pipeline.assemble import Assembly
from indexer.pipeline.corrections import Correction, Corrections
from indexer.pipeline.embed import VectorDraft
from indexer.pipeline.group import Staging
from indexer.pipeline.images import fetch_images
from indexer.pipeline.read import FeedSource, Intake
from indexer.pipeline.rejects import RejectLog
from indexer.pipeline.report import BuildReport, RemovalError
from indexer.pipeline.run import DEFAULTS, BuildOptions, ProgressSink, Run, Silent
from indexer.storage.catalogue import Catalogue, sqlite_url
from indexer.storage.diff import Diff, compare, no_difference, read_rejects
from indexer.storage.draft import CATALOGUE, REJECTS
from indexer.storage.durable import sha256_file
from indexer.storage.manifest import Contents, Embedding
from indexer.storage.snapshot import Snapshot, SnapshotStore
from indexer.storage.vectors import VectorIndex

__all__ = ["BuildOptions", "Correction", "FeedSource", "ProgressSink", "build_snapshot"]

_KEYS_SHOWN = 5


def build_snapshot(
    store: SnapshotStore,
    feeds: Sequence[FeedSource],
    embedder: Embedder,
    options: BuildOptions = DEFAULTS,
    progress: ProgressSink | None = None,
    corrections: Mapping[str, Correction] | None = None,
) -> BuildReport:
    """Build and commit a snapshot of these feeds, and say what came of it.

    `corrections` are what staff said of pieces, by SKU or group: they hold in every build that gets them.

    Raises FeedError when a feed cannot be used, most rows are rejected (unless `options` allow it), or nothing
    wearable is left; PriceLevelError when prices are of an order that garments do not have, and nobody confirms them;
    RemovalError when more items would go than `options` allow; SnapshotError when another build runs or the disk fails.
    Whatever is raised, the snapshot that was current stays so.
    """
    if not feeds:
        raise FeedError("no feed given: nothing to index")
    try:
        with store.begin(options.started) as draft, RejectLog(draft.rejects) as rejects:
            notes: list[str] = []
            previous = _previous(store, notes)
            told = Corrections(corrections or {})
            sink = progress or Silent()
            run = Run(store, draft, previous, embedder, options, sink, rejects, told, notes=notes)
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


def _build(run: Run, feeds: Sequence[FeedSource]) -> BuildReport:
    with Staging(run.draft.scratch / "rows.sqlite") as staging:
        intake = Intake(staging, run.rejects, run.draft.scratch)
        with run.stage("read"):
            for source in feeds:
                intake.read(source, run.progress.advance)
        require_accepted(run, intake)
        with closing(VectorDraft(run.draft.scratch, run.embedder, run.previous)) as vectors:
            with run.stage("normalise", len(staging)):
                assembly = Assembly(intake, vectors, run.census, run.corrections, run.prices)
                assembly.write(staging, run.draft.catalogue, run.progress.advance)
            run.rejects.close()
            run.notes.extend(_unused(run.corrections))
            require_accepted(run, intake)
            require_wearable(run, intake)
            require_prices(run)
            report = _compared(run, intake, vectors)
            if report.unchanged or report.dry_run:
                return report
            with run.stage("embed", vectors.pending):
                vectors.encode(run.progress.advance)
            with run.stage("index"):
                VectorIndex.build(vectors.matrix(run.census.items)).save(run.draft.vectors)
            _fetch_images(run)
            return _commit(run, intake, vectors, report.diff)


def _fetch_images(run: Run) -> None:
    if run.options.images is None:
        return
    with closing(Catalogue.open(sqlite_url(run.draft.catalogue))) as catalogue:
        addresses = {item.image_url for item in catalogue.iter_items() if item.slot and item.image_url}
    with run.stage("images", len(addresses)):
        before = None if run.previous is None else run.previous.images
        tally = fetch_images(
            sorted(addresses), run.options.images, run.draft.images, before, run.progress.advance
        )
    run.notes.append(tally.note())


def _compared(run: Run, intake: Intake, vectors: VectorDraft) -> BuildReport:
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


def _commit(run: Run, intake: Intake, vectors: VectorDraft, diff: Diff) -> BuildReport:
    with run.stage("commit"):
        version = run.draft.seal(_contents(run, intake))
        report = _report(run, intake, vectors, diff, version, is_kept=True)
        run.draft.report.write_text(json.dumps(report.as_dict(), indent=2), encoding="utf-8")
        run.draft.commit()
    run.store.rejects_failed.unlink(missing_ok=True)
    run.store.prune(run.options.keep)
    return dataclasses.replace(report, seconds=dict(run.seconds))


def _unused(corrections: Corrections) -> Iterator[str]:
    if keys := corrections.unused:
        shown = ", ".join(keys[:_KEYS_SHOWN]) + (", ..." if len(keys) > _KEYS_SHOWN else "")
        yield f"{len(keys):,} corrections name no item of these feeds: {shown}"


def _unchanged(run: Run, previous: Snapshot) -> bool:
    """Whether items, texts and rejects equal the previous snapshot's, byte for byte, and images were wanted then too.

    The catalogue holds a hash of every text and of the encoder, so that equal catalogues have equal vectors.
    """
    files = previous.manifest.files
    return (
        sha256_file(run.draft.catalogue) == files[CATALOGUE].sha256
        and sha256_file(run.draft.rejects) == files[REJECTS].sha256
        and (run.options.images is None or previous.images.exists)
    )


def _contents(run: Run, intake: Intake) -> Contents:
    return Contents(
        items=run.census.items,
        variants=run.census.variants,
        by_slot={slot: run.census.by_slot[slot] for slot in SLOTS},
        embedding=Embedding(name=run.embedder.name, digest=run.embedder.digest, dim=run.embedder.dim),
        sources=tuple(tally.source() for tally in intake.tallies),
    )


def _report(
    run: Run,
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
        unknown_departments=dict(census.unknown_departments),
        price_levels=run.prices.levels(),
        prices_confirmed=run.confirmed,
        doubtful=census.doubtful,
        doubtful_items=tuple(census.doubtful_items),
    )
