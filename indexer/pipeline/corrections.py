"""What staff said of pieces that the indexer read wrongly. Knows no storage: whoever keeps corrections brings them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from indexer.errors import FeedError
from indexer.item import DEPARTMENTS, SLOTS, Department, Slot
from indexer.taxonomy.classify import SlotGuess
from indexer.taxonomy.kinds import GENERIC_KIND, KINDS, UNKNOWN

Unworn = Literal["none"]
_UNWORN: Unworn = get_args(Unworn)[0]


@dataclass(frozen=True, slots=True)
class Correction:
    """What a piece is; None: as the indexer read it. `slot` "none": it is not composed.

    A correction of nothing confirms the reading: the piece is no longer doubtful. A kind without a slot brings its
    own, a slot that the kind is not worn in brings the plainest kind. Raises FeedError for a kind, slot or department
    that is none.
    """

    kind: str | None = None
    slot: Slot | Unworn | None = None
    department: Department | None = None

    def __post_init__(self) -> None:
        if self.kind is not None and (self.kind not in KINDS or self.kind == UNKNOWN):
            raise FeedError(f"correction: kind {self.kind!r} is not in the table of kinds")
        if self.slot is not None and self.slot not in (*SLOTS, _UNWORN):
            raise FeedError(f"correction: slot {self.slot!r} is not one of {', '.join(SLOTS)} or none")
        if self.department is not None and self.department not in DEPARTMENTS:
            raise FeedError(
                f"correction: department {self.department!r} is not one of {', '.join(DEPARTMENTS)}"
            )

    def applied(self, guess: SlotGuess) -> SlotGuess:
        """The guess as staff would have it."""
        kind = self.kind or guess.kind
        slot = KINDS[kind].slot if self.kind else guess.slot
        if self.slot is not None:
            slot = next((s for s in SLOTS if s == self.slot), None)
            if self.kind is None and slot is not None and slot != KINDS[kind].slot:
                kind = GENERIC_KIND[slot]
        return SlotGuess(kind, slot, 1.0, "staff", "said by staff")


@dataclass
class Corrections:
    """Corrections by the SKU of an item or of one of its sizes, or by group; the SKU's own goes before the group's."""

    by_key: Mapping[str, Correction] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)

    def of(self, skus: Iterable[str], group_id: str) -> Correction | None:
        """What was said of the piece that bears these SKUs."""
        if not self.by_key:
            return None
        for key in (*skus, group_id):
            if key in self.by_key:
                self._used.add(key)
                return self.by_key[key]
        return None

    @property
    def unused(self) -> list[str]:
        """The keys that no piece has had so far."""
        return sorted(self.by_key.keys() - self._used)
