"""The body of an answer in the making: ids, titles, pieces, explanations. Composes nothing, and knows no index."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.composition.draft import OutfitDraft
from service.composition.explanation import explanation, title
from service.composition.own import is_own
from service.composition.planner import Planned
from service.localization.text import phrase
from service.policy.policy import policy
from service.query.wish import QueryIntent
from service.recommender.progress import ProgressListener
from service.retrieval.shortlist import Candidate
from service.schemas.outfits import Outfit, OutfitItem, OutfitRequest, OutfitResponse, Unmet


@dataclass(slots=True)
class Clock:
    """Milliseconds per stage."""

    started: float
    stages: dict[str, float]

    @classmethod
    def start(cls) -> Clock:
        return cls(time.perf_counter(), {})

    def lap(self, stage: str) -> None:
        """The stage ends now, and the next begins."""
        now = time.perf_counter()
        self.stages[stage] = round((now - self.started) * 1000, 1)
        self.started = now


@dataclass(frozen=True, slots=True)
class ResponseBuilder:
    """One answer in the making, and the composer's watcher: passes on what there is of it so far.

    `head` is the answer without outfits; ids of outfits begin with `identity`.
    """

    head: OutfitResponse
    request: OutfitRequest
    brief: QueryIntent
    identity: str
    watch: ProgressListener

    def check(self) -> None:
        self.watch.check()

    def chosen(self, outfit: OutfitDraft) -> None:
        if is_own(outfit.pieces[-1]):
            return
        self.watch.piece(self._id(outfit), item_of(outfit.pieces[-1], outfit.scores[-1]))

    def whole(self, outfit: OutfitDraft) -> None:
        self.watch.ready(self.head.model_copy(update={"outfits": [self.outfit(outfit)]}))

    def outfits(self, composed: Iterable[OutfitDraft]) -> list[Outfit]:
        """The outfits, best first."""
        return [self.outfit(c) for c in sorted(composed, key=lambda c: c.rank)]

    def outfit(self, composed: OutfitDraft) -> Outfit:
        """The body of one whole outfit."""
        order = policy().slots.as_shown
        pairs = sorted(
            zip(composed.pieces, composed.scores, strict=True), key=lambda pair: order[pair[0].slot]
        )
        pairs = [pair for pair in pairs if not is_own(pair[0])]
        pieces = [candidate for candidate, _ in pairs]
        priced = all(c.variant.price is not None for c in pieces)
        return Outfit(
            id=self._id(composed),
            title=title(pieces),
            items=[item_of(candidate, score) for candidate, score in pairs],
            total_price=sum(c.cents for c in pieces) / 100 if priced else None,
            currency=pieces[0].item.currency,
            score=round(composed.score, 4),
            explanation=explanation(pieces, self.brief) if self.request.explain else None,
        )

    def _id(self, outfit: OutfitDraft) -> str:
        return f"{self.identity}{outfit.number:02d}"


def identity(request: OutfitRequest, seed: int, decided_by: Sequence[str]) -> str:
    """What the ids of an answer's outfits begin with: 22 hexadecimal digits that follow from all that decides it.

    Fields at their defaults do not count, so that a field that is new changes no id of a request without it.
    """
    nobody = () if request.shopper else ("shopper", "personalise")  # whom an answer is for is part of it
    body = request.model_dump_json(exclude={"seed", "trace", *nobody}, exclude_defaults=True)
    return hashlib.sha256("\n".join([body, str(seed), *decided_by]).encode()).hexdigest()[:22]


def identity_of(outfit_id: str) -> str:
    """The identity of the answer that an outfit was part of."""
    return outfit_id[:-2]


def item_of(candidate: Candidate, score: float) -> OutfitItem:
    """A candidate as answers show it."""
    item, variant = candidate.item, candidate.variant
    return OutfitItem(
        slot=candidate.slot,
        sku=variant.sku,
        title=item.title,
        brand=item.brand,
        price=variant.price,
        currency=item.currency,
        size=variant.size,
        image_url=item.image_url,
        url=item.url,
        score=round(score, 4),
    )


def shortfall(request: OutfitRequest, planned: Planned, composed: Sequence[OutfitDraft]) -> list[Unmet]:
    """What is said where fewer outfits came out than were asked for, although there are pieces."""
    if not planned.plans or len(composed) >= request.count:
        return []
    reason = phrase(
        "only {found} of {wanted} outfits differ enough from each other in what is left",
        found=len(composed),
        wanted=request.count,
    )
    hint = phrase("loosen a constraint, or ask for fewer")
    return [Unmet(constraint="count", reason=reason, hint=hint)]
