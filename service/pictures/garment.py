"""One garment as SVG: its drawing, filled with its cloth, shaded and outlined. Knows no layout and no other piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from string import Template

from service.pictures.cloth import Cloth, Tile
from service.pictures.colors import SHADOW, WHITE, lightness, mix
from service.pictures.drawing import MARKS, SURFACES, Drawing, Part
from service.pictures.outline import Box, Outline, number

OUTLINE, FINE = 1.2, 0.9
"""Widths of lines on the page, in pixels of a picture that is 1000 wide."""
PAINTS = {
    "rubber": "#f2efe8",
    "dark-rubber": "#2d2b2b",
    "gum": "#b98d5c",
    "wood": "#8d5f3a",
    "heel": "#4a3122",
    "cork": "#c59d6f",
    "jute": "#cdb083",
    "lens": "#3a3632",
    "dial": "#f6f3ec",
    "dark-dial": "#23262d",
    "paper": "#faf7f0",
    "insole": "#d9c3a3",
    "brown-leather": "#7c5236",
    "black": "#2b292b",
    "pearl": "#f4ecdf",
    "crystal": "#dfe8ee",
    "stone": "#8fa9b8",
    "white": "#fbfaf6",
    "skin": "#e6d2bd",
}
_TEXTURED = frozenset({"cloth", "second", "trim", "rib"})
_RIB = Tile(
    (0.8, 240),
    '<rect width=".28" height="240" fill="$dark" opacity=".24"/>'
    '<rect x=".36" width=".22" height="240" fill="$light" opacity=".26"/>',
)


@dataclass
class Pen:
    """Draws one garment. `prefix` keeps its ids apart from others', `scale` is pixels per centimetre."""

    prefix: str
    scale: float
    drawing: Drawing
    cloth: Cloth
    defs: list[str] = field(default_factory=list)
    _count: int = 0
    _tiles: dict[tuple[str, float], str] = field(default_factory=dict)

    def draw(self) -> str:
        """The garment, in its own centimetres. What it refers to is in `defs` afterwards."""
        out: list[str] = []
        for part, marks in _grouped(self.drawing.parts):
            if part.role in SURFACES:
                for side, outline in enumerate(part.sides if part.turn else [_joined(part)]):
                    out.append(self._surface(part, outline, marks, side))
            else:
                out.append(self._thing(part))
        return "".join(out)

    # -------------------------------------------------------------- surfaces

    def _surface(self, part: Part, outline: Outline, marks: Sequence[Part], side: int) -> str:
        shape = self._id("s")
        self.defs.append(f'<path id="{shape}" d="{outline.data()}"/>')
        fill = self._fill(part)
        see = self.cloth.see if part.role in _TEXTURED else 1
        inner = [_use(shape, fill=fill, fill_opacity=see if see < 1 else None)]
        inner += [_use(shape, fill=f"url(#{tile})") for tile in self._overlays(part, side)]
        clip = self._id("k")
        self.defs.append(f'<clipPath id="{clip}"><use href="#{shape}"/></clipPath>')
        inner.append(f'<g clip-path="url(#{clip})">{self._shading(part, shape, outline, marks)}{self._lines(marks)}</g>')
        inner.append(_use(shape, fill="none", stroke=self._line(part), stroke_width=self._width(OUTLINE),
                          stroke_linejoin="round"))
        return "".join(inner)

    def _fill(self, part: Part) -> str:
        base = self._base(part)
        if part.role == "metal":
            return f"url(#{self._metal(part)})"
        return base

    def _base(self, part: Part) -> str:
        cloth = self.cloth
        light = lightness(cloth.base)
        match part.role:
            case "second":
                return cloth.second
            case "trim" | "rib":
                return mix(cloth.base, SHADOW, 0.045) if light > 0.3 else mix(cloth.base, WHITE, 0.025)
            case "inside":
                return mix(cloth.base, SHADOW, 0.3 if light > 0.3 else 0.2)
            case "lining":
                return mix(cloth.base, SHADOW, 0.42) if light < 0.75 else mix(cloth.base, "#b9a68d", 0.55)
            case "metal":
                return cloth.metal if part.paint != "cloth" else cloth.base
            case "paint":
                return self._paint(part.paint)
        return self._paint(part.paint) if part.paint else cloth.base

    def _paint(self, name: str) -> str:
        if name in ("second", "base", "metal", "line"):
            return str(getattr(self.cloth, name))
        return PAINTS[name]

    def _overlays(self, part: Part, side: int) -> Iterator[str]:
        """Print, then texture, then shine, each as the id of what fills it."""
        turn = -part.turn if side else part.turn
        if part.role == "cloth" and part.print:
            if self.cloth.blocks:
                yield self._blocks()
            if self.cloth.print is not None:
                yield self._tile(self.cloth.print, turn, self.drawing.prints)
        if part.role == "rib":
            yield self._tile(_RIB, turn, 1)
        elif part.role in _TEXTURED:
            for tile in self.cloth.textures:
                yield self._tile(tile, turn, min(1, self.drawing.prints))
        if part.role in ("cloth", "second", "inside"):
            yield self._volume()
        if part.role in ("cloth", "trim", "second", "rib") and part.gloss and self.cloth.finish != "matt":
            yield self._sheen()

    def _shading(self, part: Part, shape: str, outline: Outline, marks: Sequence[Part]) -> str:
        """Darker to the lower right, lighter to the upper left, and the folds, all softened at once."""
        box = outline.box()
        small = min(box[2] - box[0], box[3] - box[1])
        if small <= 0:
            return ""
        width = min(0.2 * small, 3.2)
        shift = width * 0.32
        dark = lightness(self._base(part)) < 0.3
        shade = 0.15 if not dark else 0.36
        light = 0.26 if not dark else 0.1
        soft = [
            f'<g fill="none" stroke-width="{number(width)}">'
            f'{_use(shape, stroke=SHADOW, stroke_opacity=shade, transform=f"translate({number(-shift)} {number(-shift)})")}'
            f'{_use(shape, stroke=WHITE, stroke_opacity=light, transform=f"translate({number(shift)} {number(shift)})")}'
            "</g>"
        ]
        edges = self._softened("".join(soft), box, max(width * 0.3, 0.1))
        folds = "".join(self._soft_mark(m, dark) for m in marks if m.role in ("fold", "shade", "shine"))
        return edges + (self._softened(folds, box, min(0.5, small * 0.03)) if folds else "")

    def _soft_mark(self, mark: Part, dark: bool) -> str:
        if mark.role == "fold":
            w = mark.width or 1.6
            depth, rise = (0.21, 0.22) if not dark else (0.5, 0.1)
            fold = "".join(s.tapered(w).data() for s in mark.sides)
            ridge = "".join(s.tapered(w * 1.5).moved(-w * 0.95, -w * 0.3).data() for s in mark.sides)
            return (
                f'<path d="{ridge}" fill="{WHITE}" fill-opacity="{number(rise * mark.alpha)}"/>'
                f'<path d="{fold}" fill="{SHADOW}" fill-opacity="{number(depth * mark.alpha)}"/>'
            )
        data = "".join(s.data() for s in mark.sides)
        color, alpha = (SHADOW, 0.26) if mark.role == "shade" else (WHITE, 0.4 if not dark else 0.22)
        return f'<path d="{data}" fill="{color}" fill-opacity="{number(alpha * mark.alpha)}"/>'

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

    # -------------------------------------------------------------- lines and things

    def _lines(self, marks: Sequence[Part]) -> str:
        out = []
        for mark in marks:
            data = "".join(s.data() for s in mark.sides)
            if mark.role == "seam":
                out.append(self._stroke(data, self._soft_line(), self._width(FINE), mark.alpha * 0.9))
            elif mark.role == "stitch":
                color = self.cloth.stitching or self._soft_line()
                out.append(self._stroke(data, color, self._width(FINE), mark.alpha * 0.95, dash="0.62 0.42"))
            elif mark.role == "crease":
                out.append(self._stroke(data, self.cloth.dark, self._width(FINE), mark.alpha * 0.45))
            elif mark.role == "quilt":
                out.append(self._stroke(data, self.cloth.line, self._width(OUTLINE), mark.alpha * 0.7))
        return "".join(out)

    def _thing(self, part: Part) -> str:
        data = "".join(s.data() for s in part.sides)
        line = self.cloth.line
        match part.role:
            case "button":
                fill = self._paint(part.paint) if part.paint else self._button()
                return f'<path d="{data}" fill="{fill}" stroke="{mix(fill, SHADOW, 0.55)}" stroke-width="{self._width(FINE)}"/>'
            case "stud" | "gem":
                fill = self._paint(part.paint) if part.paint else f"url(#{self._metal(part)})"
                rim = mix(self.cloth.metal if not part.paint else self._paint(part.paint), SHADOW, 0.5)
                return f'<path d="{data}" fill="{fill}" stroke="{rim}" stroke-width="{self._width(FINE)}"/>'
            case "hole":
                return f'<path d="{data}" fill="{SHADOW}" fill-opacity=".62"/>'
            case "cord":
                return self._cord(part, data)
            case "chain":
                return self._chain(part, data)
        return self._stroke(data, line, self._width(OUTLINE), part.alpha, dash=number(part.dash) if part.dash else "")

    def _button(self) -> str:
        base = self.cloth.base
        return mix(base, WHITE, 0.7) if lightness(base) > 0.62 else mix(base, SHADOW, 0.35) if lightness(base) > 0.3 else mix(base, WHITE, 0.2)

    def _cord(self, part: Part, data: str) -> str:
        fill = self._paint(part.paint) if part.paint else self.cloth.base
        width = part.width or 1
        rim = self.cloth.line if not part.paint or part.paint in ("base", "line") else mix(fill, SHADOW, 0.5)
        shine = mix(fill, WHITE, 0.3)
        return (
            self._stroke(data, rim, number(width + 2 * OUTLINE / self.scale), 1)
            + self._stroke(data, fill, number(width), 1)
            + self._stroke(data, shine, number(width * 0.3), 0.6)
        )

    def _chain(self, part: Part, data: str) -> str:
        width = part.width or 0.6
        rim, fill = mix(self.cloth.metal, SHADOW, 0.55), self.cloth.metal
        dash = f"{number(width * 1.2)} {number(width * 0.5)}"
        return (
            self._stroke(data, rim, number(width * 0.45), 0.9)
            + self._stroke(data, rim, number(width + 1.6 / self.scale), 1, dash=dash)
            + self._stroke(data, mix(fill, WHITE, 0.25), number(width), 1, dash=dash)
        )

    def _stroke(self, data: str, color: str, width: str, alpha: float, dash: str = "") -> str:
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        shown = f' stroke-opacity="{number(alpha)}"' if alpha < 1 else ""
        cap = "butt" if dash else "round"
        return (
            f'<path d="{data}" fill="none" stroke="{color}" stroke-width="{width}"{shown}{dashed}'
            f' stroke-linecap="{cap}" stroke-linejoin="round"/>'
        )

    def _line(self, part: Part) -> str:
        if part.role == "paint":
            return mix(self._paint(part.paint), SHADOW, 0.5)
        if part.role == "metal":
            return mix(self._base(part), SHADOW, 0.55)
        if part.role == "second":
            return mix(self.cloth.second, SHADOW, 0.5) if lightness(self.cloth.second) > 0.3 else mix(self.cloth.second, WHITE, 0.26)
        return self.cloth.line

    def _soft_line(self) -> str:
        return mix(self.cloth.base, self.cloth.line, 0.72)

    def _width(self, pixels: float) -> str:
        return number(max(pixels / self.scale, 0.01))

    # -------------------------------------------------------------- fillings

    def _tile(self, tile: Tile, turn: float, scale: float) -> str:
        known = self._tiles.get((tile.svg, turn))
        if known:
            return known
        name = self._id("t")
        cloth = self.cloth
        body = Template(tile.svg).safe_substitute(
            id=name, base=cloth.base, a=cloth.inks[0], b=cloth.inks[1], c=cloth.inks[2], dark=cloth.dark, light=cloth.light
        )
        at = f' x="{number(tile.at[0])}" y="{number(tile.at[1])}"' if any(tile.at) else ""
        turned = f"rotate({number(tile.turn + turn)}) " if tile.turn + turn else ""
        self.defs.append(
            f'<pattern id="{name}" patternUnits="userSpaceOnUse"{at} width="{number(tile.size[0])}"'
            f' height="{number(tile.size[1])}" patternTransform="{turned}scale({number(scale)})">{body}</pattern>'
        )
        self._tiles[tile.svg, turn] = name
        return name

    def _sheen(self) -> str:
        name = f"{self.prefix}sheen"
        if name in self._tiles.values():
            return name
        self._tiles["sheen", 0] = name
        dark = lightness(self.cloth.base) < 0.3
        stops = _SHEENS[self.cloth.finish]
        strength = 0.6 if dark else 1
        rows = "".join(
            f'<stop offset="{o}" stop-color="{WHITE if a > 0 else SHADOW}" stop-opacity="{number(abs(a) * (strength if a > 0 else 1))}"/>'
            for o, a in stops
        )
        self.defs.append(f'<linearGradient id="{name}" x1="0" y1="0" x2="1" y2=".35">{rows}</linearGradient>')
        return name

    def _volume(self) -> str:
        """Light from the upper left, over the whole of a surface."""
        name = f"{self.prefix}volume"
        if name not in self._tiles.values():
            self._tiles["volume", 0] = name
            dark = lightness(self.cloth.base) < 0.3
            light, shade = (0.07, 0.26) if dark else (0.16, 0.13)
            self.defs.append(
                f'<linearGradient id="{name}" x1="0" y1="0" x2="1" y2=".5">'
                f'<stop offset="0" stop-color="{WHITE}" stop-opacity="{light}"/>'
                f'<stop offset=".4" stop-color="{WHITE}" stop-opacity="0"/>'
                f'<stop offset=".6" stop-color="{SHADOW}" stop-opacity="0"/>'
                f'<stop offset="1" stop-color="{SHADOW}" stop-opacity="{shade}"/></linearGradient>'
            )
        return name

    def _metal(self, part: Part) -> str:
        base = self._base(part) if part.role == "metal" else self.cloth.metal
        name = f"{self.prefix}m{base[1:]}"
        if name not in self._tiles.values():
            self._tiles["metal" + base, 0] = name
            bands = ((0, 0.62, WHITE), (0.22, 0.1, WHITE), (0.45, 0.34, SHADOW), (0.62, 0.0, WHITE), (0.8, 0.5, WHITE), (1, 0.3, SHADOW))
            rows = "".join(f'<stop offset="{o}" stop-color="{mix(base, to, by)}"/>' for o, by, to in bands)
            self.defs.append(f'<linearGradient id="{name}" x1="0" y1="0" x2="1" y2="1">{rows}</linearGradient>')
        return name

    def _blocks(self) -> str:
        name = f"{self.prefix}blocks"
        if name not in self._tiles.values():
            self._tiles["blocks", 0] = name
            colors = self.cloth.blocks
            left, top, right, bottom = self.drawing.box()
            rows = []
            for i, color in enumerate(colors):
                rows += [f'<stop offset="{number(i / len(colors))}" stop-color="{color}"/>', f'<stop offset="{number((i + 1) / len(colors))}" stop-color="{color}"/>']
            self.defs.append(
                f'<linearGradient id="{name}" gradientUnits="userSpaceOnUse" x1="0" y1="{number(top)}" x2="0" y2="{number(bottom)}">{"".join(rows)}</linearGradient>'
            )
        return name

    def _id(self, kind: str) -> str:
        self._count += 1
        return f"{self.prefix}{kind}{self._count}"


# Where along the cloth it shines (above 0) or falls dark (below), by finish.
_SHEENS: dict[str, tuple[tuple[float, float], ...]] = {
    "satin": ((0, 0), (0.16, 0.42), (0.3, 0), (0.42, -0.16), (0.55, 0.05), (0.68, 0.4), (0.8, 0), (1, -0.14)),
    "silk": ((0, 0.05), (0.2, 0.26), (0.36, 0), (0.5, -0.08), (0.7, 0.22), (0.86, 0), (1, -0.08)),
    "leather": ((0, 0), (0.14, 0.26), (0.24, 0.02), (0.55, -0.06), (0.72, 0.18), (0.8, 0), (1, -0.14)),
    "patent": ((0, 0), (0.12, 0.62), (0.17, 0.1), (0.5, -0.1), (0.66, 0.1), (0.72, 0.55), (0.76, 0.02), (1, -0.2)),
    "velvet": ((0, 0.3), (0.14, 0), (0.5, -0.14), (0.84, 0), (1, 0.26)),
    "shell": ((0, 0.08), (0.2, 0.24), (0.4, 0), (0.75, 0.12), (1, -0.08)),
}


def _grouped(parts: Sequence[Part]) -> Iterator[tuple[Part, list[Part]]]:
    """Each surface with the marks that follow it; each thing alone. A mark after a thing belongs to the last surface."""
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


def _use(shape: str, **attributes: object) -> str:
    shown = "".join(
        f' {name.replace("_", "-")}="{number(v) if isinstance(v, float) else v}"'
        for name, v in attributes.items()
        if v is not None
    )
    return f'<use href="#{shape}"{shown}/>'
