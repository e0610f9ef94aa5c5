"""The whole picture: an outfit's pieces laid down on a calm ground, as SVG that reads itself aloud. Knows no HTTP.

The SVG holds no script, no font, no style but a blend mode, and refers to nothing outside itself.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from service.pictures.alt_text import legible, spoken
from service.pictures.choice import cut_of, drawing_of, template_of
from service.pictures.cloth import cloth_of
from service.pictures.drawing import Drawing, drawing
from service.pictures.garment import Pen
from service.pictures.layout import CANVAS, Layout, Spot, Thing, grow, leaning, place
from service.pictures.outline import Box, number
from service.pictures.photo import Photo, photo
from service.pictures.piece import Piece, Shape, Theme

STYLE = ".packshot{mix-blend-mode:multiply}"
"""The one style sheet, word for word, so that a policy can name it by its hash."""
POLICY = (
    "default-src 'none'; img-src data:; frame-ancestors 'none'; sandbox; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    + "'"
)
"""The Content-Security-Policy under which a picture shows whole, and nothing else can happen in it."""
_BACK_TO_FRONT = ("outerwear", "bottom", "dress", "top", "shoes", "bag", "accessory", "jewelry")
_GROUNDS: dict[Theme, tuple[str, str]] = {"light": ("#f7f2e9", "#ebe2d4"), "dark": ("#675f57", "#4b443e")}
_SHADOWS: dict[Theme, tuple[str, float]] = {"light": ("#5b452f", 0.36), "dark": ("#0d0a08", 0.5)}
_CARD = "#f4eee4"
"""What an image stands on where the ground is dark."""
_GAP = 40
_ROW = 3


@dataclass(frozen=True, slots=True)
class _Sized:
    """A piece as it is shown: its image, or for want of one its drawing; box in centimetres, and the factor on it."""

    piece: Piece
    drawing: Drawing
    photo: Photo | None
    box: Box
    grow: float

    @property
    def width(self) -> float:
        return (self.box[2] - self.box[0]) * self.grow

    @property
    def height(self) -> float:
        return (self.box[3] - self.box[1]) * self.grow


def laydown(pieces: Sequence[Piece], title: str, theme: Theme = "light", shape: Shape = "square") -> str:
    """The outfit as an SVG document. The same pieces give the same bytes."""
    name = _name(pieces, title, theme, shape)
    sized = [_sized(piece) for piece in pieces]
    things = [
        Thing(p, s.width, s.height, s.photo is not None) for p, s in zip(_places(pieces), sized, strict=True)
    ]
    layout = place(things, template_of(pieces), shape)
    middle, edge = _GROUNDS[theme]
    defs = [
        f'<radialGradient id="{name}ground" cx=".45" cy=".4" r=".85"><stop offset="0" stop-color="{middle}"/>'
        f'<stop offset="1" stop-color="{edge}"/></radialGradient>'
    ]
    body: list[str] = []
    for index in sorted(range(len(pieces)), key=lambda i: _BACK_TO_FRONT.index(pieces[i].slot)):
        show = _drawn if sized[index].photo is None else _shown
        shown, used = show(sized[index], layout, layout.spots[index], f"{name}p{index}", theme)
        defs += used
        body.append(shown)
    width, height = layout.size
    style = f"<style>{STYLE}</style>" if any(s.photo for s in sized) else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' role="img" aria-labelledby="{name}title {name}desc">'
        f'<title id="{name}title">{escape(legible(title))}</title>'
        f'<desc id="{name}desc">{escape(spoken(pieces))}</desc>{style}<defs>{"".join(defs)}</defs>'
        f'<rect width="{width}" height="{height}" fill="url(#{name}ground)"/>{"".join(body)}</svg>'
    )


def sheet(
    outfits: Sequence[tuple[str, Sequence[Piece]]], theme: Theme = "light", shape: Shape = "square"
) -> str:
    """Several outfits side by side, three in a row; one alone is its laydown."""
    pictures = [laydown(pieces, title, theme, shape) for title, pieces in outfits]
    if len(pictures) == 1:
        return pictures[0]
    width, height = CANVAS[shape]
    columns = max(1, min(_ROW, len(pictures)))
    rows = -(-len(pictures) // columns)
    whole = (columns * (width + _GAP) + _GAP, rows * (height + _GAP) + _GAP)
    placed = [
        picture.replace(
            "<svg ",
            f'<svg x="{_GAP + (i % columns) * (width + _GAP)}" y="{_GAP + (i // columns) * (height + _GAP)}" ',
            1,
        )
        for i, picture in enumerate(pictures)
    ]
    ground = "#ffffff" if theme == "light" else "#2f2a26"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole[0]} {whole[1]}" width="{whole[0]}"'
        f' height="{whole[1]}"><rect width="{whole[0]}" height="{whole[1]}" fill="{ground}"/>{"".join(placed)}</svg>'
    )


def _name(pieces: Sequence[Piece], title: str, theme: Theme, shape: Shape) -> str:
    """What the ids of a picture begin with, so that several can stand in one page."""
    return (
        "o" + hashlib.sha256(repr((*pieces, title, theme, shape)).encode("utf-8", "replace")).hexdigest()[:8]
    )


def _places(pieces: Sequence[Piece]) -> list[str]:
    """A place for each: its slot, numbered from the second on; a whole suit has its own."""
    seen: dict[str, int] = {}
    places = []
    for piece in pieces:
        name = "suit" if template_of([piece]) == "suit" else piece.slot
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
    image = photo(piece.photo)
    if image is not None:  # as large as the drawing would be
        by = min((right - left) / image.width, (bottom - top) / image.height)
        left, top, right, bottom = 0.0, 0.0, image.width * by, image.height * by
    return _Sized(piece, shown, image, (left, top, right, bottom), shown.grow * grow(piece.slot))


def _drawn(sized: _Sized, layout: Layout, spot: Spot, name: str, theme: Theme) -> tuple[str, list[str]]:
    """The piece's drawing in its spot, on its shadow, and what it refers to."""
    scale = layout.scale * sized.grow
    left, top, right, bottom = sized.box
    pen = Pen(name, scale, sized.drawing, cloth_of(sized.piece))
    garment, outline = pen.draw(), "".join(pen.outline)
    if sized.drawing.pair:
        dx, dy = sized.drawing.pair
        pen.defs += [f'<g id="{name}one">{garment}</g>', f'<g id="{name}shape">{outline}</g>']
        garment, outline = (
            f'<use href="#{one}" x="{number(dx)}" y="{number(dy)}"/><use href="#{one}"/>'
            for one in (f"{name}one", f"{name}shape")
        )
    lean = f" rotate({number(spot.lean)})" if spot.lean else ""
    moved = (
        f"translate({number(spot.x)} {number(spot.y)}){lean} scale({scale:.4f})"
        f" translate({number(-(left + right) / 2)} {number(-(top + bottom) / 2)})"
    )
    shadow, defs = _shadow(name, spot, theme, f'<g transform="{moved}">{outline}</g>')
    return f'{shadow}<g transform="{moved}">{garment}</g>', [*pen.defs, *defs]


def _shown(sized: _Sized, _layout: Layout, spot: Spot, name: str, theme: Theme) -> tuple[str, list[str]]:
    """The piece's image in its spot. A packshot is multiplied onto the ground; another one has soft corners."""
    image = sized.photo
    if image is None:
        raise ValueError("a piece without an image is drawn")
    box = (
        f'x="{number(spot.x - spot.width / 2)}" y="{number(spot.y - spot.height / 2)}"'
        f' width="{number(spot.width)}" height="{number(spot.height)}"'
    )
    card = f'<rect {box} rx="10" fill="{_CARD}"/>'
    if image.is_packshot:
        under = card if theme == "dark" else ""
        return f'{under}<image class="packshot" {box} href="{image.uri}"/>', []
    shadow, defs = _shadow(name, spot, theme, f'<rect {box} rx="10"/>')
    clip = f'<clipPath id="{name}c"><rect {box} rx="10"/></clipPath>'
    return f'{shadow}<image clip-path="url(#{name}c)" {box} href="{image.uri}"/>', [*defs, clip]


def _shadow(name: str, spot: Spot, theme: Theme, outline: str) -> tuple[str, list[str]]:
    """A soft shadow to the lower right. Its region is no larger than it must be: blurring is what takes time."""
    color, force = _SHADOWS[theme]
    width, height = leaning(spot.width, spot.height, spot.lean)
    room = 18
    blur = (
        f'<filter id="{name}shadow" filterUnits="userSpaceOnUse" color-interpolation-filters="sRGB"'
        f' x="{number(spot.x - width / 2 - room)}" y="{number(spot.y - height / 2 - room)}"'
        f' width="{number(width + 2 * room)}" height="{number(height + 2 * room)}">'
        '<feGaussianBlur stdDeviation="6"/></filter>'
    )
    cast = (
        f'<g transform="translate(3 7)" fill="{color}" stroke="{color}" stroke-width="0" opacity="{force}"'
        f' filter="url(#{name}shadow)">{outline}</g>'
    )
    return cast, [blur]
