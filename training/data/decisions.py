"""Looks -> decisions: which of these pieces goes on here? Knows no language model.

A decision is what the stylist is asked while serving: a prompt, the pieces chosen so far, a slot, and options of
which one is the look's own. The others are near misses of the look and same-slot pieces of other groups: a
share of them the nearest to the wish or to the look, as the retriever would offer them, the rest any.
"""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from indexer.embedder import Embedder, Vectors
from indexer.item import SLOTS, Slot
from service.lm.prompt import NEUTRAL, Context, Piece
from training.data.augmentation import shop_words
from training.data.looks import StyledLook

ORDER: tuple[Slot, ...] = SLOTS
HARD = 32
"""The nearest pieces of other groups, among which hard negatives are drawn."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`options[0]` is the look's own piece; `misses` says how many of the next are its near misses. A piece without
    other options is given: it is read and not asked about.
    """

    slot: Slot
    options: tuple[str, ...]
    misses: int = 0


@dataclass(frozen=True, slots=True)
class Example:
    """One look as a sequence of decisions, in the order in which they are taken."""

    look: StyledLook
    context: Context
    decisions: tuple[Decision, ...]

    @property
    def pieces(self) -> list[Piece]:
        return [(d.slot, d.options[0]) for d in self.decisions]


@dataclass(frozen=True, slots=True)
class Draw:
    """How examples are drawn. `options` per decision; `hard` is the share of negatives that are near;
    `shuffle` the share of looks whose slots come in any order, as anchors and swaps bring about; `shop` the share of
    looks whose pieces, and all their options, are worded as a shop would.
    """

    options: int = 4
    hard: float = 0.25
    shuffle: float = 0.5
    with_misses: bool = True
    shop: float = 0.0


class Pool:
    """Pieces of all looks by slot and line, with their vectors; negatives come from here and nowhere else."""

    def __init__(self, looks: Sequence[StyledLook], embedder: Embedder) -> None:
        rows: dict[object, list[tuple[str, str]]] = defaultdict(list)
        for look in looks:
            for slot, piece in look.pieces.items():
                rows[slot, look.line].append((look.group, piece))
        self._rows = {key: list(dict.fromkeys(entries)) for key, entries in rows.items()}
        texts = sorted(
            {piece for entries in rows.values() for _, piece in entries}
            | {miss for look in looks for misses in look.misses.values() for miss in misses}
            | {phrase for look in looks for phrase in look.phrasings[:1]}
        )
        self._vector = dict(zip(texts, embedder.encode(texts), strict=True)) if texts else {}
        self._vectors = {
            key: np.stack([self._vector[piece] for _, piece in entries])
            for key, entries in self._rows.items()
        }
        self._entries = {
            (slot, piece)
            for look in looks
            for pieces in (look.pieces.items(), ((s, m) for s, ms in look.misses.items() for m in ms))
            for slot, piece in pieces
        }
        self._near: dict[tuple[str, Slot], list[str]] = {}

    def entries(self) -> set[tuple[Slot, str]]:
        """Every (slot, text) that an example drawn from here may hold."""
        return self._entries

    def others(self, look: StyledLook, slot: Slot) -> list[str]:
        """Same-slot pieces of other groups that the look itself does not have."""
        own = set(look.pieces.values())
        return [p for group, p in self._rows[slot, look.line] if group != look.group and p not in own]

    def near(self, look: StyledLook, slot: Slot) -> list[str]:
        """The `HARD` of them that are nearest to the wish, or to the rest of the look when no wish is known."""
        if (look.id, slot) not in self._near:
            others = set(self.others(look, slot))
            ranked = np.argsort(-(self._vectors[slot, look.line] @ self._query(look, slot)), kind="stable")
            rows = self._rows[slot, look.line]
            found = dict.fromkeys(rows[i][1] for i in ranked if rows[i][1] in others)
            self._near[look.id, slot] = list(found)[:HARD]
        return self._near[look.id, slot]

    def _query(self, look: StyledLook, slot: Slot) -> Vectors:
        texts = look.phrasings[:1] or [piece for s, piece in look.pieces.items() if s != slot]
        return np.asarray(np.mean([self._vector[text] for text in texts], axis=0))


def draw_examples(looks: Sequence[StyledLook], pool: Pool, draw: Draw, seed: int) -> list[Example]:
    """One example per look. Phrasing, negatives and order follow from the seed and the look's id alone."""
    return [_example(look, pool, draw, seed) for look in looks]


def _example(look: StyledLook, pool: Pool, draw: Draw, seed: int) -> Example:
    rng = random.Random(int.from_bytes(hashlib.sha256(f"{seed}/{look.id}".encode()).digest()[:8], "big"))
    context = Context(
        vibe=rng.choice(look.phrasings) if look.phrasings else NEUTRAL.vibe,
        department=look.department,
        occasion=look.occasion if rng.random() < 0.5 else "",
        season=look.season if rng.random() < 0.7 else None,
    )
    slots = [slot for slot in ORDER if slot in look.pieces]
    if rng.random() < draw.shuffle:
        rng.shuffle(slots)
    decisions = [_decision(look, slot, pool, draw, rng) for slot in slots]
    if not look.phrasings:  # nothing is known yet that could tell the first piece: it is given
        decisions[0] = Decision(slots[0], decisions[0].options[:1])
    if rng.random() < draw.shop:
        decisions = [
            replace(d, options=tuple(shop_words(text, rng) for text in d.options)) for d in decisions
        ]
    return Example(look, context, tuple(decisions))


def _decision(look: StyledLook, slot: Slot, pool: Pool, draw: Draw, rng: random.Random) -> Decision:
    own, wanted = look.pieces[slot], draw.options - 1
    misses = [m for m in look.misses.get(slot, ()) if m != own][:wanted] if draw.with_misses else []
    others = dict.fromkeys(pool.others(look, slot))
    near = [p for p in pool.near(look, slot) if p not in misses]
    hard = rng.sample(near, min(len(near), round((wanted - len(misses)) * draw.hard)))
    rest = [p for p in others if p not in misses and p not in hard]
    easy = rng.sample(rest, min(len(rest), wanted - len(misses) - len(hard)))
    return Decision(slot, (own, *misses, *hard, *easy), len(misses))
