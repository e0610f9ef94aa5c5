"""`stylist train dpo`: preferences in, a published candidate out. The loss is `training.trainers.preference`'s."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from indexer.embedder import load_embedder
from service.lm.engine import ScoringEngine
from service.registry.adapter import Adapter
from service.settings import Settings
from training.commands.data import Gathered, Sources, gather, split
from training.commands.publish import Label, Made, finish, next_steps
from training.commands.train_style import fit_score_weights, starting_adapter
from training.data.preferences import Preference
from training.trainers.loop import Schedule
from training.trainers.preference import Dpo, DpoReport, train_dpo


@dataclass(frozen=True)
class DpoOptions:
    """Everything that a run depends on, beside the settings. `start` is NAME[@VERSION] of an adapter."""

    label: Label
    sources: Sources
    schedule: Schedule
    dpo: Dpo
    start: str | None = None
    limit: int | None = None
    out: Path | None = None


def run(settings: Settings, options: DpoOptions) -> list[str]:
    """Train on swaps, dislikes and near misses, and publish. Returns lines to print; raises StylistError."""
    label = options.label
    label.check_free(settings.adapters_dir)
    out = options.out or label.run_folder(settings.data_dir)
    found = gather(options.sources, settings.data_dir, label.name)
    preferences = found.preferences[: options.limit]
    model = ScoringEngine(settings)
    parent = starting_adapter(settings, model, options.start)
    report = train_dpo(
        model, preferences, parent.folder if parent else None, out, options.dpo, options.schedule
    )
    seed = options.schedule.seed
    made = Made(
        base_digest=model.digest,
        data_digest=digest_of(preferences),
        seed=seed,
        licence=options.sources.licence(),
        provenance=options.sources.provenance(),
        parent=str(parent.key) if parent else "",
        score_weights=_score_weights(settings, found, parent, out, seed),
        metrics={k: v for k, v in _figures(report).items() if v is not None},
    )
    adapter, notes = finish(out, label, made, settings)
    return [*found.notes, _told(report), *notes, next_steps(adapter)]


def _score_weights(
    settings: Settings, found: Gathered, parent: Adapter | None, out: Path, seed: int
) -> dict[str, float]:
    """The parent's, which some preferences do not outdate; fitted where there is no parent."""
    if parent is not None:
        return dict(parent.manifest.score_weights.items())
    if not found.looks:
        return {}
    return fit_score_weights(
        settings, split(found.looks, "group"), load_embedder(settings.embedder), out, seed
    )


def digest_of(preferences: Iterable[Preference]) -> str:
    """Identity of a set of preferences, whatever their order. 16 hex digits."""
    rows = sorted(json.dumps(asdict(preference), sort_keys=True) for preference in preferences)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]


def _figures(report: DpoReport) -> dict[str, float | None]:
    return {"preferred_before": report.before, "preferred_after": report.after}


def _told(report: DpoReport) -> str:
    if report.before is None or report.after is None:
        return f"preferences: {report.trained} trained on, none held out"
    return (
        f"preferences: {report.trained} trained on; of {report.held_out} held out, the preferred piece scores"
        f" better in {report.before:.1%} before and {report.after:.1%} after"
    )
