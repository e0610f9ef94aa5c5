"""Looks -> decisions: which of these pieces goes on here? Splits by vibe, and proves that nothing leaks.

A decision is what the stylist is asked while serving: a prompt, the pieces chosen so far, a slot, and options of
which one is the look's own. The others are near misses of the look and pieces of other vibes' looks, the nearest
to the wish first, as the retriever would offer them. Knows no language model.
"""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from indexer.embedder import Embedder, Vectors
from indexer.item import SLOTS, Department, Slot
from service.prompt import Context, Piece
from training.lookbook import Look, LookbookError, Vibe

Split = Literal["train", "valid", "test"]
ORDER: tuple[Slot, ...] = SLOTS
HARD = 24
"""The nearest pieces of other vibes, among which negatives are drawn."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`options[0]` is the look's own piece; `misses` says how many of the next are its near misses."""

    slot: Slot
    options: tuple[str, ...]
    misses: int = 0


@dataclass(frozen=True, slots=True)
class Example:
    """One look as a sequence of decisions, in the order in which the composer takes them."""

    vibe: str
    context: Context
    decisions: tuple[Decision, ...]

    @property
    def pieces(self) -> list[Piece]:
        return [(d.slot, d.options[0]) for d in self.decisions]


def split_of(vibe: str) -> Split:
    """The split of a vibe: 80 % train, 10 % valid, 10 % test, by a hash of its id, so that it never moves."""
    bucket = int.from_bytes(hashlib.sha256(vibe.encode()).digest()[:4], "big") % 10
    return "train" if bucket < 8 else "valid" if bucket == 8 else "test"


def split_vibes(vibes: Iterable[Vibe]) -> dict[Split, list[Vibe]]:
    """The vibes by split. Looks whose piece texts occur in the training split are taken out of the others."""
    splits: dict[Split, list[Vibe]] = {"train": [], "valid": [], "test": []}
    for vibe in vibes:
        splits[split_of(vibe.vibe)].append(vibe)
    known = texts(splits["train"])
    for name in ("valid", "test"):
        kept = [
            (v, [look for look in v.looks if not known & set(look.pieces.values())]) for v in splits[name]
        ]
        splits[name] = [v.model_copy(update={"looks": looks}) for v, looks in kept if looks]
    return splits


def texts(vibes: Iterable[Vibe]) -> set[str]:
    """Every piece text of the looks."""
    return {piece for vibe in vibes for look in vibe.looks for piece in look.pieces.values()}


def check_leaks(train: Sequence[Vibe], held_out: Sequence[Vibe]) -> None:
    """Raises LookbookError naming a vibe or a piece that stands on both sides."""
    if both := {v.vibe for v in train} & {v.vibe for v in held_out}:
        raise LookbookError(f"split leaks: vibe {min(both)!r} is in training and held out")
    if shared := texts(train) & texts(held_out):
        raise LookbookError(f"split leaks: piece {min(shared)!r} is in training and held out")


def build_examples(vibes: Sequence[Vibe], embedder: Embedder, options: int, seed: int) -> list[Example]:
    """One example per look, with a phrasing drawn by the seed. Negatives come from the same vibes' split only."""
    rng = random.Random(seed)
    pool = _Pool(vibes, embedder)
    wishes = embedder.encode([v.phrasings[0] for v in vibes])
    examples = []
    for n, vibe in enumerate(vibes):
        for look in vibe.looks:
            context = Context(
                vibe=rng.choice(vibe.phrasings),
                department=look.department,
                occasion=look.occasion if rng.random() < 0.5 else "",
                season=look.season if rng.random() < 0.7 else None,
            )
            decisions = tuple(
                _decision(look, slot, pool, wishes[n], vibe.vibe, options, rng)
                for slot in ORDER
                if slot in look.pieces
            )
            examples.append(Example(vibe.vibe, context, decisions))
    return examples


def _decision(
    look: Look, slot: Slot, pool: _Pool, wish: Vectors, vibe: str, options: int, rng: random.Random
) -> Decision:
    own = look.pieces[slot]
    misses = [m.piece for m in look.near_misses if m.slot == slot and m.piece != own]
    others = pool.near(slot, look.department, wish, vibe, {own, *misses})
    drawn = rng.sample(others, min(len(others), options - 1 - len(misses)))
    return Decision(slot, (own, *misses, *drawn), len(misses))


class _Pool:
    """Pieces of all looks by slot and department, with their vectors."""

    def __init__(self, vibes: Sequence[Vibe], embedder: Embedder) -> None:
        rows: dict[tuple[Slot, Department], list[tuple[str, str]]] = defaultdict(list)
        for vibe in vibes:
            for look in vibe.looks:
                for slot, piece in look.pieces.items():
                    rows[slot, look.department].append((vibe.vibe, piece))
        everything = sorted({piece for entries in rows.values() for _, piece in entries})
        vectors = dict(zip(everything, embedder.encode(everything), strict=True))
        self._rows = dict(rows)
        self._vectors = {key: np.stack([vectors[p] for _, p in entries]) for key, entries in rows.items()}

    def near(
        self, slot: Slot, department: Department, wish: Vectors, vibe: str, without: set[str]
    ) -> list[str]:
        """The pieces of other vibes' looks that are nearest to the wish, each once."""
        entries = self._rows[slot, department]
        found: dict[str, None] = {}
        for i in np.argsort(-(self._vectors[slot, department] @ wish), kind="stable"):
            of, piece = entries[i]
            if of != vibe and piece not in without:
                found.setdefault(piece)
            if len(found) == HARD:
                break
        return list(found)
