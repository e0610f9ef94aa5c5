"""Colour words that no table of ours has, by the colour that people call so: the nearest of our names.

The words are those of the xkcd colour survey and of CSS, as matplotlib ships them. Knows no feed fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from indexer.taxonomy.lexicon import split_words
from indexer.taxonomy.phrases import read_table

_FARTHEST = 28.0  # in CIE Lab; farther than this from all of our colours a word names none of them
_WHITE = np.array([0.95047, 1.0, 1.08883])
_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_LONGEST = 4  # words of a name


def nearest_color(tokens: Sequence[str]) -> str | None:
    """Our name for the longest colour name among these words, the last one where several are as long."""
    names = _names()
    for length in range(min(_LONGEST, len(tokens)), 0, -1):
        for start in range(len(tokens) - length, -1, -1):
            found = names.get(tuple(tokens[start : start + length]))
            if found is not None:
                return found
    return None


@cache
def _names() -> dict[tuple[str, ...], str]:
    from matplotlib.colors import CSS4_COLORS, XKCD_COLORS  # slow to load: only for words that are not known

    known = {name.removeprefix("xkcd:"): str(code) for name, code in {**CSS4_COLORS, **XKCD_COLORS}.items()}
    keys, anchors = _anchors()
    points = _lab([code.removeprefix("#") for code in known.values()])
    distances = np.linalg.norm(points[:, None] - anchors[None], axis=2)
    best = distances.argmin(axis=1)
    near = distances.min(axis=1) <= _FARTHEST
    return {
        tuple(split_words(name)): keys[best[n]]
        for n, name in enumerate(known)
        if near[n] and split_words(name)
    }


@cache
def _anchors() -> tuple[list[str], NDArray[np.float64]]:
    entries = [(key, code) for _, key, codes in read_table("hues.tsv") for code in codes]
    return [key for key, _ in entries], _lab([code for _, code in entries])


def _lab(codes: Sequence[str]) -> NDArray[np.float64]:
    """RGB in hexadecimal as CIE Lab (D65), shape (codes, 3)."""
    rgb = np.array([[int(code[i : i + 2], 16) for i in (0, 2, 4)] for code in codes]) / 255.0
    linear = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    xyz = linear @ _TO_XYZ.T / _WHITE
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    lab = np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)
    return np.asarray(lab)
