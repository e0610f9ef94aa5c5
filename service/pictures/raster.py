"""SVG into PNG, by resvg: without a font, a network or a file. Knows nothing of outfits.

Run as a module it reads SVG from standard input and writes PNG to standard output: drawing holds Python's lock for
as long as it takes, so that a server has it done by another process.
"""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import resvg_py

from service.errors import UnavailableError

_SECONDS = 60
_ROOT = Path(__file__).parents[2]


def png(svg: str, width: int | None = None) -> bytes:
    """The picture as PNG, `width` pixels wide (by default as wide as it says itself)."""
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, width=width, skip_system_fonts=True))


@lru_cache(maxsize=64)
def png_apart(svg: str, width: int) -> bytes:
    """The same, drawn by another process; the last ones are remembered.

    Raises UnavailableError when that fails or takes a minute.
    """
    command = [sys.executable, "-m", __name__, str(width)]
    try:
        run = subprocess.run(  # noqa: S603 - this interpreter, this module, a number
            command, input=svg.encode(), capture_output=True, timeout=_SECONDS, check=True, cwd=_ROOT
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise UnavailableError(
            "the picture could not be drawn as PNG; format=svg needs no drawing"
        ) from error
    return run.stdout


if __name__ == "__main__":
    sys.stdout.buffer.write(png(sys.stdin.buffer.read().decode(), int(sys.argv[1])))
