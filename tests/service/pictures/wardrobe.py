"""Pieces and outfits to draw, and a reader of what came of it."""

from __future__ import annotations

import io
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring
from PIL import Image, ImageDraw

from service.pictures.piece import Piece
from service.pictures.raster import png

SVG = "{http://www.w3.org/2000/svg}"

SEPARATES = (
    Piece("top", "Poplin shirt", "shirt", ("white",), "cotton"),
    Piece("bottom", "Straight jeans", "jeans", ("blue",), "denim"),
    Piece("shoes", "Loafers", "loafers", ("brown",), "leather"),
)
FULL = (
    *SEPARATES,
    Piece("outerwear", "Storm trench", "trench", ("beige",)),
    Piece("bag", "Leather tote", "tote", ("tan",), "leather"),
    Piece("jewelry", "Small hoops", "earrings", ("gold",)),
    Piece("accessory", "Slim belt", "belt", ("black",), "leather"),
    Piece("accessory", "Silk carré", "scarf", ("navy",), "silk", "printed"),
)
DRESSED = (
    Piece("dress", "Satin slip dress", "slip-dress", ("green",), "satin"),
    Piece("shoes", "Stiletto sandals", "heeled-sandals", ("black",)),
)


def parsed(svg: str) -> Element:
    """The document; raises where it is not well-formed."""
    root: Element = fromstring(svg)
    return root


def pixels(svg: str, width: int = 500) -> Image.Image:
    return Image.open(io.BytesIO(png(svg, width))).convert("RGB")


def packshot(color: tuple[int, int, int] = (180, 60, 70), ground: str = "white") -> bytes:
    """A photograph of a thing in the middle of a ground."""
    image = Image.new("RGB", (300, 400), ground)
    ImageDraw.Draw(image).rectangle((90, 100, 210, 300), fill=color)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
