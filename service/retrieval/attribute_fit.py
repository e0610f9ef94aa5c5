"""How well pieces suit a wish by their attributes. Knows columns, not vectors.

What must not be worn at all is for `service.retrieval.suitability` to say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.item import Item, Season, Slot
from service.catalog.columns import CatalogColumns, Mask
from service.query.lexicon import says
from service.query.wish import QueryIntent

COLD, COOL, WARM, HOT = -1.0, -0.4, 0.8, 1.5
DRESSY = 3.5  # formality from which jewellery, and for men a jacket and a tie, belong to the outfit
FORMAL = 3.8
NAMED = 0.1
"""For each of the shop's tags on a piece that the wish names itself, up to two."""

ACTIVE = ("sport", "hike", "ski", "swim")
"""Activities that people dress for, before they dress for anybody's eyes."""

WOOL = 0.1
"""What speaks against the heaviest clothes where no weather is named."""

MOURNING = 0.15
"""For black, and what passes for it, where people mourn."""

_TRADITIONAL = ("ethnic", "south asian", "eid", "ramadan", "diwali", "mehndi")
"""The taxonomy's word for traditional dress, and a shop's own for what is worn on days that a wish would name."""

SEE_THROUGH = 0.3
_SHEER = re.compile(r"\b(fishnet|mesh|sheer|see-through|transparent)\b", re.IGNORECASE)

_DARK = ("black", "charcoal", "navy")
_FINISHING: tuple[Slot, ...] = ("bag", "jewelry", "accessory")


def wants_outerwear(brief: QueryIntent) -> bool:
    """Whether the weather asks for a coat or jacket."""
    return brief.wet or (brief.heat is not None and brief.heat <= COOL)


def fit(
    columns: CatalogColumns, positions: NDArray[np.int64], slot: Slot, brief: QueryIntent
) -> NDArray[np.float32]:
    """How well attributes suit the brief, shape (len(positions),): 0 for no objection, below it the weight of
    what speaks against. In units of cosine similarity, so that the two can be added."""
    distance = np.abs(columns.formality[positions] - brief.formality)
    penalty = 0.14 * np.clip(distance - 0.4, 0, None) ** 1.4
    if slot in _FINISHING:
        penalty *= 0.7
    if brief.heat is None and slot not in _FINISHING:
        penalty += WOOL * (columns.warmth[positions] >= 4)
    if brief.heat is not None and slot not in _FINISHING:
        wanted = float(np.interp(brief.heat, [-2, -1.2, -0.5, 0.4, 1.2, 2], [3.2, 2.7, 2.2, 1.6, 1.0, 0.5]))
        if slot == "outerwear":
            wanted = min(wanted + 0.8, 4)
        # Who is dressed up layers: the coat keeps a thin shirt warm.
        weight = 0.02 if brief.formality >= DRESSY and slot != "outerwear" else 0.07
        penalty += weight * np.clip(np.abs(columns.warmth[positions] - wanted) - 0.6, 0, None)
    for season in _seasons_of(brief):
        penalty += 0.12 * ~columns.in_season(season)[positions]
    bonus = np.zeros(len(positions))
    named = np.zeros(len(positions))
    tags = columns.telling_tags(brief.said)
    for tag in tags:
        named += tagged(columns, tag)[positions]
    if brief.activity == "ethnic":
        bonus += 0.15 * columns.any_of("tag", _TRADITIONAL)[positions]
    elif not set(tags) & set(_TRADITIONAL):
        bonus -= 0.25 * columns.any_of("tag", _TRADITIONAL)[positions]
    bonus += NAMED * np.clip(named, 0, 2)
    if says(brief.said, "mourning"):
        bonus += MOURNING * columns.any_of("color", _DARK)[positions]
    for tag, weight in _leanings(brief):
        bonus += weight * tagged(columns, tag)[positions]
    result: NDArray[np.float32] = (bonus - penalty).astype(np.float32)
    return result


def see_through(items: Sequence[Item], brief: QueryIntent) -> NDArray[np.float32]:
    """What speaks against tops that show what should be under them, shape (items,), unless the wish is for such.

    Read off titles, since no attribute says it; at the gym a mesh is for air.
    """
    if brief.activity in ACTIVE or says(brief.said, "bold"):
        return np.zeros(len(items), dtype=np.float32)
    found = [item.slot == "top" and _SHEER.search(item.title) is not None for item in items]
    return (SEE_THROUGH * np.array(found)).astype(np.float32)


def _seasons_of(brief: QueryIntent) -> tuple[Season, ...]:
    """The season that the heat suggests; none when it is unknown or mild, or when the request names one itself."""
    if brief.heat is None or brief.season is not None or COOL < brief.heat < WARM:
        return ()
    return ("summer",) if brief.heat >= WARM else ("winter",) if brief.heat <= COLD else ("autumn",)


def _leanings(brief: QueryIntent) -> list[tuple[str, float]]:
    if says(brief.said, "solemn"):  # first of all nothing that goes out dancing
        return [("party", -0.4)]
    leanings: list[tuple[str, float]] = []
    if brief.activity == "work":
        leanings += [("work", 0.06), ("party", -0.15)]
    if brief.activity == "party":
        leanings += [("party", 0.06)]
    if brief.activity in ("sport", "hike", "ski"):
        leanings += [("sport", 0.15)]
    if brief.activity == "swim":
        leanings += [("swim", 0.2), ("open-shoe", 0.15)]
    if brief.wet:
        leanings += [("rain-ok", 0.15)]
    if brief.snow:
        leanings += [("snow", 0.1)]
    return leanings


def tagged(columns: CatalogColumns, tag: str) -> Mask:
    """Items with the tag, shape (items,)."""
    return columns.any_of("tag", [tag])


def in_slots(columns: CatalogColumns, slots: tuple[Slot, ...]) -> Mask:
    """Items of one of the slots, shape (items,)."""
    mask = columns.in_slot(slots[0])
    for slot in slots[1:]:
        mask = mask | columns.in_slot(slot)
    return mask
