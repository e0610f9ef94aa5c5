"""The kinds of outfit that make sense: which slots, required and optional. Knows no candidates."""

from __future__ import annotations

from dataclasses import dataclass, replace

from indexer.item import SLOTS, Department, Slot
from service.query.lexicon import says
from service.query.wish import QueryIntent
from service.retrieval.attribute_fit import COLD, DRESSY, FORMAL, HOT, wants_outerwear
from service.retrieval.shortlist import Candidate
from service.schemas.outfits import OutfitRequest


@dataclass(frozen=True, slots=True)
class Template:
    """The slots of one outfit, in the order in which they are composed. `optional` ones may stay empty."""

    required: tuple[Slot, ...]
    optional: tuple[Slot, ...] = ()


def templates(brief: QueryIntent, department: Department) -> tuple[Template, ...]:
    """The outfits that make sense for the brief: separates first, then a dress where that is worn."""
    tail: list[Slot] = ["outerwear", "shoes"] if wants_outerwear(brief) else ["shoes"]
    optional = tuple(s for s in finishing(brief, department) if s not in tail)
    cores: list[tuple[Slot, ...]] = [("top", "bottom")]
    if department != "men":
        cores.append(("dress",))
    return tuple(Template((*core, *tail), optional) for core in cores)


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
    if "top" in anchors or "bottom" in anchors:
        return [t for t in found if "dress" not in t.required]
    return found


def with_anchors(template: Template, anchors: dict[Slot, Candidate]) -> Template:
    required = {*template.required, *anchors}
    return Template(
        tuple(s for s in SLOTS if s in required), tuple(s for s in template.optional if s not in required)
    )
