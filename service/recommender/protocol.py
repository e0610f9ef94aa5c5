"""What the HTTP service asks of a recommender. Knows no implementation of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from service.catalog.stock_patches import StockPatch, StockResult
from service.composition.swap import SwapOrder
from service.db.repositories.outfits import Made
from service.pictures.piece import Piece
from service.recommender.progress import ProgressListener
from service.retrieval.merchandising import RuleMatch
from service.schemas.catalog import ItemPage, ItemQuery, ItemView, Reading, ReadingQuery, Readings
from service.schemas.critique import Critique, CritiqueRequest
from service.schemas.outfits import Outfit, OutfitRequest, OutfitResponse, RefineRequest, StyleView
from service.schemas.trace import Why


@dataclass(frozen=True, slots=True)
class Condition:
    """What a recommender serves, and what it has to do without."""

    index_version: str | None = None
    """None while there is no index."""
    index_created: str | None = None
    """ISO 8601, UTC."""
    no_model: str | None = None
    """Why there is no language model, where the settings ask for one."""
    broken_styles: Mapping[str, str] = field(default_factory=dict)
    """Styles that cannot be used, and why."""
    instead: str | None = None
    """Why an older index is served than the current one, where that is so."""


class Recommender(Protocol):
    """Composes outfits and shows the catalogue. Every method blocks and may be called from any thread.

    What is wrong with a request is raised as a ProblemError; an unknown cursor is an InvalidError of `cursor`.
    """

    def compose(
        self, request: OutfitRequest, request_id: str, watch: ProgressListener | None = None
    ) -> OutfitResponse:
        """A watch sees each outfit as soon as it is whole. What it raises ends the work, and is raised here."""
        ...

    def swap(
        self, order: SwapOrder, request_id: str, watch: ProgressListener | None = None
    ) -> OutfitResponse:
        """Outfits with the kept pieces of the order and another one beside them, best first."""
        ...

    def refine(self, made: Made, body: RefineRequest) -> SwapOrder:
        """What to compose so that an outfit is as the shopper says; `swap` composes it."""
        ...

    def critique(self, body: CritiqueRequest, request_id: str) -> Critique:
        """What a stylist would say of these pieces together."""
        ...

    def pieces(self, outfit: Outfit) -> list[Piece]:
        """The pieces of an outfit as a picture shows them; one that is no longer known by its slot and title alone."""
        ...

    def difference(self, made: Made) -> str | None:
        """Why composing again would not give what was made; None while all that decided it is unchanged. Quick."""
        ...

    def styles(self) -> list[StyleView]: ...

    def style_fault(self, key: str) -> str | None:
        """Why a version of a style, as `name@version`, cannot be composed with; None when it can. Loads it to see."""
        ...

    def follow_styles(self) -> None:
        """Serve the styles as they are published now, from the next request on."""
        ...

    def items(self, query: ItemQuery) -> ItemPage: ...

    def item(self, sku: str) -> ItemView | None: ...

    def reading(self, sku: str) -> Reading | None:
        """What the item of this SKU is taken for, corrections counted; None where no item has it."""
        ...

    def readings(self, query: ReadingQuery) -> Readings:
        """What items are taken for, one page of those asked for. An unknown cursor is an InvalidError of `cursor`."""
        ...

    def why(self, sku: str, request: OutfitRequest) -> Why | None:
        """Why the item of this SKU is not in outfits for the request; None where no item has it."""
        ...

    def patch_stock(self, patches: Sequence[StockPatch]) -> StockResult:
        """Keep what of it the index knows, all or nothing, and durably; every later call sees it."""
        ...

    def matches(self, matches: Sequence[RuleMatch]) -> list[int]:
        """How many pieces of the index each of them is about."""
        ...

    def not_ready(self) -> str | None:
        """Why it cannot serve, None when it can. Cheap: health checks call it."""
        ...

    def condition(self) -> Condition:
        """What is served now, and what is missing. Cheap: health checks call it."""
        ...

    def reload(self) -> None:
        """Serve the current snapshot from now on; requests under way end on the one they began with."""
        ...

    def close(self) -> None: ...
