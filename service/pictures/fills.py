"""What fills an outline: plain colours, repeating tiles, shine and metal, as SVG definitions. Knows no outlines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from string import Template

from service.pictures.cloth import Cloth, Tile
from service.pictures.colors import SHADOW, WHITE, lightness, mix
from service.pictures.drawing import Part
from service.pictures.outline import number

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
    "insole": "#d9c3a3",
    "brown-leather": "#7c5236",
    "black": "#2b292b",
    "pearl": "#f4ecdf",
    "crystal": "#dfe8ee",
    "stone": "#8fa9b8",
    "white": "#fbfaf6",
}
"""Colours that a part has whatever colour the piece is in."""
_OWN_PAINTS = ("second", "base", "metal", "line")
_TEXTURED = frozenset({"cloth", "second", "trim", "rib"})
_RIB = Tile(
    (0.8, 240),
    '<rect width=".28" height="240" fill="$dark" opacity=".24"/>'
    '<rect x=".36" width=".22" height="240" fill="$light" opacity=".26"/>',
)
_METAL = (
    (0.0, 0.62, WHITE),
    (0.22, 0.1, WHITE),
    (0.45, 0.34, SHADOW),
    (0.62, 0.0, WHITE),
    (0.8, 0.5, WHITE),
    (1.0, 0.3, SHADOW),
)
# Where along the cloth it shines (above 0) or falls dark (below), by finish.
_SHEENS: dict[str, tuple[tuple[float, float], ...]] = {
    "satin": ((0, 0), (0.16, 0.42), (0.3, 0), (0.42, -0.16), (0.55, 0.05), (0.68, 0.4), (0.8, 0), (1, -0.14)),
    "silk": ((0, 0.05), (0.2, 0.26), (0.36, 0), (0.5, -0.08), (0.7, 0.22), (0.86, 0), (1, -0.08)),
    "leather": ((0, 0), (0.14, 0.2), (0.24, 0.02), (0.55, -0.06), (0.72, 0.14), (0.8, 0), (1, -0.14)),
    "patent": (
        (0, 0),
        (0.12, 0.62),
        (0.17, 0.1),
        (0.5, -0.1),
        (0.66, 0.1),
        (0.72, 0.55),
        (0.76, 0),
        (1, -0.2),
    ),
    "velvet": ((0, 0.3), (0.14, 0), (0.5, -0.14), (0.84, 0), (1, 0.26)),
    "shell": ((0, 0.08), (0.2, 0.24), (0.4, 0), (0.75, 0.12), (1, -0.08)),
}


@dataclass
class Fills:
    """The fillings of one garment. `prints` scales its print; `top` and `bottom` are where its colour blocks begin and
    end, in centimetres.
    """

    prefix: str
    cloth: Cloth
    prints: float
    top: float
    bottom: float
    defs: list[str] = field(default_factory=list)
    _made: dict[str, str] = field(default_factory=dict)

    @property
    def is_dark(self) -> bool:
        return lightness(self.cloth.base) < 0.3

    def color(self, part: Part) -> str:
        """The plain colour of a part, beneath all that lies on it."""
        cloth = self.cloth
        pale = lightness(cloth.base) > 0.3
        match part.role:
            case "second":
                return cloth.second
            case "trim" | "rib":
                return mix(cloth.base, SHADOW, 0.045) if pale else mix(cloth.base, WHITE, 0.025)
            case "inside":
                return mix(cloth.base, SHADOW, 0.3 if pale else 0.2)
            case "lining":
                return mix(cloth.base, SHADOW, 0.42) if lightness(cloth.base) < 0.75 else "#cdbda4"
            case "metal":
                return cloth.base if part.paint == "cloth" else cloth.metal
        return self.paint(part.paint) if part.paint else cloth.base

    def paint(self, name: str) -> str:
        """A named colour: one of `PAINTS`, or one of the cloth's own."""
        return str(getattr(self.cloth, name)) if name in _OWN_PAINTS else PAINTS[name]

    def ground(self, part: Part) -> str:
        """What a surface is filled with first: a colour, or a reference to metal."""
        return f"url(#{self.metal(self.color(part))})" if part.role == "metal" else self.color(part)

    def opacity(self, part: Part) -> float:
        return self.cloth.see if part.role in _TEXTURED else 1.0

    def overlays(self, part: Part, turn: float) -> Iterator[str]:
        """Print, texture, light and shine, each as the id of what fills it."""
        if part.role == "cloth" and part.print:
            if self.cloth.blocks:
                yield self._blocks()
            if self.cloth.print is not None:
                yield self._tile(self.cloth.print, turn, self.prints)
        if part.role == "rib":
            yield self._tile(_RIB, turn, 1)
        elif part.role in _TEXTURED:
            for tile in self.cloth.textures:
                yield self._tile(tile, turn, min(1, self.prints))
        if part.role in ("cloth", "second", "inside"):
            yield self._light()
        if part.role in _TEXTURED and part.gloss and self.cloth.finish != "matt":
            yield self._sheen()

    def metal(self, base: str) -> str:
        """The id of a gradient that makes a colour look like metal."""
        stops = [(offset, mix(base, to, by), 1.0) for offset, by, to in _METAL]
        return self._gradient(f"m{base[1:]}", 'x1="0" y1="0" x2="1" y2="1"', stops)

    def _light(self) -> str:
        """Light from the upper left, over the whole of a surface."""
        light, shade = (0.07, 0.26) if self.is_dark else (0.16, 0.13)
        stops = [(0.0, WHITE, light), (0.4, WHITE, 0.0), (0.6, SHADOW, 0.0), (1.0, SHADOW, shade)]
        return self._gradient("light", 'x1="0" y1="0" x2="1" y2=".5"', stops)

    def _sheen(self) -> str:
        most = 0.6 if self.is_dark else 1.0
        stops = [
            (offset, WHITE if force > 0 else SHADOW, force * most if force > 0 else -force)
            for offset, force in _SHEENS[self.cloth.finish]
        ]
        return self._gradient("sheen", 'x1="0" y1="0" x2="1" y2=".35"', stops)

    def _blocks(self) -> str:
        colors = self.cloth.blocks
        stops = []
        for i, color in enumerate(colors):
            stops += [(i / len(colors), color, 1.0), ((i + 1) / len(colors), color, 1.0)]
        along = (
            f'gradientUnits="userSpaceOnUse" x1="0" y1="{number(self.top)}" x2="0" y2="{number(self.bottom)}"'
        )
        return self._gradient("blocks", along, stops)

    def _gradient(self, key: str, along: str, stops: Sequence[tuple[float, str, float]]) -> str:
        if key not in self._made:
            name = self._made[key] = f"{self.prefix}{key}"
            rows = "".join(
                f'<stop offset="{number(offset)}" stop-color="{color}"'
                + (f' stop-opacity="{number(alpha)}"/>' if alpha < 1 else "/>")
                for offset, color, alpha in stops
            )
            self.defs.append(f'<linearGradient id="{name}" {along}>{rows}</linearGradient>')
        return self._made[key]

    def _tile(self, tile: Tile, turn: float, scale: float) -> str:
        key = f"{tile.svg}|{turn}"
        if key in self._made:
            return self._made[key]
        name = self._made[key] = f"{self.prefix}t{len(self._made)}"
        turned = f"rotate({number(tile.turn + turn)}) " if tile.turn + turn else ""
        moved = f'patternTransform="{turned}scale({number(scale)})"'
        straight = self._made.setdefault(f"{tile.svg}|any", name)
        if straight != name:  # the same tile, turned otherwise
            self.defs.append(f'<pattern id="{name}" href="#{straight}" {moved}/>')
            return name
        cloth = self.cloth
        a, b, c = cloth.inks
        body = Template(tile.svg).substitute(
            id=name, base=cloth.base, a=a, b=b, c=c, dark=cloth.dark, light=cloth.light
        )
        at = f' x="{number(tile.at[0])}" y="{number(tile.at[1])}"' if any(tile.at) else ""
        self.defs.append(
            f'<pattern id="{name}" patternUnits="userSpaceOnUse"{at} width="{number(tile.size[0])}"'
            f' height="{number(tile.size[1])}" {moved}>{body}</pattern>'
        )
        return name
