"""Which words of a wish may name something: proposals for every facet, from tables. Decides nothing.

A phrase is found as it stands, in another form ("roten", "sukienki"), at the end or beginning of a compound
("Samtsakko"), with one slip of the pen, or inside a run of Chinese or Japanese characters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rapidfuzz import process
from rapidfuzz.distance import OSA

from service.query.wording.amounts import Amount
from service.query.wording.inflection import stem, without_prefix
from service.query.wording.meanings import ANY_LANGUAGE, SILENT, Meaning, phrases
from service.query.wording.words import JOINING, Word, is_ideographic, phrase_keys, split

How = Literal["exact", "inflected", "compound", "slip", "given"]
HOWS: tuple[How, ...] = ("exact", "inflected", "compound", "slip", "given")

_COMPOUNDING = ("de", "nl")
_MIN_TAIL = 4
_MIN_HEAD = 3
_MIN_INFLECTED = 5
"""Letters of a word of no certain language that is met in other forms: the stem of a shorter one is anything."""
_MIN_SLIP = 5
"""Letters of a word that may be meant where another stands."""
_NO_SLIPS = frozenset({"rain", "snow", "season"})
"""Facets of words so short that most other words are near them."""
_WEARERS = frozenset(
    {"damen", "herren", "kinder", "madchen", "jungen", "dames", "heren", "meisjes", "jongens"}
)
"""Beginnings of compounds that say who wears it: of "Damenmantel". Other people's names begin too many words."""
_LONGEST = 6
"""Words of the longest phrase that is looked for."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Words `first` up to `last` may mean `value` in `field`. Characters `start` up to `end` of the text.

    `inside`: it lies within a longer candidate of another field, as "leather" within "leather jacket".
    """

    first: int
    last: int
    start: int
    end: int
    field: str
    value: str
    how: How = "exact"
    foreign: bool = False
    weak: bool = False
    opposite: bool = False
    learned: bool = False
    inside: bool = False
    amount: Amount | None = None
    """Of a number."""


class Vocabulary:
    """All phrases, indexed. Immutable after construction, so threads may share it."""

    def __init__(
        self,
        brands: Collection[str] = (),
        learned: Iterable[tuple[str, Meaning]] = (),
        known: Collection[str] = (),
    ) -> None:
        """`learned` are phrases beside the tables'; `known` are words that are no slips, whatever they are near."""
        self._exact: dict[tuple[str, ...], list[Meaning]] = defaultdict(list)
        self._stems: dict[tuple[str, tuple[str, ...]], list[Meaning]] = defaultdict(list)
        self._runs: dict[str, list[Meaning]] = defaultdict(list)
        self._tails: dict[tuple[str, str], list[Meaning]] = defaultdict(list)
        self._heads: dict[tuple[str, str], list[Meaning]] = defaultdict(list)
        self._spellings: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        self._longest_run = 1
        self._known = frozenset(known)
        for phrase, meaning in (*phrases(brands), *learned):
            self._add(phrase, meaning)
        self._words = {key for keys in self._exact for key in keys}

    def _add(self, phrase: str, meaning: Meaning) -> None:
        if "&" in phrase:
            self._add(phrase.replace("&", " and "), meaning)
        if is_ideographic(phrase):
            run = "".join(w.key for w in split(phrase) if w.shape != "mark")
            self._runs[run].append(meaning)
            self._longest_run = max(self._longest_run, len(run))
            return
        keys = phrase_keys(phrase)
        if not keys or len(keys) > _LONGEST or (len("".join(keys)) == 1 and keys[0].isascii()):
            return  # a feed's field may say "m" for men; in a wish an "M" is a size
        if not phrase.isascii():
            meaning = replace(meaning, spelled=phrase.lower())
        self._exact[keys].append(meaning)
        for language in self._languages_of(meaning):
            if meaning.language == language or language == "en" or len("".join(keys)) >= _MIN_INFLECTED:
                self._stems[language, tuple(stem(k, language) for k in keys)].append(meaning)
            if language in _COMPOUNDING and len(keys) == 1:
                self._add_compounds(keys[0], language, meaning)
            for key in keys:
                if len(key) >= _MIN_SLIP and meaning.field != "brand":
                    self._spellings[language][len(key)].append(key)

    @staticmethod
    def _languages_of(meaning: Meaning) -> tuple[str, ...]:
        """Tables of colours and fabrics do not say whose word it is: any language may inflect it its own way."""
        if meaning.language != ANY_LANGUAGE:
            return (meaning.language,)
        return ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "ar")

    def _add_compounds(self, key: str, language: str, meaning: Meaning) -> None:
        if len(key) >= _MIN_TAIL and meaning.field in ("kind", "color") and not meaning.weak:
            self._tails[language, key].append(meaning)
        if len(key) >= _MIN_HEAD and meaning.field in ("color", "material", "pattern", "season"):
            self._heads[language, key].append(meaning)
        if key in _WEARERS and meaning.field == "who" and not meaning.weak:
            self._heads[language, key].append(meaning)

    def find(self, words: Sequence[Word], language: str) -> list[Candidate]:
        """Every proposal, in the order of the text: of one field the longest, where several overlap."""
        found = [*self._phrases(words, language), *self._in_runs(words, language)]
        found = _longest(found)
        silent = [c for c in found if c.value == SILENT]
        named = [c for c in found if c.value != SILENT and not _covered(c, silent)]
        own = {(c.first, c.last) for c in named if not c.foreign and c.how == "exact"}
        named = [c for c in named if not c.foreign or (c.first, c.last) not in own]
        marked = [replace(c, inside=any(_within(c, other) for other in named)) for c in named]
        return sorted(marked, key=lambda c: (c.first, c.last, c.field))

    def _phrases(self, words: Sequence[Word], language: str) -> Iterator[Candidate]:
        spelled = [self._spelled(w, language) for w in words]
        for first, word in enumerate(words):
            if word.shape not in ("word", "number"):
                continue
            last, keys = first, list[tuple[str, bool]]()
            while last < len(words) and len(keys) < _LONGEST:
                if words[last].shape in ("word", "number"):
                    keys.append(spelled[last])
                    yield from self._at(words, first, last + 1, keys, language)
                elif not _joins(words, last):
                    break
                last += 1
            yield from self._parts(word, first, language)

    def _at(
        self, words: Sequence[Word], first: int, last: int, keys: list[tuple[str, bool]], language: str
    ) -> Iterator[Candidate]:
        slip = any(mended for _, mended in keys)
        for how, meanings in self._look_up(tuple(k for k, _ in keys), language):
            said = " ".join(w.text.lower() for w in words[first:last])
            for meaning in _best(meanings, language, said):
                found = _candidate(words, first, last, meaning, "slip" if slip else how, language)
                far = found.foreign and (slip or found.end - found.start < 3)
                if not far and not (slip and meaning.field in _NO_SLIPS):
                    yield found

    def _look_up(self, keys: tuple[str, ...], language: str) -> Iterator[tuple[How, list[Meaning]]]:
        if meanings := self._exact.get(keys):
            yield "exact", meanings
        for own in dict.fromkeys((language, "en")):
            if meanings := self._stems.get((own, tuple(stem(k, own) for k in keys))):
                yield "inflected", meanings
        if language == "ar":
            bare = tuple(without_prefix(k) for k in keys)
            for variant in dict.fromkeys((bare, (bare[0], *keys[1:]))):
                if meanings := self._exact.get(variant):
                    yield "inflected", meanings
                if meanings := self._stems.get(("ar", tuple(stem(k, "ar") for k in variant))):
                    yield "inflected", meanings

    def _spelled(self, word: Word, language: str) -> tuple[str, bool]:
        """The word's key, or the one known word that is a single slip away; and whether it is mended."""
        key = word.key
        if word.shape != "word" or len(key) < _MIN_SLIP - 1 or key in self._words or key in self._known:
            return key, False
        if any((own, (stem(key, own),)) in self._stems for own in (language, "en")):
            return key, False
        near: set[str] = set()
        for own in dict.fromkeys((language, "en")):
            for length in (len(key) - 1, len(key), len(key) + 1):
                choices = self._spellings[own].get(length, []) if own in self._spellings else []
                near.update(m[0] for m in process.extract(key, choices, scorer=OSA.distance, score_cutoff=1))
        near = {n for n in near if n[0] == key[0] or len(key) > 6}
        return (min(near), True) if near else (key, False)

    def _parts(self, word: Word, at: int, language: str) -> Iterator[Candidate]:
        """What the end and the beginning of a German or Dutch compound name."""
        if language not in _COMPOUNDING or len(word.key) < _MIN_HEAD + _MIN_TAIL:
            return
        forms = dict.fromkeys((word.key, stem(word.key, language)))
        tails = ((form, cut) for form in forms for cut in range(_MIN_HEAD, len(form) - _MIN_TAIL + 1))
        for form, cut in tails:
            meanings = self._tails.get((language, form[cut:]), [])
            if fitting := [m for m in meanings if m.field == "kind" or self._is_word(form[:cut])]:
                yield from (
                    _candidate([word], 0, 1, m, "compound", language, at) for m in _best(fitting, language)
                )
                break
        for cut in range(len(word.key) - 3, _MIN_HEAD - 1, -1):
            if meanings := self._heads.get((language, word.key[:cut]), []):
                yield from (
                    _candidate([word], 0, 1, m, "compound", language, at) for m in _best(meanings, language)
                )
                break

    def _is_word(self, head: str) -> bool:
        """Whether the beginning of a compound is a word: of "dunkelrot" it is, of "konfektionsg-rosse" not."""
        return head in self._known or head in self._words or head.removesuffix("s") in self._known

    def _in_runs(self, words: Sequence[Word], language: str) -> Iterator[Candidate]:
        for first, word in enumerate(words):
            if word.shape == "mark":
                continue
            run, last = "", first
            while last < len(words) and len(run) < self._longest_run and words[last].shape != "mark":
                run += words[last].key
                last += 1
                for meaning in _best(self._runs.get(run, []), language):
                    yield _candidate(words, first, last, meaning, "exact", language)


def _joins(words: Sequence[Word], at: int) -> bool:
    """Whether a mark stands within a name, as in "T-shirt": no space on either side, but for "&"."""
    mark = words[at]
    if mark.shape != "mark" or mark.text not in JOINING or at + 1 >= len(words):
        return False
    return mark.text == "&" or (words[at - 1].end == mark.start and mark.end == words[at + 1].start)


def _candidate(
    words: Sequence[Word], first: int, last: int, meaning: Meaning, how: How, language: str, at: int = 0
) -> Candidate:
    return Candidate(
        first=first + at,
        last=last + at,
        start=words[first].start,
        end=words[last - 1].end,
        field=meaning.field,
        value=meaning.value,
        how=how,
        foreign=meaning.language not in (language, "en", ANY_LANGUAGE),
        weak=meaning.weak,
        opposite=meaning.opposite,
        learned=meaning.learned,
    )


def _best(meanings: Iterable[Meaning], language: str, said: str = "") -> list[Meaning]:
    """One meaning a field: the wish's own language first, then any language's, then English, then others'; among them
    one that is spelled as the wish spells it.
    """
    order = {language: 0, ANY_LANGUAGE: 1, "en": 2}
    best: dict[str, Meaning] = {}
    for meaning in sorted(
        meanings,
        key=lambda m: (
            order.get(m.language, 3),
            not said.isascii() and m.spelled != said,
            m.weak or m.own,
            not m.preferred,
        ),
    ):
        if meaning.own and meaning.language != language:
            meaning = replace(meaning, weak=True)
        best.setdefault(meaning.field, meaning)
    return list(best.values())


def _longest(found: Iterable[Candidate]) -> list[Candidate]:
    """Of one field no two overlap: the longer wins, then the surer way of finding it, then the later."""
    kept: list[Candidate] = []
    ranked = sorted(found, key=lambda c: (c.start - c.end, c.foreign, HOWS.index(c.how), c.weak, -c.start))
    for candidate in ranked:
        if not any(k.field == candidate.field and _overlap(k, candidate) for k in kept):
            kept.append(candidate)
    return kept


def _overlap(a: Candidate, b: Candidate) -> bool:
    return a.first < b.last and b.first < a.last


def _within(inner: Candidate, outer: Candidate) -> bool:
    return (
        outer.first <= inner.first
        and inner.last <= outer.last
        and outer.last - outer.first > inner.last - inner.first
        and inner.field != outer.field
    )


def _covered(candidate: Candidate, silent: Iterable[Candidate]) -> bool:
    return candidate.field == "kind" and any(_overlap(candidate, s) for s in silent)
