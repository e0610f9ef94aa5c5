"""Materials and pattern of an item, from the feed's fields and from its words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from indexer.record import Row
from indexer.taxonomy.lexicon import keys, matches, split_words

_MATERIALS, _PATTERNS = "materials.tsv", "patterns.tsv"
_SHARE = re.compile(r"(\d{1,3})(?:[.,]\d+)?\s*%\s*([^\d%,;/|]+)")
_SHARE_AFTER = re.compile(r"([^\d%,;/|()]+)[\s(:]*(\d{1,3})(?:[.,]\d+)?\s*%")
_FIELD_CHARS = 40
# In a description: "made of ...", "Material: ...", "... trim". What they take in ends with the sentence.
_OWN = (
    re.compile(
        r"\b(?:made|crafted|cut|woven|knitted|knit|spun|lined|trimmed)\s+(?:of|from|in|with)\s+[^.;:!?]{1,60}",
        re.I,
    ),
    re.compile(
        r"\b(?:materials?|fabric|composition|shell|lining|upper|sole|outer|inner|stoff|obermaterial|futter|material"
        r"|zusammensetzung|matière|composition|doublure|tejido|composición|forro|tessuto|composizione|fodera|stof"
        r"|composição|skład|素材|材质|面料)\s*[:：]\s*[^.;!?\n]{1,80}",
        re.I,
    ),
    re.compile(
        r"(?:[^\W\d_]+[\s-]){1,3}(?:trims?|trimmed|linings?|lined|details?|detailing|collar|cuffs|patch(?:es)?|straps?|soles?"
        r"|uppers?|piping|panels?|buttons?|edging)\b",
        re.I,
    ),
)


def material(row: Row) -> tuple[str, bool]:
    """The main material and whether it was read out of title, tags or description; "" when nothing says."""
    given = row.material.strip()
    if given:
        return main_material(given) or given.lower()[:_FIELD_CHARS], False
    for text in (row.title, " ; ".join(row.tags)):
        if found := [m.entry.key for m in matches(_MATERIALS, split_words(text)) if not m.entry.weak]:
            return found[0], True
    found_in_text = _composition(row.description)
    return found_in_text, bool(found_in_text)


def main_material(text: str) -> str:
    """Of "60% cotton, 40% polyester" the largest share, else the first material named; "" for none."""
    shares = _shares(text)
    if shares:
        return max(shares, key=lambda s: s[0])[1]
    return next(iter(keys(_MATERIALS, text)), "")


def materials(row: Row, main: str) -> tuple[str, ...]:
    """Every material that is named as the item's own, the main one first: blends, trims and linings too.

    A description mentions what else there is to wear, so only its compositions, trims and "made of" count.
    """
    found = [main] if main else []
    for text in (row.material, row.title, " ; ".join(row.tags), *_own_materials(row.description)):
        found += keys(_MATERIALS, text)
    return tuple(dict.fromkeys(found))


def pattern(row: Row) -> tuple[str, bool]:
    """The pattern and whether it was read out of title or tags; "" when nothing says."""
    given = row.pattern.strip()
    if given:
        return next(iter(keys(_PATTERNS, given)), given.lower()[:_FIELD_CHARS]), False
    for text in (row.title, " ; ".join(row.tags)):
        if found := [k for k in keys(_PATTERNS, text) if k != "printed"] or keys(_PATTERNS, text):
            return found[0], True
    return "", False


def _shares(text: str) -> list[tuple[int, str]]:
    """(percent, material) pairs; in a description only these are taken for the item's own material."""
    before = [(int(p), found[0]) for p, words in _SHARE.findall(text) if (found := keys(_MATERIALS, words))]
    after = [
        (int(p), found[-1]) for words, p in _SHARE_AFTER.findall(text) if (found := keys(_MATERIALS, words))
    ]
    # "Cotton 80%, linen 20%" puts a share behind each name, and so has one before all but the first.
    return after if len(after) > len(before) else before


def _own_materials(description: str) -> Iterator[str]:
    yield from (words for _, words in _SHARE.findall(description))
    yield from (words for words, _ in _SHARE_AFTER.findall(description))
    yield from (found.group(0) for pattern in _OWN for found in pattern.finditer(description))


def _composition(description: str) -> str:
    shares = _shares(description)
    return max(shares, key=lambda s: s[0])[1] if shares else ""
