"""Product images as a picture takes them: decoded, trimmed of their white margins, encoded small. Fetches nothing."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field

from PIL import Image, ImageChops, ImageOps

EDGE = 640
"""The longest side of an image in a picture, in pixels."""
_FORMATS = ("JPEG", "PNG", "WEBP")
_MOST_PIXELS = 40_000_000
_WHITE = 244
"""From this brightness on, a border is that of a packshot."""


@dataclass(frozen=True, slots=True)
class Photo:
    """An image, ready to be laid down. A packshot stands on white, which is to become the ground's colour."""

    width: int
    height: int
    is_packshot: bool
    data: bytes = field(repr=False)

    @property
    def uri(self) -> str:
        return f"data:image/jpeg;base64,{base64.b64encode(self.data).decode('ascii')}"


def photo(data: bytes | None) -> Photo | None:
    """The image, or None for what is none, cannot be decoded, or is no larger than a few pixels."""
    if not data:
        return None
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:
                return None
            flat = _flattened(ImageOps.exif_transpose(image))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    is_packshot = _stands_on_white(flat)
    if is_packshot:
        flat = _trimmed(flat)
    if min(flat.size) < 8:
        return None
    flat.thumbnail((EDGE, EDGE))
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=86)
    return Photo(flat.width, flat.height, is_packshot, out.getvalue())


def _flattened(image: Image.Image) -> Image.Image:
    """In RGB, on white where it is transparent."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        cut = image.convert("RGBA")
        ground = Image.new("RGBA", cut.size, "white")
        ground.alpha_composite(cut)
        return ground.convert("RGB")
    return image.convert("RGB")


def _stands_on_white(image: Image.Image) -> bool:
    """Whether nearly all of its outermost pixels are white."""
    grey = image.convert("L")
    width, height = grey.size
    edges = [
        (0, 0, width, 1),
        (0, height - 1, width, height),
        (0, 0, 1, height),
        (width - 1, 0, width, height),
    ]
    counts = [grey.crop(box).histogram() for box in edges]
    total = sum(sum(histogram) for histogram in counts)
    white = sum(sum(histogram[_WHITE:]) for histogram in counts)
    return white >= 0.92 * total


def _trimmed(image: Image.Image) -> Image.Image:
    """Without its white margins, but for a hair."""
    difference = ImageChops.difference(image, Image.new("RGB", image.size, "white")).convert("L")
    box = difference.point(lambda value: 255 if value > 255 - _WHITE else 0).getbbox()
    if box is None:
        return image
    room = max(2, max(image.size) // 100)
    left, top, right, bottom = box
    return image.crop(
        (
            max(left - room, 0),
            max(top - room, 0),
            min(right + room, image.width),
            min(bottom + room, image.height),
        )
    )
