"""A real, boring Embedder for tests: every word has a fixed random direction, a text is their sum."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from indexer.embedder import Progress, Vectors


class HashingEmbedder:
    """Counts the texts it was given in `encoded`, so that a test can say what was not embedded again."""

    name = "hashing"

    def __init__(self, dim: int = 16, digest: str = "hash-1") -> None:
        self.dim = dim
        self.digest = digest
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        self.encoded.extend(texts)
        out = np.stack([self._vector(text) for text in texts]) if texts else np.empty((0, self.dim))
        if progress is not None:
            progress(len(texts))
        return out.astype(np.float32)

    def _vector(self, text: str) -> Vectors:
        total = sum((self._word(word) for word in text.lower().split()), start=np.full(self.dim, 1e-3))
        return np.asarray(total / np.linalg.norm(total), dtype=np.float32)

    def _word(self, word: str) -> Vectors:
        seed = int.from_bytes(hashlib.sha256(f"{self.digest} {word}".encode()).digest()[:8], "big")
        return np.random.default_rng(seed).standard_normal(self.dim).astype(np.float32)
