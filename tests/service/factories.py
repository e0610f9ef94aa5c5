"""Items and candidates with chosen attributes, for tests that need no feed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from indexer.embedder import Vectors
from indexer.item import Item, Slot, Variant
from service.retrieval.shortlist import Candidate, Shortlist


def item(sku: str, slot: Slot = "top", price: float | None = 10.0, **attributes: Any) -> Item:
    values: dict[str, Any] = {
        "group_id": sku,
        "title": f"Piece {sku}",
        "variants": (Variant(sku, None, 3, price),),
        "currency": "EUR",
        "kind": {"top": "shirt", "bottom": "jeans", "shoes": "sneakers"}.get(slot, slot),
        "department": "women",
        "colors": ("black",),
    }
    return Item(sku=sku, slot=slot, **(values | attributes))


def candidate(sku: str, slot: Slot = "top", cents: int = 1000, **attributes: Any) -> Candidate:
    piece = item(sku, slot, cents / 100, **attributes)
    return Candidate(piece, 0, piece.variants[0], slot, piece.label())


def shortlist(candidates: Sequence[Candidate], dim: int = 8) -> Shortlist:
    vectors: Vectors = np.eye(dim, dtype=np.float32)[np.arange(len(candidates)) % dim]
    return Shortlist(list(candidates), vectors)
