"""Text -> folded words, and the longest known phrases among them. Knows no kinds, only the keys of its tables."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "ø": "o",
        "œ": "oe",
        "ł": "l",
        "đ": "d",
        "ı": "i",
        "&": " and ",
        "´": "'",
        "’": "'",
    }
)
_POSSESSIVE = re.compile(r"(?<=\w)['`‘]s\b")
_WORD = re.compile(r"[^\W_]+")
# Scripts that are written without spaces: every character is a word, but a run of katakana is one, which ends like a
# compound does ("ロングコート").
_UNSPACED = re.compile("[ァ-ヺー]+|[㐀-鿿ぁ-ゖ々]|[^\\W_㐀-鿿ぁ-ヺー々]+")
_KATAKANA = re.compile("[ァ-ヺー]{2,}")
_VOICED = frozenset("\u3099\u309a")  # marks that make another letter of it
_ARTICLE = "ال"
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
# The plural is another product than the singular, or there is none.
_KEPT_TEXT = """
    glasses shorts flats heels tights trunks pumps slides boxers jeans pants trousers leggings crocs nylons denims
    bus plus dress bras briefs slips hauts bas sacs has was his its this boss swiss kids mens womens does
"""
_KEPT = frozenset(_KEPT_TEXT.split())
# Shops say these in the singular too, of the same product.
_IN_PAIRS = {"trouser": "trousers", "pant": "pants"}
_MIN_PREFIX = 3  # letters before the end of a compound: "overshirt", but not "address"


def fold(text: str) -> str:
    """Lower case, accents off, "&" spelled out, possessive "'s" dropped."""
    text = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS)).lower()
    bare = _POSSESSIVE.sub("", "".join(c for c in text if not unicodedata.combining(c) or c in _VOICED))
    return bare if bare.isascii() else unicodedata.normalize("NFC", bare)


def words(folded: str) -> list[str]:
    """The words of folded text, plurals undone, Arabic articles off."""
    pattern = _WORD if folded.isascii() else _UNSPACED
    return [singular(w) for w in pattern.findall(folded)]


@lru_cache(maxsize=65536)
def singular(word: str) -> str:
    """`word` without an "-s" plural. Crude, and the same for table and text, so that both meet."""
    if word in _IN_PAIRS:
        return _IN_PAIRS[word]
    if len(word) > 4 and word.startswith(_ARTICLE):
        return word.removeprefix(_ARTICLE)
    if len(word) < 4 or word in _KEPT or not word.endswith("s"):
        return word
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word if word.endswith(("ss", "us", "is")) else word[:-1]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a phrase means in one language. See `words/en.tsv` for `weak`, `own` and `suffix`."""

    key: str
    language: str
    weak: bool = False
    own: bool = False
    suffix: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """A known phrase at words `start` up to `end`. `in_compound`: it is only the end of the word."""

    start: int
    end: int
    entry: Entry
    in_compound: bool = False


class PhraseTable:
    """Phrases of several languages -> entries, by dictionary look-up: its speed does not depend on its size."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, ...], dict[str, Entry]] = {}
        self._longest_from: dict[str, int] = {}  # first word -> words of the longest phrase that begins so
        self._longest_to: dict[str, int] = {}  # last word -> likewise
        self._suffixes: dict[str, dict[str, Entry]] = {}
        self._suffix_lengths: list[int] = []

    def add(self, phrase: str, entry: Entry) -> None:
        """Raises ValueError for a phrase without words, or given twice in one language with two keys."""
        for spelling in {phrase, phrase.lower().translate(_UMLAUTS)}:
            key = tuple(words(fold(spelling)))
            if not key:
                raise ValueError(f"phrase {phrase!r} has no words")
            by_language = self._entries.setdefault(key, {})
            old = by_language.setdefault(entry.language, entry)
            if old.key != entry.key:
                raise ValueError(f"phrase {phrase!r} is {old.key!r} and {entry.key!r}")
            self._longest_from[key[0]] = max(self._longest_from.get(key[0], 0), len(key))
            self._longest_to[key[-1]] = max(self._longest_to.get(key[-1], 0), len(key))
            if len(key) == 1 and (entry.suffix or _KATAKANA.fullmatch(key[0])):
                self._suffixes.setdefault(key[0], {})[entry.language] = entry
        self._suffix_lengths = sorted({len(s) for s in self._suffixes}, reverse=True)

    def get(self, phrase: Sequence[str], language: str) -> Entry | None:
        """The entry of exactly these words."""
        return _choose(self._entries.get(tuple(phrase)), language)

    def find(self, text: Sequence[str], language: str, backwards: bool = True) -> list[Match]:
        """The longest phrases, never overlapping, in the order of the text.

        Where two overlap, the later one is taken, as an English or German noun belongs to what follows it:
        "leather watch strap" is "watch strap" rather than "leather watch". With `backwards` False it is the
        earlier one: "robe pull en laine" is "robe pull" rather than "pull en laine".
        """
        found: list[Match] = []
        low, high = 0, len(text)
        while low < high:
            match = self._longest_at(text, low, high, language, backwards)
            if match is not None:
                found.append(match)
            if backwards:
                high = match.start if match is not None else high - 1
            else:
                low = match.end if match is not None else low + 1
        return found[::-1] if backwards else found

    def _longest_at(
        self, text: Sequence[str], low: int, high: int, language: str, backwards: bool
    ) -> Match | None:
        """The longest phrase at the end of words `low` up to `high`, or at their beginning."""
        edge = text[high - 1 if backwards else low]
        longest = (self._longest_to if backwards else self._longest_from).get(edge, 0)
        for length in range(min(longest, high - low), 0, -1):
            start = high - length if backwards else low
            entry = _choose(self._entries.get(tuple(text[start : start + length])), language)
            if entry is not None:
                return Match(start, start + length, entry)
        start = high - 1 if backwards else low
        entry = self._by_suffix(edge, language)
        return None if entry is None else Match(start, start + 1, entry, in_compound=True)

    def _by_suffix(self, word: str, language: str) -> Entry | None:
        for length in self._suffix_lengths:
            if len(word) >= length + (1 if _KATAKANA.fullmatch(word) else _MIN_PREFIX):
                entry = _choose(self._suffixes.get(word[-length:]), language)
                if entry is not None:
                    return entry
        return None

    def languages(self) -> dict[str, frozenset[str]]:
        """Single words -> the languages that know them; for telling languages apart."""
        return {k[0]: frozenset(e) for k, e in self._entries.items() if len(k) == 1}

    def kept_words(self) -> frozenset[str]:
        """Single words that only ever count in text of their own language: the ones that look like others'."""
        single = ((k[0], e) for k, e in self._entries.items() if len(k) == 1)
        return frozenset(word for word, e in single if all(x.own for x in e.values()))


def _choose(by_language: dict[str, Entry] | None, language: str) -> Entry | None:
    """The row's language first, then English, then any other that does not keep the word to itself."""
    if not by_language:
        return None
    for candidate in (language, "en"):
        entry = by_language.get(candidate)
        if entry is not None and (not entry.own or candidate == language):
            return entry
    return next((e for e in by_language.values() if not e.own), None)


def read_table(name: str) -> Iterator[tuple[int, str, list[str]]]:
    """Lines of a packaged table `key<TAB>a, b, c` as (line number, key, [a, b, c]).

    Lines that are empty or begin with "#" are skipped. Raises ValueError naming file and line.
    """
    return parse_table(files(__package__).joinpath(*name.split("/")).read_text(encoding="utf-8"), name)


def parse_table(text: str, name: str) -> Iterator[tuple[int, str, list[str]]]:
    """What `read_table` yields, of any text; `name` is for the message of a ValueError."""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        key, tab, rest = line.partition("\t")
        phrases = [p.strip() for p in rest.split(",") if p.strip()]
        if not tab or not key.strip() or not phrases:
            raise ValueError(f"{name}, line {number}: not of the form key<TAB>phrase, phrase")
        yield number, key.strip(), phrases


def load_phrases(names: Iterable[tuple[str, str]], keys: Iterable[str] | None = None) -> PhraseTable:
    """One table out of packaged files, given as (file, language).

    Raises ValueError naming file and line for a key outside `keys`, or a phrase with two meanings.
    """
    table = PhraseTable()
    allowed = None if keys is None else frozenset(keys)
    for name, language in names:
        for number, key, phrases in read_table(name):
            if allowed is not None and key not in allowed:
                raise ValueError(f"{name}, line {number}: unknown kind {key!r}")
            for phrase in phrases:
                bare = phrase.rstrip("?~*")
                marks = phrase[len(bare) :]
                entry = Entry(key, language, weak="?" in marks, own="~" in marks, suffix="*" in marks)
                try:
                    table.add(bare, entry)
                except ValueError as error:
                    raise ValueError(f"{name}, line {number}: {error}") from error
    return table
