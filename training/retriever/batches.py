"""What the query tower is trained on: queries, the frozen vectors they are held against, and which of those count.

Every same-slot piece of the same line is an option of every decision, since frozen vectors cost nothing; only other
pieces of the same group are left out, which would have been no mistake. Knows no model in training.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from indexer.embedder import Embedder
from indexer.item import Slot
from service.query.parser import query_text
from service.schemas.outfits import OutfitRequest
from training.data.looks import StyledLook


class Items:
    """The frozen vectors of every piece and near miss of the looks, shape (items, dim)."""

    def __init__(self, looks: Sequence[StyledLook], embedder: Embedder) -> None:
        names = sorted(
            {piece for look in looks for piece in look.pieces.values()}
            | {miss for look in looks for misses in look.misses.values() for miss in misses}
        )
        self._row = {name: row for row, name in enumerate(names)}
        self.vectors: Tensor = torch.from_numpy(embedder.encode(names))
        self._rivals = defaultdict[object, Tensor](lambda: torch.zeros(len(names), dtype=torch.bool))
        self._group = defaultdict[object, set[int]](set)
        for look in looks:
            for slot, piece in look.pieces.items():
                row = self._row[piece]
                self._rivals[slot, look.line][row] = True
                self._group[slot, look.group].add(row)

    def row(self, look: StyledLook, slot: Slot) -> int:
        """Where the look's own piece stands."""
        return self._row[look.pieces[slot]]

    def options(self, look: StyledLook, slot: Slot) -> Tensor:
        """(items,) of bool: the look's own piece, its near misses, and same-slot pieces of other groups."""
        mask = self._rivals[slot, look.line].clone()
        mask[list(self._group[slot, look.group])] = False
        mask[[self._row[miss] for miss in look.misses.get(slot, ())]] = True
        mask[self.row(look, slot)] = True
        return mask


@dataclass(slots=True)
class Batch:
    """Texts to encode, and decisions: the mean over the `texts` of a decision is its query."""

    texts: dict[str, int] = field(default_factory=dict)
    wishes: list[Query] = field(default_factory=list)
    worn: list[Query] = field(default_factory=list)

    def number(self, text: str) -> int:
        return self.texts.setdefault(text, len(self.texts))


@dataclass(frozen=True, slots=True)
class Query:
    """Which piece goes on in `slot` of the look? Asked with the texts of these numbers."""

    look: StyledLook
    slot: Slot
    texts: tuple[int, ...]


def make_batch(looks: Sequence[StyledLook], rng: random.Random) -> Batch:
    """One wording of the wish and every worn piece of each look, and a decision per slot and kind of query."""
    batch = Batch()
    for look in looks:
        wish = batch.number(wording(look, rng)) if look.phrasings else None
        worn = {slot: batch.number(piece) for slot, piece in look.pieces.items()}
        for slot in look.pieces:
            if wish is not None:
                batch.wishes.append(Query(look, slot, (wish,)))
            if rest := tuple(number for other, number in worn.items() if other != slot):
                batch.worn.append(Query(look, slot, rest))
    return batch


def wording(look: StyledLook, rng: random.Random) -> str:
    """One phrasing, at times with occasion and season, in the words that serving embeds."""
    request = OutfitRequest(
        vibe=rng.choice(look.phrasings),
        occasion=look.occasion if look.occasion and rng.random() < 0.3 else None,
        season=look.season if rng.random() < 0.3 else None,
    )
    return query_text(request)


def mean_queries(vectors: Tensor, queries: Sequence[Query]) -> Tensor:
    """(queries, dim): the mean of each query's rows of `vectors`."""
    shares = np.zeros((len(queries), len(vectors)), dtype=np.float32)
    for row, query in enumerate(queries):
        np.add.at(shares[row], list(query.texts), 1 / len(query.texts))
    return torch.from_numpy(shares).to(vectors) @ vectors
