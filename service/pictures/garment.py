"""One garment as SVG: its drawing, filled with its cloth, shaded and outlined. Knows no layout and no other piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.pictures.cloth import Cloth
from service.pictures.colors import SHADOW, WHITE, lightness, mix
from service.pictures.drawing import MARKS, SURFACES, Drawing, Part
from service.pictures.fills import Fills
from service.pictures.outline import Box, Outline, number

OUTLINE, FINE = 1.2, 0.9
"""Widths of lines on the page, in pixels of a picture that is 1000 wide."""
_STITCH = "0.62 0.42"
_SOFT = ("fold", "shade", "shine")


class Pen:
    """Draws one garment. `prefix` keeps its ids apart from others', `scale` is pixels per centimetre."""

    def __init__(self, prefix: str, scale: float, drawing: Drawing, cloth: Cloth) -> None:
        _, top, _, bottom = drawing.box()
        self._prefix, self._scale = prefix, scale
        self._drawing, self._cloth = drawing, cloth
        self._fills = Fills(prefix, cloth, drawing.prints, top, bottom)
        self.defs: list[str] = self._fills.defs
        """What the garment refers to, once it is drawn."""
        self.outline: list[str] = []
        """Its shapes without colour, once it is drawn, to cast a shadow."""
        self._count = 0

    def draw(self) -> str:
        """The garment, in its own centimetres."""
        out: list[str] = []
        for part, marks in _grouped(self._drawing.parts):
            if part.role not in SURFACES:
                out.append(self._thing(part))
            elif part.turn:
                turns = (part.turn, -part.turn)
                out += [self._surface(part, s, marks, t) for s, t in zip(part.sides, turns, strict=False)]
            else:
                out.append(self._surface(part, _joined(part), marks, 0))
        return "".join(out)

    def _surface(self, part: Part, outline: Outline, marks: Sequence[Part], turn: float) -> str:
        shape, clip = self._id("s"), self._id("k")
        self.defs.append(f'<path id="{shape}" d="{outline.data()}"/>')
        self.outline.append(f'<use href="#{shape}"/>')
        self.defs.append(f'<clipPath id="{clip}"><use href="#{shape}"/></clipPath>')
        seen = self._fills.opacity(part)
        through = f' fill-opacity="{number(seen)}"' if seen < 1 else ""
        layers = [f'<use href="#{shape}" fill="{self._fills.ground(part)}"{through}/>']
        layers += [f'<use href="#{shape}" fill="url(#{tile})"/>' for tile in self._fills.overlays(part, turn)]
        inner = self._shading(part, shape, outline, marks) + self._lines(marks)
        layers.append(f'<g clip-path="url(#{clip})">{inner}</g>')
        layers.append(
            f'<use href="#{shape}" fill="none" stroke="{self._edge(part)}" stroke-width="{self._width(OUTLINE)}"'
            ' stroke-linejoin="round"/>'
        )
        return "".join(layers)

    def _edge(self, part: Part) -> str:
        """The colour of a surface's outline."""
        if part.role not in ("paint", "metal", "second"):
            return self._cloth.line
        color = self._fills.color(part)
        return mix(color, SHADOW, 0.5) if lightness(color) > 0.3 else mix(color, WHITE, 0.26)

    def _shading(self, part: Part, shape: str, outline: Outline, marks: Sequence[Part]) -> str:
        """Darker to the lower right, lighter to the upper left, then the folds: softened, the edges more."""
        box = outline.box()
        small = min(box[2] - box[0], box[3] - box[1])
        if small <= 0:
            return ""
        width = min(0.2 * small, 3.2)
        shift = number(width * 0.32)
        dark = lightness(self._fills.color(part)) < 0.3
        shade, light = (0.36, 0.1) if dark else (0.15, 0.26)
        edges = (
            f'<g fill="none" stroke-width="{number(width)}"><use href="#{shape}" stroke="{SHADOW}"'
            f' stroke-opacity="{shade}" transform="translate(-{shift} -{shift})"/><use href="#{shape}"'
            f' stroke="{WHITE}" stroke-opacity="{light}" transform="translate({shift} {shift})"/></g>'
        )
        soft = self._softened(edges, box, max(width * 0.3, 0.1))
        folds = "".join(_soft_mark(m, dark) for m in marks if m.role in _SOFT)
        return soft + (self._softened(folds, box, min(0.5, small * 0.03)) if folds else "")

    def _softened(self, body: str, box: Box, blur: float) -> str:
        name = self._id("b")
        room = blur * 3
        self.defs.append(
            f'<filter id="{name}" filterUnits="userSpaceOnUse" color-interpolation-filters="sRGB"'
            f' x="{number(box[0] - room)}" y="{number(box[1] - room)}"'
            f' width="{number(box[2] - box[0] + 2 * room)}" height="{number(box[3] - box[1] + 2 * room)}">'
            f'<feGaussianBlur stdDeviation="{number(blur)}"/></filter>'
        )
        return f'<g filter="url(#{name})">{body}</g>'

    def _lines(self, marks: Sequence[Part]) -> str:
        soft = mix(self._cloth.base, self._cloth.line, 0.72)
        out = []
        for mark in marks:
            data = _joined(mark).data()
            match mark.role:
                case "seam":
                    out.append(_stroke(data, soft, self._width(FINE), mark.alpha * 0.9))
                case "stitch":
                    color = self._cloth.stitching or soft
                    out.append(_stroke(data, color, self._width(FINE), mark.alpha * 0.95, _STITCH))
                case "crease":
                    out.append(_stroke(data, self._cloth.dark, self._width(FINE), mark.alpha * 0.45))
                case "quilt":
                    out.append(_stroke(data, self._cloth.line, self._width(OUTLINE), mark.alpha * 0.7))
        return "".join(out)

    def _thing(self, part: Part) -> str:
        data = _joined(part).data()
        if part.role in ("cord", "chain"):
            self.outline.append(f'<path d="{data}" fill="none" stroke-width="{number(part.width or 1)}"/>')
        match part.role:
            case "button":
                return self._dot(data, self._fills.paint(part.paint) if part.paint else self._button())
            case "stud" | "gem":
                if part.paint:
                    return self._dot(data, self._fills.paint(part.paint))
                metal = self._fills.metal(self._cloth.metal)
                return self._dot(data, f"url(#{metal})", mix(self._cloth.metal, SHADOW, 0.5))
            case "hole":
                return f'<path d="{data}" fill="{SHADOW}" fill-opacity=".62"/>'
            case "cord":
                return self._cord(part, data)
            case "chain":
                return self._chain(part, data)
        dash = number(part.dash) if part.dash else ""
        return _stroke(data, self._cloth.line, self._width(OUTLINE), part.alpha, dash)

    def _dot(self, data: str, fill: str, rim: str = "") -> str:
        rim = rim or mix(fill, SHADOW, 0.52)
        return f'<path d="{data}" fill="{fill}" stroke="{rim}" stroke-width="{self._width(FINE)}"/>'

    def _button(self) -> str:
        base = self._cloth.base
        if lightness(base) > 0.62:
            return mix(base, WHITE, 0.7)
        return mix(base, SHADOW, 0.35) if lightness(base) > 0.3 else mix(base, WHITE, 0.2)

    def _cord(self, part: Part, data: str) -> str:
        """A strap, a handle, a lace: a rim, the cord, and the light along it."""
        fill = self._fills.paint(part.paint) if part.paint else self._cloth.base
        own = part.paint in ("", "base", "line")
        rim = self._cloth.line if own else mix(fill, SHADOW, 0.5)
        width = part.width or 1
        return (
            _stroke(data, rim, number(width + 2 * OUTLINE / self._scale))
            + _stroke(data, fill, number(width))
            + _stroke(data, mix(fill, WHITE, 0.3), number(width * 0.3), 0.6)
        )

    def _chain(self, part: Part, data: str) -> str:
        width = part.width or 0.6
        rim, fill = mix(self._cloth.metal, SHADOW, 0.55), self._cloth.metal
        links = f"{number(width * 1.2)} {number(width * 0.5)}"
        return (
            _stroke(data, rim, number(width * 0.45), 0.9)
            + _stroke(data, rim, number(width + 1.6 / self._scale), 1, links)
            + _stroke(data, mix(fill, WHITE, 0.25), number(width), 1, links)
        )

    def _width(self, pixels: float) -> str:
        return number(max(pixels / self._scale, 0.01))

    def _id(self, kind: str) -> str:
        self._count += 1
        return f"{self._prefix}{kind}{self._count}"


def _soft_mark(mark: Part, dark: bool) -> str:
    if mark.role == "fold":
        width = mark.width or 1.6
        depth, rise = (0.5, 0.1) if dark else (0.21, 0.22)
        fold = "".join(s.tapered(width).data() for s in mark.sides)
        ridge = "".join(s.tapered(width * 1.5).moved(-width * 0.95, -width * 0.3).data() for s in mark.sides)
        return (
            f'<path d="{ridge}" fill="{WHITE}" fill-opacity="{number(rise * mark.alpha)}"/>'
            f'<path d="{fold}" fill="{SHADOW}" fill-opacity="{number(depth * mark.alpha)}"/>'
        )
    color, alpha = (SHADOW, 0.26) if mark.role == "shade" else (WHITE, 0.22 if dark else 0.4)
    return f'<path d="{_joined(mark).data()}" fill="{color}" fill-opacity="{number(alpha * mark.alpha)}"/>'


def _grouped(parts: Sequence[Part]) -> Iterator[tuple[Part, list[Part]]]:
    """Each surface with the marks that follow it, even behind things in between; each thing alone."""
    owner = -1
    marks: dict[int, list[Part]] = {}
    for index, part in enumerate(parts):
        if part.role in SURFACES:
            owner = index
        elif part.role in MARKS and owner >= 0:
            marks.setdefault(owner, []).append(part)
    for index, part in enumerate(parts):
        if part.role not in MARKS:
            yield part, marks.get(index, [])


def _joined(part: Part) -> Outline:
    return Outline(tuple(run for side in part.sides for run in side.runs))


def _stroke(data: str, color: str, width: str, alpha: float = 1, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    shown = f' stroke-opacity="{number(alpha)}"' if alpha < 1 else ""
    cap = "butt" if dash else "round"
    return (
        f'<path d="{data}" fill="none" stroke="{color}" stroke-width="{width}"{shown}{dashed}'
        f' stroke-linecap="{cap}" stroke-linejoin="round"/>'
    )
