"""Where in an outfit what a request asks for by name goes: which slot holds the named piece, which the wanted colour.

Knows columns and masks; nothing of vectors, and composes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from indexer.item import Slot
from service.catalog.columns import CatalogColumns, Mask
from service.localization.text import Facet, named, phrase, series
from service.query.demands import NamedPiece
from service.query.families import meant
from service.retrieval.asked import Matched, in_color, matching, of_brand, of_material, of_pattern
from service.schemas.outfits import OutfitRequest, Unmet

Within = Callable[[Slot], Mask]
"""The pieces of a slot that every hard constraint allows, shape (items,)."""

_REST: tuple[Slot, ...] = ("outerwear", "shoes", "bag", "jewelry", "accessory")
_WHOLE: tuple[Slot, ...] = ("top", "bottom", "dress", "outerwear", "shoes", "bag")
"""What a colour of the whole outfit is looked for in; metal and spectacles are what they are."""
_SUITS = meant("suit")
_JACKETS = frozenset({"suit-jacket", "tuxedo-jacket", "blazer"})
_TROUSERS = frozenset({"suit-trousers", "tuxedo-trousers", "dress-trousers"})
_LIES: dict[str, tuple[Slot, ...]] = {
    "leather": ("outerwear", "shoes", "bag", "bottom", "accessory"),
    "faux leather": ("outerwear", "shoes", "bag", "bottom", "accessory"),
    "suede": ("shoes", "outerwear", "bag", "accessory"),
    "straw": ("bag", "accessory", "shoes"),
    "jute": ("bag", "shoes"),
    "rubber": ("shoes",),
    "canvas": ("bag", "shoes", "outerwear"),
    "gold": ("jewelry",),
    "silver": ("jewelry",),
    "pearl": ("jewelry",),
    "steel": ("jewelry",),
    "shearling": ("outerwear",),
    "fur": ("outerwear", "accessory"),
    "faux fur": ("outerwear", "accessory"),
    "down": ("outerwear",),
}
"""Materials that are rarely what tops, bottoms or dresses are of, and where they are looked for first."""


@dataclass(slots=True)
class Placed:
    """`only` is what may fill a slot, shape (items,); `forced` slots must be filled; `without` are slots that no outfit
    of the answer may have, since what was asked for would not be in it.
    """

    only: dict[Slot, Mask] = field(default_factory=dict)
    forced: list[Slot] = field(default_factory=list)
    without: set[Slot] = field(default_factory=set)
    unmet: list[Unmet] = field(default_factory=list)
    whole_suit: bool = False
    """Whether the outerwear that was asked for is a whole suit."""


def place(
    columns: CatalogColumns,
    request: OutfitRequest,
    pieces: Sequence[NamedPiece],
    within: Within,
    taken: frozenset[Slot],
    dresses: bool,
    throughout: Sequence[str] = (),
) -> Placed:
    """Where everything goes. `taken` slots are filled already; `dresses`: whether a dress is worn at all;
    `throughout` are colours that all of the outfit is to have.
    """
    placed = Placed()
    _place_pieces(columns, request, pieces, within, taken, placed)

    def asked_for(slot: Slot) -> Mask:
        """What a slot may hold; nothing where the request wants no piece of it."""
        return within(slot) & (request.slots is None or slot in request.slots)

    colored = {s for p in pieces if p.colors for s in p.slots}
    everywhere = throughout and _place_throughout(
        columns, throughout, asked_for, frozenset({*taken, *colored}), dresses, placed
    )
    for constraint, value, mask in _wants(columns, request):
        if everywhere and constraint == "include.colors" and value in throughout:
            continue
        _place_want(constraint, value, mask, asked_for, taken, dresses, placed)
    return placed


def _place_pieces(
    columns: CatalogColumns,
    request: OutfitRequest,
    pieces: Sequence[NamedPiece],
    within: Within,
    taken: frozenset[Slot],
    placed: Placed,
) -> None:
    found: dict[Slot, list[tuple[NamedPiece, Matched]]] = {}
    for piece in _as_sold(columns, pieces, within):
        if not piece.kinds:
            placed.unmet.append(_no(piece, phrase("is nothing that the store's index knows")))
            continue
        here = [s for s in piece.slots if request.slots is None or s in request.slots]
        if not here:
            slots = series((named("slot", slot) for slot in request.slots or ()), "comma")
            placed.unmet.append(_no(piece, phrase("is not among the slots {slots}", slots=slots)))
            continue
        if any(s in taken for s in here):
            placed.unmet.append(_no(piece, phrase("has no place beside what is worn already")))
            continue
        hits = [(s, m) for s in here if (m := matching(columns, piece, within(s))) is not None]
        if not hits:
            placed.unmet.append(_no(piece, phrase("is not to be had as it is asked for")))
            continue
        slot, match = min(hits, key=lambda hit: len(hit[1].missed))
        found.setdefault(slot, []).append((piece, match))
    _never_both(found, placed)
    for slot, hits_of_slot in found.items():
        _fill(columns, slot, hits_of_slot, placed)


def _as_sold(columns: CatalogColumns, pieces: Sequence[NamedPiece], within: Within) -> Iterator[NamedPiece]:
    """The pieces, with a whole suit as its jacket and its trousers where the store sells those alone."""
    for piece in pieces:
        suit = piece.kinds and piece.kinds <= _SUITS
        if not suit or (columns.any_of("kind", piece.kinds) & within("outerwear")).any():
            yield piece
            continue
        yield replace(piece, kinds=_JACKETS, slots=("outerwear",))
        yield replace(piece, kinds=_TROUSERS, slots=("bottom",))


def _never_both(found: dict[Slot, list[tuple[NamedPiece, Matched]]], placed: Placed) -> None:
    """A dress leaves no room for a top or a bottom: the first one named stays, the others are said."""
    order = [slot for slot in found if slot in ("dress", "top", "bottom")]
    if "dress" not in order or len(order) == 1:
        return
    gone: list[Slot] = [s for s in order if (s != "dress") == (order[0] == "dress")]
    for slot in gone:
        kept = found[order[0]][0][0].text
        for piece, _ in found.pop(slot):
            placed.unmet.append(_no(piece, phrase("is not worn with {kept}", kept=kept)))


def _fill(
    columns: CatalogColumns, slot: Slot, hits: Sequence[tuple[NamedPiece, Matched]], placed: Placed
) -> None:
    exact = [hit for hit in hits if not hit[1].missed]
    chosen = exact or hits
    placed.only[slot] = np.logical_or.reduce([match.allowed for _, match in chosen])
    placed.forced.append(slot)
    whole = columns.covers("bottom")
    if slot == "outerwear" and bool((placed.only[slot] & whole).any()):
        separate = placed.only[slot] & ~whole
        placed.whole_suit = not separate.any() or all("suit" in piece.kinds for piece, _ in chosen)
        placed.only[slot] = placed.only[slot] & whole if placed.whole_suit else separate
    for piece, match in hits:
        for constraint in dict.fromkeys(match.missed):
            what = constraint.partition(".")[2] or constraint
            reason = phrase(
                "there is no such {piece} as to its {what}; the nearest is in the outfit",
                piece=piece.text,
                what=named("facet", what),
            )
            hint = phrase("take the nearest")
            placed.unmet.append(Unmet(constraint=constraint, reason=reason, hint=hint))
    if len({piece.kinds for piece, _ in hits}) > 1:
        names = series((piece.text for piece, _ in hits), "or")
        reason = phrase("an outfit has one {slot}: each has {names}", slot=named("slot", slot), names=names)
        hint = phrase("name the one")
        placed.unmet.append(Unmet(constraint="include.kinds", reason=reason, hint=hint))


def _no(piece: NamedPiece, reason: str) -> Unmet:
    told = phrase("{piece}: {reason}", piece=piece.text, reason=reason)
    return Unmet(constraint="include.kinds", reason=told, hint=phrase("ask for another piece"))


def _wants(columns: CatalogColumns, request: OutfitRequest) -> Iterator[tuple[str, str, Mask]]:
    include = request.include
    for color in include.colors:
        yield "include.colors", color, in_color(columns, [color])
    for material in include.materials:
        yield "include.materials", material, of_material(columns, [material])
    for pattern in include.patterns:
        yield "include.patterns", pattern, of_pattern(columns, [pattern])
    for brand in include.brands:
        yield "include.brands", brand, of_brand(columns, [brand])


_FACETS: dict[str, Facet] = {
    "include.colors": "color",
    "include.materials": "material",
    "include.patterns": "pattern",
}


def _place_want(
    constraint: str,
    value: str,
    mask: Mask,
    within: Within,
    taken: frozenset[Slot],
    dresses: bool,
    placed: Placed,
) -> None:
    """Into the core of the outfit where it can be, else into the first other slot that has it."""

    def hits(slot: Slot) -> Mask | None:
        if slot in taken or slot in placed.without:
            return None
        found = mask & (placed.only[slot] if slot in placed.only else within(slot))
        return found if found.any() else None

    if constraint == "include.materials" and value in _LIES and _first(_LIES[value], hits, placed):
        return
    dress = hits("dress") if dresses and "dress" not in placed.without else None
    separates = _first(("top", "bottom"), hits, placed, busy=_busy(placed))
    if dress is not None:
        placed.only["dress"] = dress
    if separates or dress is not None:
        if dress is None and dresses:
            placed.without.add("dress")
        elif not separates and "top" not in taken and "bottom" not in taken:
            placed.without |= {"top", "bottom"}
        return
    if not _first(_REST, hits, placed):
        facet = _FACETS.get(constraint)
        what = named(facet, value) if facet else value
        reason, hint = (
            phrase("nothing that fits the rest is {what}", what=what),
            phrase("ask without {what!r}", what=what),
        )
        placed.unmet.append(Unmet(constraint=constraint, reason=reason, hint=hint))


def _place_throughout(
    columns: CatalogColumns,
    colors: Sequence[str],
    within: Within,
    settled: frozenset[Slot],
    dresses: bool,
    placed: Placed,
) -> bool:
    """Into every slot that has it: top and bottom, or the dress, and shoes and coat with them. Whether a whole core of
    an outfit is to be had so; what is not is said. `settled` slots keep what they have.
    """
    mask = in_color(columns, colors)

    def offered(slot: Slot) -> Mask:
        return placed.only[slot] if slot in placed.only else within(slot)

    open_slots = [
        s for s in _WHOLE if s not in settled and s not in placed.without and bool(offered(s).any())
    ]
    hits = {s: offered(s) & mask for s in open_slots if (s != "dress" or dresses)}
    hits = {s: found for s, found in hits.items() if found.any()}
    lacking = [s for s in ("top", "bottom") if s in open_slots and s not in hits]
    whole = not lacking or "dress" in hits
    free = not settled & {"top", "bottom"} and not {"top", "bottom"} & {*placed.forced}
    missing: list[str] = [] if lacking and whole and free else [*lacking]
    missing += [s for s in open_slots if s not in hits and s in ("shoes", *placed.forced)]
    for slot in dict.fromkeys(missing):
        reason = f"nothing of slot {slot} that fits the rest is {' or '.join(colors)}"
        hint = "take another colour there"
        placed.unmet.append(Unmet(constraint="include.colors", reason=reason, hint=hint))
    if not whole:
        return False  # then the colour goes where it can, as one that is wanted somewhere
    placed.only |= hits
    if lacking and free:
        placed.without |= {"top", "bottom"}
    elif "dress" in open_slots and "dress" not in hits and "dress" not in placed.forced:
        placed.without.add("dress")
    return True


def _busy(placed: Placed) -> frozenset[Slot]:
    """Slots that hold something else that was asked for: a second colour goes elsewhere while it can."""
    return frozenset(placed.only)


def _first(
    order: Sequence[Slot],
    hits: Callable[[Slot], Mask | None],
    placed: Placed,
    busy: frozenset[Slot] = frozenset(),
) -> bool:
    for slot in sorted(order, key=lambda s: s in busy):
        if (found := hits(slot)) is not None:
            placed.only[slot] = found
            if slot not in placed.forced and slot not in ("top", "bottom", "dress"):
                placed.forced.append(slot)
            return True
    return False
