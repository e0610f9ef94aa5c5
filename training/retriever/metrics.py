"""How well query vectors find a look's own pieces. Pure measurement: knows no training.

Intervals are 95 %, by resampling groups (a vibe, an outfit), since the decisions of one group are not independent.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.embedder import Embedder, Vectors
from service.query.encoder import QueryEncoder
from service.registry.evaluation import Estimate
from training.data.decisions import Pool
from training.data.looks import StyledLook
from training.evaluation.bootstrap import estimate

OPTIONS = 4
Cases = list[tuple[str, float]]
"""Group and value of each case."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of the options belongs to the look? The first one does."""

    look: StyledLook
    options: tuple[str, ...]


def measure(
    looks: Sequence[StyledLook],
    embedder: Embedder,
    encoders: Mapping[str, QueryEncoder],
    seed: int = 0,
    paired: bool = False,
) -> list[Estimate]:
    """Every system on the same cases: the own piece among `OPTIONS` (`vibe_choice` and `next_piece` against any
    pieces of the slot, `_hard` against the nearest of them), and its rank among all pieces of the slot.

    The wish tasks need looks with a wish, and are left out when there are none. "Nearest" is by the untuned vectors
    (`Pool.near`), which are thereby asked what they find hardest: hard figures are fair between tuned systems only.
    `paired` keeps what another measurement of the same looks can be compared with, group by group.
    """
    pool = Pool(looks, embedder)
    texts = sorted({p for look in looks for p in look.pieces.values()})
    items = dict(zip(texts, embedder.encode(texts), strict=True))
    drawn = {suffix: _draw(looks, pool, hard, seed) for suffix, hard in (("", False), ("_hard", True))}
    found: list[Estimate] = []
    for system, encoder in encoders.items():
        wishes, rests = _wishes(encoder, looks), _rests(encoder, texts)
        for suffix, choices in drawn.items():
            for task, queries in (("vibe_choice", wishes), ("next_piece", rests)):
                if cases := _hits(choices, items, queries):
                    found.append(
                        _estimate(task + suffix, "accuracy", system, cases, seed, paired, 1 / OPTIONS)
                    )
        ranks = _ranks(looks, items, wishes)
        for k in (8, 20) if ranks else ():
            recalled = [(group, float(rank < k)) for group, rank in ranks]
            found.append(_estimate("retrieval", f"recall@{k}", system, recalled, seed, paired))
    return found


def summary(estimates: Sequence[Estimate]) -> dict[str, float]:
    """The values alone, as `task.metric.system`."""
    return {f"{e.task}.{e.metric}.{e.system}": round(e.value, 4) for e in estimates}


def _estimate(
    task: str, metric: str, system: str, cases: Cases, seed: int, paired: bool, chance: float | None = None
) -> Estimate:
    values, groups = [value for _, value in cases], [group for group, _ in cases]
    return estimate(task, metric, system, values, groups, chance=chance, seed=seed, paired=paired)


Queries = Callable[[StyledLook, str], Vectors | None]
"""The queries of a look for the piece of the given text: shape (queries, dim), or None when there is none."""


def _wishes(encoder: QueryEncoder, looks: Sequence[StyledLook]) -> Queries:
    """One query per phrasing."""
    phrasings = sorted({p for look in looks for p in look.phrasings})
    vectors = {p: encoder.encode_wish(p) for p in phrasings}
    return lambda look, _: np.stack([vectors[p] for p in look.phrasings]) if look.phrasings else None


def _rests(encoder: QueryEncoder, texts: Sequence[str]) -> Queries:
    """The mean over the look's other pieces."""
    vectors = dict(zip(texts, encoder.encode_worn(texts), strict=True))

    def query(look: StyledLook, piece: str) -> Vectors | None:
        rest = [vectors[p] for p in look.pieces.values() if p != piece]
        return np.asarray(np.mean(rest, axis=0))[None] if rest else None

    return query


def _draw(looks: Sequence[StyledLook], pool: Pool, hard: bool, seed: int) -> list[Choice]:
    """A choice for every piece that enough others of its slot stand beside."""
    choices = []
    for look in looks:
        rng = random.Random(f"{seed}/{look.id}")  # a string's seed does not depend on the process
        for slot, own in look.pieces.items():
            others = pool.near(look, slot) if hard else list(dict.fromkeys(pool.others(look, slot)))
            if len(others) >= OPTIONS - 1:
                choices.append(Choice(look, (own, *rng.sample(others, OPTIONS - 1))))
    return choices


def _hits(choices: Sequence[Choice], items: Mapping[str, Vectors], queries: Queries) -> Cases:
    """Per choice, the share of its queries by which the own piece is the nearest."""
    cases: Cases = []
    for choice in choices:
        query = queries(choice.look, choice.options[0])
        if query is not None:
            scores = query @ np.stack([items[o] for o in choice.options]).T
            hits = scores[:, 0] > scores[:, 1:].max(axis=1)
            cases.append((choice.look.group, float(hits.mean())))
    return cases


def _ranks(
    looks: Sequence[StyledLook], items: Mapping[str, Vectors], queries: Queries
) -> list[tuple[str, int]]:
    """The rank of every own piece, 0 is best, among all pieces of its slot and line, per query."""
    pieces: dict[object, dict[str, int]] = defaultdict(dict)
    for look in looks:
        for slot, piece in look.pieces.items():
            pieces[slot, look.line].setdefault(piece, len(pieces[slot, look.line]))
    matrices = {key: np.stack([items[p] for p in rows]) for key, rows in pieces.items()}
    ranks: list[tuple[str, int]] = []
    for look in looks:
        for slot, piece in look.pieces.items():
            query = queries(look, piece)
            if query is not None:
                key = slot, look.line
                scores: NDArray[np.float32] = query @ matrices[key].T
                own = scores[:, pieces[key][piece]][:, None]
                ranks += [(look.group, int(rank)) for rank in (scores > own).sum(axis=1)]
    return ranks
