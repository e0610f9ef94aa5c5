"""Keeps the memory of a long-running service bounded, where the C library would let it grow. Knows no model."""

from __future__ import annotations

import ctypes
import sys

_M_ARENA_MAX = -8  # malloc.h
_ARENAS = 2


def bound_memory() -> None:
    """To be called before threads start: glibc keeps an arena of freed memory for each, which looks like a leak."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "mallopt"):
            libc.mallopt(_M_ARENA_MAX, _ARENAS)
