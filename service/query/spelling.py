"""Mends slips of the pen in the few words that decide how a wish is read. Knows no senses and corrects no others."""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz.distance import OSA

_KEY_WORDS = frozenset(
    {
        *(
            "wedding",
            "funeral",
            "interview",
            "graduation",
            "christening",
            "engagement",
            "cocktail",
            "evening",
        ),
        *("casual", "marathon", "swimming", "snowboarding", "football", "tennis", "festival", "christmas"),
        *("winter", "summer", "autumn", "september", "october", "november", "december", "january"),
        *("february", "freezing", "monsoon", "umbrella", "daughter", "husband", "boyfriend", "girlfriend"),
        *("toddler", "children", "bridesmaid"),
    }
)
_LIKE_THEM = frozenset(
    {
        *("welding", "wedging", "wending", "weeding", "winner", "winger", "winder", "simmer"),
        *("sumner", "freeing", "eventing", "skimming", "footfall"),
    }
)
"""Words that are one letter from a key word and are meant as they stand."""

_WORD = re.compile(r"[^\W\d_]{5,}")


def respelled(words: str) -> str:
    """Lower-case `words` with each key word in place of what is one slip away from it: a letter left out, doubled,
    wrong, or swapped with the next (Damerau 1964). The first letter must be right.
    """
    return _WORD.sub(lambda found: _meant(found[0]), words)


@lru_cache(maxsize=4096)
def _meant(word: str) -> str:
    if word in _KEY_WORDS or word in _LIKE_THEM:
        return word
    near = [key for key in _KEY_WORDS if key[0] == word[0] and OSA.distance(word, key, score_cutoff=1) == 1]
    return near[0] if len(near) == 1 else word
