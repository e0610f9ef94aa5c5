"""Trains the critic's network and writes it for `service.critic.network`. A minute or two on one core."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from service.critic.network import EMBEDDER, FAULTS, KINDS, MOST, WHOLES
from service.critic.traits import KIND_NAMES
from training.critic.graded_examples import Example, piece_rows

Rows = np.ndarray[tuple[int, int], np.dtype[np.float32]]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How long, how wide, how careful."""

    epochs: int = 16
    batch: int = 32
    rate: float = 2e-3
    decay: float = 2e-2
    dropout: float = 0.25
    kind: int = 8
    rank: int = 12
    hidden: int = 64
    state: int = 32
    outfit: int = 32
    vector_dropout: float = 0.3
    """Share of examples whose wish and piece vectors are hidden: few wishes teach little of vectors."""
    partials: int = 4
    """How many unfinished outfits are made of each, with some of the other pieces left out."""
    pieces: float = 1.0
    """What the faults of pieces count beside the grade of the whole."""


class CriticNet(nn.Module):
    """The network of `service.critic.network`, to be trained."""

    def __init__(self, numbers: int, wish: int, slots: int, dim: int, recipe: Recipe) -> None:
        super().__init__()
        r = recipe
        self.kind = nn.Embedding(len(KIND_NAMES) + 1, r.kind)
        nn.init.normal_(self.kind.weight, std=0.1)
        self.wish = nn.Linear(dim, r.rank, bias=False)
        self.pieces = nn.Linear(dim, r.rank, bias=False)
        self.p1 = nn.Linear(numbers + r.kind + 3 * r.rank, r.hidden)
        self.p2 = nn.Linear(r.hidden, r.state)
        self.p3 = nn.Linear(r.state, 1 + len(FAULTS))
        self.o1 = nn.Linear(2 * r.state + MOST + slots + wish, r.outfit)
        self.o2 = nn.Linear(r.outfit, len(WHOLES))
        self.drop = nn.Dropout(r.dropout)

    def piece(self, numbers: Tensor, kinds: Tensor, wish: Tensor, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """Log-odds of faults and states of pieces, one row per piece."""
        a, b = self.wish(wish), self.pieces(vectors)
        x = torch.cat([numbers, self.kind(kinds), a * b, a, b], dim=1)
        states = torch.relu(self.p2(self.drop(torch.relu(self.p1(self.drop(x))))))
        return self.p3(self.drop(states)), states

    def outfit(self, wrong: Tensor, states: Tensor, owner: Tensor, slots: Tensor, wish: Tensor) -> Tensor:
        """Log-odds of what is said of whole outfits, shape (outfits, `WHOLES`)."""
        pooled = []
        for i in range(len(slots)):
            own = owner == i
            worst = wrong[own].sort(descending=True).values[:MOST]
            pad = worst.new_full((MOST - len(worst),), -4.0)
            pooled.append(torch.cat([states[own].mean(0), states[own].max(0).values, worst, pad]))
        x = torch.cat([torch.stack(pooled), slots, wish], dim=1)
        out: Tensor = self.o2(self.drop(torch.relu(self.o1(self.drop(x)))))
        return out


@dataclass(frozen=True, slots=True)
class Scale:
    mean: np.ndarray[tuple[int], np.dtype[np.float32]]
    spread: np.ndarray[tuple[int], np.dtype[np.float32]]

    def __call__(self, rows: Rows) -> Tensor:
        return torch.from_numpy(np.clip((rows - self.mean) / self.spread, -5, 5).astype(np.float32))


def train(examples: Sequence[Example], seed: int, recipe: Recipe | None = None) -> tuple[CriticNet, Scale]:
    """A trained network, in evaluation mode. The same for the same examples and seed on the same machine."""
    recipe = recipe or Recipe()
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    full = [piece_rows(e) for e in examples]
    early = [[_partial(e, random) for _ in range(recipe.partials)] for e in examples]
    rows = np.concatenate(full)
    scale = Scale(rows.mean(0), np.maximum(rows.std(0), 1e-2))
    first = examples[0]
    net = CriticNet(rows.shape[1], len(first.wish), len(first.slots), len(first.plain), recipe)
    optimizer = torch.optim.AdamW(net.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    steps = recipe.epochs * -(-len(examples) // recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.rate, total_steps=steps)
    net.train()
    for _ in range(recipe.epochs):
        order = random.permutation(len(examples))
        for start in range(0, len(order), recipe.batch):
            part = order[start : start + recipe.batch]
            some = [early[i][random.integers(recipe.partials)] for i in part]
            loss = _loss(
                net, [examples[i] for i in part], [full[i] for i in part], some, scale, random, recipe
            )
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    return net.eval(), scale


def _loss(
    net: CriticNet,
    batch: Sequence[Example],
    full: Sequence[Rows],
    partial: Sequence[Rows],
    scale: Scale,
    random: np.random.Generator,
    recipe: Recipe,
) -> Tensor:
    """Of whole outfits, and of pieces beside a part of the others, as they are seen while composing."""
    mse = nn.functional.binary_cross_entropy_with_logits
    hidden = random.random(len(batch)) < recipe.vector_dropout
    wishes, vectors, kinds, owner = gathered(batch)
    seen = torch.from_numpy(~hidden[owner.numpy()]).float()[:, None]
    out, states = net.piece(scale(np.concatenate(full)), kinds, wishes * seen, vectors * seen)
    slots = torch.from_numpy(np.stack([e.slots for e in batch]))
    known = torch.from_numpy(np.stack([e.wish for e in batch]))
    whole = net.outfit(out[:, 0], states, owner, slots, known)
    target = torch.from_numpy(np.stack([e.whole for e in batch]))
    wrong = torch.from_numpy(np.concatenate([e.wrong for e in batch]))
    early, _ = net.piece(scale(np.concatenate(partial)), kinds, wishes * seen, vectors * seen)
    return mse(whole, target) + recipe.pieces * 0.5 * (mse(out, wrong) + mse(early, wrong))


def _partial(example: Example, random: np.random.Generator) -> Rows:
    count = len(example.items)
    return piece_rows(example, random.permutation(count)[: random.integers(0, count)].tolist())


def gathered(batch: Sequence[Example]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Per piece: the wish's vector, its own, its kind, and which outfit it belongs to."""
    counts = [len(e.items) for e in batch]
    wishes = torch.from_numpy(
        np.repeat(np.stack([e.plain for e in batch]), counts, axis=0).astype(np.float32)
    )
    vectors = torch.from_numpy(np.concatenate([e.vectors for e in batch]).astype(np.float32))
    kinds = torch.from_numpy(np.concatenate([e.kinds for e in batch]))
    return wishes, vectors, kinds, torch.from_numpy(np.repeat(np.arange(len(batch)), counts))


@torch.no_grad()
def judged(net: CriticNet, scale: Scale, batch: Sequence[Example]) -> tuple[Rows, Rows]:
    """Log-odds of whole outfits, (outfits, `WHOLES`), and of all pieces one after the other, (pieces, 1 + FAULTS)."""
    wishes, vectors, kinds, owner = gathered(batch)
    out, states = net.piece(scale(np.concatenate([piece_rows(e) for e in batch])), kinds, wishes, vectors)
    slots = torch.from_numpy(np.stack([e.slots for e in batch]))
    known = torch.from_numpy(np.stack([e.wish for e in batch]))
    return net.outfit(out[:, 0], states, owner, slots, known).numpy(), out.numpy()


def save(net: CriticNet, scale: Scale, embedder: str, path: Path) -> None:
    """Write what `service.critic.network.Network` reads."""
    from safetensors.torch import save_file

    state = net.state_dict()
    tensors = {name: value for name, value in state.items() if name[:2] in ("p1", "p2", "p3", "o1", "o2")}
    tensors |= {"kind": state["kind.weight"], "wish": state["wish.weight"], "pieces": state["pieces.weight"]}
    tensors |= {"mean": torch.from_numpy(scale.mean), "spread": torch.from_numpy(scale.spread)}
    halves = {name: value.half().contiguous() for name, value in tensors.items()}
    save_file(halves, path, metadata={KINDS: " ".join(KIND_NAMES), EMBEDDER: embedder})
