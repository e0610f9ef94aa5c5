"""Evidence of all fields -> how likely each kind is: votes of the tables and the trained net in one log-linear pool.

How much a field weighs was fitted, with the net, on labelled titles (`training.garments`); only how far a shop's own
type and category stand above its titles is a decision of ours. Knows no text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from indexer.item import SLOTS, Slot
from indexer.taxonomy.classifier.votes import Field, Vote
from indexer.taxonomy.kinds import KINDS, NARROWER, UNKNOWN

NAMES: tuple[str, ...] = tuple(KINDS)
PLACES: tuple[Slot | None, ...] = (*SLOTS, None)
Scores = NDArray[np.float64]

_INDEX = MappingProxyType({name: n for n, name in enumerate(NAMES)})


@dataclass(frozen=True, slots=True)
class Weight:
    """What one vote adds to the log-odds of its slot, and of its kind within the slot."""

    slot: float
    kind: float


CLEAR: dict[Field, Weight] = {
    "title": Weight(3.0, 3.0),
    "type": Weight(12.0, 4.0),
    "category": Weight(9.0, 3.0),
    "tag": Weight(2.5, 1.0),
    "description": Weight(1.2, 0.6),
}
VAGUE: dict[Field, Weight] = {
    "title": Weight(1.5, 1.0),
    "type": Weight(4.0, 0.7),
    "category": Weight(3.0, 0.5),
    "tag": Weight(0.5, 0.3),
    "description": Weight(0.0, 0.0),
}
NET_OF_TITLE = 0.7
NET_OF_DESCRIPTION = 0.4
NET_OF_TYPE = 0.8
NET_TRUSTED = 0.97  # the rest is spread over all kinds: nothing is ruled out by the net alone
_FINER = 0.5  # of a kind's own weight, for the kinds that may be sold by its name


@cache
def _slot_masks() -> dict[Slot | None, Scores]:
    return {
        place: np.array([KINDS[name].slot == place for name in NAMES], dtype=np.float64) for place in PLACES
    }


@cache
def _place_matrix() -> Scores:
    return np.stack([_slot_masks()[place] for place in PLACES], axis=1)


@cache
def _even() -> Scores:
    """Every slot as likely as the others, and every kind in it."""
    places = _place_matrix()
    return np.asarray((places / places.sum(axis=0) / len(PLACES)).sum(axis=1))


@cache
def _kinds_meant(name: str) -> NDArray[np.int64]:
    return np.array(sorted(_INDEX[kind] for kind in NARROWER[name]), dtype=np.int64)


def add_vote(scores: Scores, vote: Vote) -> None:
    """Add one vote to the scores of one row, shape (kinds,)."""
    weight = (CLEAR if vote.clear else VAGUE)[vote.field]
    scores += weight.slot * _slot_masks()[vote.kind.slot]
    if vote.exact or not vote.clear:
        finer = _FINER * weight.kind
        own = weight.kind if vote.field == "title" or not vote.kind.generic else 0.0
        scores[_kinds_meant(vote.kind.name)] += finer
        scores[_INDEX[vote.kind.name]] += own - finer


def shares(scores: Scores) -> Scores:
    """Scores (rows, kinds) as probabilities of kinds."""
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def slot_shares(kinds: Scores) -> Scores:
    """Probabilities of kinds (rows, kinds) summed by slot, shape (rows, PLACES)."""
    return np.asarray(kinds @ _place_matrix())


def best_kind(shares_of_row: Scores, place: Slot | None) -> tuple[str, float]:
    """The likeliest kind of one row in a slot, and how likely it is where the slot is right."""
    within = shares_of_row * _slot_masks()[place]
    best = int(within.argmax())
    return NAMES[best], float(within[best] / max(within.sum(), 1e-12))


def likeliest(shares_of_row: Scores, count: int) -> tuple[str, ...]:
    """The kinds that one row is most like, the likeliest first."""
    return tuple(NAMES[i] for i in np.argsort(-shares_of_row, kind="stable")[:count])


def from_net(log_shares: NDArray[np.float32]) -> Scores:
    """What the net says as scores, shape (rows, kinds). That a text names nothing speaks for no slot."""
    known = NET_TRUSTED * np.exp(log_shares.astype(np.float64))
    nothing = known[:, _INDEX[UNKNOWN]] + (1.0 - NET_TRUSTED)
    known[:, _INDEX[UNKNOWN]] = 0.0
    return np.asarray(np.log(known + nothing[:, None] * _even()))


def of_slots_alone(scores: Scores) -> Scores:
    """What scores say of slots, in the place of what they say of kinds: a shop's type is seldom an exact kind."""
    return np.asarray(np.log(slot_shares(shares(scores)) + 1e-6) @ _place_matrix().T)


def empty(rows: Sequence[object]) -> Scores:
    """Scores that say nothing, shape (rows, kinds)."""
    return np.zeros((len(rows), len(NAMES)))
