"""What staff said of pieces that were read wrongly, laid over the items of an index that does not know it yet.

Knows no database and no HTTP. What only the feed's own words tell, such as the season, is read anew by the next build.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Protocol, Self

from rapidfuzz import process

from indexer.item import DEPARTMENTS, SLOTS, Item, Slot
from indexer.pipeline.corrections import Correction, Corrections
from indexer.pipeline.normalise import covered
from indexer.taxonomy.classify import SlotGuess
from indexer.taxonomy.kinds import KINDS, UNKNOWN
from service.errors import FieldError, InvalidError

if TYPE_CHECKING:
    from service.catalog.view import CatalogView

CorrectedSlot = Slot | Literal["none"]
_NEAREST_SHOWN = 3
_LIKE_ENOUGH = 55  # of 100
_KNOWN: Mapping[str, tuple[str, ...]] = {
    "kind": tuple(kind for kind in KINDS if kind != UNKNOWN),
    "slot": (*SLOTS, "none"),
    "department": DEPARTMENTS,
}


class CorrectionSource(Protocol):
    """Keeps the corrections of all processes; `service.db.repositories.corrections` does."""

    def stamp(self) -> str:
        """Another text after every change; "" without any correction."""
        ...

    def all(self) -> Mapping[str, Correction]:
        """Every correction, by each SKU that its piece had when it was made."""
        ...


def nearest_words(word: str, known: Iterable[str]) -> list[str]:
    """The known words that are most like one that is not known, the likest first."""
    plain = word.casefold().replace(" ", "-")
    found = process.extract(plain, list(known), limit=_NEAREST_SHOWN, score_cutoff=_LIKE_ENOUGH)
    return [match for match, *_ in found]


def correction(kind: str | None, slot: str | None, department: str | None) -> Correction:
    """The correction in these words. Raises InvalidError naming each that is unknown, with the known ones nearest."""
    said = {"kind": kind, "slot": slot, "department": department}
    wrong = [
        FieldError(name, _unknown(word, _KNOWN[name]))
        for name, word in said.items()
        if word is not None and word not in _KNOWN[name]
    ]
    if wrong:
        raise InvalidError.of(*wrong)
    return Correction(
        kind,
        next((s for s in (*SLOTS, _none()) if s == slot), None),
        next((d for d in DEPARTMENTS if d == department), None),
    )


def _none() -> Literal["none"]:
    return "none"


def _unknown(word: str, known: tuple[str, ...]) -> str:
    near = nearest_words(word, known)
    those = f"nearest: {', '.join(near)}" if near else f"one of {', '.join(known[:12])}"
    return f"{word!r} is not known; {those}"


def corrected(item: Item, told: Correction) -> Item:
    """The item as staff would have it; the same where it was built so."""
    before = SlotGuess(item.kind, item.slot, item.slot_confidence, item.slot_source, "", item.doubtful)
    guess = told.applied(before)
    department = told.department or item.department
    old, new = KINDS[item.kind], KINDS[guess.kind]
    if old.name != new.name:
        item = replace(
            item,
            formality=new.formality,
            warmth=new.warmth,
            tags=_moved(item.tags, old.tags, new.tags),
            attributes=_moved(item.attributes, old.attributes, new.attributes),
        )
    corrected_fields = {"slot", *(["department"] if told.department else [])}
    return replace(
        item,
        kind=guess.kind,
        slot=guess.slot,
        covers=covered(guess.slot, new),
        department=department,
        kids_line=item.kids_line if department == "kids" else "",
        slot_confidence=guess.confidence,
        slot_source=guess.source,
        derived=tuple(name for name in item.derived if name not in corrected_fields),
        doubtful=False,
        nearest=(),
    )


def _moved(words: Iterable[str], old: Iterable[str], new: Iterable[str]) -> tuple[str, ...]:
    """The words without those that came with the old kind, with those of the new."""
    gone = set(old) - set(new)
    return tuple(dict.fromkeys([*(w for w in words if w not in gone), *new]))


@dataclass(frozen=True)
class CorrectionOverlay:
    """Corrections as they are laid over items. `stamp` is what they were read under."""

    by_key: Mapping[str, Correction] = field(default_factory=dict)
    stamp: str = ""

    @classmethod
    def read(cls, source: CorrectionSource, stamp: str) -> Self:
        """What the source has now."""
        return cls(source.all(), stamp)

    @property
    def digest(self) -> str:
        """What identifies what they say; "" when they say nothing."""
        if not self.by_key:
            return ""
        said = sorted((key, c.kind, c.slot, c.department) for key, c in self.by_key.items())
        text = json.dumps([[part or "" for part in row] for row in said])
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def of(self, item: Item) -> Correction | None:
        """What was said of the item."""
        return Corrections(self.by_key).of([v.sku for v in item.variants], item.group_id)

    def apply(self, item: Item) -> Item:
        """The item as staff would have it."""
        told = self.of(item) if self.by_key else None
        return item if told is None else corrected(item, told)

    def changes(self, catalog: CatalogView) -> Iterator[tuple[int, Item, Item]]:
        """Position, and the item before and after, of every item of the index that they make another."""
        for position, item in catalog.bearers(self.by_key).items():
            after = self.apply(item)
            if after != item:
                yield position, item, after
