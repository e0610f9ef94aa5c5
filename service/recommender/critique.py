"""What a stylist would say of pieces that somebody wears together already, and what would help. Composes no outfit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from indexer.embedder import Vectors
from indexer.item import Department, Item, Slot
from service.composition.audience import audience_of
from service.composition.own import OwnCandidate
from service.composition.templates import templates
from service.critic.critic import Verdict
from service.critic.judge import Judge
from service.critic.network import chance
from service.errors import FieldError, InvalidError
from service.policy.policy import policy
from service.query.demands import Demands
from service.query.wish import QueryIntent
from service.recommender.response import Clock, item_of
from service.retrieval.adjustments import ScoreAdjustment
from service.retrieval.retriever import Retriever
from service.retrieval.shortlist import Candidate
from service.schemas.critique import (
    Critique,
    CritiquedPiece,
    CritiqueRequest,
    CritiqueSwap,
    DoesNot,
    Fault,
    Works,
)
from service.schemas.outfits import IndexRef, OutfitRequest

_FAULTS: dict[str, tuple[Fault, str]] = {
    "O": ("occasion", "is for another occasion than this"),
    "T": ("weather", "is too warm or too light for it"),
    "L": ("level", "is dressier or plainer than the wish and the rest"),
    "C": ("colour", "has colours or a pattern that fight with the rest"),
    "S": ("style", "is not in the style of the wish"),
    "W": ("words", "is against the words of the wish"),
    "K": ("piece", "is not worn like that"),
    "R": ("redundant", "is one piece too many"),
}
_LIKELY = 0.5
_FINE = 0.3
_GAIN = 0.15
"""Grades by which a swap must better the whole to be worth naming."""
_SWAPS = 3
_TRIED = 12


@dataclass(frozen=True, slots=True)
class _Worn:
    """The pieces under critique."""

    slots: tuple[Slot, ...]
    items: tuple[Item, ...]
    vectors: Vectors
    own: tuple[bool, ...]

    def with_piece(self, place: int | None, slot: Slot, item: Item, vector: Vectors) -> _Worn:
        """With another piece at this place, or one more where it is None."""
        keep = [i for i in range(len(self.items)) if i != place]
        return _Worn(
            (*(self.slots[i] for i in keep), slot),
            (*(self.items[i] for i in keep), item),
            np.concatenate([self.vectors[keep], vector[None]]),
            (*(self.own[i] for i in keep), False),
        )

    def piece(self, place: int) -> CritiquedPiece:
        item = self.items[place]
        sku = None if self.own[place] else item.sku
        return CritiquedPiece(slot=self.slots[place], sku=sku, title=item.title)


@dataclass(frozen=True, slots=True)
class CritiqueCase:
    """Everything that a critique is made of, read before."""

    asked: CritiqueRequest
    demands: Demands
    brief: QueryIntent
    own: dict[Slot, OwnCandidate]
    nudges: Sequence[ScoreAdjustment]
    default: Department | None


def as_request(body: CritiqueRequest) -> OutfitRequest:
    """The request for outfits that the pieces would be an answer to."""
    facts = body.model_dump(exclude={"skus", "own", "shopper"}, exclude_none=True)
    return OutfitRequest.model_validate({**facts, "own": body.own[:4]})


def critique(case: CritiqueCase, retriever: Retriever, judge: Judge, request_id: str) -> Critique:
    """Raises InvalidError for a SKU that nobody has, or a piece that is not worn in outfits."""
    clock = Clock.start()
    worn = _worn(case, retriever)
    verdict = judge.verdict(worn.slots, worn.items, worn.vectors)
    faults = sorted(_faults(worn, verdict), key=lambda f: -f.chance)
    swaps = _swaps(case, worn, verdict, retriever, judge)
    clock.lap("critique")
    return Critique(
        request_id=request_id,
        grade=round(verdict.grade, 1),
        signed=round(verdict.probability, 3),
        summary=_summary(verdict, faults),
        works=list(_works(worn, verdict)),
        faults=faults,
        swaps=swaps,
        understood=list(case.demands.understood),
        unread=list(case.demands.unread),
        index=IndexRef(version=retriever.view.snapshot.version),
        timings_ms=clock.stages,
    )


def _worn(case: CritiqueCase, retriever: Retriever) -> _Worn:
    slots: list[Slot] = []
    items: list[Item] = []
    rows: list[Vectors] = []
    errors: list[FieldError] = []
    for number, sku in enumerate(case.asked.skus):
        found = retriever.view.find(sku)
        if found is None:
            errors.append(FieldError(f"skus.{number}", f"no item has the SKU {sku}"))
        elif found.item.slot is None:
            errors.append(FieldError(f"skus.{number}", f"{found.item.title} is not worn in outfits"))
        else:
            slots.append(found.item.slot)
            items.append(found.item)
            rows.append(retriever.view.snapshot.vectors.vectors(np.array([found.position]))[0])
    stock = len(items)
    for slot, one in case.own.items():
        slots.append(slot)
        items.append(one.candidate.item)
        rows.append(one.vectors[0])
    if not items and not errors:
        errors.append(FieldError("own", "none of these is a piece that is worn in outfits"))
    if errors:
        raise InvalidError.of(*errors)
    return _Worn(tuple(slots), tuple(items), np.array(rows), tuple(i >= stock for i in range(len(items))))


def _faults(worn: _Worn, verdict: Verdict) -> Iterator[DoesNot]:
    for place, (odds, code) in enumerate(zip(verdict.wrong, verdict.faults, strict=True)):
        if (likely := chance(odds)) >= _LIKELY:
            fault, says = _FAULTS[code]
            piece = worn.piece(place).model_dump()
            yield DoesNot(**piece, fault=fault, chance=round(likely, 3), reason=f"{piece['title']} {says}")


def _works(worn: _Worn, verdict: Verdict) -> Iterator[Works]:
    for place, odds in enumerate(verdict.wrong):
        if chance(odds) <= _FINE:
            piece = worn.piece(place).model_dump()
            yield Works(**piece, reason=f"{piece['title']} suits the wish and the rest")


def _summary(verdict: Verdict, faults: Sequence[DoesNot]) -> str:
    if not faults and verdict.probability >= _LIKELY:
        return "A stylist would hand this over as it is."
    parts = []
    if faults:
        parts.append(f"First to change: {faults[0].title}.")
    if chance(verdict.lacks) >= _LIKELY:
        parts.append("A piece is missing.")
    if chance(verdict.generic) >= _LIKELY:
        parts.append("Nothing in it says the wish yet.")
    return " ".join(parts or ["Wearable, but nothing that a stylist would hand over with pleasure."])


def _swaps(
    case: CritiqueCase, worn: _Worn, verdict: Verdict, retriever: Retriever, judge: Judge
) -> list[CritiqueSwap]:
    """Swaps of the worst pieces, and what the outfit lacks, the best first."""
    lane, _ = audience_of(case.demands.request, case.brief, retriever, {}, case.default)
    places: list[tuple[int | None, Slot]] = [
        (i, worn.slots[i]) for i in np.argsort(verdict.wrong)[::-1][:_SWAPS] if not worn.own[i]
    ]
    places += [(None, slot) for slot in _lacking(worn, case.brief, lane[0])]
    quotas = {slot: _TRIED for _, slot in places}
    found = retriever.retrieve(case.demands.request, case.brief, lane, quotas, case.nudges)
    swaps: list[CritiqueSwap] = []
    for place, slot in places:
        if slot in found.shortlists:
            listed = found.shortlists[slot]
            swaps += _best(worn, place, listed.candidates, listed.vectors, verdict, judge)
    return sorted(swaps, key=lambda s: -s.grade)[:_SWAPS]


def _lacking(worn: _Worn, brief: QueryIntent, department: Department) -> list[Slot]:
    """Slots that an outfit for this wish has to have, and that nothing here fills."""
    filled = {*worn.slots, *(slot for item in worn.items for slot in item.covers)}
    slots = policy().slots
    wanted = [t.required for t in templates(brief, department)]
    best = min(([s for s in required if s not in filled] for required in wanted), key=len, default=[])
    return [s for s in best if not {*slots.covers(s)} & filled]


def _best(
    worn: _Worn,
    place: int | None,
    candidates: Sequence[Candidate],
    vectors: Vectors,
    verdict: Verdict,
    judge: Judge,
) -> Iterator[CritiqueSwap]:
    tried = []
    for candidate, vector in zip(candidates, vectors, strict=True):
        if any(candidate.item.group_id == item.group_id for item in worn.items):
            continue
        other = worn.with_piece(place, candidate.slot, candidate.item, vector)
        tried.append((judge.verdict(other.slots, other.items, other.vectors).grade, candidate))
    if not tried:
        return
    grade, candidate = max(tried, key=lambda t: t[0])
    if grade < verdict.grade + _GAIN and place is not None:
        return
    out = None if place is None else worn.piece(place)
    name = candidate.item.title
    reason = f"{name} instead of {out.title}" if out else f"{name}, since the outfit has no {candidate.slot}"
    yield CritiqueSwap(out=out, item=item_of(candidate, 0.0), grade=round(grade, 1), reason=reason)
