"""Text -> numbers of hashed words and pieces of words. Training and serving use this very function; knows no net."""

from __future__ import annotations

import re
from functools import lru_cache
from zlib import crc32

from indexer.taxonomy.phrases import fold, words

BUCKETS = 1 << 14
VERSION = 1  # part of the net's file: features of another version mean something else
_MASK = BUCKETS - 1
_WORDS = 32  # of a text; a title has fewer, and a description says what it is in its first ones
_PIECES = (3, 4, 5)
_KANA_PIECES = (2, 3, 4)
_KANA = re.compile("[ァ-ヺー]+")


def features(text: str) -> list[int]:
    """Buckets of the words, of pairs of neighbours, of pieces of words, and of the first and last word apart.

    Empty for a text without words. Accents, case and plurals do not count.
    """
    tokens = words(fold(text))[:_WORDS]
    if not tokens:
        return []
    found = [_bucket("f" + tokens[0]), _bucket("l" + tokens[-1])]
    before = ""
    for token in tokens:
        found += _of_word(token)
        found.append(_bucket(f"{before} {token}"))
        before = token
    return found


@lru_cache(maxsize=50_000)
def _of_word(word: str) -> tuple[int, ...]:
    found = [_bucket("w" + word)]
    kana = _KANA.fullmatch(word) is not None
    if kana or (len(word) > 3 and word.isalpha()):
        edged = f"<{word}>"
        for size in _KANA_PIECES if kana else _PIECES:
            found += [_bucket(edged[i : i + size]) for i in range(len(edged) - size + 1)]
    return tuple(found)


def _bucket(piece: str) -> int:
    return crc32(piece.encode()) & _MASK
