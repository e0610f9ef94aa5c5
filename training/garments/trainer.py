"""Trains the small net of the classifier of kinds on labelled texts, and writes its weights. Knows no corpus."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file
from torch import Tensor, nn
from tqdm import tqdm

from indexer.taxonomy.classifier.eyes import DIM, look
from indexer.taxonomy.classifier.features import BUCKETS, VERSION, features
from indexer.taxonomy.classifier.pool import NAMES, PLACES
from training.garments.titles import Sample

WIDTH, SEEN = 80, 96
EPOCHS, BATCH, RATE = 14, 256, 3e-3
_PIECES_KEPT, _SIGHT_KEPT = (
    0.85,
    0.85,
)  # what a text shows of itself in one step: neither half may be all that counts
_SMOOTHING = 0.05
_SLOT_WEIGHT = 1.0
_SOURCE_WEIGHT = {"polyvore train": 1.5, "written": 3.0, "store": 2.0, "lookbook": 0.7, "store text": 0.7}


class KindNet(nn.Module):
    """Mean of the vectors of a text's pieces beside a projection of what the eyes see, then one layer."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces = nn.EmbeddingBag(BUCKETS, WIDTH, mode="mean")
        self.sight = nn.Linear(DIM, SEEN)
        self.out = nn.Linear(WIDTH + SEEN, len(NAMES))
        nn.init.normal_(self.pieces.weight, std=0.1)

    def forward(self, flat: Tensor, offsets: Tensor, seen: Tensor) -> Tensor:
        pieces, sight = self.pieces(flat, offsets), self.sight(seen)
        if self.training:
            rows = len(offsets)
            pieces = pieces * (torch.rand(rows, 1) < _PIECES_KEPT)
            sight = sight * (torch.rand(rows, 1) < _SIGHT_KEPT)
        hidden = torch.relu(torch.cat([pieces, sight], dim=1))
        scores: Tensor = self.out(nn.functional.dropout(hidden, 0.2, self.training))
        return scores


def train(samples: Sequence[Sample], seen: NDArray[np.float32], seed: int) -> KindNet:
    """A net that tells the kinds of `samples`, whose looks are `seen`, shape (samples, 512)."""
    torch.manual_seed(seed)
    found = [features(s.text) or [0] for s in samples]
    kinds = torch.tensor([NAMES.index(s.kind) for s in samples])
    weights = torch.tensor([_SOURCE_WEIGHT.get(s.source, 1.0) for s in samples])
    looks = torch.from_numpy(seen)
    net = KindNet()
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=1e-3)
    steps = EPOCHS * (len(samples) // BATCH + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    order = np.random.default_rng(seed)
    for _ in tqdm(range(EPOCHS), desc="train"):
        for batch in np.array_split(order.permutation(len(samples)), len(samples) // BATCH + 1):
            flat, offsets = _bags([found[i] for i in batch])
            scores = net(flat, offsets, looks[batch])
            loss = (_loss(scores, kinds[batch]) * weights[batch]).sum() / weights[batch].sum()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return net.eval()


def _loss(scores: Tensor, kinds: Tensor) -> Tensor:
    """Of the kind, and of the slot as the sum of its kinds."""
    of_kind = nn.functional.cross_entropy(scores, kinds, reduction="none", label_smoothing=_SMOOTHING)
    shares = torch.softmax(scores, dim=1) @ _PLACE_OF_KIND
    of_slot = -torch.log(shares.gather(1, _PLACE_OF_KIND[kinds].argmax(1, keepdim=True)).squeeze(1) + 1e-9)
    return of_kind + _SLOT_WEIGHT * of_slot


def _bags(found: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    counts = [len(f) for f in found]
    offsets = torch.tensor([0, *np.cumsum(counts)[:-1].tolist()])
    return torch.tensor(list(chain.from_iterable(found))), offsets


def looks_of(samples: Sequence[Sample], batch: int = 4096) -> NDArray[np.float32]:
    """What the eyes see in each text."""
    parts = [
        look([s.text for s in samples[start : start + batch]])
        for start in tqdm(range(0, len(samples), batch), desc="look")
    ]
    return np.concatenate(parts)


def save(net: KindNet, path: Path, about: dict[str, str]) -> None:
    """Write the weights in half precision, with what they were made from."""
    tensors = {
        "pieces": net.pieces.weight,
        "sight": net.sight.weight.T,
        "sight_bias": net.sight.bias,
        "out": net.out.weight.T,
        "out_bias": net.out.bias,
    }
    arrays = {
        name: np.ascontiguousarray(t.detach().numpy()).astype(np.float16) for name, t in tensors.items()
    }
    save_file(arrays, path, {"features": str(VERSION), "kinds": json.dumps(NAMES), **about})


_PLACE_OF_KIND = torch.zeros(len(NAMES), len(PLACES))


def _fill_places() -> None:
    from indexer.taxonomy.kinds import KINDS

    for row, name in enumerate(NAMES):
        _PLACE_OF_KIND[row, PLACES.index(KINDS[name].slot)] = 1.0


_fill_places()
