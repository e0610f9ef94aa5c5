"""What a piece is for, and what is true of it: purposes, heel, sleeves, length, care. Knows no colours, no fabrics.

Titles and the feed's own fields are believed; a description only where it does not speak of what else to wear.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from indexer.item import ATTRIBUTES, PURPOSES, Slot
from indexer.record import Row
from indexer.taxonomy.kinds import Kind
from indexer.taxonomy.lexicon import matches, split_words
from indexer.taxonomy.phrases import Match

_PURPOSES, _ATTRIBUTES = "purposes.tsv", "attributes.tsv"
_DESCRIPTION_CHARS = 1200
_BODIES: frozenset[Slot | None] = frozenset({"top", "bottom", "dress", "outerwear", None})
_WORN: frozenset[Slot | None] = frozenset(
    {"top", "bottom", "dress", "outerwear", "shoes", "bag", "accessory"}
)
# A purpose that only some pieces have: bags are not petite, and "gym" makes no jewellery sportswear.
_FOR: dict[str, frozenset[Slot | None]] = {
    **dict.fromkeys(
        ("maternity", "nursing", "plus", "petite", "tall", "sleep", "underwear", "costume"), _BODIES
    ),
    "swim": frozenset({"top", "bottom", "dress"}),
    "sport": _WORN,
}
_FROM_DESCRIPTION = frozenset({"maternity", "nursing"})

_SHOES: frozenset[Slot] = frozenset({"shoes"})
_UPPER: frozenset[Slot] = frozenset({"top", "dress"})
_ARMS: frozenset[Slot] = frozenset({"top", "dress", "outerwear"})
_LEGS: frozenset[Slot] = frozenset({"bottom", "dress"})
_GARMENTS: frozenset[Slot] = frozenset({"top", "bottom", "dress", "outerwear"})
_ON: dict[str, frozenset[Slot]] = {
    **dict.fromkeys(("heel-flat", "heel-low", "heel-high", "open-toe", "closed-toe", "wide-fit"), _SHOES),
    **dict.fromkeys(("sleeveless", "short-sleeve", "long-sleeve", "high-neck", "hooded", "backless"), _ARMS),
    **dict.fromkeys(("strapless", "off-shoulder", "low-cut", "cut-out"), _UPPER),
    **dict.fromkeys(("slit", "high-waist", "low-waist"), _LEGS),
    **dict.fromkeys(("mini", "midi", "maxi"), frozenset[Slot]({"bottom", "dress", "outerwear"})),
    **dict.fromkeys(("cropped", "tight", "loose", "stretch", "pockets"), _GARMENTS),
    "sheer": frozenset({"top", "bottom", "dress", "outerwear", "accessory"}),
    **dict.fromkeys(("lined", "unlined"), _GARMENTS | {"shoes", "accessory"}),
}
# Of each of these a piece has one at most: what is said first counts, and before what its kind usually has.
_EITHER = (
    ("heel-flat", "heel-low", "heel-high"),
    ("sleeveless", "short-sleeve", "long-sleeve"),
    ("mini", "midi", "maxi"),
    ("high-waist", "low-waist"),
    ("tight", "loose"),
    ("lined", "unlined"),
    ("open-toe", "closed-toe"),
    ("washable", "hand-wash", "dry-clean"),
)
_GROUP = {name: group for group in _EITHER for name in group}
_NO_SLEEVES = frozenset({"strapless"})

_NEGATIONS = (
    "no not non without ohne nicht kein keine sans pas sin senza zonder geen sem bez nie 不 无 無 非 بدون غير"
)
_NOT = frozenset(_NEGATIONS.split())
_SENTENCE = re.compile(r"[.;!?\n。！？؛•|]+")
_OTHER_PIECE = re.compile(
    r"\b(?:wear|pair|style|team|combine|layer|goes|match)\w*\b.{0,30}\b(?:with|over|under)\b|\bkombini"
    r"|\btrag\w* .{0,20}\bzu\b|\bassoci|\bport\w+ .{0,20}\bavec\b|\bcombín|\bcombina|\babbina|\bcombineer|\bdraag\b"
    r"|\bzestaw|\bnoś\b|搭配|合わせ|نسق",
    re.IGNORECASE,
)

_UNIT = r"(cm|mm|in\b|inch(?:es)?\b|\"|″|”|zoll|pouces?|pollici|センチ|厘米|公分|سم)"
_HEEL = r"(?:heels?|absatz\w*|talons?|tac[oó]n(?:es)?|tacc[oh]i?|hak(?:hoogte)?|salto|obcas\w*|跟高?|ヒール高?さ?|كعب)"
_HEEL_AFTER = re.compile(
    rf"(\d{{1,3}}(?:[.,]\d+)?)\s*-?\s*{_UNIT}[\s-]*(?:[^\W\d_]+[\s-]+){{0,2}}{_HEEL}", re.I
)
_HEEL_BEFORE = re.compile(rf"{_HEEL}[^.\d]{{0,24}}?(\d{{1,3}}(?:[.,]\d+)?)\s*-?\s*{_UNIT}", re.I)
_CM = {"cm": 1.0, "mm": 0.1, "センチ": 1.0, "厘米": 1.0, "公分": 1.0, "سم": 1.0}
_INCH = 2.54
_FLAT_CM, _LOW_CM, _MOST_CM = 2.5, 6.0, 25.0


def purposes(row: Row, kind: Kind, slot: Slot | None) -> tuple[str, ...]:
    """What the piece is for, by its kind and by its words: of `item.PURPOSES`, in their order."""
    found = {tag for tag in kind.tags if tag in PURPOSES}
    fields = (row.product_type, row.category, row.department, " ; ".join(row.tags))
    named = [m.entry.key for text in fields for m in matches(_PURPOSES, split_words(text))]
    named += [m.entry.key for m in matches(_PURPOSES, split_words(row.title)) if not m.entry.weak]
    for sentence in _own_sentences(row.description):
        told = {m.entry.key for m in matches(_PURPOSES, split_words(sentence)) if not m.entry.weak}
        named += told & _FROM_DESCRIPTION
    for purpose in (p for key in named for p in key.split()):
        if slot in _FOR.get(purpose, _WORN):
            found.add(purpose)
    return tuple(p for p in PURPOSES if p in found)


def attributes(row: Row, kind: Kind, slot: Slot | None) -> tuple[str, ...]:
    """What is true of the piece, of `item.ATTRIBUTES`, in their order. Nothing is said of what is never worn."""
    if slot is None:
        return ()
    found: list[str] = []
    for name in _told(row, slot):
        if not set(_GROUP.get(name, ())) & set(found):
            found.append(name)
    implied = (
        kind.attributes if not _NO_SLEEVES & set(found) else [a for a in kind.attributes if "sleeve" not in a]
    )
    for name in implied:
        group = _GROUP.get(name)
        if slot in _ON.get(name, {slot}) and (group is None or not set(group) & set(found)):
            found.append(name)
    if "waterproof" in found:
        found.append("water-resistant")
    return tuple(a for a in ATTRIBUTES if a in found)


def _told(row: Row, slot: Slot) -> Iterator[str]:
    """What the words say, the surest first."""
    sentences = list(_own_sentences(row.description))
    if slot == "shoes":
        height = next((h for text in (row.title, *sentences) if (h := heel_height(text)) is not None), None)
        if height is not None:
            yield "heel-flat" if height <= _FLAT_CM else "heel-low" if height <= _LOW_CM else "heel-high"
    skirted = slot != "bottom" or "skirt" in f"{row.title} {row.product_type}".lower()
    for text in (row.title, row.product_type, " ; ".join(row.tags)):
        yield from _named(text, slot, own=True)
    for sentence in sentences:
        for name in _named(sentence, slot, own=False):
            if skirted or name not in ("mini", "midi", "maxi"):
                yield name


def _named(text: str, slot: Slot, *, own: bool) -> Iterable[str]:
    tokens = split_words(text)
    for match in matches(_ATTRIBUTES, tokens):
        name = match.entry.key
        if (own or not match.entry.weak) and slot in _ON.get(name, {slot}) and not _denied(match, tokens):
            yield name


def _denied(match: Match, tokens: list[str]) -> bool:
    return match.start > 0 and tokens[match.start - 1] in _NOT


def _own_sentences(description: str) -> Iterator[str]:
    """The sentences of a description that do not speak of what else to wear."""
    for sentence in _SENTENCE.split(description[:_DESCRIPTION_CHARS]):
        if sentence.strip() and not _OTHER_PIECE.search(sentence):
            yield sentence


def heel_height(text: str) -> float | None:
    """The height of a heel that a text gives, in centimetres."""
    for pattern in (_HEEL_AFTER, _HEEL_BEFORE):
        if found := pattern.search(text):
            height = float(found.group(1).replace(",", ".")) * _CM.get(found.group(2).lower(), _INCH)
            return height if height <= _MOST_CM else None
    return None
