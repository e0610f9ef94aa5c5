"""What a filter is, and what a chain of them leaves of a slot, with words for why nothing is left. Knows no request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from indexer.item import Slot
from service.catalog.columns import CatalogColumns, Mask
from service.localization.text import Text, glued, named, phrase, series
from service.policy.policy import policy
from service.retrieval.suitability import Verdict, counted
from service.schemas.outfits import Unmet

RULES_TOLD = 3
"""Rules that the reason of an unmet wish names at most, those that took most."""


@dataclass(frozen=True, slots=True, eq=False)
class Filter:
    """Pieces that one constraint allows. `soft` ones may be lifted when nothing else would be left: silently where they
    are guesses, and `said` in the answer where the request asks for it.

    `reason` says why nothing is left, `sentence` what is said of one piece that is kept out; the `reason` where it says
    the same. `name` is what staff see, the `constraint` where it is the only one of that. `verdicts` are those of the
    rules that it is made of.
    """

    constraint: str
    allowed: Mask
    reason: str
    hint: str
    soft: bool = False
    said: bool = False
    name: str = ""
    sentence: str = ""
    verdicts: tuple[Verdict, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name or self.constraint)
        object.__setattr__(self, "sentence", self.sentence or self.reason)


def apply(
    columns: CatalogColumns, slot: Slot, chain: Sequence[Filter]
) -> tuple[Mask, Unmet | None, list[Unmet]]:
    """What every filter allows in the slot; when that is nothing, why; and what was asked for and given up."""
    in_slot = columns.in_slot(slot)
    if not in_slot.any():
        reason = _of_slot(slot, phrase("the store carries none"))
        hint = phrase("add such pieces to the feed")
        return in_slot, Unmet(constraint="stock", reason=reason, hint=hint), []
    held, mask = holding(in_slot, slot, chain)
    if mask.any():
        given_up = [
            Unmet(constraint=f.constraint, reason=_of_slot(slot, f.reason), hint=f.hint)
            for f in chain
            if f.said and f not in held
        ]
        return mask, None, given_up
    blamed = _blame(in_slot, held)
    reason = _of_slot(slot, glued(blamed.reason, _by_rules(in_slot, held, blamed)))
    return mask, Unmet(constraint=blamed.constraint, reason=reason, hint=blamed.hint), []


def _of_slot(slot: Slot, what: str) -> Text:
    return phrase("{slot}: {what}", slot=named("slot", slot), what=what)


def holding(in_slot: Mask, slot: Slot, chain: Sequence[Filter]) -> tuple[list[Filter], Mask]:
    """The filters that hold in the slot, in the order of the chain, and what they leave of `in_slot`.

    Guesses give way until something is left, the last first; a dress never needs one, since the separates that it
    covers can take its place.
    """
    guesses = [f for f in chain if f.soft and (f.said or not policy().slots.covers(slot))]
    guesses.sort(key=lambda f: not f.said)  # what was asked for is given up last
    held = list(chain)
    while not (mask := through(in_slot, held)).any() and guesses:
        held.remove(guesses.pop())
    return held, mask


def through(mask: Mask, chain: Sequence[Filter]) -> Mask:
    """What of the mask all filters allow."""
    left = mask.copy()
    for filter_ in chain:
        left &= filter_.allowed
    return left


def _blame(in_slot: Mask, chain: Sequence[Filter]) -> Filter:
    """The filter without which something would be left; failing that, the one that took the last pieces."""
    for filter_ in reversed(chain):
        if through(in_slot, [f for f in chain if f is not filter_]).any():
            return filter_
    return next(f for i, f in enumerate(chain, start=1) if not through(in_slot, chain[:i]).any())


def _by_rules(in_slot: Mask, chain: Sequence[Filter], blamed: Filter) -> str:
    """The rules by which the filter took what the others had left, with how many pieces; "" where it has none."""
    left = through(in_slot, [f for f in chain if f is not blamed])
    if not left.any():  # then it is one of several that took everything
        left = through(in_slot, chain[: chain.index(blamed)])
    found = sorted(counted(left, blamed.verdicts), key=lambda rule: -rule[1])[:RULES_TOLD]
    told = (
        phrase("{number} x {rule}", number=number, rule=named("rule", rule.row.sentence))
        for rule, number in found
    )
    return phrase(" ({rules})", rules=series(told, "semicolon")) if found else ""
