"""What each field of a product says about its kind, and how much that weighs. Casts votes; counts none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from indexer.taxonomy.heads import all_kinds, find_head
from indexer.taxonomy.kinds import KINDS, Kind
from indexer.taxonomy.phrases import PhraseTable, fold, load_phrases, words

# How much a field's word weighs against the others'. A title names the thing itself; a shop's own type is curated
# but coarse; a category is often a broad or wrong branch; a description mentions what else to wear.
TITLE, TITLE_VAGUE = 3.0, 1.0
TITLE_NOT_WORN = 4.0  # "shoe rack", "watch strap": several words that name no garment leave little doubt
TYPE, TYPE_VAGUE = 2.8, 1.2
CATEGORY, CATEGORY_VAGUE = 2.5, 0.9
TAGS, TAGS_VAGUE = 0.8, 0.6
DESCRIPTION = 0.4
SETTLED = 12.0  # a category that is never composed: "Beauty", "Gift Cards"

_DESCRIPTION_CHARS = 160
_LEVELS = re.compile(r"\s*(?:>|»|/|\\|->|\|)\s*")
_PATHS = re.compile(r"\s*\|\s*")
_PRIVATE = frozenset({"underwear", "bra", "sleepwear", "loungewear", "robe", "thermal-underwear"})
# A category of these is no place for a garment, whatever its titles mention: "T-Shirt Candle".
_NO_GARMENTS = frozenset(
    {
        *(
            "home",
            "furniture",
            "lighting",
            "candle",
            "fragrance",
            "cosmetics",
            "toy",
            "book",
            "stationery",
            "food",
        ),
        *(
            "drinkware",
            "phone-case",
            "electronics",
            "gift-card",
            "free-gift",
            "shipping-insurance",
            "shoe-care",
        ),
        *("fabric", "sewing-pattern", "luggage", "pet"),
    }
)
# Found under "Lingerie" or "Nightwear" without being either.
_COMPOSED_TAGS = frozenset({"hosiery", "sport"})


@dataclass(frozen=True, slots=True)
class Vote:
    """One field's opinion: the kind, its weight, and the words behind it."""

    kind: Kind
    weight: float
    evidence: str


@lru_cache(maxsize=1)
def _levels() -> PhraseTable:
    return load_phrases([("words/categories.tsv", "en")], [*KINDS, "-"])


def title_vote(title: str, language: str) -> Vote | None:
    head = find_head(title, language)
    if head is None:
        return None
    kind = KINDS[head.kind]
    weight = TITLE_VAGUE if head.weak else TITLE
    if kind.slot is None and not head.weak and " " in head.phrase:
        weight = TITLE_NOT_WORN
    return Vote(kind, weight, f"title {head.phrase!r}")


def path_vote(path: str, language: str, field: str, clear: float, vague: float) -> Vote | None:
    """The vote of one or several category paths: their most exact level that says anything."""
    votes = [v for p in _PATHS.split(path) if p and (v := _one_path(p, language, field, clear, vague))]
    return max(votes, key=lambda v: v.weight, default=None)


@lru_cache(maxsize=50_000)
def _one_path(path: str, language: str, field: str, clear: float, vague: float) -> Vote | None:
    found: Vote | None = None
    for level in reversed(_LEVELS.split(path)):
        vote = _level(level, language, field, clear, vague)
        if vote is None:
            continue
        if vote.weight >= SETTLED and (found is None or vote.kind.name not in _PRIVATE):
            return vote
        found = found or vote
    return found


def _level(level: str, language: str, field: str, clear: float, vague: float) -> Vote | None:
    evidence = f"{field} {level!r}"
    entry = _levels().get(words(fold(level)), "en")
    if entry is not None:
        if entry.key == "-":
            return None
        kind = KINDS[entry.key]
        weight = vague if entry.weak else clear
        return Vote(kind, SETTLED if kind.slot is None and not entry.weak else weight, evidence)
    head = find_head(level, language)
    if head is None:
        return None
    named = [KINDS[k] for k in all_kinds(level, language)]
    if len({k.slot for k in named}) > 1 and re.search(r"[&,+]|\b(and|und|et|y|e|en)\b", level.lower()):
        return None  # "Shirts & Shorts" says nothing
    several = len(named) > 1 and "&" in level
    kind = KINDS[head.kind]
    if kind.name in _NO_GARMENTS and not head.weak:
        return Vote(kind, SETTLED, evidence)
    return Vote(kind, vague if head.weak or several or kind.generic else clear, evidence)


def tags_vote(tags: Sequence[str], language: str) -> Vote | None:
    votes = [v for t in tags if (v := _level(t, language, "tag", TAGS, TAGS_VAGUE))]
    settled = [v for v in votes if v.weight < SETTLED]
    return max(settled, key=lambda v: v.weight, default=None)


def description_vote(description: str, language: str) -> Vote | None:
    head = find_head(description[:_DESCRIPTION_CHARS], language) if description else None
    if head is None or head.weak:
        return None
    return Vote(KINDS[head.kind], DESCRIPTION, f"description {head.phrase!r}")


def overrules(settled: Vote, title: Vote | None) -> bool:
    """Whether a category of never composed things stands against what the title names."""
    if title is None or settled.kind.name not in _PRIVATE:
        return True
    return not _COMPOSED_TAGS & set(title.kind.tags)
