"""Sizes that hide in the titles of variants: "Red / S", "Linen Shirt - M", "Coat, Gr. 38". Knows no file."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LETTERS = r"\d?x{0,4}[sml]|[2-6]xl|(?:x{1,3}[- ]?)?(?:small|large)|medium"
_ONE = r"one ?size|einheitsgr(?:ö|oe)(?:ß|ss)e|taille unique|talla [uú]nica|taglia unica|os|tu"
_NUMBERS = (
    r"w?\d{2}(?:[.,]5)?(?:\s?[/x-]\s?l?\d{2})?|\d{2}[a-h]{1,2}|(?:eu|uk|us|it|fr|de)\s?\d{1,2}(?:[.,]5)?"
)
_AGES = r"\d{1,2}(?:\s?-\s?\d{1,2})?\s?(?:y|yrs?|years?|m|months?|jahre|monate|ans|mois|a[nñ]os|anni|mesi)"
_SIZE = re.compile(rf"(?:{_LETTERS}|{_ONE}|{_NUMBERS}|{_AGES}|\d{{1,2}}(?:[.,]5)?)", re.IGNORECASE)
_AT_END = rf"(?P<size>{_LETTERS}|{_ONE}|{_NUMBERS}|{_AGES}|\d{{1,2}}(?:[.,]5)?)\s*[)\]]?"
_SIZE_WORDS = r"\b(?:size|gr(?:ö|oe)(?:ß|ss)e|gr\.|taille|talla|taglia|maat|tam\.?)\s*:?\s*"
# A number alone at the end of a title may be anything ("Air Max 90"): a word for size stands before it, or a mark.
_NAMED = re.compile(rf"(?P<stem>.*\S)\s*[-–—,/|:(\[]?\s*{_SIZE_WORDS}{_AT_END}", re.IGNORECASE)
_MARKED = re.compile(rf"(?P<stem>.*\S)(?:\s+[-–—]\s*|\s*[,/|:(\[]\s*){_AT_END}", re.IGNORECASE)
_BETWEEN = re.compile(r"\s+[/|]\s+|\s+[-–—]\s+|\s*,\s+|\s*/\s*(?=[a-z])|(?<=[a-z])\s*/\s*", re.IGNORECASE)
HIDDEN_SIZE = "the size was read out of a title"
"""What readers remark of such a record."""

_EDGES = " \t-–—/|,:"
_LONGEST = 200  # characters of a title that is looked into: regexes take time
_NOTHING = frozenset({"default title", "default", "title", "n/a", "-", "none"})


def is_size(text: str) -> bool:
    """Whether a text is nothing but a size, as shops write them: "M", "XXL", "38", "W32/L30", "6-8 years"."""
    return len(text) <= 24 and _SIZE.fullmatch(text.strip()) is not None


def split_choice(value: str) -> tuple[str, str]:
    """The size in a variant's title and what else it says, each "" when missing: "Red / S" -> ("S", "Red").

    Of several pieces that look like sizes the last is the size.
    """
    if len(value) > _LONGEST or value.strip().casefold() in _NOTHING:
        return "", ""
    whole = value.strip()
    if is_size(whole):
        return whole, ""
    pieces = [p.strip() for p in _BETWEEN.split(whole) if p.strip()]
    sizes = [n for n, piece in enumerate(pieces) if is_size(piece)]
    if not sizes:
        return "", whole
    rest = [piece for n, piece in enumerate(pieces) if n != sizes[-1]]
    return pieces[sizes[-1]], " / ".join(rest)


def size_at_end(title: str) -> tuple[str, str] | None:
    """A title without the size at its end, and that size: "Linen Shirt - M" -> ("Linen Shirt", "M").

    None when there is none that is set apart by a mark or a word for size.
    """
    if len(title) > _LONGEST:
        return None
    found = _NAMED.fullmatch(title.strip()) or _MARKED.fullmatch(title.strip())
    if found is None:
        return None
    stem = found["stem"].rstrip(_EDGES + "([")
    return (stem, found["size"]) if any(c.isalpha() for c in stem) else None


def sizes_hide_in(titles: Iterable[str]) -> tuple[str, str] | None:
    """Whether the titles of a feed without sizes have them at their ends: two sizes of one stem, in a third of them.

    The first such title and its size, as an example; None when they do not.
    """
    sizes: dict[str, set[str]] = {}
    rows: dict[str, int] = {}
    example: dict[str, tuple[str, str]] = {}
    total = 0
    for title in titles:
        total += 1
        found = size_at_end(title)
        if found is not None:
            stem = found[0].casefold()
            sizes.setdefault(stem, set()).add(found[1].casefold())
            rows[stem] = rows.get(stem, 0) + 1
            example.setdefault(stem, (title.strip(), found[1]))
    several = [stem for stem, found_sizes in sizes.items() if len(found_sizes) > 1]
    if not several or sum(rows[stem] for stem in several) * 3 < total:
        return None
    return example[several[0]]


def without_product(title: str, product: str) -> str:
    """A variant's title without the product's before it: "Classic Tee - Red / S" of "Classic Tee" -> "Red / S"."""
    plain, name = title.strip(), product.strip()
    if name and plain.casefold().startswith(name.casefold()):
        return plain[len(name) :].strip(_EDGES + "()[]")
    return plain


def without_choices(title: str, values: Iterable[str]) -> str:
    """A variant's title without the options that it ends with: "Classic Tee - Red / Small" -> "Classic Tee".

    "" for a title that is nothing else.
    """
    text = title.strip()
    left = [value.strip() for value in values if value.strip()]
    while True:
        bare = text.rstrip(_EDGES + ")]")
        ending = next((v for v in left if bare.casefold().endswith(v.casefold())), None)
        rest = bare[: len(bare) - len(ending)] if ending else bare
        if ending is None or rest[-1:].isalnum():
            return text
        left.remove(ending)
        text = rest.rstrip(_EDGES + "([")


def is_only_choice(title: str, *values: str) -> bool:
    """Whether a title names nothing but what the variant is chosen by: "Red / S" of a red S, or "Default Title"."""
    plain = title.strip().casefold()
    if plain in ("default title", "default") or is_size(plain):
        return True
    known = {value.strip().casefold() for value in values if value.strip()}
    pieces = [p.strip() for p in re.split(r"\s*[/|,]\s*|\s+-\s+", plain) if p.strip()]
    return bool(known) and len(pieces) > 1 and all(p in known or is_size(p) for p in pieces)
