"""Which field an unmatched column's name looks like: a known word inside it, or one with a slip. Reads no file."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache

from indexer.feeds.values.minor_units import named_in_minor_units
from indexer.feeds.values.synonyms import SYNONYMS, canonical_field, normalise

_WORDS = re.compile(r"[^\W\d_]+|\d+")
_HUMP = re.compile(r"(?<=[a-zà-ÿ])(?=[A-Z])")
_LEAST_CHARS = 4  # of a word with a slip; shorter ones are like anything
_CUTOFF = 0.84
# Words that say much about a column as a whole, and nothing inside a longer name.
_VAGUE_WORDS = (
    "name nom nombre nome product produkt produit producto prodotto item article artikel articulo articolo id text type"
    " typ tipo label ref reference parent count style desc details about top collection lager bestand ja available"
    " link image bild foto photo print motif number code section audience genre age count units main"
)
_VAGUE = frozenset(_VAGUE_WORDS.split())
_KNOWN = [word for words in SYNONYMS.values() for word in words if len(word) >= _LEAST_CHARS]


@lru_cache(maxsize=4096)
def like_field(column: str) -> str | None:
    """The field that a column's name looks like, though it is not exactly a name of it; None for all others."""
    if len(column) > 80:
        return None
    in_minor = named_in_minor_units(column)
    if in_minor is not None and canonical_field(in_minor) in ("price", "sale_price"):
        return canonical_field(in_minor)
    words = _WORDS.findall(_HUMP.sub(" ", column))
    for length in range(len(words), 0, -1):
        for start in range(len(words) - length + 1):
            text = "".join(words[start : start + length])
            if len(text) > 2 and normalise(text) not in _VAGUE and (field := canonical_field(text)):
                return field
    key = normalise(column)
    close = get_close_matches(key, _KNOWN, n=1, cutoff=_CUTOFF) if len(key) >= _LEAST_CHARS else []
    return canonical_field(close[0]) if close else None
