"""The nearest labelled examples of a text, by any embedder. Knows `examples.jsonl`; knows no words and no fields."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from indexer.embedder import Embedder, Vectors
from indexer.taxonomy.kinds import KINDS

NEIGHBOURS = 8
TEMPERATURE = 0.06  # of the softmax over cosine similarities
_FAR, _NEAR = 0.25, 0.55  # cosine to the best example: below the first it says nothing, above the second all
_known_vectors: dict[str, Vectors] = {}  # digest of the model -> vectors of the examples


@dataclass(frozen=True, slots=True)
class Example:
    text: str
    kind: str


@lru_cache(maxsize=1)
def examples() -> tuple[Example, ...]:
    """The packaged examples. Raises ValueError naming file and line for a bad one."""
    return parse_examples(
        (files(__package__) / "examples.jsonl").read_text(encoding="utf-8"), "examples.jsonl"
    )


def parse_examples(text: str, file: str) -> tuple[Example, ...]:
    """JSON Lines of {"text", "kind"}. Raises ValueError naming `file` and the line."""
    found: list[Example] = []
    for number, line in enumerate(text.splitlines(), start=1):
        where = f"{file}, line {number}"
        try:
            entry = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"{where}: not JSON: {error}") from error
        if not isinstance(entry, dict) or not isinstance(entry.get("text"), str) or not entry["text"].strip():
            raise ValueError(f"{where}: key 'text': missing or empty")
        if entry.get("kind") not in KINDS:
            raise ValueError(f"{where}: key 'kind': {entry.get('kind')!r} is no kind")
        found.append(Example(entry["text"], entry["kind"]))
    return tuple(found)


def nearest_kinds(texts: Sequence[str], embedder: Embedder) -> list[tuple[str, float, str]]:
    """Per text: the kind, the confidence 0..1 in its *slot*, and the best example. One call of `embedder`.

    The neighbours vote with softmax weights. A share of the votes counts in full only when the best example is near.
    """
    known = examples()
    vectors = _known_vectors.get(embedder.digest)
    if vectors is None:
        both = embedder.encode([*(e.text for e in known), *texts])
        _known_vectors.clear()  # one model at a time is enough
        _known_vectors[embedder.digest], asked = both[: len(known)], both[len(known) :]
        vectors = _known_vectors[embedder.digest]
    else:
        asked = embedder.encode(texts)
    return [_vote(row, known) for row in asked @ vectors.T]


def _vote(similarity: NDArray[np.float32], known: Sequence[Example]) -> tuple[str, float, str]:
    nearest = np.argsort(-similarity, kind="stable")[:NEIGHBOURS]
    weights = np.exp((similarity[nearest] - similarity[nearest[0]]) / TEMPERATURE)
    weights /= weights.sum()
    slots: dict[str | None, float] = {}
    kinds: dict[str, float] = {}
    for index, weight in zip(nearest, weights, strict=True):
        kind = known[index].kind
        slots[KINDS[kind].slot] = slots.get(KINDS[kind].slot, 0.0) + float(weight)
        kinds[kind] = kinds.get(kind, 0.0) + float(weight)
    slot = max(slots, key=lambda s: slots[s])
    kind = max((k for k in kinds if KINDS[k].slot == slot), key=lambda k: kinds[k])
    near = (float(similarity[nearest[0]]) - _FAR) / (_NEAR - _FAR)
    best = next(known[i].text for i in nearest if KINDS[known[i].kind].slot == slot)
    return kind, round(slots[slot] * min(1.0, max(0.0, near)), 3), best
