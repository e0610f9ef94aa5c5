"""Which pieces common sense keeps out of an outfit. Knows columns, not vectors, and no titles.

Common sense here is what any shop assistant knows: no sandals in snow, no winter boots on the beach, swimwear
at the pool only. Each rule looks at attributes of the kind of piece.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from indexer.item import Slot
from service.catalog.columns import CatalogColumns, Mask
from service.query.lexicon import says
from service.query.wish import QueryIntent
from service.retrieval.attribute_fit import (
    ACTIVE,
    COLD,
    COOL,
    DRESSY,
    HOT,
    WARM,
    in_slots,
    tagged,
    wants_outerwear,
)

_TECHNICAL = (
    *("hiking", "trekking", "climbing", "ski", "skiing", "snowboard", "thermal"),
    *("running", "workout", "gym", "training", "yoga", "cycling"),
)
_TOWN = ("city", "commute", "everyday", "casual", "streetwear", "athleisure", "work")
"""The shop's own words for what is made for exercise or the mountains, and for what is worn in town all the same."""

_CORE: tuple[Slot, ...] = ("top", "bottom", "dress")
_SHOWN: tuple[Slot, ...] = (*_CORE, "outerwear", "shoes")
_WHOLE_SUIT = ("suit", "tuxedo", "dungarees")  # in the dress slot, but no outfit without a shirt
_BRIDAL = ("wedding-dress",)
_BABY = ("romper-suit", "baby-shoes")
_COVERING = ("hijab", "hijabs", "khimar", "niqab")
_WET_ONLY = ("umbrella", "rain-trousers")
_MUD = ("rain-boots",)
_GYM_TOO = ("t-shirt", "long-sleeve-tee", "tank", "sneakers")
"""Kinds that are no sports gear, and that people exercise in."""
_COURT_TOO = ("polo", "skort")
"""And what they play in where there is a net."""

_MIDWINTER = 4
"""The warmth of what is made for deep winter."""


def out_of_weather(columns: CatalogColumns, brief: QueryIntent) -> Mask:
    """Pieces that nobody would wear in this weather, shape (items,)."""
    return _any(columns, [*_by_wet(columns, brief), *_by_heat(columns, brief)])


def out_of_place(columns: CatalogColumns, brief: QueryIntent) -> Mask:
    """Pieces that nobody would wear for this, whatever the weather, shape (items,): swimwear in town, trainers at
    the opera.
    """
    rules = (_by_kind, _by_activity, _by_formality)
    return _any(columns, (part for rule in rules for part in rule(columns, brief)))


def _any(columns: CatalogColumns, parts: Iterable[Mask]) -> Mask:
    mask = np.zeros(columns.count, dtype=np.bool_)
    for part in parts:
        mask |= part
    return mask


def _by_kind(columns: CatalogColumns, brief: QueryIntent) -> Iterator[Mask]:
    yield tagged(columns, "sleep")
    yield columns.any_of("kind", _WHOLE_SUIT) & columns.in_slot("dress")
    yield tagged(columns, "hosiery")
    if not says(brief.said, "modest"):
        # Faith is for the shopper to name; a dress that is friendly to a hijab is for everybody.
        covering = columns.mentioning("category", _COVERING) | columns.any_of("tag", _COVERING)
        yield columns.in_slot("accessory") & covering
    if brief.formality < 4.9:
        yield columns.any_of("kind", _BRIDAL)
    if brief.age is None or brief.age >= 3:
        yield columns.any_of("kind", _BABY)


def _by_activity(columns: CatalogColumns, brief: QueryIntent) -> Iterator[Mask]:
    swim, sport = tagged(columns, "swim"), tagged(columns, "sport")
    core = in_slots(columns, _CORE)
    if brief.activity == "swim":
        # A tee or an open shirt goes over swim shorts; what stands alone must be made for water.
        tee = (columns.warmth <= 1) & (columns.formality <= 2)
        open_shirt = (columns.warmth == 0) & (columns.formality <= 3)
        yield core & ~swim & ~(columns.in_slot("top") & (tee | open_shirt))
        yield ~core & (columns.formality >= 4)
    else:
        yield swim & core
    if brief.activity != "ski" and not (brief.snow and says(brief.said, "kit")):
        yield core & sport & tagged(columns, "snow")
    if brief.activity not in ACTIVE and not says(brief.said, "outdoors"):
        yield columns.any_of("tag", _TECHNICAL) & ~columns.any_of("tag", _TOWN)
    if brief.activity == "sport":
        yield (core | columns.in_slot("shoes")) & (columns.formality >= 3)
        yield tagged(columns, "heavy-shoe")
    elif brief.activity in ("hike", "ski"):
        yield (core | columns.in_slot("shoes")) & (columns.formality >= 3)
    elif brief.formality >= 2.2 and not says(brief.said, "kit"):
        yield sport
    if brief.activity in ACTIVE:
        yield columns.in_slot("bag") & (columns.formality >= 3)


def unfit_for_sport(columns: CatalogColumns, brief: QueryIntent) -> Mask:
    """Pieces that nobody exercises in, shape (items,)."""
    kinds = (*_GYM_TOO, *_COURT_TOO) if says(brief.said, "court game") else _GYM_TOO
    made_for_it = tagged(columns, "sport") | columns.any_of("tag", _TECHNICAL) | columns.any_of("kind", kinds)
    barred = in_slots(columns, _CORE) & (columns.formality >= 2) | columns.in_slot("shoes")
    return np.asarray(barred & ~made_for_it, dtype=np.bool_)


def _by_formality(columns: CatalogColumns, brief: QueryIntent) -> Iterator[Mask]:
    """Two levels off is a mistake that everybody sees: trainers at the opera, a tuxedo shirt at the bank.

    What a doubtful reading of the wish would keep out only by its doubt stays in.
    """
    low, high = brief.formality - brief.doubt, brief.formality + brief.doubt
    shown = in_slots(columns, _SHOWN)
    traditional, sandals = _at_a_feast(columns, brief)
    wool = columns.any_of("kind", ["trousers"]) & columns.any_of("material", ["wool"])
    if high < 4.3:
        # A guest at a wedding may come in a gown, but not in a dinner jacket.
        gowns = columns.in_slot("dress") if says(brief.said, "wedding") else traditional
        yield (columns.formality >= 5) & ~traditional & ~gowns
    if high < 2.2:
        yield columns.formality >= 4
    if low >= 3.1:
        yield columns.formality <= 1
    if low >= 4.5:
        yield shown & (columns.formality <= 3)
    if low >= 3.7:
        yield shown & (columns.formality <= 2) & ~sandals & ~wool


def _at_a_feast(columns: CatalogColumns, brief: QueryIntent) -> tuple[Mask, Mask]:
    """Traditional dress, the finest of which is worn at every feast, and the sandals that go with a sari, or to a
    wedding in the heat; nothing where it is none.
    """
    nothing = np.zeros(columns.count, dtype=np.bool_)
    sandals = columns.any_of("kind", ["sandals"])
    if brief.activity == "ethnic":
        return tagged(columns, "ethnic"), sandals
    hot = brief.heat is not None and brief.heat >= WARM
    return nothing, sandals if hot and says(brief.said, "wedding") else nothing


def _by_wet(columns: CatalogColumns, brief: QueryIntent) -> Iterator[Mask]:
    if brief.wet:
        yield tagged(columns, "no-rain") | tagged(columns, "open-shoe")
    else:
        yield columns.any_of("kind", _WET_ONLY)
        if not says(brief.said, "field") or (brief.heat is not None and brief.heat >= WARM):
            yield columns.any_of("kind", _MUD)
    if not wants_outerwear(brief) and brief.activity not in ACTIVE and not says(brief.said, "kit"):
        # A jacket for its looks, then, and not for the rain; a trench coat has looks.
        against_rain = columns.in_slot("outerwear") & tagged(columns, "rain-ok")
        warm = brief.heat is not None and brief.heat >= WARM
        yield against_rain if warm else against_rain & (columns.formality < 3)
    if brief.snow and brief.formality < 2.5:
        yield columns.in_slot("dress")


def _by_heat(columns: CatalogColumns, brief: QueryIntent) -> Iterator[Mask]:
    garments = in_slots(columns, (*_CORE, "outerwear"))
    outerwear, accessory = columns.in_slot("outerwear"), columns.in_slot("accessory")
    if brief.heat is None:
        # Who names no weather may wear wool, but no parka.
        yield tagged(columns, "snow")
        yield outerwear & (columns.warmth >= _MIDWINTER) & (columns.formality <= 2)
        return
    heat = brief.heat
    if heat <= COOL:
        yield tagged(columns, "open-shoe")
        yield columns.in_slot("bottom") & tagged(columns, "legs-bare")
        thin = garments & (columns.warmth == 0)
        # Who is dressed up layers: the coat keeps silk warm.
        yield thin & (outerwear | (columns.formality < 4)) if brief.formality >= DRESSY else thin
    if heat <= COLD:
        yield tagged(columns, "legs-bare")
        yield outerwear & (columns.warmth <= (2 if heat <= -1.3 else 1))
        yield accessory & (columns.warmth <= 1) & (columns.formality < 4)
    if heat > COLD:
        yield tagged(columns, "snow")
    if heat >= WARM:
        yield garments & (columns.warmth >= 3)
        yield accessory & (columns.warmth >= (2 if heat >= HOT else 3))
    if heat >= HOT:
        if brief.activity != "hike":
            yield tagged(columns, "heavy-shoe")
        heavy = outerwear & (columns.warmth >= 2) & (columns.formality < 4)
        yield heavy & ~tagged(columns, "rain-ok") if brief.wet else heavy
    if 0.0 <= heat < WARM:
        yield garments & (columns.warmth >= _MIDWINTER)
