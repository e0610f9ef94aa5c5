"""Looks in the words of the stock: what `--match` adds to a training split.

How pieces are matched is `training.data.matching`'s business.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from indexer.embedder import Embedder
from indexer.storage.snapshot import SnapshotStore
from service.catalog.view import CatalogView
from training.data.looks import StyledLook, texts
from training.data.matching import match_looks, stock_looks


@dataclass(frozen=True, slots=True)
class Stocked:
    """`looks` are to learn from, `pool` is all other stock of their kind, for negatives alone, `notes` are for
    people.
    """

    looks: list[StyledLook] = field(default_factory=list)
    pool: list[StyledLook] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def in_stock(
    looks: Sequence[StyledLook], held_out: Sequence[StyledLook], data_dir: Path, embedder: Embedder
) -> Stocked:
    """The looks with their pieces replaced by the nearest items of the current index, as looks of the store's: their
    negatives are then the store's other items, so that no wording gives the answer away.

    Nothing that a held-out look wears word for word is among them. Raises SnapshotError without an index.
    """
    kept_out = texts(held_out)
    with SnapshotStore(data_dir).current() as snapshot:
        catalog = CatalogView(snapshot)
        matched = match_looks(looks, catalog, embedder)
        own = [replace(k, id=f"{k.id}/stock", source="store") for k in matched.looks if _is_new(k, kept_out)]
        pool = stock_looks([look.line for look in own], catalog, kept_out)
    return Stocked(own, pool, [f"in stock: {line}" for line in matched.lines()])


def _is_new(look: StyledLook, known: Collection[str]) -> bool:
    return not any(piece in known for piece in look.pieces.values())
