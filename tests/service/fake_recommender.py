"""A real, boring recommender over a fixed shelf: every answer can be worked out by hand."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from indexer.item import Slot
from service.api.contract import ItemQuery
from service.problems import InvalidError
from service.schema import (
    IndexRef,
    ItemPage,
    ItemView,
    Outfit,
    OutfitItem,
    OutfitRequest,
    OutfitResponse,
    StyleRef,
    StyleView,
    Unmet,
    VariantView,
)

STYLE = StyleRef(name="house", version="1", digest="d1")


def piece(
    sku: str, slot: Slot, title: str, price: float, color: str = "black", brand: str = "Norda"
) -> ItemView:
    return ItemView(
        sku=sku,
        group_id=sku,
        title=title,
        brand=brand,
        description="",
        slot=slot,
        kind=slot,
        department="women",
        colors=[color],
        material="cotton",
        pattern="",
        seasons=[],
        formality=2,
        price=price,
        currency="EUR",
        in_stock=True,
        image_url="",
        url="",
        variants=[VariantView(sku=f"{sku}-M", size="M", quantity=3, price=price, in_stock=True)],
        derived=[],
    )


SHELF = (
    piece("T/1", "top", "Silk camisole", 40.0),
    piece("B/1", "bottom", "Wide trousers", 60.0, "white", "Lune"),
    piece("S/1", "shoes", "Strappy sandals", 50.0),
)


class FakeRecommender:
    """Composes the whole shelf, `count` times over, unless it breaks the budget. Slots and sizes as asked.

    `hold` makes compose wait until it is set; `reason` is what `not_ready` says.
    """

    def __init__(self, shelf: Sequence[ItemView] = SHELF) -> None:
        self.shelf = tuple(shelf)
        self.reason: str | None = None
        self.hold: threading.Event | None = None
        self.error: Exception | None = None
        self.composing = threading.Semaphore(0)  # released once per compose that has begun
        self.reloads = 0
        self.closed = False

    def compose(self, request: OutfitRequest, request_id: str) -> OutfitResponse:
        self.composing.release()
        if self.hold is not None and not self.hold.wait(30):
            raise TimeoutError("nobody let compose go on")
        if self.error is not None:
            raise self.error
        pieces = [p for p in self.shelf if request.slots is None or p.slot in request.slots]
        total = sum(p.price or 0.0 for p in pieces)
        fits = request.budget is None or total <= request.budget.max
        unmet = [Unmet(constraint="budget", reason=f"the cheapest costs {total:g}", hint="allow more")]
        return OutfitResponse(
            request_id=request_id,
            outfits=[self._outfit(request, n, pieces, total) for n in range(request.count if fits else 0)],
            unmet=[] if fits else unmet,
            composer="retrieval",
            style=STYLE,
            index=IndexRef(version="v1"),
            seed=request.seed or 0,
        )

    def _outfit(self, request: OutfitRequest, number: int, pieces: list[ItemView], total: float) -> Outfit:
        items = [
            OutfitItem(
                slot=p.slot or "top",
                sku=p.variants[0].sku,
                title=p.title,
                brand=p.brand,
                price=p.price,
                currency=p.currency,
                size="M",
                image_url="",
                url="",
                score=0.5,
            )
            for p in pieces
        ]
        return Outfit(
            id=f"{request.seed or 0}-{number}",
            title=request.vibe,
            items=items,
            total_price=total,
            currency="EUR",
            score=0.5,
            explanation="black goes with white" if request.explain else None,
        )

    def styles(self) -> list[StyleView]:
        return [StyleView(**STYLE.model_dump(), description="Ours", layout="scored", default=True)]

    def items(self, query: ItemQuery) -> ItemPage:
        """The cursor is the place to go on from."""
        found = [p for p in self.shelf if _fits(p, query)]
        start = query.cursor or "0"
        if not start.isdigit():
            raise InvalidError.at("cursor", "not one of ours")
        end = int(start) + query.limit
        return ItemPage(
            items=found[int(start) : end],
            total=len(found),
            next_cursor=str(end) if end < len(found) else None,
        )

    def item(self, sku: str) -> ItemView | None:
        matching = [p for p in self.shelf if sku in (p.sku, p.variants[0].sku)]
        return matching[0].model_copy(update={"sku": sku}) if matching else None

    def not_ready(self) -> str | None:
        return self.reason

    def reload(self) -> None:
        self.reloads += 1
        self.reason = None

    def close(self) -> None:
        self.closed = True


def _fits(p: ItemView, query: ItemQuery) -> bool:
    price = p.price or 0.0
    return (
        (query.q is None or query.q.lower() in p.title.lower())
        and query.slot in (None, p.slot)
        and query.department in (None, p.department)
        and query.brand in (None, p.brand)
        and (query.color is None or query.color in p.colors)
        and (query.min_price is None or price >= query.min_price)
        and (query.max_price is None or price <= query.max_price)
        and query.in_stock in (None, p.in_stock)
    )
