"""A memory of looks: what stylists put together for wishes like this one. Knows no items and no request.

The nearest authored wishes are found by likeness, and the looks that answer them say what to look for, slot by slot
(retrieval over looks beside retrieval over stock). Vectors are made once per embedder and kept in a cache.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from indexer.embedder import Embedder, Vectors
from indexer.item import Department, Season, Slot

NEIGHBOURS = 6
"""Wishes that are remembered for one that is asked."""
SHARPNESS = 0.06
"""Softmax temperature over cosines: wishes 0.06 apart differ by a factor e."""
TRUSTED = 0.40
"""Below this cosine the nearest wish says nothing."""
_FILES = ("house.jsonl.gz",)
_VECTORS = "house.npz"
_STEPS = 127.0


@dataclass(frozen=True, slots=True)
class RememberedLook:
    """One look: `pieces` are texts by slot, `kinds` what these are, `hero` the slot of the piece that says the wish,
    where that is known.
    """

    id: str
    department: Department
    season: Season | None
    formality: int
    hero: Slot | None
    pieces: Mapping[Slot, str]
    kinds: Mapping[Slot, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RememberedWish:
    """A wish in several wordings, and the looks that answer it."""

    phrasings: tuple[str, ...]
    looks: tuple[RememberedLook, ...]


@dataclass(frozen=True, slots=True)
class Recalled:
    """What one remembered wish says: its weight among those recalled, and unit vectors of pieces by slot, each of shape
    (looks, dim).
    """

    weight: float
    looks: tuple[RememberedLook, ...]
    pieces: Mapping[Slot, Vectors]


@dataclass(frozen=True, slots=True)
class Lead:
    """One remembered look to follow: by slot the unit vector of its piece, shape (dim,)."""

    id: str
    hero: Slot | None
    pieces: Mapping[Slot, Vectors]


@dataclass(frozen=True, slots=True)
class Memory:
    """What is recalled for one wish, the nearest first. `closest` is the cosine of the nearest wording."""

    closest: float = 0.0
    recalled: tuple[Recalled, ...] = ()

    @property
    def formality(self) -> float:
        """Mean over the looks, by weight, on the scale of items; 0 where nothing is recalled."""
        return float(sum(r.weight * np.mean([k.formality for k in r.looks]) for r in self.recalled))

    def share(self, slot: Slot) -> float:
        """The weight of what is recalled and has a piece in the slot, from 0 to 1."""
        return sum(one.weight for one in self.recalled if slot in one.pieces)

    def kinds(self, slot: Slot) -> dict[str, float]:
        """The kinds of piece that are worn in the slot, with the weight of the looks that have them."""
        votes: dict[str, float] = defaultdict(float)
        for one in self.recalled:
            for look in one.looks:
                if slot in look.kinds:
                    votes[look.kinds[slot]] += one.weight / len(one.looks)
        return dict(votes)

    def worn(self, slot: Slot, vectors: Vectors) -> Vectors:
        """How near pieces come to what is worn in the slot, shape (n,), for `vectors` of shape (n, dim)."""
        total = np.zeros(len(vectors), dtype=np.float32)
        for one in self.recalled:
            if slot in one.pieces:
                total += np.float32(one.weight) * (vectors @ one.pieces[slot].T).max(axis=1)
        return total

    def leads(self) -> Iterator[Lead]:
        """The single looks that are recalled, the weightiest first: each is a whole that can be followed."""
        found = []
        for one in self.recalled:
            rows: dict[Slot, int] = defaultdict(int)
            for look in one.looks:
                vectors: dict[Slot, Vectors] = {}
                for slot in look.pieces:
                    vectors[slot] = one.pieces[slot][rows[slot]]
                    rows[slot] += 1
                found.append((one.weight / len(one.looks), Lead(look.id, look.hero, vectors)))
        return (lead for _, lead in sorted(found, key=lambda pair: -pair[0]))

    def center(self, slot: Slot) -> Vectors | None:
        """The mean of the pieces of the slot by weight, shape (dim,); None where there are none."""
        parts = [one.weight * one.pieces[slot].mean(axis=0) for one in self.recalled if slot in one.pieces]
        return np.asarray(sum(parts), dtype=np.float32) if parts else None


@dataclass(slots=True)
class LookMemory:
    """Looks and the vectors of their texts. Immutable once made; safe to use from any thread."""

    wishes: Sequence[RememberedWish]
    _phrasings: Vectors
    _owner: np.ndarray[tuple[int], np.dtype[np.int64]]
    _piece: Mapping[str, int]
    _pieces: Vectors
    digest: str = field(default="")

    @classmethod
    def of(cls, wishes: Sequence[RememberedWish], encode: Callable[[list[str]], Vectors]) -> LookMemory:
        """`encode` turns texts into unit vectors, shape (texts, dim)."""
        phrasings = [p for wish in wishes for p in wish.phrasings]
        owner = np.repeat(np.arange(len(wishes)), [len(w.phrasings) for w in wishes])
        texts = list(dict.fromkeys(t for w in wishes for k in w.looks for t in k.pieces.values()))
        vectors = encode([*phrasings, *texts])
        return cls(
            wishes,
            vectors[: len(phrasings)],
            owner.astype(np.int64),
            {text: place for place, text in enumerate(texts)},
            vectors[len(phrasings) :],
            digest_of(wishes),
        )

    def recall(
        self, wish: Vectors, department: Department | None = None, season: Season | None = None
    ) -> Memory:
        """What stylists put together for the nearest wishes. `wish` is a unit vector, shape (dim,).

        Looks for others than the department are left aside, those for another season too where any is left.
        """
        if not len(self._phrasings):
            return Memory()
        cosines = self._phrasings @ wish
        best = np.full(len(self.wishes), -1.0, dtype=np.float32)
        np.maximum.at(best, self._owner, cosines)
        found: list[tuple[float, tuple[RememberedLook, ...]]] = []
        for place in np.argsort(-best, kind="stable"):
            if len(found) == NEIGHBOURS or best[place] < TRUSTED:
                break
            if looks := _fitting(self.wishes[int(place)].looks, department, season):
                found.append((float(best[place]), looks))
        if not found:
            return Memory(float(best.max()))
        weights = np.exp((np.array([c for c, _ in found]) - found[0][0]) / SHARPNESS)
        weights /= weights.sum()
        recalled = [
            Recalled(float(weight), looks, self._vectors_of(looks))
            for weight, (_, looks) in zip(weights, found, strict=True)
        ]
        return Memory(found[0][0], tuple(recalled))

    def _vectors_of(self, looks: Sequence[RememberedLook]) -> dict[Slot, Vectors]:
        rows: dict[Slot, list[int]] = defaultdict(list)
        for look in looks:
            for slot, text in look.pieces.items():
                rows[slot].append(self._piece[text])
        return {slot: self._pieces[places] for slot, places in rows.items()}


def _fitting(
    looks: Sequence[RememberedLook], department: Department | None, season: Season | None
) -> tuple[RememberedLook, ...]:
    ours = [k for k in looks if department is None or k.department in (department, "unisex")]
    of_season = [k for k in ours if season is None or k.season in (None, season)]
    return tuple(of_season or ours)


def open_memory(embedder: Embedder, cache: Path) -> LookMemory:
    """The packaged looks with their vectors, out of the cache folder where they are there, else made and kept there."""
    with _OPENING:
        if (embedder.digest, cache) not in _OPENED:
            _OPENED[embedder.digest, cache] = _opened(embedder, cache)
        return _OPENED[embedder.digest, cache]


_OPENED: dict[tuple[str, Path], LookMemory] = {}  # immutable: everybody in a process may share them
_OPENING = threading.Lock()


def _opened(embedder: Embedder, cache: Path) -> LookMemory:
    wishes = packaged()
    name = f"looks-{digest_of(wishes)}-{embedder.digest}.npy"

    def encode(texts: list[str]) -> Vectors:
        if (shipped := shipped_vectors(digest_of(wishes), embedder.digest)) is not None:
            return shipped
        path = cache / name
        try:
            kept = np.load(path, allow_pickle=False)
            if kept.shape == (len(texts), embedder.dim):
                return np.asarray(kept, dtype=np.float32)
        except (OSError, ValueError):
            pass  # not there yet, or damaged: made anew
        vectors = embedder.encode(texts)
        cache.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{hashlib.sha256(str(id(texts)).encode()).hexdigest()[:8]}.tmp")
        with draft.open("wb") as file:
            np.save(file, vectors.astype(np.float16), allow_pickle=False)
        draft.replace(path)
        return vectors

    return LookMemory.of(wishes, encode)


def shipped_vectors(looks_digest: str, embedder_digest: str) -> Vectors | None:
    """The vectors that come with the service, for these looks and this embedder alone: bytes, scaled row by row."""
    path = files(__package__) / "looks" / _VECTORS
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            if [str(part) for part in kept["of"]] != [looks_digest, embedder_digest]:
                return None
            return np.asarray(kept["rows"].astype(np.float32) * kept["scales"].astype(np.float32)[:, None])
    except (OSError, ValueError, KeyError):
        return None


def shrink(vectors: Vectors, looks_digest: str, embedder_digest: str) -> Mapping[str, np.ndarray[Any, Any]]:
    """What `shipped_vectors` reads: eight bits a number are enough to tell which look is near."""
    scales = np.abs(vectors).max(axis=1) / _STEPS
    rows = np.round(vectors / scales[:, None]).astype(np.int8)
    return {
        "of": np.array([looks_digest, embedder_digest]),
        "rows": rows,
        "scales": scales.astype(np.float32),
    }


def digest_of(wishes: Sequence[RememberedWish]) -> str:
    """Identity of the looks. 16 hex digits."""
    return hashlib.sha256(repr(tuple(wishes)).encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def packaged() -> tuple[RememberedWish, ...]:
    """The looks that come with the service."""
    folder = files(__package__) / "looks"
    return tuple(
        wish
        for name in _FILES
        for wish in parse_looks(gzip.decompress((folder / name).read_bytes()).decode(), name)
    )


def parse_looks(text: str, name: str) -> Iterator[RememberedWish]:
    """Wishes of JSON lines. Raises ValueError naming the file and the line that is wrong."""
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            row = json.loads(line)
            looks = tuple(
                RememberedLook(f"{row['v']}/{i}", k["d"], k["s"], k["f"], k["h"], k["w"], k.get("n", {}))
                for i, k in enumerate(row["k"])
            )
            yield RememberedWish(tuple(row["p"]), looks)
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{name}: line {number}: {error!r}") from error
