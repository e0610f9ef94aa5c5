"""What a request rules in or out by name, as masks over the catalogue's columns. Knows no vectors and no guesses.

Every colour and material of a piece counts, and the words of its title beside what the feed's fields say: who rules
something out must not meet it, so that a doubt goes against the piece. Who asks for something gets what the fields say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from indexer.item import SLOTS, Department, Slot
from service.catalog.columns import CatalogColumns, Mask
from service.query.demands import NamedPiece
from service.query.families import barred
from service.retrieval.tables import AttributeRule, Signs, attribute_rules, concerned, shades, wider_materials
from service.schemas.outfits import OutfitRequest, Unmet

_SIGN_COLUMNS = {
    "kinds": "kind",
    "attributes": "attribute",
    "tags": "tag",
    "materials": "material",
    "patterns": "pattern",
    "words": "word",
}


def of_kinds(columns: CatalogColumns, names: Iterable[str], *, ruled_out: bool = False) -> Mask:
    """Pieces of the kinds, shape (items,): of all that the words take in when they are ruled out."""
    kinds = {kind for name in names for kind in (barred(name) if ruled_out else (name,))}
    return columns.any_of("kind", kinds)


def in_color(columns: CatalogColumns, colors: Iterable[str], *, ruled_out: bool = False) -> Mask:
    """Pieces that have one of the colours, shape (items,); ruled out: one of its shades, or its name in the title."""
    named = [c.casefold() for c in colors]
    if not ruled_out:
        return columns.any_of("color", named) | columns.mentioning("color", named)
    wider = [*named, *(shade for c in named for shade in shades().get(c, ()))]
    return columns.mentioning("color", wider) | _in_title(columns, named)


def of_material(columns: CatalogColumns, materials: Iterable[str], *, ruled_out: bool = False) -> Mask:
    """Pieces that are partly of one of the materials, shape (items,)."""
    named = [m.casefold() for m in materials]
    found = columns.mentioning("material", named)
    if not ruled_out:
        return found
    rows = [row for m in named if (row := wider_materials().get(m)) is not None]
    found |= columns.mentioning("material", [m for row in rows for m in row.materials])
    found |= columns.any_of("kind", [kind for row in rows for kind in row.kinds])
    return found | _in_title(columns, [*named, *(word for row in rows for word in row.words)])


def of_pattern(columns: CatalogColumns, patterns: Iterable[str], *, ruled_out: bool = False) -> Mask:
    """Pieces in one of the patterns, shape (items,)."""
    named = [p.casefold() for p in patterns]
    found = columns.any_of("pattern", named)
    return found | _in_title(columns, named) if ruled_out else found


def of_brand(columns: CatalogColumns, brands: Iterable[str]) -> Mask:
    """Pieces of one of the brands, shape (items,)."""
    return columns.any_of("brand", [b.casefold() for b in brands])


def _in_title(columns: CatalogColumns, names: Sequence[str]) -> Mask:
    """Pieces whose title has all words of one of the names."""
    found = np.zeros(columns.count, dtype=np.bool_)
    for name in names:
        whole = np.ones(columns.count, dtype=np.bool_)
        for word in name.split():
            whole &= columns.any_of("word", [word])
        found |= whole
    return found


def fit_for(columns: CatalogColumns, attribute: str) -> Mask:
    """Pieces that do for who asks for the attribute, shape (items,): all of the slots that it is no question of."""
    rule = attribute_rules().get(attribute)
    if rule is None:
        return np.ones(columns.count, dtype=np.bool_)
    has = _signed(columns, rule.has)
    good = has if rule.ask == "has" else ~_lacks(columns, rule) | (has & ~_shows_lack(columns, rule))
    if rule.unknown_material:
        silent = columns.any_of("material", [""]) & ~has
        good &= ~(silent & _in_slots(columns, rule.unknown_material))
    return np.asarray(good | ~_in_slots(columns, rule.slots), dtype=np.bool_)


def with_attribute(columns: CatalogColumns, attribute: str) -> Mask:
    """Pieces that have the attribute, shape (items,); none where no table knows it."""
    rule = attribute_rules().get(attribute)
    if rule is None:
        return np.zeros(columns.count, dtype=np.bool_)
    found = _signed(columns, rule.has) & _in_slots(columns, rule.slots)
    if rule.lacks.attributes:
        found &= ~columns.any_of("attribute", rule.lacks.attributes)
    return np.asarray(found, dtype=np.bool_)


def _lacks(columns: CatalogColumns, rule: AttributeRule) -> Mask:
    """What tells that a piece does not have it, unless its title says that this is make-believe."""
    found = _signed(columns, rule.lacks)
    if not rule.faux:
        return found
    faux = columns.any_of("word", rule.faux) | columns.mentioning("material", ["faux"])
    plain = columns.any_of("material", rule.lacks.materials)
    return np.asarray(found & (plain | ~faux), dtype=np.bool_)


def _shows_lack(columns: CatalogColumns, rule: AttributeRule) -> Mask:
    """The attributes that the feed itself gives outweigh what a kind usually is."""
    return columns.any_of("attribute", rule.lacks.attributes)


def _signed(columns: CatalogColumns, signs: Signs) -> Mask:
    found = np.zeros(columns.count, dtype=np.bool_)
    for field, column in _SIGN_COLUMNS.items():
        found |= columns.any_of(column, getattr(signs, field))
    return found


def _in_slots(columns: CatalogColumns, slots: Iterable[Slot]) -> Mask:
    found = np.zeros(columns.count, dtype=np.bool_)
    for slot in slots:
        found |= columns.in_slot(slot)
    return found


@dataclass(frozen=True, slots=True)
class Matched:
    """The pieces that a named piece means, as far as they are there; `missed` are fields that had to be given up."""

    allowed: Mask
    missed: tuple[str, ...] = ()


def matching(columns: CatalogColumns, piece: NamedPiece, within: Mask) -> Matched | None:
    """The named piece among those of the mask `within`, shape (items,), else the nearest that there is of its kind.

    What is said of it is given up in this order: pattern, brand, attributes, material, the colour for a shade of it,
    and the colour. None where no piece of its kind is left.
    """
    missed: list[str] = []
    while True:
        found = within & _mask(columns, piece)
        if found.any():
            return Matched(found, tuple(missed))
        weaker = next(_weaker(piece), None)
        if weaker is None:
            return None
        field, piece = weaker
        missed.append(field)


def _mask(columns: CatalogColumns, piece: NamedPiece) -> Mask:
    mask = columns.any_of("kind", piece.kinds)
    if piece.colors:
        mask &= in_color(columns, piece.colors)
    if piece.materials:
        mask &= of_material(columns, piece.materials)
    if piece.brands:
        mask &= of_brand(columns, piece.brands)
    if piece.patterns:
        mask &= of_pattern(columns, piece.patterns)
    for attribute in piece.attributes:
        mask &= fit_for(columns, attribute)
    for attribute in piece.not_attributes:
        mask &= ~with_attribute(columns, attribute)
    return mask


def _weaker(piece: NamedPiece) -> Iterator[tuple[str, NamedPiece]]:
    if piece.patterns:
        yield "include.patterns", replace(piece, patterns=())
    if piece.brands:
        yield "include.brands", replace(piece, brands=())
    if piece.attributes or piece.not_attributes:
        yield "attributes", replace(piece, attributes=(), not_attributes=())
    if piece.materials:
        yield "include.materials", replace(piece, materials=())
    wider = tuple(dict.fromkeys([*piece.colors, *(s for c in piece.colors for s in shades().get(c, ()))]))
    if wider != piece.colors:
        yield "include.colors", replace(piece, colors=wider)
    if piece.colors:
        yield "include.colors", replace(piece, colors=())


def asked_slots(attribute: str) -> tuple[Slot, ...]:
    """The slots that an attribute concerns, in the usual order."""
    return tuple(slot for slot in SLOTS if slot in concerned(attribute))


_NEVER_CLOTH = frozenset(
    {"silver", "gold", "steel", "pearl", "wood", "horn", "cork", "rubber", "pvc", "leather"}
)


def of_unknown_material(columns: CatalogColumns, ruled_out: Iterable[str]) -> Mask:
    """Pieces that may be of what is ruled out for all that the feed says: it says nothing of their material."""
    silent = columns.any_of("material", [""])
    if not _NEVER_CLOTH & {m.casefold() for m in ruled_out}:
        silent &= ~columns.in_slot("jewelry")  # no cloth in a ring
    return silent


def left_out(columns: CatalogColumns, request: OutfitRequest, department: Department | None) -> list[Unmet]:
    """What is said of pieces that go only because their material is not known; nothing where all are known."""
    ruled_out = request.exclude.materials
    if not ruled_out:
        return []
    mask = of_unknown_material(columns, ruled_out) & columns.stocked & (columns.slot >= 0) & ~columns.doubtful
    if department is not None:
        mask &= columns.for_department(department)
    mask &= ~of_material(columns, ruled_out, ruled_out=True)
    count = int(mask.sum())
    if not count:
        return []
    pieces = "1 piece" if count == 1 else f"{count:,} pieces"
    reason = f"material unknown for {pieces}: left out where there are others"
    hint = "fill in the material in the feed"
    return [Unmet(constraint="exclude.materials", reason=reason, hint=hint)]
