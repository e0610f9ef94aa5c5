"""SVG into PNG, by resvg: in this process, without a font, a network or a file. Knows nothing of outfits."""

from __future__ import annotations

import resvg_py


def png(svg: str, width: int | None = None) -> bytes:
    """The picture as PNG, `width` pixels wide (by default as wide as it says itself)."""
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, width=width, skip_system_fonts=True))
