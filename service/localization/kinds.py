"""What a kind of piece is called in a language: by `kinds.tsv`, else by the taxonomy's own first word for it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

_MARKS = "*~?"


def kind_name(kind: str, language: str) -> str | None:
    """The name; None where neither table has one."""
    return _names(language).get(kind)


@cache
def _names(language: str) -> dict[str, str]:
    """Names of all kinds in a language. Raises ValueError naming a line that is none of a table."""
    found: dict[str, str] = {}
    table = files("indexer.taxonomy") / "words" / f"{language}.tsv"
    if table.is_file():
        for line in table.read_text(encoding="utf-8").splitlines():
            kind, tab, phrases = line.partition("\t")
            first = phrases.partition(",")[0].strip().rstrip(_MARKS)
            if tab and first and not line.startswith(("#", "-")):
                found.setdefault(kind, _written(first, language))
    return found | _better(language)


def _better(language: str) -> dict[str, str]:
    """What `kinds.tsv` says of a language: its rows are language, kind, name."""
    found: dict[str, str] = {}
    text = files("service.localization").joinpath("kinds.tsv").read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 3 or not all(fields):
            raise ValueError(f"kinds.tsv, line {number}: not a language, a kind and a name")
        if fields[0] == language:
            found[fields[1]] = fields[2]
    return found


def _written(word: str, language: str) -> str:
    """The word as one writes it: the taxonomy keeps all in small letters, and German has nouns."""
    return word[:1].upper() + word[1:] if language == "de" else word
