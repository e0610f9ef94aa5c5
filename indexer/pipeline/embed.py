"""The vectors of a snapshot under way: copied where the text is old, encoded where it is new.

Knows texts, positions and an encoder; no feed. Vectors lie in a scratch file, and texts that wait for encoding in
a scratch table, so memory stays constant however large the catalogue.
"""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path

import numpy as np

from indexer.embedder import BULK, Embedder
from indexer.storage.snapshot import Snapshot
from indexer.storage.vectors import Vectors

_BATCH = BULK  # texts between two reports of progress; all are sorted by length, so padding stays small

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE pending (position INTEGER PRIMARY KEY, length INTEGER, hash TEXT, text TEXT);
"""
_LONGEST_FIRST = "SELECT hash, position, text FROM pending ORDER BY length DESC, hash, position"


def text_hash(text: str, embedder_digest: str) -> str:
    """Identity of the vector that an encoder gives a text: equal hashes have equal vectors."""
    return hashlib.sha256(f"{embedder_digest}\0{text}".encode()).hexdigest()


class VectorDraft:
    """Vectors by position, filled in any order.

    `folder` is scratch and the caller's to delete. Vectors of `previous` are used where its text hashes match.
    """

    def __init__(self, folder: Path, embedder: Embedder, previous: Snapshot | None) -> None:
        self.reused = 0
        self.pending = 0
        self._embedder = embedder
        self._previous = previous
        self._path = folder / "vectors.f32"
        # Written by calls, mapped only to be read: on a full disk a call fails, where a mapping kills the process.
        self._file = self._path.open("wb")
        self._db = sqlite3.connect(folder / "texts.sqlite", isolation_level=None)
        self._db.executescript(_SCHEMA)
        self._db.execute("BEGIN")

    def close(self) -> None:
        self._db.close()
        self._file.close()

    def place(self, texts: Sequence[str], first: int) -> list[str]:
        """Take the texts of positions `first`, `first` + 1, ...; returns their hashes."""
        hashes = [text_hash(text, self._embedder.digest) for text in texts]
        known = self._known(hashes)
        old = [(first + n, known[h]) for n, h in enumerate(hashes) if h in known]
        if old and self._previous is not None:
            copies = self._previous.vectors.vectors(np.array([there for _, there in old], dtype=np.int64))
            for (here, _), vector in zip(old, copies, strict=True):
                self._put(here, vector)
        new = [(first + n, len(texts[n]), h, texts[n]) for n, h in enumerate(hashes) if h not in known]
        self._db.executemany("INSERT INTO pending VALUES (?, ?, ?, ?)", new)
        self.reused += len(old)
        self.pending += len(new)
        return hashes

    def encode(self, advance: Callable[[int], None]) -> None:
        """Encode what was not copied, every distinct text once; `advance` gets the items done each time."""
        for batch in self._batches():
            vectors = self._embedder.encode([text for text, _ in batch])
            for vector, (_, positions) in zip(vectors, batch, strict=True):
                for position in positions:
                    self._put(position, vector)
            advance(sum(len(positions) for _, positions in batch))

    def matrix(self, count: int) -> Vectors:
        """The first `count` rows, which must all be filled, still on disk."""
        self._file.flush()
        return np.memmap(self._path, dtype=np.float32, mode="r", shape=(count, self._embedder.dim))

    def _put(self, position: int, vector: Vectors) -> None:
        row = np.ascontiguousarray(vector, dtype=np.float32)
        self._file.seek(position * row.nbytes)
        self._file.write(row.tobytes())

    def _known(self, hashes: Sequence[str]) -> dict[str, int]:
        if self._previous is None:
            return {}
        if self._previous.manifest.contents.embedding.digest != self._embedder.digest:
            return {}  # no hash can match: each has the digest in it
        return self._previous.catalogue.positions_by_text(dict.fromkeys(hashes))

    def _batches(self) -> Iterator[list[tuple[str, list[int]]]]:
        """Distinct texts with their positions, the longest first: what does not fit in memory fails early."""
        self._db.execute("CREATE INDEX by_length ON pending (length DESC, hash, position)")
        batch: list[tuple[str, list[int]]] = []
        for _, group in itertools.groupby(self._db.execute(_LONGEST_FIRST), key=itemgetter(0)):
            rows = list(group)
            batch.append((rows[0][2], [position for _, position, _ in rows]))
            if len(batch) == _BATCH:
                yield batch
                batch = []
        if batch:
            yield batch
