"""Cases from real outfits of Polyvore: fill in the blank, and real outfits against random ones. No wish is known.

Fill-in-the-blank and compatibility are the tasks of Han et al. 2017 (Learning Fashion Compatibility with Bidirectional
LSTMs), here with negatives of the same slot, since a shoe among bags gives itself away (Vasileva et al. 2018).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from indexer.item import Slot
from service.lm.prompt import NEUTRAL, Context, Piece
from training.data.decisions import ORDER
from training.data.looks import StyledLook, split_of
from training.evaluation.cases.choice import NEGATIVES, ChoiceCase, random_of
from training.importers.polyvore import read_polyvore

LEAST_SLOTS = 4
_BLANKS = 2
_CONTEXT = Context(vibe=NEUTRAL.vibe)


@dataclass(frozen=True, slots=True)
class PolyvoreLooks:
    """`counted` for the baselines and for training, `fitted` for the weights of scores, `test` for the result."""

    counted: list[StyledLook]
    fitted: list[StyledLook]
    test: list[StyledLook]


@dataclass(frozen=True, slots=True)
class OutfitPair:
    """A real outfit and the same with every piece replaced by a random one of its slot.

    Each is a sequence of cases with one option: a piece, given those before it.
    """

    id: str
    real: tuple[ChoiceCase, ...]
    fake: tuple[ChoiceCase, ...]


def polyvore_looks(path: Path) -> PolyvoreLooks:
    """Weights are fitted on the tenth of what may be learned from that `split_of` holds out.

    Raises LookbookError naming file, line and field.
    """
    train = read_polyvore(path, "train")
    return PolyvoreLooks(
        counted=[look for look in train if split_of(look.group) != "valid"],
        fitted=[look for look in train if split_of(look.group) == "valid"],
        test=read_polyvore(path, "test"),
    )


def polyvore_fitb(
    looks: Sequence[StyledLook], known: AbstractSet[str] = frozenset(), seed: int = 0, every: bool = False
) -> list[ChoiceCase]:
    """Two blanks per look of four slots or more (`every` slot in turn for fitting), with `NEGATIVES` random pieces
    of the slot from other looks. No option is a text of `known`, which is what training has seen.
    """
    pool = _by_slot(looks, known)
    cases = []
    for look in (look for look in looks if len(look.pieces) >= LEAST_SLOTS):
        slots = [slot for slot in ORDER if slot in look.pieces]
        blanks = slots if every else random_of(look.id, seed).sample(slots, _BLANKS)
        for slot in blanks:
            name, own = f"polyvore_fitb/{look.id}/{slot}", look.pieces[slot]
            others = _others(pool, look, slot)
            if own in known or len(others) < NEGATIVES:
                continue
            options = (own, *random_of(name, seed).sample(others, NEGATIVES))
            worn = tuple((s, look.pieces[s]) for s in slots if s != slot)
            cases.append(ChoiceCase(name, "polyvore_fitb", look.group, _CONTEXT, worn, slot, options))
    return cases


def polyvore_pairs(
    looks: Sequence[StyledLook], known: AbstractSet[str] = frozenset(), seed: int = 0
) -> list[OutfitPair]:
    """A pair for each look of four slots or more that has no text of `known` in it."""
    pool = _by_slot(looks, known)
    pairs = []
    for look in looks:
        others = {slot: _others(pool, look, slot) for slot in look.pieces}
        if (
            len(look.pieces) < LEAST_SLOTS
            or not known.isdisjoint(look.pieces.values())
            or not all(others.values())
        ):
            continue
        random = random_of(f"polyvore_auc/{look.id}", seed)
        fake = {slot: random.choice(others[slot]) for slot in look.pieces}
        pairs.append(OutfitPair(look.id, _chain(look, look.pieces, "real"), _chain(look, fake, "fake")))
    return pairs


def _chain(look: StyledLook, pieces: Mapping[Slot, str], name: str) -> tuple[ChoiceCase, ...]:
    worn: tuple[Piece, ...] = ()
    cases = []
    for slot in (slot for slot in ORDER if slot in pieces):
        id = f"polyvore_auc/{look.id}/{name}/{slot}"
        cases.append(ChoiceCase(id, "polyvore_auc", look.group, _CONTEXT, worn, slot, (pieces[slot],)))
        worn = (*worn, (slot, pieces[slot]))
    return tuple(cases)


def _by_slot(looks: Sequence[StyledLook], known: AbstractSet[str]) -> dict[Slot, list[str]]:
    found: dict[Slot, set[str]] = {}
    for look in looks:
        for slot, piece in look.pieces.items():
            if piece not in known:
                found.setdefault(slot, set()).add(piece)
    return {slot: sorted(pieces) for slot, pieces in found.items()}


def _others(pool: Mapping[Slot, Sequence[str]], look: StyledLook, slot: Slot) -> list[str]:
    own = set(look.pieces.values())
    return [piece for piece in pool.get(slot, ()) if piece not in own]
