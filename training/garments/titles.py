"""Titles to train the classifier of kinds with: made up from words of many languages, and written by hand.

Made-up titles teach the grammar and the letters of each language; they are no substitute for real ones.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from indexer.taxonomy.kinds import KINDS, UNKNOWN
from indexer.taxonomy.language import LANGUAGES
from indexer.taxonomy.phrases import read_table

FEWEST, MOST, PER_PHRASE = 10, 60, 5  # made-up titles of one kind in one language
NAMELESS = 2500
_PART = re.compile(r"\{([A-Z])\}")
_WEAK_SHARE = 0.15
_DIRTY = 0.35


@dataclass(frozen=True, slots=True)
class Sample:
    """A text and what it is. `group` keeps what was made alike on one side of a split."""

    text: str
    kind: str
    source: str
    group: str


def written() -> list[Sample]:
    """The titles of `titles.tsv`. Raises ValueError naming the line of one that is wrong."""
    found = []
    for number, line in _lines("titles.tsv"):
        kind, tab, titles = line.partition("\t")
        if not tab or kind not in KINDS:
            raise ValueError(f"titles.tsv, line {number}: {kind!r} is no kind")
        found += [Sample(t.strip(), kind, "written", f"written {t.strip()}") for t in titles.split("|")]
    return found


def made_up(seed: int) -> list[Sample]:
    """Titles put together from the tables of words and `lexicon.toml`, the same for the same seed."""
    rng = random.Random(seed)
    lexicon = tomllib.loads(_text("lexicon.toml"))
    names = lexicon["names"]["any"]
    found: list[Sample] = []
    for language in (*LANGUAGES, "in"):
        about = lexicon.get(language, lexicon["en"])
        table = "words/indian_asian.tsv" if language == "in" else f"words/{language}.tsv"
        for kind, phrases in _phrases(table).items():
            count = max(FEWEST, min(MOST, PER_PHRASE * len(phrases)))
            for _ in range(count):
                title = _title(rng, about, names, rng.choice(phrases))
                found.append(Sample(title, kind, f"made {language}", f"{language} {title}"))
    return found + list(_nameless(rng, lexicon, names))


def _title(rng: random.Random, about: dict[str, Any], names: Sequence[str], phrase: str) -> str:
    template = rng.choice(about["templates"])
    product = phrase if about.get("glue") == "" or rng.random() < 0.3 else _cased(rng, phrase)

    def part(found: re.Match[str]) -> str:
        name = found.group(1)
        if name == "K":
            return product
        if rng.random() < 0.25:
            return ""
        return (
            str(rng.choice(names if name in "BN" else about[name])) if name in "BN" or name in about else ""
        )

    text = " ".join(_PART.sub(part, template).split())
    return _dirty(rng, text) if rng.random() < _DIRTY else text


def _cased(rng: random.Random, phrase: str) -> str:
    return rng.choice([str.title, str.capitalize, str.upper, str.lower])(phrase)


def _dirty(rng: random.Random, text: str) -> str:
    """A slip of the pen, capitals, no hyphens, a stray code: what feeds are like."""
    at = rng.randrange(max(len(text) - 1, 1))
    forms = (
        text.upper(),
        text.lower(),
        text[:at] + text[at + 1 :],
        text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :],
        f"{text} {rng.randrange(100, 99999)}",
        f"{rng.choice(['NEW', 'SALE', '*', '★', 'OUTLET'])} {text}",
        text.replace(" ", "-", 1),
    )
    return rng.choice(forms)


def _nameless(rng: random.Random, lexicon: dict[str, Any], names: Sequence[str]) -> Iterator[Sample]:
    """Titles that name no product at all: brands, colours, codes."""
    languages = [name for name in lexicon if name != "names"]
    for _ in range(NAMELESS):
        about = lexicon[rng.choice(languages)]
        parts = [
            rng.choice(names),
            rng.choice(about["C"]),
            rng.choice([*about["S"], ""]) if "S" in about else "",
        ]
        if rng.random() < 0.4:
            parts[0] = "".join(
                rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randrange(3, 9))
            ).title()
        text = " ".join(p for p in rng.sample(parts, rng.randrange(1, 4)) if p)
        yield Sample(text or parts[0], UNKNOWN, "made none", f"none {text}")


def _phrases(table: str) -> dict[str, list[str]]:
    """Kind -> its phrases in one table; vague ones are left out where there are clear ones enough."""
    found: dict[str, list[str]] = {}
    for _, kind, phrases in read_table(table):
        if kind in KINDS:
            clear = [p.rstrip("~*") for p in phrases if "?" not in p]
            vague = [p.rstrip("?~*") for p in phrases if "?" in p]
            found.setdefault(kind, []).extend(clear + vague[: int(len(clear) * _WEAK_SHARE) + (not clear)])
    return found


def _lines(name: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(_text(name).splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            yield number, line


def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
