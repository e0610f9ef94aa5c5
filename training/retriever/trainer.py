"""Tunes the query side of retrieval: looks -> a LoRA on a copy of the embedding model. Knows no stylist.

A wish, or each piece already worn, becomes a query that lies nearer to the look's own piece than to other pieces of
the slot: cross-entropy of a softmax over cosines (van den Oord et al. 2018, InfoNCE) against item vectors that
stay those of the untuned model, as one frozen tower (Zhai et al. 2022, LiT).
"""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from indexer.embedder import BULK, Embedder, SentenceTransformerEmbedder
from indexer.storage.durable import sha256_file
from service.artifacts import WEIGHTS
from service.query.encoder import MANIFEST, QueryEncoder, RetrieverManifest, load_query_encoder
from service.registry.lifecycle import now
from service.registry.style_key import RETRIEVER
from training.data.looks import StyledLook, check_leaks, digest
from training.retriever.batches import Batch, Items, Query, make_batch, mean_queries
from training.retriever.metrics import measure, summary

CURVE = "curve.jsonl"


@dataclass(frozen=True)
class RetrieverOptions:
    """How the tower is tuned, and what its manifest says. Raises ValueError naming a field out of range."""

    name: str = RETRIEVER
    version: str = "1"
    data_licence: str = "Apache-2.0"
    data_provenance: str = ""
    rank: int = 16
    learning_rate: float = 2e-3
    """Of AdamW at its highest; it warms up, then falls as a cosine."""
    epochs: int = 2
    batch: int = 8
    """Looks per update; each is one wish, all of its pieces, and two decisions per slot."""
    temperature: float = 0.1
    """What cosines are divided by before the softmax."""
    warmup: float = 0.1
    wish_base: float = 0.0
    """Share of the untuned vector in that of a wish, while serving."""
    worn_base: float = 0.0
    """The same for a worn piece."""
    seed: int = 0

    def __post_init__(self) -> None:
        for field in ("rank", "learning_rate", "epochs", "batch", "temperature"):
            if getattr(self, field) <= 0:
                raise ValueError(f"{field} must be above 0, not {getattr(self, field)}")
        for field in ("warmup", "wish_base", "worn_base"):
            if not 0 <= getattr(self, field) <= 1:
                raise ValueError(f"{field} must be from 0 to 1, not {getattr(self, field)}")

    def rate(self, step: int, steps: int) -> float:
        warm = min(1.0, (step + 1) / max(1.0, self.warmup * steps))
        return self.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * step / steps))


class QueryTower(SentenceTransformerEmbedder):
    """A copy of the embedding model with LoRA weights in training. As an Embedder it encodes with them."""

    def __init__(self, name: str, options: RetrieverOptions) -> None:
        from peft import LoraConfig, get_peft_model

        super().__init__(name)
        torch.manual_seed(options.seed)
        config = LoraConfig(
            r=options.rank,
            lora_alpha=2 * options.rank,
            target_modules="all-linear",
            exclude_modules=r".*pooler.*",  # sentence vectors are means over tokens
        )
        self._peft = get_peft_model(self._model[0].model, config)
        self._peft.peft_config["default"].base_model_name_or_path = name  # not where it lay on this machine
        self.weights: list[Tensor] = [p for p in self._peft.parameters() if p.requires_grad]

    def vectors(self, texts: Sequence[str]) -> Tensor:
        """(texts, dim) with gradients, float32, rows of unit norm. Texts of like length share a forward pass."""
        self._model.train()
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        parts = []
        for first in range(0, len(order), self._batch_size):
            chunk = self._model.preprocess([texts[i] for i in order[first : first + self._batch_size]])
            features = {k: v.to(self._model.device) if torch.is_tensor(v) else v for k, v in chunk.items()}
            with self._precision(BULK):
                parts.append(self._model(features)["sentence_embedding"].float())
        place = torch.tensor(sorted(range(len(order)), key=order.__getitem__))
        return torch.nn.functional.normalize(torch.cat(parts).cpu()[place], dim=-1)

    def save(self, folder: Path) -> None:
        """Weights in bfloat16 and their configuration, as PEFT reads them."""
        with torch.no_grad():
            for weight in self.weights:
                weight.data = weight.data.bfloat16()
        # Embeddings are not trained; left to itself, PEFT would ask the hub whether they are.
        self._peft.save_pretrained(folder, safe_serialization=True, save_embedding_layers=False)
        (folder / "README.md").unlink(missing_ok=True)  # PEFT's empty model card


def train_retriever(
    looks: Sequence[StyledLook],
    embedder: Embedder,
    out: Path,
    options: RetrieverOptions | None = None,
    valid: Sequence[StyledLook] = (),
    test: Sequence[StyledLook] = (),
) -> RetrieverManifest:
    """Train on `looks`, write weights, configuration, curve and manifest into `out`.

    `valid` is measured after every epoch for the curve, `test` once, as it is served, for the manifest's metrics.
    Raises LeakError when either shares a look, a group or a piece with `looks`, ValueError when there is nothing
    to choose from.
    """
    options = options or RetrieverOptions()
    if sum(len(look.pieces) for look in looks) < 2:
        raise ValueError("no looks to train the retriever on")
    for held_out in (valid, test):
        check_leaks(looks, held_out)
    out.mkdir(parents=True, exist_ok=True)
    tower = QueryTower(embedder.name, options)
    run = _Run(tower, Items(looks, embedder), looks, options)
    with (out / CURVE).open("w", encoding="utf-8") as curve:
        for epoch in range(options.epochs):
            line = {"epoch": epoch + 1, **run.epoch(epoch)}
            if valid:
                encoder = QueryEncoder(embedder, tower, options.wish_base, options.worn_base)
                line |= summary(measure(valid, embedder, {"tuned": encoder}, options.seed))
            curve.write(json.dumps(line) + "\n")
            curve.flush()
    tower.save(out)
    manifest = _manifest(looks, embedder, out, options, {})
    _write(manifest, out)
    if test:
        encoders = {"base": QueryEncoder(embedder), "tuned": load_query_encoder(embedder, out)}
        metrics = summary(measure(test, embedder, encoders, options.seed))
        manifest = manifest.model_copy(update={"metrics": metrics})
        _write(manifest, out)
    return manifest


class _Run:
    """The updates of one training run."""

    def __init__(
        self, tower: QueryTower, items: Items, looks: Sequence[StyledLook], options: RetrieverOptions
    ) -> None:
        self.tower, self.items, self.looks, self.options = tower, items, list(looks), options
        self.optimizer = torch.optim.AdamW(tower.weights, lr=options.learning_rate, weight_decay=0.01)
        self.updates = math.ceil(len(self.looks) / options.batch)
        self.step = 0

    def epoch(self, epoch: int) -> dict[str, float]:
        """One pass over the looks in random order; returns mean losses in nats and the seconds it took."""
        rng = random.Random(self.options.seed * 1000 + epoch)
        looks = rng.sample(self.looks, len(self.looks))
        totals, started = {"wish": (0.0, 0), "worn": (0.0, 0)}, time.monotonic()
        for n in tqdm(range(self.updates), desc=f"epoch {epoch + 1}", unit="update"):
            batch = make_batch(looks[n * self.options.batch : (n + 1) * self.options.batch], rng)
            for kind, losses in self._update(batch).items():
                total, count = totals[kind]
                totals[kind] = (total + float(losses.sum()), count + len(losses))
        seconds = {"step": self.step, "seconds": round(time.monotonic() - started, 1)}
        return seconds | {f"loss_{k}": round(t / count, 4) for k, (t, count) in totals.items() if count}

    def _update(self, batch: Batch) -> dict[str, Tensor]:
        vectors = self.tower.vectors(list(batch.texts))
        losses = {"wish": self._losses(vectors, batch.wishes), "worn": self._losses(vectors, batch.worn)}
        torch.cat(list(losses.values())).mean().backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.tower.weights, 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.rate(self.step, self.updates * self.options.epochs)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        return {kind: loss.detach() for kind, loss in losses.items()}

    def _losses(self, vectors: Tensor, queries: Sequence[Query]) -> Tensor:
        """One cross-entropy per decision, in nats."""
        if not queries:
            return vectors.new_zeros(0)
        options = torch.stack([self.items.options(q.look, q.slot) for q in queries])
        own = torch.tensor([self.items.row(q.look, q.slot) for q in queries])
        logits = mean_queries(vectors, queries) @ self.items.vectors.T / self.options.temperature
        return torch.nn.functional.cross_entropy(
            logits.masked_fill(~options, -torch.inf), own, reduction="none"
        )


def _manifest(
    looks: Sequence[StyledLook],
    embedder: Embedder,
    out: Path,
    options: RetrieverOptions,
    metrics: dict[str, float],
) -> RetrieverManifest:
    return RetrieverManifest(
        name=options.name,
        version=options.version,
        embedder=embedder.name,
        embedder_digest=embedder.digest,
        weights_sha256=sha256_file(out / WEIGHTS),
        wish_base=options.wish_base,
        worn_base=options.worn_base,
        data_digest=digest(looks),
        seed=options.seed,
        metrics=metrics,
        data_licence=options.data_licence,
        data_provenance=options.data_provenance,
        created=now(),
        rank=options.rank,
    )


def _write(manifest: RetrieverManifest, out: Path) -> None:
    aside = out / f"{MANIFEST}.new"
    aside.write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
    aside.replace(out / MANIFEST)
