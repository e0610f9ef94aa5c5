"""Filter, then search: the in-stock pieces per slot that suit a brief best, without near-duplicates.

Knows vectors and columns; nothing of language models, prompts or outfits as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from indexer.embedder import Vectors
from indexer.item import Department, Item, Slot, Variant
from indexer.storage.catalogue import Found
from indexer.storage.snapshot import Snapshot
from service.catalog.columns import Facets, Mask, Positions, build_facets, restock
from service.catalog.sizes import fits, scale
from service.catalog.stock_overlay import LiveStock, Note
from service.query.parser import Brief
from service.retrieval.adjustments import Nudge, all_pinned, total_shift
from service.retrieval.attribute_fit import fit, see_through
from service.retrieval.filters import apply, filters, likely_sizes, size_filter, through
from service.retrieval.shortlist import Candidate, Shortlist
from service.schemas.outfits import OutfitRequest, Unmet

POOL = 1000
"""Pieces per slot that are looked at by attributes after the search."""
SHORT_POOL = 64
"""Of those, how many the choice of a varied shortlist starts from."""
TWINS = 0.7
"""Cosine between two pieces from which the second is penalised as more of the same."""
MARGIN = 0.12
"""How far below the slot's best a piece may score and still be offered once half of the quota is picked."""
_BEHIND = 100.0
"""More than any scores differ by."""

PIN_FIT = -0.35
"""Fit below which a pinned piece would look like a mistake, and is not forced on an outfit."""


class Retriever:
    """Search over one snapshot and what staff said of its stock since. Immutable, so any number of threads may use it.

    `facets` and `stock` go together: without them, those of the snapshot as it was indexed.
    """

    def __init__(
        self, snapshot: Snapshot, facets: Facets | None = None, stock: LiveStock | None = None
    ) -> None:
        self.snapshot = snapshot
        self.stock = stock or LiveStock()
        self.facets = facets or build_facets(snapshot.catalogue.iter_items())

    def items(self, positions: Sequence[int]) -> list[Item]:
        """The items at these positions, as they are sold now."""
        return [self.stock.apply(item) for item in self.snapshot.catalogue.at(positions)]

    def find(self, sku: str) -> Found | None:
        """The item that has the SKU, as its own or as a size's, as it is sold now."""
        found = self.snapshot.catalogue.get(sku)
        if found is None:
            return None
        item = self.stock.apply(found.item)
        bearer = None if found.variant is None else item.variants[found.item.variants.index(found.variant)]
        return Found(found.position, item, bearer)

    def bearers(self, skus: Iterable[str]) -> dict[int, Item]:
        """Position -> item of the catalogue, as it was indexed, for items with one of the SKUs."""
        positions = self._positions(skus)
        return dict(zip(positions, self.snapshot.catalogue.at(positions), strict=True))

    def noting(self, notes: Sequence[Note], indexed: Mapping[int, Item] | None = None) -> Retriever:
        """The same search after these notes. `indexed` may hold some of their `bearers`."""
        items = dict(indexed or {})
        missing = [p for p in self._positions(n.sku for n in notes) if p not in items]
        items.update(zip(missing, self.snapshot.catalogue.at(missing), strict=True))
        stock = self.stock.noting(notes).reading(items.values())
        changes = {
            p: (self.stock.apply(item), stock.apply(item))
            for p, item in items.items()
            if self.stock.sizes(item) != stock.sizes(item)
        }
        return Retriever(self.snapshot, restock(self.facets, changes), stock)

    def _positions(self, skus: Iterable[str]) -> list[int]:
        by_sku = self.facets.inverted["sku"]
        return sorted({int(p) for sku in set(skus) for p in by_sku.get(sku, ())})

    def carries(self, slot: Slot, department: Department, line: str = "") -> bool:
        """Whether the store has such pieces at all, in stock or not."""
        return bool((self.facets.in_slot(slot) & self.facets.for_department(department, line)).any())

    def retrieve(
        self,
        request: OutfitRequest,
        brief: Brief,
        lane: tuple[Department, str],
        quotas: Mapping[Slot, int],
        nudges: Sequence[Nudge] = (),
        last: Mask | None = None,
    ) -> tuple[dict[Slot, Shortlist], dict[Slot, Unmet]]:
        """A shortlist of at most the quota for every slot, or why the slot has none. Pieces of the mask `last`, shape
        (items,), come after all others.
        """
        shared = filters(self.facets, request, brief, *lane, nudges)
        shortlists: dict[Slot, Shortlist] = {}
        unmet: dict[Slot, Unmet] = {}
        for slot, quota in quotas.items():
            mask, why = apply(self.facets, slot, [*shared, *size_filter(self.facets, request, brief, slot)])
            if why is not None:
                unmet[slot] = why
                continue
            allowed = np.flatnonzero(mask)
            shortlists[slot] = self._shortlist(request, brief, slot, allowed, quota, nudges, last)
        return shortlists, unmet

    def pins(
        self,
        request: OutfitRequest,
        brief: Brief,
        lane: tuple[Department, str],
        quotas: Mapping[Slot, int],
        nudges: Sequence[Nudge],
    ) -> dict[Slot, Shortlist]:
        """Shortlists of the pieces that a nudge pins, for slots that have any. Such a piece passes every filter,
        guesses too, and not too much speaks against it.
        """
        pinned = all_pinned(nudges, self.facets)
        if pinned is None:
            return {}
        shared = filters(self.facets, request, brief, *lane, nudges)
        found: dict[Slot, Shortlist] = {}
        for slot, quota in quotas.items():
            chain = [*shared, *size_filter(self.facets, request, brief, slot)]
            allowed = np.flatnonzero(through(pinned & self.facets.in_slot(slot), chain))
            allowed = allowed[fit(self.facets, allowed, slot, brief) >= PIN_FIT]
            if len(allowed):
                found[slot] = self._shortlist(request, brief, slot, allowed, quota, nudges)
        return found

    def offer(self, request: OutfitRequest, brief: Brief, slot: Slot, positions: Sequence[int]) -> Shortlist:
        """All of these pieces as candidates of the slot, in this order: none is filtered out, or left out for being
        worse than another.
        """
        found = self._shortlist(request, brief, slot, np.sort(positions), 2 * len(positions), ())
        place = {candidate.position: i for i, candidate in enumerate(found.candidates)}
        order = [place[position] for position in positions]
        return Shortlist([found.candidates[i] for i in order], found.vectors[order])

    def _shortlist(
        self,
        request: OutfitRequest,
        brief: Brief,
        slot: Slot,
        allowed: Positions,
        quota: int,
        nudges: Sequence[Nudge],
        last: Mask | None = None,
    ) -> Shortlist:
        positions = self._search(brief, allowed)
        forced = 0
        if request.budget is not None:  # without the cheapest piece, a budget that can be met might not be
            cheapest = allowed[np.argmin(self.facets.cents[allowed])]
            positions = np.concatenate([[cheapest], positions[positions != cheapest]])
            forced = 1
        vectors = self.snapshot.vectors.vectors(positions)
        similarity = brief.similarity(vectors)
        suits = fit(self.facets, positions, slot, brief) + total_shift(nudges, self.facets, positions)
        ranked = np.argsort(-(similarity[forced:] + suits[forced:]), kind="stable")[:SHORT_POOL] + forced
        order = np.concatenate([np.arange(forced), ranked])
        pool = positions[order]
        vectors = vectors[order]
        items = self.items(pool.tolist())
        similarity, suits = similarity[order], suits[order] - see_through(items, brief)
        late = np.zeros(len(pool), dtype=np.bool_) if last is None else last[pool]
        picks = _varied(items, vectors, similarity + suits, quota, forced, late)
        candidates = [
            Candidate(
                item=items[i],
                position=int(pool[i]),
                variant=_variant(items[i], slot, request, brief),
                slot=slot,
                label=items[i].label(),
                similarity=float(similarity[i]),
                fit=float(suits[i]),
                last_resort=bool(late[i]),
            )
            for i in picks
        ]
        return Shortlist(candidates, vectors[picks])

    def _search(self, brief: Brief, allowed: Positions) -> Positions:
        _, found = self.snapshot.vectors.search(brief.query[None], min(POOL, len(allowed)), allowed)
        return np.asarray(found[0][found[0] >= 0], dtype=np.int64)


def pick_variant(item: Item, sizes: Sequence[str]) -> Variant:
    """The cheapest size in stock among the wanted ones, first of all as they are written.

    Raises ValueError when there is none.
    """
    on = scale(item.department, item.slot)
    fitting = [v for v in item.variants if v.in_stock and fits(v.size, sizes, on)]
    if not fitting:
        raise ValueError(f"{item.sku} is not in stock in size {' or '.join(sizes) or 'any'}")
    return min(fitting, key=lambda v: (not fits(v.size, sizes), v.price or 0.0))


def _variant(item: Item, slot: Slot, request: OutfitRequest, brief: Brief) -> Variant:
    if slot not in request.sizes and (likely := likely_sizes(request, brief, slot)):
        try:
            return pick_variant(item, likely)
        except ValueError:  # the size was a guess, and the filter by it has been lifted
            pass
    return pick_variant(item, request.sizes.get(slot, []))


def _varied(
    items: Sequence[Item],
    vectors: Vectors,
    scores: Vectors,
    quota: int,
    forced: int,
    late: Mask | None = None,
) -> list[int]:
    """Indices of up to `quota` pieces: each the best after a penalty for likeness to those already picked
    (maximal marginal relevance: Carbonell & Goldstein 1998). One colourway per product, while others are left.
    The first `forced` are always among them; clearly worse ones only up to half of the quota. Those that `late` marks
    are picked once no other is left, and set no standard.
    """
    likeness = np.clip(vectors @ vectors.T - TWINS, 0.0, None)
    late = np.zeros(len(items), dtype=np.bool_) if late is None else late
    penalty = np.where(late, _BEHIND, 0.0).astype(np.float32)
    free = np.ones(len(items), dtype=np.bool_)
    picks: list[int] = []
    good = scores >= np.where(late, -np.inf, scores)[forced:].max(initial=-np.inf) - MARGIN
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
