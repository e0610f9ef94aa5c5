"""Filter, then search: the in-stock pieces per slot that suit a brief best, without near-duplicates.

Knows vectors and columns; nothing of language models, prompts or outfits as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from indexer.item import Department, Item, Slot, Variant
from service.catalog.columns import Mask, Positions
from service.catalog.view import CatalogView, pick_variant
from service.query.wish import QueryIntent
from service.retrieval.adjustments import ScoreAdjustment, all_pinned, total_shift
from service.retrieval.attribute_fit import fit, see_through
from service.retrieval.diversity import varied
from service.retrieval.filters import apply, filters, likely_sizes, size_filter, through
from service.retrieval.shortlist import Candidate, Shortlist
from service.schemas.outfits import OutfitRequest, Unmet

POOL = 1000
"""Pieces per slot that are looked at by attributes after the search."""
SHORT_POOL = 64
"""Of those, how many the choice of a varied shortlist starts from."""
PIN_FIT = -0.35
"""Fit below which a pinned piece would look like a mistake, and is not forced on an outfit."""


class Retriever:
    """Search over one view of the catalogue. Immutable, so any number of threads may use it."""

    def __init__(self, view: CatalogView) -> None:
        self.view = view

    def retrieve(
        self,
        request: OutfitRequest,
        brief: QueryIntent,
        lane: tuple[Department, str],
        quotas: Mapping[Slot, int],
        nudges: Sequence[ScoreAdjustment] = (),
        last: Mask | None = None,
    ) -> tuple[dict[Slot, Shortlist], dict[Slot, Unmet]]:
        """A shortlist of at most the quota for every slot, or why the slot has none. Pieces of the mask `last`, shape
        (items,), come after all others.
        """
        shared = filters(self.view.columns, request, brief, *lane, nudges)
        shortlists: dict[Slot, Shortlist] = {}
        unmet: dict[Slot, Unmet] = {}
        for slot, quota in quotas.items():
            mask, why = apply(
                self.view.columns, slot, [*shared, *size_filter(self.view.columns, request, brief, slot)]
            )
            if why is not None:
                unmet[slot] = why
                continue
            allowed = np.flatnonzero(mask)
            shortlists[slot] = self._shortlist(request, brief, slot, allowed, quota, nudges, last)
        return shortlists, unmet

    def pins(
        self,
        request: OutfitRequest,
        brief: QueryIntent,
        lane: tuple[Department, str],
        quotas: Mapping[Slot, int],
        nudges: Sequence[ScoreAdjustment],
    ) -> dict[Slot, Shortlist]:
        """Shortlists of the pieces that a nudge pins, for slots that have any. Such a piece passes every filter,
        guesses too, and not too much speaks against it.
        """
        pinned = all_pinned(nudges, self.view.columns)
        if pinned is None:
            return {}
        shared = filters(self.view.columns, request, brief, *lane, nudges)
        found: dict[Slot, Shortlist] = {}
        for slot, quota in quotas.items():
            chain = [*shared, *size_filter(self.view.columns, request, brief, slot)]
            allowed = np.flatnonzero(through(pinned & self.view.columns.in_slot(slot), chain))
            allowed = allowed[fit(self.view.columns, allowed, slot, brief) >= PIN_FIT]
            if len(allowed):
                found[slot] = self._shortlist(request, brief, slot, allowed, quota, nudges)
        return found

    def offer(
        self, request: OutfitRequest, brief: QueryIntent, slot: Slot, positions: Sequence[int]
    ) -> Shortlist:
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
        brief: QueryIntent,
        slot: Slot,
        allowed: Positions,
        quota: int,
        nudges: Sequence[ScoreAdjustment],
        last: Mask | None = None,
    ) -> Shortlist:
        positions = self._search(brief, allowed)
        forced = 0
        if request.budget is not None:  # without the cheapest piece, a budget that can be met might not be
            cheapest = allowed[np.argmin(self.view.columns.cents[allowed])]
            positions = np.concatenate([[cheapest], positions[positions != cheapest]])
            forced = 1
        vectors = self.view.snapshot.vectors.vectors(positions)
        similarity = brief.similarity(vectors)
        suits = fit(self.view.columns, positions, slot, brief) + total_shift(
            nudges, self.view.columns, positions
        )
        ranked = np.argsort(-(similarity[forced:] + suits[forced:]), kind="stable")[:SHORT_POOL] + forced
        order = np.concatenate([np.arange(forced), ranked])
        pool = positions[order]
        vectors = vectors[order]
        items = self.view.items(pool.tolist())
        similarity, suits = similarity[order], suits[order] - see_through(items, brief)
        late = np.zeros(len(pool), dtype=np.bool_) if last is None else last[pool]
        picks = varied(items, vectors, similarity + suits, quota, forced, late)
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

    def _search(self, brief: QueryIntent, allowed: Positions) -> Positions:
        _, found = self.view.snapshot.vectors.search(brief.query[None], min(POOL, len(allowed)), allowed)
        return np.asarray(found[0][found[0] >= 0], dtype=np.int64)


def _variant(item: Item, slot: Slot, request: OutfitRequest, brief: QueryIntent) -> Variant:
    if slot not in request.sizes and (likely := likely_sizes(request, brief, slot)):
        try:
            return pick_variant(item, likely)
        except ValueError:  # the size was a guess, and the filter by it has been lifted
            pass
    return pick_variant(item, request.sizes.get(slot, []))
