"""A real, boring recommender over a fixed shelf: every answer can be worked out by hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from indexer.item import Slot
from service.catalog.stock_patches import StockPatch, StockResult, UnknownStock
from service.composition.swap import SwapOrder
from service.db.repositories.outfits import Made
from service.errors import InvalidError
from service.pictures.piece import Piece
from service.recommender.progress import ProgressListener, Unwatched
from service.recommender.protocol import Condition
from service.retrieval.merchandising import RuleMatch
from service.schemas.catalog import ItemPage, ItemQuery, ItemView, VariantView
from service.schemas.outfits import (
    IndexRef,
    Outfit,
    OutfitItem,
    OutfitRequest,
    OutfitResponse,
    StyleRef,
    StyleView,
    Unmet,
)
from service.schemas.trace import KeptOut, Why

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
    """Composes the first piece of each slot, `count` times over, unless it breaks the budget. Slots and sizes as asked.

    `hold` makes compose wait until it is set, or its watch has enough; `reason` is what `not_ready` says.
    """

    def __init__(self, shelf: Sequence[ItemView] = SHELF) -> None:
        self.shelf = tuple(shelf)
        self.reason: str | None = None
        self.hold: threading.Event | None = None
        self.error: Exception | None = None
        self.error_after = 0  # outfits that are made before it is raised
        self.composing = threading.Semaphore(0)  # released once per compose that has begun
        self.reloads = 0
        self.style_faults: dict[str, str] = {}
        self.followed = 0
        self.closed = False

    def compose(
        self, request: OutfitRequest, request_id: str, watch: ProgressListener | None = None
    ) -> OutfitResponse:
        first = {p.slot: p for p in reversed(self.shelf) if request.slots is None or p.slot in request.slots}
        pieces = [p for p in self.shelf if first.get(p.slot) is p]
        return self._answer(request, request_id, [pieces] * request.count, "", watch or Unwatched())

    def swap(
        self, order: SwapOrder, request_id: str, watch: ProgressListener | None = None
    ) -> OutfitResponse:
        """The pieces of the slot that are left, in the order of the shelf."""
        request = order.request
        kept = {item.slot: p for item in order.kept for p in self.shelf if p.variants[0].sku == item.sku}
        (slot,) = set(request.slots or ()) - set(kept)
        others = [p for p in self.shelf if p.slot == slot and p.variants[0].sku not in request.exclude.skus]
        filled = [[kept.get(s, other) for s in request.slots or ()] for other in others[: request.count]]
        return self._answer(request, request_id, filled, f"-{slot}", watch or Unwatched())

    def pieces(self, outfit: Outfit) -> list[Piece]:
        shown = [(worn, self.item(worn.sku)) for worn in outfit.items]
        return [
            Piece(worn.slot, worn.title, p.kind if p else "", tuple(p.colors) if p else ())
            for worn, p in shown
        ]

    def difference(self, made: Made) -> str | None:
        if made.index_version != "v1":
            return f"index {made.index_version} is gone"
        return None if made.style_digest == STYLE.digest else f"adapter {made.style_digest} is gone"

    def _answer(
        self,
        request: OutfitRequest,
        request_id: str,
        filled: list[list[ItemView]],
        mark: str,
        watch: ProgressListener,
    ) -> OutfitResponse:
        self.composing.release()
        give_up = time.monotonic() + 30
        while self.hold is not None and not self.hold.wait(0.02):
            watch.check()
            if time.monotonic() > give_up:
                raise TimeoutError("nobody let compose go on")
        head = OutfitResponse(
            request_id=request_id,
            outfits=[],
            composer="retrieval",
            style=STYLE,
            index=IndexRef(version="v1"),
            seed=request.seed or 0,
        )
        outfits, unmet = [], []
        for n, pieces in enumerate(filled):
            if self.error is not None and n == self.error_after:
                raise self.error
            total = sum(p.price or 0.0 for p in pieces)
            if request.budget is not None and total > request.budget.max:
                unmet = [
                    Unmet(constraint="budget", reason=f"the cheapest costs {total:g}", hint="allow more")
                ]
                continue
            outfit = self._outfit(request, n, pieces, total, mark)
            for item in outfit.items:
                watch.piece(outfit.id, item)
            watch.ready(head.model_copy(update={"outfits": [outfit]}))
            outfits.append(outfit)
        return head.model_copy(update={"outfits": outfits, "unmet": unmet})

    def _outfit(
        self, request: OutfitRequest, number: int, pieces: list[ItemView], total: float, mark: str
    ) -> Outfit:
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
            id=f"{request.seed or 0}{mark}-{number}",
            title=request.vibe,
            items=items,
            total_price=total,
            currency="EUR",
            score=0.5,
            explanation="Black goes with white. It always did." if request.explain else None,
        )

    def styles(self) -> list[StyleView]:
        return [StyleView(**STYLE.model_dump(), description="Ours", layout="scored", default=True)]

    def style_fault(self, key: str) -> str | None:
        return self.style_faults.get(key)

    def follow_styles(self) -> None:
        self.followed += 1

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

    def why(self, sku: str, request: OutfitRequest) -> Why | None:
        """Sold out is the only reason; the wish is the sentence where it is not."""
        found = self.item(sku)
        if found is None:
            return None
        sold_out = KeptOut(name="stock", sentence="sold out", constraint="stock", hard=True, lifted=False)
        return Why(
            sku=sku,
            title=found.title,
            slot=found.slot,
            department=request.department or found.department,
            sentence=request.vibe if found.in_stock else sold_out.sentence,
            kept_out=[] if found.in_stock else [sold_out],
        )

    def matches(self, matches: Sequence[RuleMatch]) -> list[int]:
        """By brand alone."""
        return [sum(p.brand in match.brands for p in self.shelf) for match in matches]

    def patch_stock(self, patches: Sequence[StockPatch]) -> StockResult:
        """Changes the shelf; a piece has one size."""
        before, unknown = self.shelf, []
        for index, patch in enumerate(patches):
            sold = [
                p.sku
                for p in self.shelf
                if patch.sku in (p.sku, p.variants[0].sku) and patch.size in (None, p.variants[0].size)
            ]
            if not sold:
                reason = "not on the shelf"
                unknown.append(UnknownStock(index=index, sku=patch.sku, size=patch.size, reason=reason))
            self.shelf = tuple(_restocked(p, patch) if p.sku in sold else p for p in self.shelf)
        items = sum(a != b for a, b in zip(before, self.shelf, strict=True))
        return StockResult(applied=len(patches) - len(unknown), unknown=unknown, items=items)

    def not_ready(self) -> str | None:
        return self.reason

    def condition(self) -> Condition:
        return Condition("v1", "2026-01-01T00:00:00Z")

    def reload(self) -> None:
        self.reloads += 1
        self.reason = None

    def close(self) -> None:
        self.closed = True


def _restocked(p: ItemView, patch: StockPatch) -> ItemView:
    (size,) = p.variants
    quantity = size.quantity if patch.quantity is None else patch.quantity
    price = size.price if patch.price is None else patch.price
    stocked = quantity is None or quantity > 0
    size = size.model_copy(update={"quantity": quantity, "price": price, "in_stock": stocked})
    return p.model_copy(update={"variants": [size], "price": price, "in_stock": stocked})


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
