"""Nearest vectors by inner product, over all rows or over a filtered few. Knows no item and no model."""

from __future__ import annotations

import math
import os
import weakref
from pathlib import Path
from typing import Any, Self

import faiss as _faiss
import numpy as np
from numpy.typing import NDArray

from indexer.errors import SnapshotError

faiss: Any = _faiss  # its stubs state the signatures of C++, not those that Python callers have

Vectors = NDArray[np.float32]
Positions = NDArray[np.int64]

# Up to here every row is compared: 200,000 rows of 384 take some 20 ms on two cores, and the answer is exact.
FLAT_LIMIT = 200_000
# Up to this many allowed rows, gathering and multiplying just those beats every index, and is exact. Past it
# the selection inside FAISS is the quicker way for a single query.
GATHER_LIMIT = 50_000
# Above FLAT_LIMIT: inverted lists. sqrt(n) of them keep training to seconds for a million rows; one in
# PROBE_SHARE is searched. HNSW would be quicker still, but it needs half as much memory again for its links,
# builds several times slower, cannot give a filtered search any promise (the graph falls apart under a
# narrow filter), and what is asked here is nearly always filtered.
PROBE_SHARE = 16
MIN_PROBES = 16
TRAIN_ROWS_PER_LIST = 64
_ADD_ROWS = 65_536  # rows copied into the index at once
_SCORE_CELLS = 8_000_000  # scores held at once by an exact filtered search: 32 MB
# Shares the file between processes and opens at once; older FAISS has no such flag and reads the file instead.
_MAPPED = getattr(faiss, "IO_FLAG_MMAP_IFC", 0)


class VectorIndex:
    """Unit vectors by position. Safe to search from several threads."""

    def __init__(self, index: Any, path: Path | None = None) -> None:
        self._index = index
        self._file: int | None = None
        if path is not None:
            # Held open: a snapshot that was pruned goes on, one that was cut short is told.
            self._file = os.open(path, os.O_RDONLY)
            self._size = os.fstat(self._file).st_size
            weakref.finalize(self, os.close, self._file)

    def _check_file(self) -> None:
        """Raises SnapshotError where the mapped file is shorter than it was: to read past its end would kill us."""
        if self._file is not None and os.fstat(self._file).st_size < self._size:
            raise SnapshotError(
                "the vector index was cut short while it was served: index again, or roll back"
            )

    @classmethod
    def build(cls, vectors: Vectors, flat_limit: int = FLAT_LIMIT) -> Self:
        """Index rows of unit L2 norm, shape (n, d); a memory map is read in blocks, never as a whole."""
        count, dim = vectors.shape
        index = faiss.IndexFlatIP(dim) if count <= flat_limit else _trained(vectors)
        for start in range(0, count, _ADD_ROWS):
            index.add(np.ascontiguousarray(vectors[start : start + _ADD_ROWS], dtype=np.float32))
        if not cls(index).exact:
            index.make_direct_map()  # position -> row, so that rows can be gathered
        return cls(index)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises SnapshotError when the file is not an index that `save` wrote."""
        try:
            index = faiss.read_index(str(path), _MAPPED)
        except RuntimeError as error:
            raise SnapshotError(
                f"vector index {path.name} cannot be read: {_without(error, path)}"
            ) from error
        if not isinstance(index, (faiss.IndexFlatIP, faiss.IndexIVFFlat)):
            raise SnapshotError(f"vector index {path.name} is of an unknown kind: {type(index).__name__}")
        return cls(index, path)

    def save(self, path: Path) -> None:
        """Raises SnapshotError when the disk refuses."""
        try:
            faiss.write_index(self._index, str(path))
        except RuntimeError as error:
            raise SnapshotError(f"vector index {path} cannot be written: {error}") from error

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dim(self) -> int:
        return int(self._index.d)

    @property
    def exact(self) -> bool:
        """Whether an unfiltered search compares every row."""
        return not isinstance(self._index, faiss.IndexIVF)

    def search(self, queries: Vectors, k: int, allowed: Positions | None = None) -> tuple[Vectors, Positions]:
        """The k best rows per query, best first, among the `allowed` positions (all rows when None).

        Scores and positions are of shape (m, k); where fewer rows are allowed, the rest is -inf and -1. The
        answer is exact when the index is, and for up to GATHER_LIMIT allowed rows. Among equal scores of an
        exact filtered search, lower positions come first. Raises ValueError for a position out of range.
        """
        self._check_file()
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        if queries.ndim != 2 or queries.shape[1] != self.dim:
            raise ValueError(f"queries of shape {queries.shape} do not fit vectors of {self.dim} dimensions")
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        if allowed is not None:
            allowed = self._checked(allowed)
            if len(allowed) <= GATHER_LIMIT:
                return self._gathered(queries, k, allowed)
        found = self._indexed(queries, k, allowed)
        short = found[1][:, min(k, len(self) if allowed is None else len(allowed)) - 1] < 0
        if short.any():  # the probed lists held too few allowed rows: look at all of those
            everything = np.arange(len(self)) if allowed is None else allowed
            scores, positions = self._gathered(queries[short], k, everything)
            found[0][short], found[1][short] = scores, positions
        return found

    def vectors(self, positions: Positions) -> Vectors:
        """The rows at these positions, shape (n, d), in the order asked for. Raises ValueError out of range."""
        self._check_file()
        positions = np.ascontiguousarray(positions, dtype=np.int64)
        if len(positions) and not (positions.min() >= 0 and positions.max() < len(self)):
            raise ValueError(f"positions must lie in 0..{len(self) - 1}")
        if not self.exact:
            return np.asarray(self._index.reconstruct_batch(positions), dtype=np.float32)
        if not len(self):
            return np.empty((0, self.dim), dtype=np.float32)
        rows = faiss.rev_swig_ptr(self._index.get_xb(), len(self) * self.dim).reshape(len(self), self.dim)
        return np.asarray(rows[positions], dtype=np.float32)

    def _checked(self, allowed: Positions) -> Positions:
        allowed = np.ascontiguousarray(allowed, dtype=np.int64)
        if len(allowed) > 1 and not np.all(allowed[1:] > allowed[:-1]):
            allowed = np.unique(allowed)
        if len(allowed) and not (allowed[0] >= 0 and allowed[-1] < len(self)):
            raise ValueError(f"allowed positions must lie in 0..{len(self) - 1}")
        return allowed

    def _indexed(self, queries: Vectors, k: int, allowed: Positions | None) -> tuple[Vectors, Positions]:
        selector = None if allowed is None else faiss.IDSelectorBitmap(_bitmap(allowed, len(self)))
        if self.exact:
            params = faiss.SearchParameters(sel=selector)
        else:
            params = faiss.SearchParametersIVF(sel=selector, nprobe=_probes(int(self._index.nlist)))
        scores, positions = self._index.search(queries, k, params=params)
        scores[positions < 0] = -np.inf
        return scores, positions

    def _gathered(self, queries: Vectors, k: int, allowed: Positions) -> tuple[Vectors, Positions]:
        """Compare the allowed rows and no others. `allowed` is sorted."""
        scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
        positions = np.full((len(queries), k), -1, dtype=np.int64)
        if not len(allowed):
            return scores, positions
        step = max(1, _SCORE_CELLS // len(allowed))
        for start in range(0, len(queries), step):
            block = self._scores(queries[start : start + step], allowed)
            for row, cells in enumerate(block, start=start):
                best = _best(cells, k)
                scores[row, : len(best)] = cells[best]
                positions[row, : len(best)] = allowed[best]
        return scores, positions

    def _scores(self, queries: Vectors, allowed: Positions) -> Vectors:
        if len(allowed) <= GATHER_LIMIT:
            return queries @ self.vectors(allowed).T
        blocks = range(0, len(allowed), GATHER_LIMIT)
        return np.hstack([queries @ self.vectors(allowed[b : b + GATHER_LIMIT]).T for b in blocks])


def _without(error: RuntimeError, path: Path) -> str:
    """What FAISS said, in one line without the place of the file."""
    return " ".join(str(error).replace(str(path), path.name).split())


def _best(scores: NDArray[np.float32], k: int) -> NDArray[np.intp]:
    """Indices of the k highest scores, best first; among equal scores the lower index."""
    if k < len(scores):
        threshold = np.partition(scores, len(scores) - k)[len(scores) - k]
        near = np.flatnonzero(scores >= threshold)
    else:
        near = np.arange(len(scores))
    return near[np.argsort(-scores[near], kind="stable")][:k]


def _bitmap(positions: Positions, count: int) -> NDArray[np.uint8]:
    mask = np.zeros(count, dtype=bool)
    mask[positions] = True
    return np.packbits(mask, bitorder="little")


def _probes(lists: int) -> int:
    return min(lists, max(MIN_PROBES, lists // PROBE_SHARE))


def _trained(vectors: Vectors) -> Any:
    count, dim = vectors.shape
    lists = max(1, math.isqrt(count))
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dim), dim, lists, faiss.METRIC_INNER_PRODUCT)
    sample = np.random.default_rng(0).choice(count, min(count, lists * TRAIN_ROWS_PER_LIST), replace=False)
    index.train(np.ascontiguousarray(vectors[np.sort(sample)], dtype=np.float32))
    return index
