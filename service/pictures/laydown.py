"""The whole picture: an outfit's pieces laid down on a calm ground, as SVG that reads itself aloud. Knows no HTTP.

The SVG holds no script, no style but a blend mode, and refers to nothing outside itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from indexer.taxonomy.kinds import KINDS
from service.pictures.alt_text import legible, spoken
from service.pictures.choice import cut_of, drawing_of
from service.pictures.cloth import cloth_of
from service.pictures.drawing import Drawing, drawing
from service.pictures.garment import Pen
from service.pictures.layout import Layout, Spot, Thing, grow, leaning, place
from service.pictures.outline import Box, number
from service.pictures.piece import Piece, Shape, Theme

_BACK_TO_FRONT = ("outerwear", "bottom", "dress", "top", "shoes", "bag", "accessory", "jewelry")
_GROUNDS: dict[Theme, tuple[str, str]] = {"light": ("#f7f2e9", "#ebe2d4"), "dark": ("#675f57", "#4b443e")}
_SHADOWS: dict[Theme, tuple[str, float]] = {"light": ("#5b452f", 1.0), "dark": ("#0d0a08", 1.5)}
_WHOLE_SUITS = frozenset({"suit", "tuxedo"})
_OF_MEN = frozenset({"tie", "bow-tie", "braces", "pocket-square", "belt", "cufflinks"})


@dataclass(frozen=True, slots=True)
class _Sized:
    """A piece with its drawing, and how large it is shown: box in centimetres, and the factor on it."""

    piece: Piece
    drawing: Drawing
    box: Box
    grow: float


def laydown(pieces: Sequence[Piece], title: str, theme: Theme = "light", shape: Shape = "square") -> str:
    """The outfit as an SVG document. The same pieces give the same bytes."""
    sized = [_sized(piece) for piece in pieces]
    places = _places(pieces)
    things = [
        Thing(p, (s.box[2] - s.box[0]) * s.grow, (s.box[3] - s.box[1]) * s.grow)
        for p, s in zip(places, sized, strict=True)
    ]
    layout = place(things, template_of(pieces), shape)
    defs: list[str] = [*_ground_defs(theme)]
    body: list[str] = []
    order = sorted(range(len(pieces)), key=lambda i: _BACK_TO_FRONT.index(pieces[i].slot))
    for index in order:
        drawn, used = _drawn(sized[index], layout, layout.spots[index], f"p{index}")
        defs += [*used, _shadow(f"p{index}shadow", layout.spots[index], theme)]
        body.append(f'<g filter="url(#p{index}shadow)">{drawn}</g>')
    width, height = layout.size
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' role="img" aria-labelledby="title desc">'
        f'<title id="title">{escape(legible(title))}</title><desc id="desc">{escape(spoken(pieces))}</desc>'
        f"<defs>{''.join(defs)}</defs>"
        f'<rect width="{width}" height="{height}" fill="url(#ground)"/>{"".join(body)}</svg>'
    )


def template_of(pieces: Sequence[Piece]) -> str:
    """The template for the kind of outfit that these pieces are."""
    slots = {piece.slot for piece in pieces}
    kinds = {piece.kind for piece in pieces}
    if any("swim" in KINDS[k].tags for k in kinds if k in KINDS):
        return "swim"
    if kinds & _WHOLE_SUITS:
        return "suit"
    if "dress" in slots:
        return "dress-layered" if "outerwear" in slots else "dress"
    if not {"top", "bottom"} <= slots:
        return "few"
    if kinds & _OF_MEN:
        return "men"
    return "layered" if "outerwear" in slots else "separates"


def _places(pieces: Sequence[Piece]) -> list[str]:
    """A place for each: its slot, numbered from the second on; a whole suit has its own."""
    seen: dict[str, int] = {}
    places = []
    for piece in pieces:
        name = "suit" if piece.kind in _WHOLE_SUITS else piece.slot
        seen[name] = seen.get(name, 0) + 1
        places.append(name if seen[name] == 1 else f"{name}{seen[name]}")
    return places


def _sized(piece: Piece) -> _Sized:
    shown = drawing(drawing_of(piece), cut_of(piece))
    left, top, right, bottom = shown.box()
    if shown.pair:
        dx, dy = shown.pair
        left, right = min(left, left + dx), max(right, right + dx)
        top, bottom = min(top, top + dy), max(bottom, bottom + dy)
    return _Sized(piece, shown, (left, top, right, bottom), shown.grow * grow(piece.slot))


def _drawn(sized: _Sized, layout: Layout, spot: Spot, prefix: str) -> tuple[str, list[str]]:
    """The piece in its spot, and what it refers to."""
    scale = layout.scale * sized.grow
    left, top, right, bottom = sized.box
    pen = Pen(prefix, scale, sized.drawing, cloth_of(sized.piece))
    garment = pen.draw()
    if sized.drawing.pair:
        dx, dy = sized.drawing.pair
        pen.defs.append(f'<g id="{prefix}one">{garment}</g>')
        garment = f'<use href="#{prefix}one" x="{number(dx)}" y="{number(dy)}"/><use href="#{prefix}one"/>'
    lean = f" rotate({number(spot.lean)})" if spot.lean else ""
    moved = f"translate({number(spot.x)} {number(spot.y)}){lean} scale({scale:.4f})"
    middle = f"translate({number(-(left + right) / 2)} {number(-(top + bottom) / 2)})"
    return f'<g transform="{moved} {middle}">{garment}</g>', pen.defs


def _ground_defs(theme: Theme) -> list[str]:
    middle, edge = _GROUNDS[theme]
    return [
        f'<radialGradient id="ground" cx=".45" cy=".4" r=".85"><stop offset="0" stop-color="{middle}"/>'
        f'<stop offset="1" stop-color="{edge}"/></radialGradient>'
    ]


def _shadow(name: str, spot: Spot, theme: Theme) -> str:
    """A soft shadow to the lower right. Its region is no larger than it must be: blurring is what takes time."""
    color, force = _SHADOWS[theme]
    width, height = leaning(spot.width, spot.height, spot.lean)
    left, top = spot.x - width / 2 - 20, spot.y - height / 2 - 16
    return (
        f'<filter id="{name}" filterUnits="userSpaceOnUse" color-interpolation-filters="sRGB"'
        f' x="{number(left)}" y="{number(top)}" width="{number(width + 46)}" height="{number(height + 46)}">'
        f'<feDropShadow dx="3" dy="7" stdDeviation="6" flood-color="{color}" flood-opacity="{number(0.34 * force)}"/></filter>'
    )
