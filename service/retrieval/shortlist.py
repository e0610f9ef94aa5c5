"""What retrieval hands on: the candidates of a slot, best first, with their vectors. Plain data."""

from __future__ import annotations

from dataclasses import dataclass

from indexer.embedder import Vectors
from indexer.item import Item, Slot, Variant


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that may fill a slot, in the size and at the price that the shopper would get.

    `similarity` is the retriever's cosine to the wish; `fit` is how well its attributes suit the wish, 0 being
    no objection and below it how much speaks against it. A `last_resort` is taken where no other candidate is left.
    """

    item: Item
    position: int
    variant: Variant
    slot: Slot
    label: str
    similarity: float = 0.0
    fit: float = 0.0
    last_resort: bool = False

    @property
    def sku(self) -> str:
        return self.item.sku

    @property
    def cents(self) -> int:
        """Price in hundredths, exact for sums; 0 when the feed has no prices."""
        return round((self.variant.price or 0.0) * 100)


@dataclass(frozen=True, slots=True)
class Shortlist:
    """Candidates of one slot, best first, and their unit vectors, shape (candidates, dim)."""

    candidates: list[Candidate]
    vectors: Vectors
