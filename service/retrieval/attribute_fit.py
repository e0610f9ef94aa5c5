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
from service.policy.policy import policy
from service.query.conditions import holds
from service.query.lexicon import says
from service.query.wish import QueryIntent
from service.retrieval.suitability import selected

_SHEER = re.compile(r"\b(fishnet|mesh|sheer|see-through|transparent)\b", re.IGNORECASE)


def fit(
    columns: CatalogColumns, positions: NDArray[np.int64], slot: Slot, brief: QueryIntent
) -> NDArray[np.float32]:
    """How well attributes suit the brief, shape (len(positions),): 0 for no objection, below it the weight of
    what speaks against. In units of cosine similarity, so that the two can be added."""
    weights, marks = policy().weights.fit, policy().formality.mark
    finishing = slot in policy().slots.of("finishing")
    distance = np.abs(columns.formality[positions] - brief.formality)
    off = np.clip(distance - weights.formality_free, 0, None)
    penalty = weights.formality * off**weights.formality_power
    if finishing:
        penalty *= weights.finishing
    if brief.heat is None and not finishing:
        penalty += weights.wool * (columns.warmth[positions] >= weights.wool_from)
    if brief.heat is not None and not finishing:
        curve = policy().weather.warmth
        wanted = float(np.interp(brief.heat, curve.heat, curve.wanted))
        if slot == "outerwear":
            wanted = min(wanted + curve.coat, curve.coat_most)
        # Who is dressed up layers: the coat keeps a thin shirt warm.
        layered = brief.formality >= marks["dressy"] and slot != "outerwear"
        weight = weights.warmth_layered if layered else weights.warmth
        off = np.abs(columns.warmth[positions] - wanted) - weights.warmth_free
        penalty += weight * np.clip(off, 0, None)
    for season in _seasons_of(brief):
        penalty += weights.season * ~columns.in_season(season)[positions]
    result: NDArray[np.float32] = (_bonus(columns, positions, brief) - penalty).astype(np.float32)
    return result


def _bonus(columns: CatalogColumns, positions: NDArray[np.int64], brief: QueryIntent) -> NDArray[np.float64]:
    """What speaks for pieces, or against those that other wishes are for."""
    weights, traditional = policy().weights.fit, policy().sets["traditional"]
    bonus = np.zeros(len(positions))
    named = np.zeros(len(positions))
    tags = columns.telling_tags(brief.said)
    for tag in tags:
        named += tagged(columns, tag)[positions]
    if brief.activity == "ethnic":
        bonus += weights.traditional * columns.any_of("tag", traditional)[positions]
    elif not set(tags) & set(traditional):
        bonus -= weights.traditional_unasked * columns.any_of("tag", traditional)[positions]
    bonus += weights.named * np.clip(named, 0, weights.named_most)
    for lean in policy().weights.lean.values():
        if holds(lean.when, brief):
            bonus += lean.adds * selected(columns, lean.pieces)[positions]
    return bonus


def see_through(items: Sequence[Item], brief: QueryIntent) -> NDArray[np.float32]:
    """What speaks against tops that show what should be under them, shape (items,), unless the wish is for such.

    Read off titles, since no attribute says it; at the gym a mesh is for air.
    """
    if brief.activity in policy().sets["active"] or says(brief.said, "bold"):
        return np.zeros(len(items), dtype=np.float32)
    found = [item.slot == "top" and _SHEER.search(item.title) is not None for item in items]
    return (policy().weights.fit.see_through * np.array(found)).astype(np.float32)


def _seasons_of(brief: QueryIntent) -> tuple[Season, ...]:
    """The season that the heat suggests; none when it is unknown or mild, or when the request names one itself."""
    marks = policy().weather.mark
    if brief.heat is None or brief.season is not None or marks["cool"] < brief.heat < marks["warm"]:
        return ()
    if brief.heat >= marks["warm"]:
        return ("summer",)
    return ("winter",) if brief.heat <= marks["cold"] else ("autumn",)


def tagged(columns: CatalogColumns, tag: str) -> Mask:
    """Items with the tag, shape (items,)."""
    return columns.any_of("tag", [tag])
