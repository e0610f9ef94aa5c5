"""`stylist evaluate retriever@VERSION`: one query encoder and the untuned one on the same held-out looks.

Finding pieces is all that it is asked: what styles make of them, `training.commands.evaluate` measures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.embedder import Embedder, load_embedder
from service.query.encoder import QueryEncoder
from service.registry.evaluation import Evaluation, EvaluationError, Subject
from service.registry.gate import RULES
from service.registry.lifecycle import RegistryError, find, now
from service.registry.query_adapter import QueryAdapter, load_query_adapter
from service.settings import Settings
from training.commands.data import Sources, gather, some_of, split
from training.data.looks import StyledLook, digest
from training.report.write import results
from training.retriever.metrics import measure

UNTUNED, TUNED = "retrieval-only", RULES["retriever"].served


@dataclass(frozen=True)
class RetrieverEvaluation:
    """`key`: retriever, or a version of it. `limit` bounds the held-out looks, which are drawn by the seed."""

    key: str
    sources: Sources
    limit: int | None = None
    seed: int = 0
    out: Path | None = None


def run(settings: Settings, options: RetrieverEvaluation) -> list[str]:
    """Evaluate and save. Returns lines to print; raises StylistError."""
    found = find(settings.adapters_dir, options.key)
    if not isinstance(found, QueryAdapter):
        raise RegistryError(f"{found.key} is no query encoder")
    seed, embedder = options.seed, load_embedder(settings.embedder)
    tuned = load_query_adapter(found.folder, embedder)
    held_out = split(gather(options.sources, settings.data_dir).looks, "group")["test"]
    looks = some_of(held_out, options.limit, seed)
    estimates = measure(looks, embedder, {UNTUNED: QueryEncoder(embedder), TUNED: tuned}, seed, paired=True)
    if not estimates:
        raise EvaluationError(
            f"{len(looks)} held-out looks give no choice between pieces; more looks are needed"
        )
    evaluation = Evaluation(
        subject=_subject(found, embedder, looks, seed),
        created=now(),
        seed=seed,
        estimates=estimates,
        notes=[f"held-out looks of: {options.sources.provenance()}"]
        + ([f"limited to {options.limit} looks"] if options.limit is not None else []),
    )
    return results(evaluation, options.out or found.folder, TUNED)


def _subject(found: QueryAdapter, embedder: Embedder, looks: Sequence[StyledLook], seed: int) -> Subject:
    """The cases follow from the looks, the embedder, which says what is near, and the seed."""
    m = found.manifest
    cases = "\n".join([digest(looks), embedder.digest, str(seed)])
    return Subject(
        kind="retriever",
        name=m.name,
        version=m.version,
        digest=found.digest,
        base_model=m.embedder,
        base_digest=m.embedder_digest,
        layout="",
        cases_digest=hashlib.sha256(cases.encode()).hexdigest()[:16],
    )
