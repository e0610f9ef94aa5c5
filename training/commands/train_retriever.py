"""`stylist train retriever`: looks in, a published candidate out. How it is tuned is `training.retriever.trainer`'s."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from indexer.embedder import load_embedder
from service.query.encoder import RetrieverManifest
from service.registry.lifecycle import must_be_free, publish
from service.registry.style_key import RETRIEVER, StyleKey, Version
from service.settings import Settings
from training.commands.data import Sources, gather, some_of, split
from training.commands.publish import CARD, checked_option, next_steps
from training.retriever.trainer import RetrieverOptions, train_retriever


@dataclass(frozen=True)
class RetrieverRun:
    """Everything that a run depends on, beside the settings."""

    sources: Sources
    version: str
    epochs: int
    learning_rate: float
    rank: int
    batch: int
    bases: tuple[float, float]
    """Shares of the untuned vector in that of a wish, and of a worn piece."""
    seed: int
    limit: int | None = None
    out: Path | None = None


def run(settings: Settings, options: RetrieverRun) -> list[str]:
    """Train the query side of retrieval and publish it. Returns lines to print; raises StylistError."""
    checked_option("version", Version, options.version)
    must_be_free(settings.adapters_dir, StyleKey(RETRIEVER, options.version))
    out = options.out or settings.data_dir / "runs" / f"{RETRIEVER}-{options.version}"
    found = gather(options.sources, settings.data_dir)
    splits = split(found.looks, "group")
    manifest = train_retriever(
        some_of(splits["train"], options.limit, options.seed),
        load_embedder(settings.embedder),
        out,
        RetrieverOptions(
            version=options.version,
            data_licence=options.sources.licence(),
            data_provenance=options.sources.provenance(),
            rank=options.rank,
            learning_rate=options.learning_rate,
            epochs=options.epochs,
            batch=options.batch,
            wish_base=options.bases[0],
            worn_base=options.bases[1],
            seed=options.seed,
        ),
        splits["valid"],
        splits["test"],
    )
    (out / CARD).write_text(card(manifest), encoding="utf-8")
    figures = [f"{name} {value:.4g}" for name, value in manifest.metrics.items()]
    return [*found.notes, *figures, next_steps(publish(out, settings.adapters_dir))]


def card(manifest: RetrieverManifest) -> str:
    """What it is, what it learned from, and what its run measured."""
    m = manifest
    return "\n".join(
        [
            f"# {m.name}@{m.version}",
            "",
            f"A LoRA of rank {m.rank} on the query side of `{m.embedder}`, made {m.created} with seed {m.seed}. The",
            f"untuned vector is {m.wish_base:.0%} of that of a wish, and {m.worn_base:.0%} of that of a worn piece.",
            "",
            "## Data",
            "",
            f"{m.data_provenance}. Licence: {m.data_licence}. Digest `{m.data_digest}`.",
            "",
            "## Measured by the run itself",
            "",
            "| on held-out looks | value |",
            "|---|---|",
            *(f"| {name} | {value:.4g} |" for name, value in m.metrics.items()),
            "",
            "`base` is the untuned embedding model. What it is worth beside other versions is in `evaluation.json`,",
            "once `stylist evaluate` was run.",
            "",
        ]
    )
