"""The hard constraints of a request, each as a filter over the catalogue's columns, with words for a shopper.

Filters run before any search, so they are exact however few pieces they leave. Knows no vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from indexer.item import Department, Slot
from service.catalog.child_sizes import for_age
from service.catalog.columns import CatalogColumns, Mask
from service.localization.text import Facet, named, phrase, series
from service.policy.policy import policy
from service.policy.suitability_table import About
from service.query.wish import QueryIntent
from service.retrieval.adjustments import ScoreAdjustment, withheld
from service.retrieval.asked import (
    fit_for,
    in_color,
    of_brand,
    of_kinds,
    of_material,
    of_pattern,
    of_unknown_material,
    with_attribute,
)
from service.retrieval.filter_chain import Filter
from service.retrieval.suitability import left_by, verdicts
from service.schemas.outfits import OutfitRequest


def filters(
    columns: CatalogColumns,
    request: OutfitRequest,
    brief: QueryIntent,
    department: Department,
    line: str,
    nudges: Sequence[ScoreAdjustment] = (),
) -> list[Filter]:
    """The request's filters that do not depend on the slot."""
    whom = named("department", line or department)
    found = [
        Filter(
            "stock",
            columns.stocked,
            phrase("nothing of it is in stock"),
            phrase("try again after the next delivery"),
            sentence="it is sold out",
        ),
        Filter(
            "department",
            columns.for_department(department, line),
            phrase("the store has none for {whom}", whom=whom),
            phrase("try another department"),
            sentence=f"it is not for {whom}",
        ),
    ]
    found += exclusions(columns, request)
    found += _unknown_materials(columns, request)
    reason = phrase("what there is has to be looked at by staff first")
    sentence, later = "it has to be looked at by staff first", phrase("try later")
    found.append(Filter("doubtful", ~columns.doubtful, reason, later, sentence=sentence))
    found += _attributes(columns, request)
    found += _purposes(columns, request)
    if (kept_back := withheld(nudges, columns)) is not None:
        reason, sentence = phrase("the store holds back what there is"), "the store holds it back"
        found.append(Filter("merchandising", ~kept_back, reason, later, sentence=sentence))
    if request.season is not None:
        season = named("season", request.season)
        reason = phrase("none of it is for {season}", season=season)
        sentence = f"it is not for {season}"
        allowed = columns.in_season(request.season)
        found.append(Filter("season", allowed, reason, phrase("leave the season out"), sentence=sentence))
    if request.budget is not None:
        found.append(_budget(columns, request))
    # What the request says of the weather binds; what the vibe lets one guess gives way before nothing is left.
    asked = request.weather is not None or request.season is not None
    found += _suiting(columns, brief, "weather", "weather", soft=not asked)
    found += _suiting(columns, brief, "vibe", "occasion", soft=True)
    # Apart, since a shop without sportswear still has a tee and shorts.
    found += _suiting(columns, brief, "vibe", "sportswear", soft=True)
    return found


_HINTS = {"weather": phrase("loosen the weather or the season"), "vibe": phrase("loosen the vibe")}
_UNSUITED = {
    "weather": (
        phrase("what there is does not suit the weather"),
        "it does not suit the weather",
    ),
    "occasion": (
        phrase("what there is does not suit the occasion"),
        "it does not suit the occasion",
    ),
}


def _suiting(
    columns: CatalogColumns, brief: QueryIntent, constraint: str, about: About, *, soft: bool
) -> list[Filter]:
    """The filter of the policy's rules about one thing; none where it is about sports and the wish is not."""
    found = tuple(verdicts(columns, brief, about))
    if about == "sportswear" and not found:
        return []
    reason, sentence = _UNSUITED["weather" if about == "weather" else "occasion"]
    return [
        Filter(
            constraint,
            left_by(columns, found),
            reason,
            _HINTS[constraint],
            soft=soft,
            name=about,
            sentence=sentence,
            verdicts=found,
        )
    ]


def form_filter(columns: CatalogColumns, slot: Slot, *, suits: bool) -> list[Filter]:
    """Whole suits where an outfit is built on one, and nowhere else: their trousers fill a slot of their own."""
    if slot != "outerwear":
        return []
    whole = columns.covers("bottom")
    if suits:
        reason, sentence = phrase("the store has no whole suit that fits"), "it is no whole suit"
    else:
        reason = phrase("the store has whole suits alone")
        sentence = "it is a whole suit, and the outfit has trousers"
    hint = phrase("ask for other pieces")
    return [Filter("suits", whole if suits else ~whole, reason, hint, sentence=sentence)]


def size_filter(
    columns: CatalogColumns, request: OutfitRequest, brief: QueryIntent, slot: Slot
) -> list[Filter]:
    """The slot's own filter: in stock in one of the wanted sizes, or, where none is named, in a likely one."""
    if sizes := request.sizes.get(slot):
        wanted = series(sizes, "or")
        reason = phrase("none is in stock in size {sizes}", sizes=wanted)
        sentence = f"it is not in stock in size {wanted}"
        allowed, hint = columns.in_size(sizes), phrase("add a neighbouring size")
        return [Filter(f"sizes.{slot}", allowed, reason, hint, sentence=sentence)]
    if guessed := likely_sizes(request, brief, slot):
        reason, hint = phrase("none comes in a size that is likely to fit"), phrase("name the sizes")
        sentence = "it comes in no size that is likely to fit"
        allowed = columns.in_size(guessed)
        return [Filter("vibe", allowed, reason, hint, soft=True, name="likely-size", sentence=sentence)]
    return []


def likely_sizes(request: OutfitRequest, brief: QueryIntent, slot: Slot) -> list[str]:
    """Sizes for a slot that the request names none for: those of a child's age, or of the slots beside it."""
    if brief.age is not None and slot in policy().slots.of("garment"):
        return for_age(brief.age)
    return [size for other in policy().slots[slot].sized_like for size in request.sizes.get(other, [])]


_FACETS: dict[str, Facet] = {
    "colors": "color",
    "materials": "material",
    "kinds": "kind",
    "patterns": "pattern",
    "attributes": "attribute",
}


def exclusions(columns: CatalogColumns, request: OutfitRequest) -> Iterator[Filter]:
    """One filter per kind of exclusion that the request makes."""
    exclude = request.exclude
    lookups: list[tuple[str, list[str], Callable[[list[str]], Mask]]] = [
        ("skus", exclude.skus, lambda values: columns.any_of("sku", values)),
        ("brands", exclude.brands, lambda values: of_brand(columns, values)),
        ("colors", exclude.colors, lambda values: in_color(columns, values, ruled_out=True)),
        ("materials", exclude.materials, lambda values: of_material(columns, values, ruled_out=True)),
        ("kinds", exclude.kinds, lambda values: of_kinds(columns, values, ruled_out=True)),
        ("patterns", exclude.patterns, lambda values: of_pattern(columns, values, ruled_out=True)),
        ("attributes", exclude.attributes, lambda values: _having(columns, values)),
    ]
    for name, values, find in lookups:
        if values:
            facet = _FACETS.get(name)
            told = series((named(facet, v) if facet else v for v in values[:3]), "comma")
            reason = phrase("everything else is excluded ({what})", what=told)
            sentence = f"it is excluded ({told})"
            hint = phrase("exclude fewer {what}", what=named("facet", name))
            yield Filter(f"exclude.{name}", ~find(values), reason, hint, sentence=sentence)


def _unknown_materials(columns: CatalogColumns, request: OutfitRequest) -> Iterator[Filter]:
    """Where a material is ruled out, pieces of which nobody knows the material go too, while there are others."""
    ruled_out = request.exclude.materials
    if ruled_out and (silent := of_unknown_material(columns, ruled_out)).any():
        reason, sentence = "of what there is nobody knows the material", "it does not say what it is made of"
        field, hint = "exclude.materials", "look at what they are made of before you buy"
        name = f"{field}.unknown"
        yield Filter(field, ~silent, reason, hint, soft=True, said=True, name=name, sentence=sentence)


def _having(columns: CatalogColumns, attributes: list[str]) -> Mask:
    found = np.zeros(columns.count, dtype=np.bool_)
    for attribute in attributes:
        found |= with_attribute(columns, attribute)
    return found


def _attributes(columns: CatalogColumns, request: OutfitRequest) -> Iterator[Filter]:
    """What pieces must be. Where the store has no such piece, the answer says so and goes without."""
    for attribute in request.attributes:
        what = named("attribute", attribute)
        reason = phrase("none is known to be {attribute}", attribute=what)
        sentence = f"it is not known to be {attribute}"
        hint, name = phrase("ask without {what!r}", what=what), f"attributes.{attribute}"
        allowed = fit_for(columns, attribute)
        yield Filter("attributes", allowed, reason, hint, soft=True, said=True, name=name, sentence=sentence)


def _purposes(columns: CatalogColumns, request: OutfitRequest) -> Iterator[Filter]:
    """What is made for some people alone is for who asks for it."""
    unasked = [p for p in policy().sets["for-who-asks"] if p not in request.attributes]
    allowed = ~columns.any_of("tag", unasked)
    reason = phrase("what there is is made for others")
    sentence = "it is for those who ask for such pieces"
    hint = phrase("say for whom it is, such as 'maternity' or 'petite'")
    yield Filter("purpose", allowed, reason, hint, sentence=sentence)


def _budget(columns: CatalogColumns, request: OutfitRequest) -> Filter:
    assert request.budget is not None
    cents, currency = request.budget.cents, request.budget.currency
    if currency is not None and currency not in columns.currencies:
        sold = series(columns.currencies, "comma")
        none = np.zeros(columns.count, dtype=np.bool_)
        reason = phrase("the store sells in {sold}, not in {currency}", sold=sold, currency=currency)
        sentence = f"it is not sold in {currency}"
        return Filter("budget", none, reason, phrase("give it in {sold}", sold=sold), sentence=sentence)
    if not (columns.cents >= 0).any():
        none = np.zeros(columns.count, dtype=np.bool_)
        reason, sentence = phrase("the store's feed has no prices"), "it has no price"
        return Filter("budget", none, reason, phrase("leave the budget out"), sentence=sentence)
    mask = columns.affordable(cents, currency)
    amount = f"{request.budget.max:g}"
    reason = phrase("none is priced within {amount}", amount=amount)
    sentence = f"it is not priced within {amount}"
    return Filter("budget", mask, reason, phrase("raise the budget"), sentence=sentence)
