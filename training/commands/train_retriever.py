"""`stylist train retriever`: looks in, a query adapter out. It is no style, so that it is not published as one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from indexer.embedder import load_embedder
from service.settings import Settings
from training.commands.data import Sources, gather, some_of, split
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
    """Train the query side of retrieval. Returns lines to print; raises StylistError."""
    out = options.out or settings.data_dir / "runs" / f"retriever-{options.version}"
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
    figures = [f"{name} {value:.4g}" for name, value in manifest.metrics.items()]
    return [*found.notes, *figures, f"the query adapter is in {out}"]
