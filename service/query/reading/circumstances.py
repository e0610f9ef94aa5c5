"""What the circumstances of a wish call for, where words leave it open: how dressed, how warm, what is done there.

Linear readings of one sentence vector (Universal Sentence Encoder Multilingual v3), learned from wishes that stylists
labelled. Words that settle a thing are for `service.query.lexicon` and `service.query.weather` to find, and win.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from indexer.errors import ModelError
from service.query.reading.tagger import sigmoid
from service.query.reading.word_vectors import Floats, sentence_vector

ACTIVITIES = ("sport", "hike", "ski", "swim", "party", "work", "ethnic")
FILE = "circumstances.safetensors"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """`formality` from 1 to 5; `heat` from -2 to 2 where it is known, and `heat_known` the chance that anything implies
    it; the chance of each of `ACTIVITIES`.
    """

    formality: float
    heat: float
    heat_known: float
    activities: dict[str, float]

    def activity(self, least: float) -> str:
        """The likeliest activity, if it is as likely as that; else ""."""
        best = max(self.activities, key=lambda name: self.activities[name])
        return best if self.activities[best] >= least else ""


class CircumstanceReader:
    """Immutable; threads may share it."""

    def __init__(self, tensors: dict[str, Floats], digest: str) -> None:
        self._t = tensors
        self.digest = digest

    @classmethod
    def load(cls, path: Path) -> CircumstanceReader:
        """Raises ModelError that names the file."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        try:
            tensors = {name: t.astype(np.float32) for name, t in load_file(path).items()}
            return cls(tensors, hashlib.sha256(path.read_bytes()).hexdigest()[:16])
        except (OSError, SafetensorError) as error:
            raise ModelError(f"{path}: not a reader of circumstances: {error}") from error

    def read(self, text: str) -> Circumstances:
        """Deterministic; any text in any of the encoder's sixteen languages."""
        return self.of(sentence_vector(text))

    def of(self, vector: Floats) -> Circumstances:
        """The same, of a unit vector, shape (dim,)."""
        t = self._t
        level, heat = (
            float(t[f"{name}.weight"] @ vector + t[f"{name}.bias"][0]) for name in ("formality", "heat")
        )
        odds = t["activity.weight"] @ vector + t["activity.bias"]
        known = t["known.weight"] @ vector + t["known.bias"]
        implied = float(sigmoid(known)[0])
        chances = dict(zip(ACTIVITIES, sigmoid(odds).tolist(), strict=True))
        return Circumstances(
            min(max(level, 1.0), 5.0),
            min(max(heat, -2.0), 2.0),
            implied,
            chances,
        )


@lru_cache(maxsize=1)
def packaged_circumstances() -> CircumstanceReader:
    """The reader that comes with the service."""
    with as_file(files(__package__) / "model" / FILE) as path:
        return CircumstanceReader.load(path)
