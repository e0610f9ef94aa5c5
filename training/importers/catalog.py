"""SKUs of a store's data -> pieces of its catalogue, and a report of all that was left out and why.

A piece's text is the item's label, which is what serving scores. Knows no file format.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from indexer.item import Department, Slot
from indexer.storage.catalogue import Catalogue
from service.policy.policy import policy

_NAMED = 5


@dataclass(frozen=True, slots=True)
class StockPiece:
    """What training needs of an item; `slot` is None for what is not composed, such as a gift card."""

    slot: Slot | None
    label: str
    department: Department


@dataclass(slots=True)
class ImportReport:
    """What was read, and all that is not in the looks. Counters are by SKU; `dropped` has ids by reason."""

    rows: int = 0
    looks: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    """SKUs that the catalogue does not have."""
    uncomposed: Counter[str] = field(default_factory=Counter)
    """SKUs that have no slot: gift cards, candles, underwear."""
    repeated: Counter[str] = field(default_factory=Counter)
    """SKUs left out because their look has a piece of that slot already."""
    ignored: Counter[str] = field(default_factory=Counter)
    """Rows left out, by reason."""
    dropped: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def lines(self) -> list[str]:
        """The report in words, one fact a line, with the first few names of each kind."""
        facts: list[tuple[str, Mapping[str, int] | Sequence[str], int]] = [
            ("SKUs not in the catalogue", self.unknown, self.unknown.total()),
            ("SKUs that are not composed", self.uncomposed, self.uncomposed.total()),
            ("second pieces of a slot", self.repeated, self.repeated.total()),
            *((f"left out, {reason}", ids, len(ids)) for reason, ids in self.dropped.items()),
        ]
        named = [f"{what}: {count} ({_some(names)})" for what, names, count in facts if count]
        passed = [f"rows passed over, {reason}: {count}" for reason, count in self.ignored.items()]
        return [f"{self.rows} rows, {self.looks} looks", *named, *passed]


def _some(names: Iterable[str]) -> str:
    shown = list(islice(names, _NAMED + 1))
    return ", ".join(shown[:_NAMED]) + (", ..." if len(shown) > _NAMED else "")


class Stock:
    """The catalogue by SKU, of an item or of one of its sizes. Each SKU is looked up once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._known: dict[str, StockPiece | None] = {}

    def find(self, sku: str) -> StockPiece | None:
        """The piece, or None for a SKU that the catalogue does not have."""
        if sku not in self._known:
            found = self._catalogue.get(sku)
            self._known[sku] = (
                None
                if found is None
                else StockPiece(found.item.slot, found.item.label(), found.item.department)
            )
        return self._known[sku]

    def resolve(self, skus: Iterable[str], report: ImportReport) -> list[tuple[str, StockPiece]]:
        """The SKUs that can be part of a look, each once; the others are noted in the report."""
        found = []
        for sku in dict.fromkeys(skus):
            piece = self.find(sku)
            if piece is None:
                report.unknown[sku] += 1
            elif piece.slot is None:
                report.uncomposed[sku] += 1
            else:
                found.append((sku, piece))
        return found


def one_per_slot(pieces: Iterable[tuple[str, StockPiece]], report: ImportReport) -> dict[Slot, str]:
    """Labels by slot: the first piece of each; further ones are noted in the report."""
    labels: dict[Slot, str] = {}
    for sku, piece in pieces:
        if piece.slot is None or piece.slot in labels:
            report.repeated[sku] += 1
        else:
            labels[piece.slot] = piece.label
    return labels


def department_of(pieces: Iterable[StockPiece]) -> Department | None:
    """Whom the pieces are for: the one department among them, unisex aside; None when it is none or several."""
    owners = {piece.department for piece in pieces} - {"unisex"}
    return owners.pop() if len(owners) == 1 else None


def is_whole(pieces: Iterable[Slot]) -> bool:
    """A dress, or a top and a bottom. Shoes are not asked for: not every store sells them."""
    return policy().slots.dresses(pieces)
