"""Filter, then search: the in-stock pieces per slot that suit a brief best, without near-duplicates.

Knows vectors and columns; nothing of language models, prompts or outfits as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from indexer.embedder import Vectors
from indexer.item import Department, Item, Slot, Variant
from indexer.snapshot import Snapshot
from service.brief import Brief
from service.facets import Facets, Positions, build_facets
from service.filters import apply, filters, likely_sizes, size_filter
from service.outfit import Candidate
from service.schema import OutfitRequest, Unmet
from service.sizes import fits
from service.wanted import fit

POOL = 1000
"""Pieces per slot that are looked at by attributes after the search."""
SHORT_POOL = 64
"""Of those, how many the choice of a varied shortlist starts from."""
TWINS = 0.7
"""Cosine between two pieces from which the second is penalised as more of the same."""
MARGIN = 0.12
"""How far below the slot's best a piece may score and still be offered once half of the quota is picked."""


@dataclass(frozen=True, slots=True)
class Shortlist:
    """Candidates of one slot, best first, and their unit vectors, shape (candidates, dim)."""

    candidates: list[Candidate]
    vectors: Vectors


class Retriever:
    """Search over one snapshot. Immutable, so any number of threads may use it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.facets: Facets = build_facets(snapshot.catalogue.iter_items())

    def carries(self, slot: Slot, department: Department, line: str = "") -> bool:
        """Whether the store has such pieces at all, in stock or not."""
        return bool((self.facets.in_slot(slot) & self.facets.for_department(department, line)).any())

    def retrieve(
        self,
        request: OutfitRequest,
        brief: Brief,
        lane: tuple[Department, str],
        quotas: Mapping[Slot, int],
    ) -> tuple[dict[Slot, Shortlist], dict[Slot, Unmet]]:
        """A shortlist of at most the quota for every slot, or why the slot has none."""
        shared = filters(self.facets, request, brief, *lane)
        shortlists: dict[Slot, Shortlist] = {}
        unmet: dict[Slot, Unmet] = {}
        for slot, quota in quotas.items():
            mask, why = apply(self.facets, slot, [*shared, *size_filter(self.facets, request, brief, slot)])
            if why is not None:
                unmet[slot] = why
                continue
            shortlists[slot] = self._shortlist(request, brief, slot, np.flatnonzero(mask), quota)
        return shortlists, unmet

    def _shortlist(
        self, request: OutfitRequest, brief: Brief, slot: Slot, allowed: Positions, quota: int
    ) -> Shortlist:
        positions = self._search(brief, allowed)
        forced = 0
        if request.budget is not None:  # without the cheapest piece, a budget that can be met might not be
            cheapest = allowed[np.argmin(self.facets.cents[allowed])]
            positions = np.concatenate([[cheapest], positions[positions != cheapest]])
            forced = 1
        vectors = self.snapshot.vectors.vectors(positions)
        similarity = brief.similarity(vectors)
        suits = fit(self.facets, positions, slot, brief)
        ranked = np.argsort(-(similarity[forced:] + suits[forced:]), kind="stable")[:SHORT_POOL] + forced
        order = np.concatenate([np.arange(forced), ranked])
        pool = positions[order]
        vectors = vectors[order]
        items = self.snapshot.catalogue.at(pool.tolist())
        picks = _varied(items, vectors, (similarity + suits)[order], quota, forced)
        candidates = [
            Candidate(
                item=items[i],
                position=int(pool[i]),
                variant=_variant(items[i], slot, request, brief),
                slot=slot,
                label=items[i].label(),
                similarity=float(similarity[order[i]]),
                fit=float(suits[order[i]]),
            )
            for i in picks
        ]
        return Shortlist(candidates, vectors[picks])

    def _search(self, brief: Brief, allowed: Positions) -> Positions:
        _, found = self.snapshot.vectors.search(brief.query[None], min(POOL, len(allowed)), allowed)
        return np.asarray(found[0][found[0] >= 0], dtype=np.int64)


def pick_variant(item: Item, sizes: Sequence[str]) -> Variant:
    """The cheapest size in stock among the wanted ones. Raises ValueError when there is none."""
    fitting = [v for v in item.variants if v.in_stock and fits(v.size, sizes)]
    if not fitting:
        raise ValueError(f"{item.sku} is not in stock in size {' or '.join(sizes) or 'any'}")
    return min(fitting, key=lambda v: v.price or 0.0)


def _variant(item: Item, slot: Slot, request: OutfitRequest, brief: Brief) -> Variant:
    if slot not in request.sizes and (likely := likely_sizes(request, brief, slot)):
        try:
            return pick_variant(item, likely)
        except ValueError:  # the size was a guess, and the filter by it has been lifted
            pass
    return pick_variant(item, request.sizes.get(slot, []))


def _varied(items: Sequence[Item], vectors: Vectors, scores: Vectors, quota: int, forced: int) -> list[int]:
    """Indices of up to `quota` pieces: each the best after a penalty for likeness to those already picked
    (maximal marginal relevance: Carbonell & Goldstein 1998). One colourway per product, while others are left.
    The first `forced` are always among them; clearly worse ones only up to half of the quota.
    """
    likeness = np.clip(vectors @ vectors.T - TWINS, 0.0, None)
    penalty = np.zeros(len(items), dtype=np.float32)
    free = np.ones(len(items), dtype=np.bool_)
    picks: list[int] = []
    good = scores >= scores[forced:].max(initial=-np.inf) - MARGIN
    while len(picks) < min(quota, len(items)):
        if 2 * len(picks) >= quota:
            free &= good
        if not free.any():
            break
        best = (
            len(picks) if len(picks) < forced else int(np.argmax(np.where(free, scores - penalty, -np.inf)))
        )
        picks.append(best)
        free[best] = False
        penalty = np.maximum(penalty, likeness[best])
        penalty += [0.3 * (item.group_id == items[best].group_id) for item in items]
        penalty += [0.03 * (item.colors == items[best].colors) for item in items]
    return picks
