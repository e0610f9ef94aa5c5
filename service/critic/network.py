"""The critic's network, in numpy: what training wrote, read forward. Knows numbers, not pieces.

A piece is read by a small perceptron over its features, an embedding of its kind, and a low-rank product of wish and
piece (factorisation machines: Rendle 2010). An outfit is read off the states of its pieces, whatever their order
(deep sets: Zaheer et al. 2017).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.errors import ModelError
from service.critic.traits import KIND_NAMES, Floats

FAULTS = "OTLCSWKR"
"""What can be wrong with a piece: occasion, temperature, level, colour, style, words, no such piece, redundant."""
WHOLES = ("signed", "generic", "lacks", "from2", "from3", "from5")
"""What is said of a whole outfit: it would be handed over (a grade of 4 or 5); nothing in it says the wish; a piece is
missing; the other steps of the grade.
"""
MOST = 7
"""Pieces of an outfit whose doubts are told apart; the worst come first."""
KINDS, EMBEDDER = "kinds", "embedder"
"""What the file says of itself: the kinds that it learned, and the digest of the embedder."""


@dataclass(frozen=True, slots=True)
class Read:
    """Pieces as they were read: the log-odds that one is wrong, shape (pieces,), and states, (pieces, hidden)."""

    wrong: Floats
    faults: Floats  # (pieces, FAULTS): log-odds of each fault
    states: Floats


class Network:
    """Immutable weights; any number of threads may read with them."""

    def __init__(self, tensors: Mapping[str, Floats], kinds: str, embedder: str, digest: str) -> None:
        """`kinds` are those that it learned, in the order of its table, separated by spaces; `embedder` is the digest
        of the one whose vectors it reads.
        """
        learned = {name: place for place, name in enumerate(kinds.split(), start=1)}
        self._moved = np.array([0, *(learned.get(name, 0) for name in KIND_NAMES)])
        self._t = tensors
        self.embedder = embedder
        self.digest = digest

    @classmethod
    def load(cls, path: Path) -> Network:
        """Raises ModelError that names the file."""
        from safetensors import SafetensorError, safe_open
        from safetensors.numpy import load_file

        try:
            with safe_open(path, framework="numpy") as file:
                about = file.metadata() or {}
            tensors = {name: t.astype(np.float32) for name, t in load_file(path).items()}
            digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        except (OSError, SafetensorError) as error:
            raise ModelError(f"{path}: not a critic: {error}") from error
        return cls(tensors, about.get(KINDS, ""), about.get(EMBEDDER, ""), digest)

    def piece(self, numbers: Floats, kinds: NDArray[np.int64], wish: Floats, vectors: Floats) -> Read:
        """`numbers` of shape (pieces, features), `kinds` as `traits.kind_places`, `wish` of shape (dim,)."""
        t = self._t
        scaled = np.clip((numbers - t["mean"]) / t["spread"], -5, 5)
        a, b = t["wish"] @ wish, vectors @ t["pieces"].T
        parts = [scaled, t["kind"][self._moved[kinds]], a * b, np.broadcast_to(a, b.shape), b]
        hidden = _dense(np.concatenate(parts, axis=1), t, "p1")
        states = _dense(hidden, t, "p2")
        out = states @ t["p3.weight"].T + t["p3.bias"]
        return Read(out[:, 0], out[:, 1:], states)

    def outfit(self, read: Read, wish: Floats, slots: Floats) -> Floats:
        """Log-odds of `WHOLES`, for the pieces of one outfit. `wish` as `wish_features`, `slots` of shape (slots,)."""
        t = self._t
        doubts = np.full(MOST, -4.0, dtype=np.float32)
        worst = np.sort(read.wrong)[::-1][:MOST]
        doubts[: len(worst)] = worst
        parts = [read.states.mean(axis=0), read.states.max(axis=0), doubts, slots, wish]
        hidden = _dense(np.concatenate(parts)[None], t, "o1")
        return np.asarray((hidden @ t["o2.weight"].T + t["o2.bias"])[0])


def chance(log_odds: float) -> float:
    """The chance that such log-odds are of."""
    return float(1 / (1 + np.exp(-log_odds)))


def _dense(x: Floats, tensors: Mapping[str, Floats], name: str) -> Floats:
    return np.asarray(np.maximum(x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"], 0.0), np.float32)
