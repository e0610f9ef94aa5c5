"""What the critic sees of pieces in front of a wish, and beside other pieces. The same for serving and training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import get_args

import numpy as np

from indexer.embedder import Vectors
from indexer.item import SLOTS, Item, Slot
from indexer.taxonomy.kinds import KINDS
from service.critic.traits import Floats, traits
from service.policy.policy import policy
from service.query.wish import Activity, QueryIntent

ACTIVITIES: tuple[Activity, ...] = get_args(Activity)
WISH_WIDTH = 9 + len(ACTIVITIES)
FRONT_WIDTH = 12 + len(SLOTS)
BESIDE_WIDTH = 11
_LEVEL = 7
"""Where `wish_features` has how formal the remembered looks are."""
_LAYERS: tuple[Slot, ...] = ("top", "bottom", "dress", "outerwear")


@dataclass(frozen=True, slots=True)
class Beside:
    """The pieces that one is judged beside: those chosen before it, or all others of a whole outfit."""

    items: Sequence[Item]
    vectors: Vectors


def wish_features(brief: QueryIntent) -> Floats:
    """What is known of the wish, shape (`WISH_WIDTH`,)."""
    memory = brief.memory
    numbers = [
        brief.formality / 5,
        float(brief.heat is not None),
        (brief.heat or 0.0) / 2,
        float(brief.wet),
        float(brief.snow),
        float(bool(memory.recalled)),
        memory.closest,
        memory.formality / 5,
        float(brief.season is not None),
    ]
    return np.array([*numbers, *(float(brief.activity == a) for a in ACTIVITIES)], dtype=np.float32)


def alone_features(brief: QueryIntent, slot: Slot, items: Sequence[Item], vectors: Vectors) -> Floats:
    """What is seen of pieces of a slot in front of the wish, beside no other: one row per piece."""
    known = wish_features(brief)
    front = _front_features(brief, slot, items, vectors, known[_LEVEL] * 5)
    return np.concatenate([np.tile(known, (len(items), 1)), front, traits(items)], axis=1)


def _front_features(
    brief: QueryIntent, slot: Slot, items: Sequence[Item], vectors: Vectors, level: float
) -> Floats:
    """How pieces of a slot stand to the wish and to what is remembered for it, shape (pieces, `FRONT_WIDTH`). `level`
    is how formal the remembered looks are.
    """
    n = len(items)
    memory, share = brief.memory, brief.memory.share(slot)
    worn = memory.worn(slot, vectors) / max(share, 1e-6) if share else np.zeros(n)
    center = memory.center(slot)
    kinds = memory.kinds(slot)
    total = sum(kinds.values()) or 1.0
    formality = np.array([i.formality for i in items], dtype=np.float64)
    off = formality - brief.formality
    gap = formality - level if memory.recalled else np.zeros(n)
    columns = [
        vectors @ brief.plain,
        worn,
        np.zeros(n) if center is None else vectors @ center / max(float(np.linalg.norm(center)), 1e-6),
        np.full(n, share),
        np.array([kinds.get(i.kind, 0.0) / total for i in items]),
        np.array([sum(kinds.get(k, 0.0) for k in family(i.kind)) / total for i in items]),
        off / 3,
        np.abs(off) / 3,
        gap / 3,
        np.abs(gap) / 3,
        _warmth_gap(brief, slot, items),
        np.array([_in_season(brief, i) for i in items]),
        *(np.full(n, float(slot == s)) for s in SLOTS),
    ]
    return np.stack([np.asarray(c, dtype=np.float32) for c in columns], axis=1)


def beside_features(items: Sequence[Item], vectors: Vectors, beside: Beside) -> Floats:
    """How pieces stand to those beside them, shape (pieces, `BESIDE_WIDTH`); zeros beside nothing."""
    n = len(items)
    if not beside.items:
        return np.zeros((n, BESIDE_WIDTH), dtype=np.float32)
    table = policy().compatibility
    others = [{*o.colors} for o in beside.items]
    accents = [table.accents(o.colors) for o in beside.items]
    cosines = vectors @ beside.vectors.T
    levels = np.array([o.formality for o in beside.items])
    layers = [o.warmth for o in beside.items if o.slot in _LAYERS]
    rows = []
    for i, item in enumerate(items):
        own, colors = table.accents(item.colors), {*item.colors}
        strange = [a for a in accents if a and own and not a & own]
        rows.append(
            [
                cosines[i].mean(),
                cosines[i].max(),
                cosines[i].min(),
                (item.formality - levels.mean()) / 3,
                np.abs(item.formality - levels).max() / 3,
                (item.warmth - float(np.mean(layers))) / 3 if layers and item.slot in _LAYERS else 0.0,
                sum(bool(colors & other) for other in others) / len(others),
                sum(bool(own & a) for a in accents) / len(accents),
                len(strange) / len(accents),
                sum(item.kind == o.kind for o in beside.items) / len(others),
                min(len(beside.items), 6) / 6,
            ]
        )
    return np.array(rows, dtype=np.float32)


def whole_features(items: Sequence[Item], vectors: Vectors, among: Sequence[int] | None = None) -> Floats:
    """Of each piece of an outfit how it stands to all the others, or to those at the places `among`; shape (pieces,
    `BESIDE_WIDTH`).
    """
    places = range(len(items)) if among is None else among
    rows = []
    for i, item in enumerate(items):
        others = [j for j in places if j != i]
        beside = Beside([items[j] for j in others], vectors[others])
        rows.append(beside_features([item], vectors[i : i + 1], beside)[0])
    return np.array(rows, dtype=np.float32).reshape(len(items), BESIDE_WIDTH)


@lru_cache(maxsize=1024)
def family(kind: str) -> tuple[str, ...]:
    """Kinds that a shop may call the same: those that this one is sold under, or that are sold under it."""
    found = KINDS.get(kind)
    if found is None:
        return ()
    return (kind, *found.under, *(name for name, other in KINDS.items() if kind in other.under))


def _warmth_gap(brief: QueryIntent, slot: Slot, items: Sequence[Item]) -> Floats:
    if brief.heat is None or slot not in _LAYERS:
        return np.zeros(len(items), dtype=np.float32)
    curve = policy().weather.warmth
    wanted = float(np.interp(brief.heat, curve.heat, curve.wanted))
    return np.array([(i.warmth - wanted) / 3 for i in items], dtype=np.float32)


def _in_season(brief: QueryIntent, item: Item) -> float:
    """1 for a piece of the season that is named or meant, -1 for one of others, 0 where nothing says so."""
    season = brief.season
    if season is None and brief.heat is not None and abs(brief.heat) >= 1:
        season = "summer" if brief.heat > 0 else "winter"
    if season is None or not item.seasons:
        return 0.0
    return 1.0 if season in item.seasons else -1.0
