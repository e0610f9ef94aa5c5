"""The kinds of outfit that make sense: which slots, required and optional. Knows no candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from indexer.item import SLOTS, Department, Slot
from service.query.lexicon import says
from service.query.wish import QueryIntent
from service.retrieval.attribute_fit import COLD, DRESSY, FORMAL, HOT, wants_outerwear
from service.retrieval.placing import Placed
from service.retrieval.shortlist import Candidate
from service.schemas.outfits import OutfitRequest


@dataclass(frozen=True, slots=True)
class Template:
    """The slots of one outfit, in the order in which they are composed. `optional` ones may stay empty."""

    required: tuple[Slot, ...]
    optional: tuple[Slot, ...] = ()
    suit: bool = False
    """Whether its outerwear is a whole suit, which fills the bottom as well."""


def templates(brief: QueryIntent, department: Department) -> tuple[Template, ...]:
    """The outfits that make sense for the brief: separates first, then a dress where that is worn."""
    tail: list[Slot] = ["outerwear", "shoes"] if wants_outerwear(brief) else ["shoes"]
    optional = tuple(s for s in finishing(brief, department) if s not in tail)
    cores: list[tuple[Slot, ...]] = [("top", "bottom")]
    if department != "men":
        cores.append(("dress",))
    found = [Template((*core, *tail), optional) for core in cores]
    if department == "men" and brief.formality >= DRESSY and not brief.wet:
        found.append(_suit(optional))
    return tuple(found)


def _suit(optional: tuple[Slot, ...] = ()) -> Template:
    return Template(("top", "outerwear", "shoes"), tuple(s for s in optional if s != "outerwear"), suit=True)


def finishing(brief: QueryIntent, department: Department) -> list[Slot]:
    """Pieces that round the outfit off: never required, left out when nothing suits or the budget is spent."""
    slots: list[Slot] = []
    sporty = brief.activity in ("sport", "hike", "ski")
    if department == "men" and brief.formality >= DRESSY:
        slots.append("outerwear")
    extreme = brief.heat is not None and (brief.heat <= COLD or brief.heat >= HOT)
    if extreme or (department == "men" and brief.formality >= FORMAL):
        slots.append("accessory")
    geared = sporty or (brief.formality < 2.2 and says(brief.said, "kit"))
    if department in ("women", "unisex") or geared or brief.activity in ("work", "swim"):
        slots.append("bag")
    relaxed = sporty or brief.activity == "swim" or brief.formality < 2.0
    if (department == "women" and not relaxed) or (department == "men" and brief.formality >= FORMAL):
        slots.append("jewelry")
    return slots


def templates_for(
    request: OutfitRequest, brief: QueryIntent, department: Department, anchors: dict[Slot, Candidate]
) -> list[Template]:
    if request.slots is not None:
        return [Template(tuple(s for s in SLOTS if s in request.slots))]
    found = list(templates(brief, department))
    if "dress" in anchors:
        dress = next((t for t in found if "dress" in t.required), None)
        if dress is None:
            separates = found[0]
            rest = tuple(s for s in separates.required if s not in ("top", "bottom"))
            dress = replace(separates, required=("dress", *rest))
        if "needs-top" in anchors["dress"].item.tags:
            dress = replace(dress, required=("dress", "top", *dress.required[1:]))
        return [dress]
    if "outerwear" in anchors and "bottom" in anchors["outerwear"].item.covers:
        return [_suit(found[0].optional)]
    if "bottom" in anchors:
        found = [t for t in found if not t.suit]
    if "top" in anchors or "bottom" in anchors:
        return [t for t in found if "dress" not in t.required]
    if "outerwear" in anchors:
        return [t for t in found if not t.suit]
    return found


def filled(held: Mapping[Slot, Candidate]) -> frozenset[Slot]:
    """The slots that given pieces fill: their own, and what they cover besides."""
    covered = {slot for candidate in held.values() for slot in candidate.item.covers}
    return frozenset({*held, *covered})


def shaped(found: Sequence[Template], placed: Placed, held: Mapping[Slot, Candidate]) -> list[Template]:
    """The templates with a place for all that was asked for by name; those that there are where none has."""
    if placed.whole_suit:
        suits = [t for t in found if t.suit] or [_suit(found[0].optional if found else ())]
        found = suits
    else:
        found = [t for t in found if not (t.suit and "outerwear" in placed.only)]
    if "dress" in placed.forced and not any("dress" in t.required for t in found):
        found = [replace(t, required=_dressed(t.required)) for t in found if not t.suit]
    separates = [s for s in ("top", "bottom") if s in placed.forced]
    kept = [
        t
        for t in found
        if not placed.without & {*t.required}
        and not ("dress" in placed.forced and "dress" not in t.required)
        and not (separates and "dress" in t.required)
        and not ("bottom" in placed.forced and t.suit)
    ]
    return [_with_forced(t, placed.forced, held) for t in kept or found]


def _dressed(required: tuple[Slot, ...]) -> tuple[Slot, ...]:
    return ("dress", *(s for s in required if s not in ("top", "bottom")))


def _with_forced(template: Template, forced: Sequence[Slot], held: Mapping[Slot, Candidate]) -> Template:
    more = [s for s in forced if s not in template.required and s not in held]
    core = {"dress", "top", "bottom"}
    required = {*template.required, *(s for s in more if s not in core)}
    return replace(
        template,
        required=tuple(s for s in SLOTS if s in required),
        optional=tuple(s for s in template.optional if s not in required),
    )


def with_anchors(template: Template, anchors: dict[Slot, Candidate]) -> Template:
    required = {*template.required, *anchors}
    return replace(
        template,
        required=tuple(s for s in SLOTS if s in required),
        optional=tuple(s for s in template.optional if s not in required),
    )
