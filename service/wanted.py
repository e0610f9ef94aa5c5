"""Which slots an outfit has, and which pieces common sense keeps out of it. Knows columns, not vectors.

Common sense here is what any shop assistant knows: no sandals in snow, no winter boots on the beach, swimwear
at the pool only, a coat when it is cold. Each rule looks at attributes of the kind of piece, never at a title.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.item import Department, Item, Season, Slot
from service.brief import Brief
from service.facets import Facets, Mask
from service.senses import says

COLD, COOL, WARM, HOT = -1.0, -0.4, 0.8, 1.5
DRESSY = 3.5  # formality from which jewellery, and for men a jacket and a tie, belong to the outfit
FORMAL = 3.8
NAMED = 0.1
"""For each of the shop's tags on a piece that the wish names itself, up to two."""

_ACTIVE = ("sport", "hike", "ski", "swim")
_TECHNICAL = (
    *("hiking", "trekking", "climbing", "ski", "skiing", "snowboard", "thermal"),
    *("running", "workout", "gym", "training", "yoga", "cycling"),
)
_TOWN = ("city", "commute", "everyday", "casual", "streetwear", "athleisure", "work")
"""The shop's own words for what is made for exercise or the mountains, and for what is worn in town all the same."""

MOURNING = 0.15
"""For black, and what passes for it, where people mourn."""

_TRADITIONAL = ("ethnic", "south asian", "eid", "ramadan", "diwali", "mehndi")
"""The taxonomy's word for traditional dress, and a shop's own for what is worn on days that a wish would name."""

SEE_THROUGH = 0.3
_SHEER = re.compile(r"\b(fishnet|mesh|sheer|see-through|transparent)\b", re.IGNORECASE)

_DARK = ("black", "charcoal", "navy")
_CORE: tuple[Slot, ...] = ("top", "bottom", "dress")
_FINISHING: tuple[Slot, ...] = ("bag", "jewelry", "accessory")
_WHOLE_SUIT = ("suit", "tuxedo", "dungarees")  # in the dress slot, but no outfit without a shirt
_BRIDAL = ("wedding-dress",)
_WET_ONLY = ("rain-boots", "umbrella", "rain-trousers")
_BABY = ("romper-suit", "baby-shoes")


@dataclass(frozen=True, slots=True)
class Template:
    """The slots of one outfit, in the order in which they are composed. `optional` ones may stay empty."""

    required: tuple[Slot, ...]
    optional: tuple[Slot, ...] = ()


def templates(brief: Brief, department: Department) -> tuple[Template, ...]:
    """The outfits that make sense for the brief: separates first, then a dress where that is worn."""
    tail: list[Slot] = ["outerwear", "shoes"] if wants_outerwear(brief) else ["shoes"]
    optional = tuple(s for s in finishing(brief, department) if s not in tail)
    cores: list[tuple[Slot, ...]] = [("top", "bottom")]
    if department != "men":
        cores.append(("dress",))
    return tuple(Template((*core, *tail), optional) for core in cores)


def wants_outerwear(brief: Brief) -> bool:
    """Whether the weather asks for a coat or jacket."""
    return brief.wet or (brief.heat is not None and brief.heat <= COOL)


def finishing(brief: Brief, department: Department) -> list[Slot]:
    """Pieces that round the outfit off: never required, left out when nothing suits or the budget is spent."""
    slots: list[Slot] = []
    sporty = brief.activity in ("sport", "hike", "ski")
    if department == "men" and brief.formality >= DRESSY:
        slots.append("outerwear")
    extreme = brief.heat is not None and (brief.heat <= COLD or brief.heat >= HOT)
    if extreme or (department == "men" and brief.formality >= FORMAL):
        slots.append("accessory")
    if department in ("women", "unisex") or sporty or brief.activity in ("work", "swim"):
        slots.append("bag")
    relaxed = sporty or brief.activity == "swim" or brief.formality < 2.0
    if (department == "women" and not relaxed) or (department == "men" and brief.formality >= FORMAL):
        slots.append("jewelry")
    return slots


def out_of_weather(facets: Facets, brief: Brief) -> Mask:
    """Pieces that nobody would wear in this weather."""
    return _any(facets, _by_weather(facets, brief))


def out_of_place(facets: Facets, brief: Brief) -> Mask:
    """Pieces that nobody would wear for this, whatever the weather: swimwear in town, trainers at the opera."""
    return _any(facets, [*_by_activity(facets, brief), *_by_formality(facets, brief)])


def _any(facets: Facets, parts: Iterable[Mask]) -> Mask:
    mask = np.zeros(facets.count, dtype=np.bool_)
    for part in parts:
        mask |= part
    return mask


def _by_activity(facets: Facets, brief: Brief) -> Iterator[Mask]:
    swim, sport = _tagged(facets, "swim"), _tagged(facets, "sport")
    core = _in_slots(facets, _CORE)
    yield _tagged(facets, "sleep")
    yield facets.any_of("kind", _WHOLE_SUIT)
    yield _tagged(facets, "hosiery")
    if brief.formality < 4.9:
        yield facets.any_of("kind", _BRIDAL)
    if brief.age is None or brief.age >= 3:
        yield facets.any_of("kind", _BABY)
    if brief.activity == "swim":
        # A tee or an open shirt goes over swim shorts; what stands alone must be made for water.
        tops = facets.in_slot("top") & (facets.warmth <= 1) & (facets.formality <= 2)
        yield core & ~swim & ~tops
        yield ~core & (facets.formality >= 4)
    else:
        yield swim & core
    if brief.activity != "ski":
        yield core & sport & _tagged(facets, "snow")
    if brief.activity not in _ACTIVE and not says(brief.said, "outdoors"):
        yield facets.any_of("tag", _TECHNICAL) & ~facets.any_of("tag", _TOWN)
    if brief.activity == "sport":
        yield core & ~sport & (facets.formality >= 2)
        yield facets.in_slot("shoes") & (~sport | _tagged(facets, "heavy-shoe"))
    elif brief.activity in ("hike", "ski"):
        yield (core | facets.in_slot("shoes")) & (facets.formality >= 3)
    elif brief.formality >= 2.2:
        yield sport
    if brief.activity in ("sport", "hike", "ski", "swim"):
        yield facets.in_slot("bag") & (facets.formality >= 3)


def _by_formality(facets: Facets, brief: Brief) -> Iterator[Mask]:
    """Two levels off is a mistake that everybody sees: trainers at the opera, a tuxedo shirt at the bank."""
    if brief.formality < 4.3:
        yield facets.formality >= 5
    if brief.formality < 2.2:
        yield facets.formality >= 4
    if brief.formality >= 3.1:
        yield facets.formality <= 1
    if brief.formality >= 4.5:
        yield _in_slots(facets, (*_CORE, "outerwear", "shoes")) & (facets.formality <= 3)
    if brief.formality >= 3.7:
        yield _in_slots(facets, (*_CORE, "outerwear", "shoes")) & (facets.formality <= 2)


def _by_weather(facets: Facets, brief: Brief) -> Iterator[Mask]:
    heat = 0.3 if brief.heat is None else brief.heat
    garments = _in_slots(facets, (*_CORE, "outerwear"))
    if brief.wet or heat <= COOL:
        yield _tagged(facets, "open-shoe")
    yield _tagged(facets, "no-rain") if brief.wet else facets.any_of("kind", _WET_ONLY)
    if not wants_outerwear(brief):  # a jacket for its looks, then, and not for the rain
        yield facets.in_slot("outerwear") & _tagged(facets, "rain-ok")
    if heat <= COOL:
        yield facets.in_slot("bottom") & _tagged(facets, "legs-bare")
        yield garments & (facets.warmth == 0)
    if heat <= COLD:
        yield _tagged(facets, "legs-bare")
        yield facets.in_slot("outerwear") & (facets.warmth <= (2 if heat <= -1.3 else 1))
        yield facets.in_slot("accessory") & (facets.warmth <= 1) & (facets.formality < 4)
    if brief.snow and brief.formality < 2.5:
        yield facets.in_slot("dress")
    if heat > COLD:
        yield _tagged(facets, "snow")
    if heat >= WARM:
        yield garments & (facets.warmth >= 3)
        yield facets.in_slot("accessory") & (facets.warmth >= 2)
    if heat >= HOT:
        yield _tagged(facets, "heavy-shoe")
        yield facets.in_slot("outerwear") & (facets.warmth >= 2) & (facets.formality < 4)
    if 0.0 <= heat < WARM:
        yield garments & (facets.warmth >= 4)


def fit(facets: Facets, positions: NDArray[np.int64], slot: Slot, brief: Brief) -> NDArray[np.float32]:
    """How well attributes suit the brief, shape (len(positions),): 0 for no objection, below it the weight of
    what speaks against. In units of cosine similarity, so that the two can be added."""
    distance = np.abs(facets.formality[positions] - brief.formality)
    penalty = 0.14 * np.clip(distance - 0.4, 0, None) ** 1.4
    if slot in _FINISHING:
        penalty *= 0.7
    if brief.heat is not None and slot not in _FINISHING:
        wanted = float(np.interp(brief.heat, [-2, -1.2, -0.5, 0.4, 1.2, 2], [3.2, 2.7, 2.2, 1.6, 1.0, 0.5]))
        if slot == "outerwear":
            wanted = min(wanted + 0.8, 4)
        # Who is dressed up layers: the coat keeps a thin shirt warm.
        weight = 0.02 if brief.formality >= DRESSY and slot != "outerwear" else 0.07
        penalty += weight * np.clip(np.abs(facets.warmth[positions] - wanted) - 0.6, 0, None)
    for season in _seasons_of(brief):
        penalty += 0.12 * ~facets.in_season(season)[positions]
    bonus = np.zeros(len(positions))
    named = np.zeros(len(positions))
    tags = facets.telling_tags(brief.said)
    for tag in tags:
        named += _tagged(facets, tag)[positions]
    if brief.activity == "ethnic":
        bonus += 0.15 * facets.any_of("tag", _TRADITIONAL)[positions]
    elif not set(tags) & set(_TRADITIONAL):
        bonus -= 0.25 * facets.any_of("tag", _TRADITIONAL)[positions]
    bonus += NAMED * np.clip(named, 0, 2)
    if says(brief.said, "mourning"):
        bonus += MOURNING * facets.any_of("color", _DARK)[positions]
    for tag, weight in _leanings(brief):
        bonus += weight * _tagged(facets, tag)[positions]
    result: NDArray[np.float32] = (bonus - penalty).astype(np.float32)
    return result


def see_through(items: Sequence[Item], brief: Brief) -> NDArray[np.float32]:
    """What speaks against tops that show what should be under them, shape (items,), unless the wish is for such.

    Read off titles, since no attribute says it; at the gym a mesh is for air.
    """
    if brief.activity in _ACTIVE or says(brief.said, "bold"):
        return np.zeros(len(items), dtype=np.float32)
    found = [item.slot == "top" and _SHEER.search(item.title) is not None for item in items]
    return (SEE_THROUGH * np.array(found)).astype(np.float32)


def _seasons_of(brief: Brief) -> tuple[Season, ...]:
    """The season that the heat suggests; none when it is unknown or mild, or when the request names one itself."""
    if brief.heat is None or brief.season is not None or COOL < brief.heat < WARM:
        return ()
    return ("summer",) if brief.heat >= WARM else ("winter",) if brief.heat <= COLD else ("autumn",)


def _leanings(brief: Brief) -> list[tuple[str, float]]:
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


def _tagged(facets: Facets, tag: str) -> Mask:
    return facets.any_of("tag", [tag])


def _in_slots(facets: Facets, slots: tuple[Slot, ...]) -> Mask:
    mask = facets.in_slot(slots[0])
    for slot in slots[1:]:
        mask = mask | facets.in_slot(slot)
    return mask
