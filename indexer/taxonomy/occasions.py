"""When an item is worn: seasons, formality (1 gym .. 5 black tie) and warmth (0 heat .. 4 deep winter)."""

from __future__ import annotations

import re

from indexer.item import SEASONS, Season
from indexer.record import Row
from indexer.taxonomy.kinds import Kind
from indexer.taxonomy.lexicon import keys, whole

_SEASONS, _OCCASIONS, _CUES = "seasons.tsv", "occasions.tsv", "cues.tsv"
_CODE = re.compile(r"\b(ss|aw|fw)\s?'?(?:20)?\d{2}\b", re.IGNORECASE)
_HALF: dict[str, tuple[Season, ...]] = {
    "ss": ("spring", "summer"),
    "aw": ("autumn", "winter"),
    "fw": ("autumn", "winter"),
}
_COLD_KINDS = frozenset(
    {"puffer", "parka", "overcoat", "fur-coat", "shearling", "beanie", "winter-scarf", "gloves", "fleece"}
)
_HOT_KINDS = frozenset({"sundress", "sun-hat", "beach-bag", "beach-dress"})
_WARM_MATERIALS = frozenset({"wool", "cashmere", "alpaca", "fleece", "down", "fur", "faux fur", "shearling"})
_COOL_MATERIALS = frozenset({"linen", "silk", "mesh", "chiffon", "lace", "straw"})
_LEVELS = frozenset("12345")
_WORN = frozenset({"top", "bottom", "dress", "outerwear", "shoes"})


def seasons(row: Row, kind: Kind) -> tuple[tuple[Season, ...], bool]:
    """The seasons, empty for all year, and whether they were derived. Derived only on strong evidence."""
    given = _named_seasons(row.season)
    if given is not None:
        return given, False
    tagged = [s for tag in row.tags if len(tag.split()) == 1 for s in _named_seasons(tag) or ()]
    if tagged:
        return () if len(set(tagged)) == len(SEASONS) else tuple(s for s in SEASONS if s in tagged), True
    titled = _named_seasons(row.title)
    if titled:
        return titled, True
    by_kind = _kind_seasons(kind)
    return by_kind, bool(by_kind)


def formality(row: Row, kind: Kind) -> tuple[int, bool]:
    """A number given is taken as it is; a word given moves the kind's formality by one level at most."""
    given = row.formality.strip()
    if re.fullmatch(r"[1-5]", given):
        return int(given), False
    named = [int(key) for key in keys(_OCCASIONS, given)]
    if named:
        return _clamp(max(named), kind.formality - 1, kind.formality + 1), False
    tagged = [key for tag in row.tags if (key := whole(_OCCASIONS, tag)) in _LEVELS]
    if tagged:
        return _clamp(int(max(tagged)), kind.formality - 1, kind.formality + 1), True
    # A ripped or graphic piece is casual, not gym wear; a silk tie or a satin pump is dressy, not black tie.
    lowest = min(kind.formality, 2)
    highest = 5 if keys(_CUES, row.title).count("formality 5") else max(kind.formality, 4)
    return _clamp(kind.formality + _shift("formality", row.title), lowest, highest), True


def warmth(row: Row, kind: Kind, material: str) -> tuple[int, bool]:
    """The kind's warmth, moved by material and by words such as "lined" or "sleeveless". Always derived."""
    if kind.slot not in _WORN:
        return kind.warmth, True
    level = kind.warmth
    if material in _WARM_MATERIALS and (level < 3 or kind.slot == "outerwear"):
        level += 1
    elif material in _COOL_MATERIALS or (material == "cotton" and level == 3 and kind.slot == "top"):
        level -= 1
    return _clamp(level + _shift("warmth", row.title), 0, 4), True


def _named_seasons(text: str) -> tuple[Season, ...] | None:
    """None when `text` names no season; empty for "all season"."""
    found = set(keys(_SEASONS, text))
    if "all" in found:
        return ()
    named = {s for s in SEASONS if s in found}
    for code in _CODE.findall(text):
        named.update(_HALF[code.lower()])
    if not named:
        return None
    return () if len(named) == len(SEASONS) else tuple(s for s in SEASONS if s in named)


def _kind_seasons(kind: Kind) -> tuple[Season, ...]:
    if "snow" in kind.tags:
        return ("winter",)
    if kind.name in _COLD_KINDS:
        return ("autumn", "winter")
    if "swim" in kind.tags or kind.name in _HOT_KINDS:
        return ("summer",)
    return ("spring", "summer") if "open-shoe" in kind.tags and kind.name != "clogs" else ()


def _shift(what: str, text: str) -> int:
    found = keys(_CUES, text)
    return (f"{what} +1" in found or f"{what} 5" in found) - (f"{what} -1" in found)


def _clamp(level: int, low: int, high: int) -> int:
    return max(low, min(high, level))
