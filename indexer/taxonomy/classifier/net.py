"""The trained net: features and eyes -> how likely each kind is. Reads its weights; knows neither fields nor slots."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load

from indexer.taxonomy.classifier.eyes import look
from indexer.taxonomy.classifier.features import VERSION, features

WEIGHTS = "net.safetensors"
Scores = NDArray[np.float32]


@dataclass(frozen=True)
class Net:
    """`kinds` name the columns of what `read` gives. See `training.garments` for how it was made."""

    kinds: tuple[str, ...]
    pieces: NDArray[np.float32]  # (BUCKETS, width)
    sight: NDArray[np.float32]  # (512, seen)
    sight_bias: NDArray[np.float32]  # (seen,)
    out: NDArray[np.float32]  # (width + seen, kinds)
    out_bias: NDArray[np.float32]  # (kinds,)

    def read(self, texts: Sequence[str]) -> Scores:
        """Log-probabilities, shape (len(texts), kinds); all equal for a text without words."""
        hidden = np.concatenate([self._pieces_of(texts), look(texts) @ self.sight + self.sight_bias], axis=1)
        scores = np.maximum(hidden, 0.0) @ self.out + self.out_bias
        scores -= scores.max(axis=1, keepdims=True)
        scores -= np.log(np.exp(scores).sum(axis=1, keepdims=True))
        blank = [i for i, text in enumerate(texts) if not text.strip()]
        scores[blank] = -np.log(len(self.kinds))
        return np.asarray(scores, dtype=np.float32)

    def _pieces_of(self, texts: Sequence[str]) -> NDArray[np.float32]:
        found = [features(text) for text in texts]
        out = np.zeros((len(texts), self.pieces.shape[1]), dtype=np.float32)
        full = [i for i, f in enumerate(found) if f]
        if full:
            counts = np.array([len(found[i]) for i in full])
            flat = np.fromiter(chain.from_iterable(found[i] for i in full), dtype=np.int64)
            sums = np.add.reduceat(self.pieces[flat], np.concatenate([[0], np.cumsum(counts)[:-1]]), axis=0)
            out[full] = sums / counts[:, None]
        return out


@cache
def net() -> Net:
    """The packaged net. Raises ValueError when its weights are for other features."""
    return parse(files(__package__).joinpath(WEIGHTS).read_bytes())


def parse(data: bytes) -> Net:
    """A net out of the bytes of a safetensors file whose header names features and kinds."""
    about = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    if about["features"] != str(VERSION):
        raise ValueError(f"{WEIGHTS}: made for features {about['features']}, not {VERSION}: train it again")
    tensors = {name: value.astype(np.float32) for name, value in load(data).items()}
    return Net(kinds=tuple(json.loads(about["kinds"])), **tensors)
