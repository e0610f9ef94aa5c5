"""Preferences: in this context, after these pieces, a shopper or an author would rather see one piece than another.

What preference tuning learns from. Knows no file format, no catalogue and no language model.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from indexer.item import Slot
from service.lm.prompt import NEUTRAL, Context, Piece
from training.data.decisions import ORDER
from training.data.looks import StyledLook


@dataclass(frozen=True, slots=True)
class Preference:
    """`chosen` is preferred to `rejected`, both of `slot`, when `before` are the pieces that are there already.

    `before` is in the order of composition and never holds `slot`. Splits are by `group`, as those of looks are.
    `created` is ISO 8601 in UTC, empty when nobody knows.
    """

    id: str
    group: str
    context: Context
    before: tuple[Piece, ...]
    slot: Slot
    chosen: str
    rejected: str
    created: str = ""


def preferences_of(looks: Iterable[StyledLook]) -> list[Preference]:
    """Near misses: a look's own piece is preferred to each miss of its slot, after the pieces composed before it.

    The phrasings take turns, so that each is heard. A look without misses gives nothing.
    """
    found: list[Preference] = []
    for look in looks:
        pairs = [
            (slot, miss)
            for slot in ORDER
            if slot in look.pieces
            for miss in dict.fromkeys(look.misses.get(slot, ()))
            if miss != look.pieces[slot]
        ]
        for n, (slot, miss) in enumerate(pairs):
            found.append(
                Preference(
                    id=f"{look.id}/{slot}/{n}",
                    group=look.group,
                    context=Context(
                        vibe=look.phrasings[n % len(look.phrasings)] if look.phrasings else NEUTRAL.vibe,
                        department=look.department,
                        occasion=look.occasion,
                        season=look.season,
                    ),
                    before=tuple((s, look.pieces[s]) for s in ORDER[: ORDER.index(slot)] if s in look.pieces),
                    slot=slot,
                    chosen=look.pieces[slot],
                    rejected=miss,
                    created=look.created,
                )
            )
    return found
