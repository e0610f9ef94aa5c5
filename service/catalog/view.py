"""One snapshot of the catalogue with what staff said of its stock since: items, columns, vectors. Searches nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from indexer.item import Department, Item, Slot, Variant
from service.catalog.columns import CatalogColumns, build_columns, with_stock
from service.catalog.sizes import fits, scale
from service.catalog.stock_overlay import StockOverlay, StockUpdate

if TYPE_CHECKING:  # rooms above work on a view, and load neither its index nor its database
    from indexer.storage.catalogue import Found
    from indexer.storage.snapshot import Snapshot


class CatalogView:
    """Immutable, so any number of threads may use it.

    `columns` and `stock` go together: without them, those of the snapshot as it was indexed.
    """

    def __init__(
        self, snapshot: Snapshot, columns: CatalogColumns | None = None, stock: StockOverlay | None = None
    ) -> None:
        self.snapshot = snapshot
        self.stock = stock or StockOverlay()
        self.columns = columns or build_columns(snapshot.catalogue.iter_items())

    def items(self, positions: Sequence[int]) -> list[Item]:
        """The items at these positions, as they are sold now."""
        return [self.stock.apply(item) for item in self.snapshot.catalogue.at(positions)]

    def find(self, sku: str) -> Found | None:
        """The item that has the SKU, as its own or as a size's, as it is sold now."""
        found = self.snapshot.catalogue.get(sku)
        if found is None:
            return None
        item = self.stock.apply(found.item)
        bearer = None if found.variant is None else item.variants[found.item.variants.index(found.variant)]
        return found._replace(item=item, variant=bearer)

    def bearers(self, skus: Iterable[str]) -> dict[int, Item]:
        """Position -> item of the catalogue, as it was indexed, for items with one of the SKUs."""
        positions = self._positions(skus)
        return dict(zip(positions, self.snapshot.catalogue.at(positions), strict=True))

    def noting(self, notes: Sequence[StockUpdate], indexed: Mapping[int, Item] | None = None) -> CatalogView:
        """The same search after these notes. `indexed` may hold some of their `bearers`."""
        items = dict(indexed or {})
        missing = [p for p in self._positions(n.sku for n in notes) if p not in items]
        items.update(zip(missing, self.snapshot.catalogue.at(missing), strict=True))
        stock = self.stock.noting(notes).reading(items.values())
        changes = {
            p: (self.stock.apply(item), stock.apply(item))
            for p, item in items.items()
            if self.stock.sizes(item) != stock.sizes(item)
        }
        return CatalogView(self.snapshot, with_stock(self.columns, changes), stock)

    def _positions(self, skus: Iterable[str]) -> list[int]:
        by_sku = self.columns.inverted["sku"]
        return sorted({int(p) for sku in set(skus) for p in by_sku.get(sku, ())})

    def carries(self, slot: Slot, department: Department, line: str = "") -> bool:
        """Whether the store has such pieces at all, in stock or not."""
        return bool((self.columns.in_slot(slot) & self.columns.for_department(department, line)).any())


def pick_variant(item: Item, sizes: Sequence[str]) -> Variant:
    """The cheapest size in stock among the wanted ones, first of all as they are written; where none is wanted, the
    middle one of those in stock that cost the least.

    Raises ValueError when there is none.
    """
    on = scale(item.department, item.slot)
    fitting = [v for v in item.variants if v.in_stock and fits(v.size, sizes, on)]
    if not fitting:
        raise ValueError(f"{item.sku} is not in stock in size {' or '.join(sizes) or 'any'}")
    least = min(v.price or 0.0 for v in fitting)
    if not sizes:
        cheapest = [v for v in fitting if (v.price or 0.0) == least]
        return cheapest[(len(cheapest) - 1) // 2]
    return min(fitting, key=lambda v: (not fits(v.size, sizes), v.price or 0.0))
