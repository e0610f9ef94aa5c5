"""What the HTTP service asks of a recommender. Knows no implementation of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from indexer.item import Department, Slot
from service.schema import ItemPage, ItemView, OutfitRequest, OutfitResponse, StyleView

MAX_PAGE = 100
DEFAULT_PAGE = 20


@dataclass(frozen=True, slots=True)
class ItemQuery:
    """Filters of `GET /v1/items`; None filters nothing. Prices are in the index's currency.

    `q` is free text, `cursor` the `next_cursor` of the page before, `limit` at most `MAX_PAGE`.
    """

    q: str | None = None
    slot: Slot | None = None
    department: Department | None = None
    brand: str | None = None
    color: str | None = None
    min_price: float | None = None
    max_price: float | None = None
    in_stock: bool | None = None
    cursor: str | None = None
    limit: int = DEFAULT_PAGE


class Recommender(Protocol):
    """Composes outfits and shows the catalogue. Every method blocks and may be called from any thread.

    What is wrong with a request is raised as a ProblemError; an unknown cursor is an InvalidError of `cursor`.
    """

    def compose(self, request: OutfitRequest, request_id: str) -> OutfitResponse: ...

    def styles(self) -> list[StyleView]: ...

    def items(self, query: ItemQuery) -> ItemPage: ...

    def item(self, sku: str) -> ItemView | None: ...

    def not_ready(self) -> str | None:
        """Why it cannot serve, None when it can. Cheap: health checks call it."""
        ...

    def reload(self) -> None:
        """Serve the current snapshot from now on; requests under way end on the one they began with."""
        ...

    def close(self) -> None: ...
