"""What staff said of stock and prices since the index was built, laid over its items. Knows no database and no HTTP.

Nothing here changes in place: whoever holds a `StockOverlay` keeps what it began with.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from indexer.item import Item, Variant
from service.catalog.sizes import is_one_size, normalise

_DIGEST_BITS = 128


@dataclass(frozen=True, slots=True)
class StockUpdate:
    """What staff last said of one size of an SKU, or, where `size` is "", of every size of it.

    A quantity or price of None was not spoken of. Each has its own moment, text that sorts by time: a newer
    feed may overrule one and not the other.
    """

    sku: str
    size: str
    quantity: int | None = None
    quantity_at: str = ""
    price: float | None = None
    price_at: str = ""

    def after(self, moment: str) -> StockUpdate | None:
        """What of the note was said after the moment; None when nothing was."""
        kept = self
        if self.quantity_at <= moment:
            kept = replace(kept, quantity=None, quantity_at="")
        if self.price_at <= moment:
            kept = replace(kept, price=None, price_at="")
        return kept if kept.quantity is not None or kept.price is not None else None

    def followed_by(self, newer: StockUpdate) -> StockUpdate:
        """Both notes in one, for the same SKU and size: `newer` wins where it speaks."""
        kept = self
        if newer.quantity is not None:
            kept = replace(kept, quantity=newer.quantity, quantity_at=newer.quantity_at)
        if newer.price is not None:
            kept = replace(kept, price=newer.price, price_at=newer.price_at)
        return kept


def sizes_meant(item: Item, sku: str, size: str | None) -> list[int]:
    """Places in `item.variants` that an SKU and a size name.

    Without a size: every size that bears the SKU. With one: that size among those, else, for the item's own SKU,
    among all. Sizes are compared as written, else by `service.catalog.sizes.normalise`.
    """
    everything = range(len(item.variants)) if item.sku == sku else range(0)
    bearers = [n for n, variant in enumerate(item.variants) if variant.sku == sku]
    if size is None:
        return bearers or list(everything)
    return _in_size(item, bearers, size) or _in_size(item, everything, size)


def _in_size(item: Item, places: Sequence[int], size: str) -> list[int]:
    exact = [n for n in places if item.variants[n].size == size]
    return exact or [n for n in places if _is_same(item.variants[n].size, size)]


def _is_same(own: str | None, said: str) -> bool:
    if is_one_size(own):
        return is_one_size(said)
    return normalise(own or "") == normalise(said)


@dataclass(frozen=True, slots=True)
class StockOverlay:
    """The sizes of items that differ from the catalogue's, and the notes that say so."""

    variants: Mapping[str, tuple[Variant, ...]] = field(default_factory=dict)
    """By the item's SKU; only items that differ."""
    notes: Mapping[str, Mapping[str, StockUpdate]] = field(default_factory=dict)
    """By SKU, then by size."""
    total: int = 0

    @property
    def digest(self) -> str:
        """What identifies the difference, however it came about; "" when there is none."""
        return f"{self.total:032x}" if self.variants else ""

    def apply(self, item: Item) -> Item:
        """The item of the catalogue as it is sold now. Every reader of items goes through here."""
        variants = self.sizes(item)
        return item if variants is item.variants else replace(item, variants=variants)

    def sizes(self, item: Item) -> tuple[Variant, ...]:
        """The sizes of `apply(item)`."""
        return self.variants.get(item.sku, item.variants)

    def noting(self, notes: Iterable[StockUpdate]) -> StockOverlay:
        """With these notes kept, each in place of an older one; items are not looked at yet."""
        kept: dict[str, Mapping[str, StockUpdate]] = dict(self.notes)
        for note in notes:
            kept[note.sku] = {**kept.get(note.sku, {}), note.size: note}
        return replace(self, notes=kept)

    def reading(self, items: Iterable[Item]) -> StockOverlay:
        """With what the notes say of these items of the catalogue."""
        variants, total = dict(self.variants), self.total
        for item in items:
            former = variants.pop(item.sku, None)
            if former is not None:
                total -= _fingerprint(item.sku, former)
            current = self._sold(item)
            if current != item.variants:
                variants[item.sku] = current
                total += _fingerprint(item.sku, current)
        return replace(self, variants=variants, total=total % (1 << _DIGEST_BITS))

    def _sold(self, item: Item) -> tuple[Variant, ...]:
        sold = list(item.variants)
        quantity_at, price_at = [""] * len(sold), [""] * len(sold)
        skus = {item.sku, *(variant.sku for variant in item.variants)}
        for sku in skus & self.notes.keys():
            for note in self.notes[sku].values():
                for n in sizes_meant(item, sku, note.size or None):
                    if note.quantity is not None and note.quantity_at > quantity_at[n]:
                        sold[n], quantity_at[n] = replace(sold[n], quantity=note.quantity), note.quantity_at
                    if note.price is not None and note.price_at > price_at[n]:
                        sold[n], price_at[n] = replace(sold[n], price=note.price), note.price_at
        return tuple(sold)


def _fingerprint(sku: str, variants: Sequence[Variant]) -> int:
    # Summed over the items: the sum does not depend on their order, and one item's change costs one item's work.
    said = json.dumps([sku, *((v.sku, v.size, v.quantity, v.price) for v in variants)])
    return int.from_bytes(hashlib.sha256(said.encode()).digest()[: _DIGEST_BITS // 8], "big")
