"""Graded outfits as the numbers that the critic learns from: read by the code that reads them when serving."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from indexer.embedder import Embedder, Vectors
from indexer.item import SLOTS, Item, Slot
from service.catalog.view import CatalogView
from service.critic.network import FAULTS
from service.critic.sight import alone_features, whole_features, wish_features
from service.critic.traits import Floats, kind_places
from service.query.demands import join
from service.query.memory import LookMemory
from service.query.parser import QueryParser
from service.query.reader import WishReader
from service.query.wish import QueryIntent
from service.schemas.outfits import OutfitRequest
from training.critic.grades import WHOLE, GradedOutfit


@dataclass(frozen=True, slots=True)
class Example:
    """One outfit. Rows are pieces: `front` is what a piece is by itself and to the wish; what it is beside others is
    made from `items` and `vectors`, so that training may leave some of them out.
    """

    graded: GradedOutfit
    wish: Floats
    plain: Vectors
    front: Floats
    kinds: NDArray[np.int64]
    vectors: Vectors
    items: tuple[Item, ...]
    slots: Floats
    wrong: Floats  # (pieces, 1 + FAULTS): whether anything is, and what
    whole: Floats  # as `WHOLES`


@dataclass(slots=True)
class Reading:
    """Reads wishes as serving does, for one store."""

    catalog: CatalogView
    parser: QueryParser
    reader: WishReader
    kept: dict[tuple[str, str | None, str | None], QueryIntent] = field(default_factory=dict)

    @classmethod
    def of(cls, catalog: CatalogView, embedder: Embedder, memory: LookMemory | None) -> Reading:
        brands = [brand for brand in catalog.columns.inverted["brand"] if brand]
        return cls(catalog, QueryParser(embedder, None, memory), WishReader(brands))

    def brief(self, graded: GradedOutfit) -> QueryIntent:
        key = graded.vibe, graded.department, graded.season
        if key not in self.kept:
            request = OutfitRequest(vibe=graded.vibe, department=graded.department, season=graded.season)
            demands = join(request, self.reader.read(request.vibe))
            self.kept[key] = self.parser.read(demands.request, demands)
        return self.kept[key]


def examples(graded: Iterable[GradedOutfit], readings: Mapping[str, Reading]) -> list[Example]:
    """One per outfit, in their order. Raises ValueError for a SKU that its store does not have."""
    return [_example(one, readings[one.store]) for one in graded]


def piece_rows(example: Example, beside: Sequence[int] | None = None) -> Floats:
    """All features of the pieces, shape (pieces, features): beside the pieces at these places, or all the others."""
    rest = whole_features(example.items, example.vectors, beside)
    return np.concatenate([example.front, rest], axis=1)


def _example(one: GradedOutfit, reading: Reading) -> Example:
    brief = reading.brief(one)
    slots: list[Slot] = list(one.items)
    bearers = reading.catalog.bearers(one.items.values())
    place = {v.sku: p for p, item in bearers.items() for v in item.variants}
    place |= {item.sku: p for p, item in bearers.items()}
    if missing := [sku for sku in one.items.values() if sku not in place]:
        raise ValueError(f"{one.store} has no {missing[0]}")
    positions = [place[one.items[slot]] for slot in slots]
    items = tuple(bearers[p] for p in positions)
    vectors = reading.catalog.snapshot.vectors.vectors(np.array(positions))
    alone = [alone_features(brief, slot, [items[i]], vectors[i : i + 1])[0] for i, slot in enumerate(slots)]
    faults = [one.faults.get(slot, "") for slot in slots]
    wrong = [[float(bool(f)), *(float(code in f) for code in FAULTS)] for f in faults]
    whole = one.faults.get(WHOLE, "")
    return Example(
        graded=one,
        wish=wish_features(brief),
        plain=brief.plain,
        front=np.array(alone, dtype=np.float32),
        kinds=kind_places(items),
        vectors=vectors,
        items=items,
        slots=np.array([float(s in one.items) for s in SLOTS], dtype=np.float32),
        wrong=np.array(wrong, dtype=np.float32),
        whole=np.array(
            [one.signed, "M" in whole, "X" in whole, *(one.grade >= g for g in (2, 3, 5))], dtype=np.float32
        ),
    )
