"""Which garment a title names: the head among the known phrases. Knows grammar; knows no feed fields, no votes.

In English, German, Chinese and Japanese the head noun is the last of its clause ("leather jacket dress shirt" is a
shirt), in the Romance languages, Polish and Arabic the first ("sac à main en cuir"). What follows
"with" or "for" is no head.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from indexer.taxonomy.kinds import KINDS
from indexer.taxonomy.language import HEAD_FIRST, LANGUAGES
from indexer.taxonomy.phrases import Match, PhraseTable, fold, load_phrases, words

SILENT = "-"  # the key of phrases that name no product

_CLAUSE = re.compile(r"[,;:|/()\[\]•·+*\"“”!?\n，、；：｜／（）【】「」『』！？。،؛]|\s[-–—~]+\s")
# Words that begin a side remark.
_REMARKS = {
    "en": "with for in from by featuring w via inspired",
    "de": "mit fur aus im in zum zur von auf",
    "nl": "met voor van in uit",
    "fr": "avec pour en dans sans",
    "es": "con para en sin",
    "it": "con per in senza",
    "pt": "com para em sem",
    "pl": "z ze dla na w do od bez",
    "zh": "",
    "ja": "",
    "ar": "مع من في لل بدون",
}
_SUBORDINATE = {language: frozenset(text.split()) for language, text in _REMARKS.items()}
_AND = frozenset({"and", "und", "et", "y", "e", "en", "n"})


@dataclass(frozen=True, slots=True)
class Head:
    """The kind that a text names, and the words that say so. `weak`: a vague word, or one of a side remark."""

    kind: str
    phrase: str
    weak: bool


@lru_cache(maxsize=1)
def product_words() -> PhraseTable:
    """Names of products in all languages."""
    names = [(f"words/{language}.tsv", language) for language in LANGUAGES]
    return load_phrases([*names, ("words/indian_asian.tsv", "in")], [*KINDS, SILENT])


@lru_cache(maxsize=1)
def known_words() -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """Names of products with their languages, and those among them that hardly tell a language."""
    return product_words().languages(), product_words().kept_words()


@lru_cache(maxsize=100_000)
def find_head(text: str, language: str) -> Head | None:
    """The product that `text` (a title, or one level of a category path) names; None when it names none."""
    vague: list[Head] = []
    remarks: list[Head] = []
    for clause in _CLAUSE.split(text.lower()):
        tokens = words(fold(clause))
        matches = _known(tokens, language)
        if not matches:
            continue
        main = _side_remark(tokens, language, matches[0].end)
        head = _pair(matches, tokens) or _pick([m for m in matches if m.start < main], tokens, language)
        if head is not None and not head.weak:
            return head
        if head is not None:
            vague.append(head)
        late = _pick([m for m in matches if m.start >= main], tokens, language)
        if late is not None:
            remarks.append(Head(late.kind, late.phrase, weak=True))
    return next(iter([*vague, *remarks]), None)


def all_kinds(text: str, language: str) -> list[str]:
    """Every kind named in `text`, in order: for category levels such as "Scarves & Shawls"."""
    return [m.entry.key for m in _known(words(fold(text)), language)]


def _known(tokens: Sequence[str], language: str) -> list[Match]:
    found = product_words().find(tokens, language, backwards=language not in HEAD_FIRST)
    return [m for m in found if m.entry.key != SILENT]


def _side_remark(tokens: Sequence[str], language: str, product: int) -> int:
    """Where the first side remark of a clause begins; its length when there is none.

    What comes before any product is none: "Collection by Anna, Black Dress", "For her navy top".
    """
    starts = (at for at, token in enumerate(tokens) if at >= product and token in _SUBORDINATE[language])
    return next(starts, len(tokens))


def _pick(matches: list[Match], tokens: Sequence[str], language: str) -> Head | None:
    strong = [m for m in matches if not m.entry.weak]
    pool = strong or matches
    if not pool:
        return None
    match = pool[0] if language in HEAD_FIRST else pool[-1]
    return Head(match.entry.key, " ".join(tokens[match.start : match.end]), weak=match.entry.weak)


def _pair(matches: list[Match], tokens: Sequence[str]) -> Head | None:
    """A top and a bottom joined by "and" are one thing sold whole: a co-ord set (or the like)."""
    for first, second in pairwise(matches):
        slots = {KINDS[first.entry.key].slot, KINDS[second.entry.key].slot}
        between = tokens[first.end : second.start]
        if slots == {"top", "bottom"} and len(between) <= 4 and _AND & set(between):
            kinds = [KINDS[first.entry.key], KINDS[second.entry.key]]
            kind = "kurta-set" if any("ethnic" in k.tags for k in kinds) else "co-ord-set"
            kind = "bikini" if all("swim" in k.tags for k in kinds) else kind
            return Head(kind, " ".join(tokens[first.start : second.end]), weak=False)
    return None
