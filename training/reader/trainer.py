"""Trains the network on examples. Knows no files and no measures but its own loss."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from service.query.reading.word_vectors import Floats
from training.reader.examples import IGNORED, Example
from training.reader.network import Batch, Network, Scores, Shape


@dataclass(frozen=True, slots=True)
class Answers:
    """What the network should say of a batch. `options` maps each description to the pairs it chooses from."""

    roles: Tensor
    tags: Tensor
    polarities: Tensor
    chooser: Tensor
    """Proposal of each pair."""
    belongs: Tensor
    """Per proposal: row among all pairs, -1 for no kind, IGNORED."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How long and how fast one member learns."""

    epochs: int = 10
    batch: int = 32
    rate: float = 2e-3
    decay: float = 1e-2
    tag_share: float = 0.5
    pair_share: float = 0.5
    smoothing: float = 0.01


def fit(
    rounds: Callable[[int], Sequence[Example]],
    seed: int,
    recipe: Recipe,
    shape: Shape,
    report: Callable[[int, float], None] = lambda _epoch, _loss: None,
) -> Network:
    """A network trained on `rounds(epoch)` in each epoch. The same seed and examples give the same network."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    network = Network(shape)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    steps = recipe.epochs * (len(rounds(0)) // recipe.batch + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=steps, pct_start=0.15)
    done = 0
    for epoch in range(recipe.epochs):
        network.train()
        examples = _by_length(rounds(epoch), rng, recipe.batch)
        total = 0.0
        starts = list(range(0, len(examples), recipe.batch))
        rng.shuffle(starts)
        for start in starts:
            batch, answers = collate(examples[start : start + recipe.batch])
            optimiser.zero_grad()
            loss = _loss(network(batch), answers, recipe)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            if done < steps - 1:
                schedule.step()
                done += 1
            total += float(loss.detach())
        report(epoch, total / max(1, len(starts)))
    return network.eval()


def weights(network: Network) -> dict[str, Floats]:
    """The weights by name, as `service.query.reading.tagger.Tagger` takes them."""
    return {
        name: np.asarray(value.detach().numpy(), dtype=np.float32)
        for name, value in network.state_dict().items()
    }


def collate(examples: Sequence[Example]) -> tuple[Batch, Answers]:
    """One batch of all examples. Wishes without a word are not allowed."""
    lengths = [len(e.seen.marks) for e in examples]
    longest = max(lengths)
    vectors = np.zeros((len(examples), longest, examples[0].seen.vectors.shape[1]), dtype=np.float32)
    marks = np.zeros((len(examples), longest, examples[0].seen.marks.shape[1]), dtype=np.float32)
    tags = np.full((len(examples), longest), IGNORED, dtype=np.int64)
    polarities = np.full((len(examples), longest), IGNORED, dtype=np.int64)
    owner, pairs, belongs, before, pairs_before = [], [], [], 0, 0
    for row, example in enumerate(examples):
        size = lengths[row]
        vectors[row, :size] = example.seen.vectors
        marks[row, :size] = example.seen.marks
        tags[row, :size], polarities[row, :size] = example.tags, example.polarities
        owner += [row] * len(example.roles)
        pairs.append(example.pairs + before)
        belongs.append(np.where(example.belongs >= 0, example.belongs + pairs_before, example.belongs))
        before += len(example.roles)
        pairs_before += len(example.pairs)
    all_pairs = torch.from_numpy(np.concatenate(pairs))
    batch = Batch(
        vectors=torch.from_numpy(vectors),
        marks=torch.from_numpy(marks),
        lengths=torch.tensor(lengths),
        owner=torch.tensor(owner, dtype=torch.int64),
        spans=torch.from_numpy(np.concatenate([e.seen.spans for e in examples])),
        traits=torch.from_numpy(np.concatenate([e.seen.traits for e in examples])),
        allowed=torch.from_numpy(np.concatenate([e.seen.allowed for e in examples])),
        pairs=all_pairs,
        pair_traits=torch.from_numpy(np.concatenate([e.pair_traits for e in examples])),
    )
    answers = Answers(
        roles=torch.from_numpy(np.concatenate([e.roles for e in examples])),
        tags=torch.from_numpy(tags),
        polarities=torch.from_numpy(polarities),
        chooser=all_pairs[:, 0],
        belongs=torch.from_numpy(np.concatenate(belongs)),
    )
    return batch, answers


def _by_length(examples: Sequence[Example], rng: random.Random, batch: int) -> list[Example]:
    """In random order, but with wishes of like length near each other, so that batches hold little padding."""
    drawn = list(examples)
    rng.shuffle(drawn)
    pools = [drawn[i : i + 20 * batch] for i in range(0, len(drawn), 20 * batch)]
    return [e for pool in pools for e in sorted(pool, key=lambda e: len(e.seen.marks))]


def _loss(scores: Scores, answers: Answers, recipe: Recipe) -> Tensor:
    loss = scores.tags.new_zeros(())
    asked = answers.roles != IGNORED
    if asked.any():
        roles = scores.roles[asked]
        allowed = roles > -1e3
        logs = functional.log_softmax(roles, dim=-1)
        hit = logs[torch.arange(len(roles)), answers.roles[asked]]
        spread = torch.where(allowed, logs, 0.0).sum(-1) / allowed.sum(-1)
        loss = loss - ((1 - recipe.smoothing) * hit + recipe.smoothing * spread).mean()
    tags = functional.cross_entropy(scores.tags.flatten(0, 1), answers.tags.flatten(), ignore_index=IGNORED)
    loss = loss + recipe.tag_share * tags
    if (answers.polarities != IGNORED).any():
        loss = loss + recipe.tag_share * functional.cross_entropy(
            scores.polarities.flatten(0, 1), answers.polarities.flatten(), ignore_index=IGNORED
        )
    return loss + recipe.pair_share * _choice_loss(scores, answers)


def _choice_loss(scores: Scores, answers: Answers) -> Tensor:
    """How unlikely each description's own kind is among all kinds it might belong to, or none."""
    asked = answers.belongs != IGNORED
    if not asked.any():
        return scores.alone.sum() * 0.0
    none = scores.alone.exp().clamp(max=1e6)
    totals = none.index_add(0, answers.chooser, scores.pairs.clamp(max=12).exp())
    right = torch.where(
        answers.belongs >= 0,
        scores.pairs[answers.belongs.clamp(min=0)] if len(scores.pairs) else none * 0,
        scores.alone,
    ).clamp(max=12)
    return (totals.log() - right)[asked].mean()
