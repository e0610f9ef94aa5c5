"""What each field of a product says about its kind, by the tables of words. Casts votes; counts none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from indexer.taxonomy.heads import Head, all_kinds, find_head
from indexer.taxonomy.kinds import KINDS, Kind
from indexer.taxonomy.phrases import PhraseTable, fold, load_phrases, words

Field = Literal["title", "type", "category", "tag", "description"]

_DESCRIPTION_CHARS = 160
_LEVELS = re.compile(r"\s*(?:>|»|\\|->|\||\s/\s)\s*")
_SLASHES = 2  # "Clothing/Tops/Tees" is a path, "Hat/beanie" is a hat or a beanie
_JOINED = re.compile(r"[&,+/]|\b(and|und|et|y|e|en|i|و)\b|・|、")
_PATHS = re.compile(r"\s*\|\s*")
_PRIVATE = frozenset({"underwear", "bra", "sleepwear", "loungewear", "robe", "thermal-underwear"})
# A category of these is no place for a garment, whatever its titles mention: "T-Shirt Candle".
_NO_GARMENT_KINDS = """
    home furniture lighting candle fragrance cosmetics toy book stationery food drinkware phone-case electronics
    gift-card gift-box free-gift shipping-insurance shoe-care garment-care fabric sewing-pattern luggage pet
"""
_NO_GARMENTS = frozenset(_NO_GARMENT_KINDS.split())
# Found under "Lingerie" or "Nightwear" without being either.
_COMPOSED_TAGS = frozenset({"hosiery", "sport"})


@dataclass(frozen=True, slots=True)
class Vote:
    """One field's opinion: a kind, and the words behind it.

    `clear`: the words name a product beyond doubt, so the slot is meant; `exact`: the kind is, too. `settled`: a
    category of what is never composed ("Beauty", "Gift Cards").
    """

    kind: Kind
    field: Field
    evidence: str
    clear: bool = True
    exact: bool = True
    settled: bool = False


@lru_cache(maxsize=1)
def _levels() -> PhraseTable:
    return load_phrases([("words/categories.tsv", "en")], [*KINDS, "-"])


def title_vote(title: str, language: str) -> Vote | None:
    head = find_head(title, language)
    if head is None:
        return None
    return _of_head(head, "title", f"title {head.phrase!r}")


def path_vote(path: str, language: str, field: Field) -> Vote | None:
    """The vote of one or several category paths: their most exact level that says anything."""
    votes = [v for p in _PATHS.split(path) if p and (v := _one_path(p, language, field))]
    return max(votes, key=_rank, default=None)


def _rank(vote: Vote) -> tuple[bool, bool, bool]:
    return vote.settled, vote.clear, vote.exact and not vote.kind.generic


@lru_cache(maxsize=50_000)
def _one_path(path: str, language: str, field: Field) -> Vote | None:
    found: Vote | None = None
    levels = path.split("/") if path.count("/") >= _SLASHES else _LEVELS.split(path)
    for level in reversed(levels):
        vote = _level(level, language, field)
        if vote is None:
            continue
        if vote.settled and (found is None or vote.kind.name not in _PRIVATE):
            return vote
        found = found or vote
    return found


def _level(level: str, language: str, field: Field) -> Vote | None:
    evidence = f"{field} {level!r}"
    entry = _levels().get(words(fold(level)), "en")
    if entry is not None:
        if entry.key == "-":
            return None
        kind = KINDS[entry.key]
        return Vote(
            kind, field, evidence, not entry.weak, not entry.weak, kind.slot is None and not entry.weak
        )
    head = find_head(level, language)
    if head is None:
        return None
    named = [KINDS[k] for k in all_kinds(level, language)]
    joined = _JOINED.search(level.lower()) is not None
    if len({k.slot for k in named}) > 1 and joined:
        return None  # "Shirts & Shorts" says nothing
    vote = _of_head(head, field, evidence)
    if vote.kind.name in _NO_GARMENTS and vote.clear:
        return replace(vote, settled=True)
    return replace(vote, exact=False) if len({k.name for k in named}) > 1 and joined else vote


def tags_vote(tags: Sequence[str], language: str) -> Vote | None:
    votes = [v for t in tags if (v := _level(t, language, "tag"))]
    return max((v for v in votes if not v.settled), key=_rank, default=None)


def description_vote(description: str, language: str) -> Vote | None:
    head = find_head(description[:_DESCRIPTION_CHARS], language) if description else None
    if head is None or head.weak:
        return None
    return _of_head(head, "description", f"description {head.phrase!r}")


def _of_head(head: Head, field: Field, evidence: str) -> Vote:
    return Vote(KINDS[head.kind], field, evidence, clear=not head.weak, exact=not head.weak)


def overrules(settled: Vote, title: Vote | None) -> bool:
    """Whether a category of never composed things stands against what the title names."""
    if title is None or settled.kind.name not in _PRIVATE:
        return True
    return not _COMPOSED_TAGS & set(title.kind.tags)


def last_level(path: str) -> str:
    """What a path ends with, the first of several."""
    return _LEVELS.split(_PATHS.split(path)[0])[-1]
