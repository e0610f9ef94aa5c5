"""Whose style is this outfit? A judge that sees only the texts of pieces, and none of the words that give it away.

Multinomial logistic regression on sentence embeddings: the mean over the outfit and one block per slot. Knows no
language model, no catalogue, and no adapter: it learns from authored looks alone.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from indexer.embedder import Embedder, Vectors
from indexer.item import SLOTS, Slot
from service.registry.evaluation import EvaluationError
from training.data.looks import StyledLook

Pieces = Mapping[Slot, str]
TELLING_LOOKS = 4
TELLING_SHARE = 0.9
PENALTIES = (1e-4, 1e-3, 1e-2)
_FOLDS = 4
_STEPS = 60
_WORD = re.compile(r"[^\W_]+")


def telling_words(looks: Mapping[str, Sequence[StyledLook]]) -> frozenset[str]:
    """Words that name a style by themselves: in `TELLING_LOOKS` looks or more, nine in ten of them of one style.

    The words of the styles' own names are among them.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for style, own in looks.items():
        for look in own:
            for word in {w for piece in look.pieces.values() for w in _WORD.findall(piece.lower())}:
                counts[word][style] += 1
    found = {
        word
        for word, styles in counts.items()
        if styles.total() >= TELLING_LOOKS and max(styles.values()) >= TELLING_SHARE * styles.total()
    }
    return frozenset(found | {word for style in looks for word in _WORD.findall(style.lower())})


@dataclass
class Judge:
    """Names one of `styles` for an outfit. `weights` are of shape (features + 1, styles), the last row a constant."""

    styles: tuple[str, ...]
    masked: frozenset[str]
    embedder: Embedder
    weights: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))
    _known: dict[str, Vectors] = field(default_factory=dict)

    def name(self, outfits: Sequence[Pieces]) -> list[str]:
        """The likeliest style of each outfit."""
        if not outfits:
            return []
        return [self.styles[i] for i in (self.features(outfits) @ self.weights).argmax(axis=1)]

    def features(self, outfits: Sequence[Pieces]) -> Vectors:
        """(outfits, features + 1): mean vector, one vector per slot (zeros where it is empty), and a one."""
        self._read({self.mask(text) for outfit in outfits for text in outfit.values()})
        blank = np.zeros(self.embedder.dim, dtype=np.float32)
        rows = []
        for outfit in outfits:
            by_slot = {slot: self._known[self.mask(text)] for slot, text in outfit.items()}
            mean = np.mean(list(by_slot.values()), axis=0)
            rows.append(np.concatenate([mean, *(by_slot.get(slot, blank) for slot in SLOTS), [1.0]]))
        return np.stack(rows).astype(np.float32)

    def mask(self, text: str) -> str:
        """The text without the words that name a style by themselves."""
        return " ".join(w for w in _WORD.findall(text.lower()) if w not in self.masked) or "piece"

    def _read(self, texts: Iterable[str]) -> None:
        missing = sorted(set(texts) - self._known.keys())
        if missing:
            self._known.update(zip(missing, self.embedder.encode(missing), strict=True))


def train_judge(
    looks: Mapping[str, Sequence[StyledLook]], embedder: Embedder, masked: frozenset[str] | None = None
) -> Judge:
    """A judge of these styles, from looks of training wishes. `masked`: their telling words, unless given.

    The penalty is chosen by cross-validation over wishes. Raises EvaluationError for fewer than two styles, and
    naming a style without looks.
    """
    if len(looks) < 2:
        raise EvaluationError(f"judge: styles: there are {len(looks)}, two are needed to tell apart")
    if empty := [style for style, own in looks.items() if not own]:
        raise EvaluationError(f"judge: style {empty[0]!r}: no looks to learn it from")
    judge = Judge(tuple(looks), telling_words(looks) if masked is None else masked, embedder)
    labelled = [(look, n) for n, own in enumerate(looks.values()) for look in own]
    features = torch.from_numpy(judge.features([look.pieces for look, _ in labelled]))
    labels = torch.tensor([n for _, n in labelled])
    folds = _folds([look.group for look, _ in labelled])
    best = max(PENALTIES, key=lambda penalty: _held_out(features, labels, folds, len(looks), penalty))
    judge.weights = _fit(features, labels, len(looks), best).numpy()
    return judge


def _folds(groups: Sequence[str]) -> torch.Tensor:
    number = {group: n % _FOLDS for n, group in enumerate(sorted(set(groups)))}
    return torch.tensor([number[group] for group in groups])


def _held_out(
    features: torch.Tensor, labels: torch.Tensor, folds: torch.Tensor, styles: int, penalty: float
) -> float:
    """Share of looks that are named rightly when their wishes were not learnt from."""
    right = 0
    for fold in range(_FOLDS):
        train, test = folds != fold, folds == fold
        if train.any() and test.any():
            weights = _fit(features[train], labels[train], styles, penalty)
            right += int(((features[test] @ weights).argmax(1) == labels[test]).sum())
    return right / len(labels)


def _fit(features: torch.Tensor, labels: torch.Tensor, styles: int, penalty: float) -> torch.Tensor:
    """Weights of shape (features, styles): cross-entropy plus an L2 penalty, by L-BFGS. Deterministic."""
    weights = torch.zeros(features.shape[1], styles, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        total = (
            torch.nn.functional.cross_entropy(features @ weights, labels) + penalty * weights.square().sum()
        )
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return weights.detach()
