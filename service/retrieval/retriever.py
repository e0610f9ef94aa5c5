"""Filter, then search: the in-stock pieces per slot that suit a brief best, without near-duplicates.

Knows vectors and columns; nothing of language models, prompts or outfits as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from indexer.embedder import Vectors
from indexer.item import Department, Item, Slot, Variant
from service.catalog.columns import Mask, Positions
from service.catalog.view import CatalogView, pick_variant
from service.critic.critic import Critic
from service.critic.judge import Judge
from service.policy.policy import policy
from service.query.wish import QueryIntent
from service.retrieval.adjustments import ScoreAdjustment, all_pinned, total_shift
from service.retrieval.attribute_fit import fit, see_through
from service.retrieval.filter_chain import Filter, apply, through
from service.retrieval.filters import filters, form_filter, likely_sizes, size_filter
from service.retrieval.shortlist import Candidate, Shortlist, varied
from service.schemas.outfits import OutfitRequest, Unmet


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Pieces of one slot, best first, but that the first `forced` come whatever they are like; all of shape (pieces,)
    but `vectors`, (pieces, dim). `suits` is how well their attributes suit the wish, with all nudges.
    """

    positions: Positions
    vectors: Vectors
    similarity: Vectors
    suits: Vectors
    forced: int

    def first(self, number: int) -> Pool:
        """The first so many."""
        best = slice(number)
        return Pool(
            self.positions[best], self.vectors[best], self.similarity[best], self.suits[best], self.forced
        )


@dataclass(slots=True)
class Retrieved:
    """Shortlists by slot; why a slot has none; and what was asked for and given up so that it has one."""

    shortlists: dict[Slot, Shortlist] = field(default_factory=dict)
    unmet: dict[Slot, Unmet] = field(default_factory=dict)
    given_up: list[Unmet] = field(default_factory=list)


class Retriever:
    """Search over one view of the catalogue. Immutable, so any number of threads may use it."""

    def __init__(self, view: CatalogView, critic: Critic | None = None) -> None:
        """With a critic, its opinion counts in which pieces are listed."""
        self.view = view
        self._critic = critic

    def retrieve(
        self,
        request: OutfitRequest,
        brief: QueryIntent,
        lane: tuple[Department, str],
        quotas: Mapping[Slot, int],
        nudges: Sequence[ScoreAdjustment] = (),
        last: Mask | None = None,
        only: Mapping[Slot, Mask] | None = None,
        *,
        suits: bool = False,
    ) -> Retrieved:
        """A shortlist of at most the quota for every slot, or why the slot has none. Pieces of the mask `last`, shape
        (items,), come after all others; of slots in `only` nothing but the pieces of its mask comes. `suits`: whether
        outerwear means whole suits.
        """
        columns = self.view.columns
        shared = filters(columns, request, brief, *lane, nudges)
        found = Retrieved()
        for slot, quota in quotas.items():
            chain = [*shared, *form_filter(columns, slot, suits=suits)]
            chain += size_filter(columns, request, brief, slot)
            if only is not None and slot in only:
                chain = [f for f in chain if not f.soft]  # what is asked for by name is no question of taste
                chain.append(
                    Filter("include", only[slot], "what was asked for is not left", "ask for another")
                )
            mask, why, given_up = apply(columns, slot, chain)
            found.given_up += [u for u in given_up if u not in found.given_up]
            if why is not None:
                found.unmet[slot] = why
                continue
            allowed = np.flatnonzero(mask)
            found.shortlists[slot] = self._shortlist(request, brief, slot, allowed, quota, nudges, last)
        return found

    def within(
        self,
        request: OutfitRequest,
        brief: QueryIntent,
        lane: tuple[Department, str],
        nudges: Sequence[ScoreAdjustment],
    ) -> Callable[[Slot], Mask]:
        """Of each slot the pieces that all hard constraints allow, shape (items,); guesses are left aside."""
        columns = self.view.columns
        hard = [f for f in filters(columns, request, brief, *lane, nudges) if not f.soft]

        def within(slot: Slot) -> Mask:
            chain = [*hard, *(f for f in size_filter(columns, request, brief, slot) if not f.soft)]
            return through(columns.in_slot(slot), chain)

        return within

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
            chain = [*shared, *form_filter(self.view.columns, slot, suits=False)]
            chain += size_filter(self.view.columns, request, brief, slot)
            allowed = np.flatnonzero(through(pinned & self.view.columns.in_slot(slot), chain))
            allowed = allowed[
                fit(self.view.columns, allowed, slot, brief) >= policy().weights.shortlist.pin_fit
            ]
            if len(allowed):
                found[slot] = self._shortlist(request, brief, slot, allowed, quota, nudges)
        return found

    def pool(
        self,
        request: OutfitRequest,
        brief: QueryIntent,
        slot: Slot,
        allowed: Positions,
        nudges: Sequence[ScoreAdjustment],
    ) -> Pool:
        """The pieces of the slot that are looked at by attributes, of those that may come."""
        positions = self._search(brief, slot, allowed)
        forced = 0
        if request.budget is not None:  # without the cheapest piece, a budget that can be met might not be
            cheapest = allowed[np.argmin(self.view.columns.cents[allowed])]
            positions = np.concatenate([[cheapest], positions[positions != cheapest]])
            forced = 1
        vectors = self.view.snapshot.vectors.vectors(positions)
        similarity = brief.similarity(vectors, slot)
        suits = fit(self.view.columns, positions, slot, brief) + total_shift(
            nudges, self.view.columns, positions
        )
        ranked = np.argsort(-(similarity[forced:] + suits[forced:]), kind="stable") + forced
        order = np.concatenate([np.arange(forced), ranked])
        return Pool(positions[order], vectors[order], similarity[order], suits[order], forced)

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
        pool = self.pool(request, brief, slot, allowed, nudges)
        pool = pool.first(pool.forced + policy().weights.shortlist.short_pool)
        items = self.view.items(pool.positions.tolist())
        similarity, suits = pool.similarity, pool.suits - see_through(items, brief)
        late = np.zeros(len(items), dtype=np.bool_) if last is None else last[pool.positions]
        scores = similarity + suits
        if self._critic is not None:
            opinion = Judge(self._critic, brief).listing(slot, items, pool.vectors)
            scores = (scores + opinion).astype(np.float32)
        picks = varied(items, pool.vectors, scores, quota, pool.forced, late)
        candidates = [
            Candidate(
                item=items[i],
                position=int(pool.positions[i]),
                variant=_variant(items[i], slot, request, brief),
                slot=slot,
                label=items[i].label(),
                similarity=float(similarity[i]),
                fit=float(suits[i]),
                last_resort=bool(late[i]),
            )
            for i in picks
        ]
        return Shortlist(candidates, pool.vectors[picks])

    def _search(self, brief: QueryIntent, slot: Slot, allowed: Positions) -> Positions:
        most = min(policy().weights.shortlist.pool, len(allowed))
        _, found = self.view.snapshot.vectors.search(brief.query_for(slot)[None], most, allowed)
        return np.asarray(found[0][found[0] >= 0], dtype=np.int64)


def _variant(item: Item, slot: Slot, request: OutfitRequest, brief: QueryIntent) -> Variant:
    if slot not in request.sizes and (likely := likely_sizes(request, brief, slot)):
        try:
            return pick_variant(item, likely)
        except ValueError:  # the size was a guess, and the filter by it has been lifted
            pass
    return pick_variant(item, request.sizes.get(slot, []))
