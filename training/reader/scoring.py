"""How well readings agree with gold ones: per field, per wish, and whether anything that was said went unmentioned.

Pure: knows no reader.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from service.query.intent import Mention, WishReading
from training.reader.canonical import agrees, canonical, facet_of
from training.reader.wishes import Gold, Wish

Outcome = Literal["right", "named", "wrong", "missing"]


@dataclass(frozen=True, slots=True)
class Scored:
    """A reading held against its gold: what came of each gold entry, and the mentions that answer to none."""

    wish: Wish
    reading: WishReading
    outcomes: tuple[Outcome, ...]
    false: tuple[Mention, ...]

    @property
    def whole(self) -> bool:
        """Every gold entry is read, and nothing else."""
        return not self.false and all(o == "right" for o in self.outcomes)

    @property
    def honest(self) -> bool:
        """Every gold entry is read or named as unread."""
        return all(o in ("right", "named") for o in self.outcomes)


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one field. `found`: mentions in all, `right` of them; `gold`: entries, `named` of them as unread."""

    gold: int
    right: int
    named: int
    wrong: int
    missing: int
    found: int

    @property
    def precision(self) -> float:
        """Share of mentions that are right; 1 where there is none."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of gold entries that are read; 1 where there is none."""
        return self.right / self.gold if self.gold else 1.0


_METALS = frozenset({"gold", "silver"})
"""Materials that are colours too: either reading finds the same earrings."""


def score(wish: Wish, reading: WishReading) -> Scored:
    """A reading against the gold of its wish."""
    free = list(range(len(reading.mentions)))
    outcomes: list[Outcome] = []
    for gold in wish.gold:
        said = wish.text[gold.start : gold.end]
        fitting = [i for i in range(len(reading.mentions)) if _answers(gold, reading.mentions[i], said)]
        if not fitting and _in_a_narrower_kind(wish, gold, reading):
            outcomes.append("right")
            continue
        fitting.sort(key=lambda i: (i not in free, not _touch(gold, reading.mentions[i])))
        if fitting:
            outcomes.append("right")
            if fitting[0] in free:
                free.remove(fitting[0])
        elif _is_named(wish, gold, reading):
            outcomes.append("named")
        elif any(_touch(gold, m) for m in reading.mentions):
            outcomes.append("wrong")
        else:
            outcomes.append("missing")
    false = [
        reading.mentions[i]
        for i in free
        if not any(_answers(g, reading.mentions[i], wish.text[g.start : g.end]) for g in wish.gold)
    ]
    return Scored(wish, reading, tuple(outcomes), tuple(false))


def tallies(scored: Sequence[Scored]) -> dict[str, Tally]:
    """Counts by field, sizes of all slots together."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in scored:
        for gold, outcome in zip(one.wish.gold, one.outcomes, strict=True):
            counts[_group(gold.field)][outcome] += 1
        for mention in one.false:
            counts[_group(mention.field)]["false"] += 1
    return {
        name: Tally(
            gold=sum(c[o] for o in ("right", "named", "wrong", "missing")),
            right=c["right"],
            named=c["named"],
            wrong=c["wrong"],
            missing=c["missing"],
            found=c["right"] + c["false"],
        )
        for name, c in sorted(counts.items())
    }


def _is_borne_out(mention: Mention, gold: Sequence[Gold], outcomes: Sequence[Outcome]) -> bool:
    """Whether a mention beside the gold ones says no more than they: "no heels" excludes the kind and the attribute,
    "leather jacket" includes the kind and the material.
    """
    return any(
        _answers(entry, mention)
        or (
            outcome == "right"
            and _touch(entry, mention)
            and _polarity(entry.field) == _polarity(mention.field)
        )
        for entry, outcome in zip(gold, outcomes, strict=True)
    )


def _polarity(field: str) -> str:
    facet = field.removeprefix("include.").removeprefix("exclude.")
    if facet in ("kinds", "colors", "materials", "patterns", "attributes"):
        return "exclude" if field.startswith("exclude") else "include"
    return field


def _group(field: str) -> str:
    return field.partition(".")[0] if field.startswith("sizes") else field


def _answers(gold: Gold, mention: Mention, said: str = "") -> bool:
    if gold.field == "own":
        return mention.field == "own" and _touch(gold, mention)
    if gold.field.startswith("sizes") and mention.field.startswith("sizes"):
        same = _label(str(gold.value)) == _label(str(mention.value))
        return same and _same_garment(gold.field.partition(".")[2], mention.field.partition(".")[2])
    if mention.field == gold.field.replace(".materials", ".colors") and gold.value in _METALS:
        return gold.value == mention.value
    if gold.field != mention.field:
        return False
    if isinstance(gold.value, bool) or isinstance(mention.value, bool):
        return gold.value == mention.value
    if isinstance(gold.value, int | float) or isinstance(mention.value, float):
        return abs(float(gold.value) - float(mention.value)) < 0.6
    facet = facet_of(gold.field)
    if facet == "brand":
        return mention.value.casefold() == gold.value.casefold() or _touch(gold, mention)
    excluded = gold.field.startswith("exclude")
    whole = mention.start <= gold.start and gold.end <= mention.end
    return agrees(facet, gold.value, mention.value, excluded=excluded, said=said if whole else "")


def _in_a_narrower_kind(wish: Wish, gold: Gold, reading: WishReading) -> bool:
    """Whether what is said of a kind is part of the kind that was read: "long dress" is a maxi dress."""
    if gold.of is None:
        return False
    kinds = [
        g for g in wish.gold if g.field.endswith(".kinds") and g.start < gold.of[1] and gold.of[0] < g.end
    ]
    return any(
        m.field == kind.field
        and m.start <= gold.start
        and gold.end <= m.end
        and _answers(kind, m)
        and m.value != canonical("kind", str(kind.value))
        for kind in kinds
        for m in reading.mentions
    )


def _same_garment(gold: str, read: str) -> bool:
    """Whether two slots of a size are one, or one of them is all: who says "a jacket, L" says no more than that. Tops
    and jackets are sized alike, and authors name them in turn.
    """
    return not gold or not read or gold == read or {gold, read} <= {"top", "outerwear", "dress"}


def _label(size: str) -> str:
    return size.casefold().replace(" ", "")


def _touch(gold: Gold, mention: Mention) -> bool:
    return mention.start < gold.end and gold.start < mention.end


def _is_named(wish: Wish, gold: Gold, reading: WishReading) -> bool:
    """Whether the words of a gold entry are among the unread ones."""
    for phrase in reading.unread:
        start = wish.text.find(phrase)
        while start >= 0:
            if start < gold.end and gold.start < start + len(phrase):
                return True
            start = wish.text.find(phrase, start + 1)
    return False
