"""The events of shoppers as the service writes them, one a line of JSON. Knows not what they teach."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from indexer.item import Department, Season, Slot
from service.prompt import Context
from training.importers.orders import group_of
from training.importers.rows import Id, Phrase, Pseudonym, Strict, When

EventType = Literal["impression", "click", "add_to_basket", "purchase", "like", "dislike", "swap"]
_Name = Annotated[str, StringConstraints(max_length=200)]


class ShownItem(Strict):
    """A piece of the outfit as the shopper saw it. `title` is the item's, as the service answered it."""

    slot: Slot
    sku: Id
    title: Annotated[str, StringConstraints(max_length=1000)] | None = None


class FeedbackEvent(Strict):
    """One event. `sku` is the piece that it is about, null for the outfit as a whole; a swap names both pieces."""

    event_id: Id
    at: When
    type: EventType
    outfit_id: Id
    vibe: Phrase
    items: Annotated[tuple[ShownItem, ...], Field(min_length=1, max_length=24)]
    department: Department | None = None
    season: Season | None = None
    style: _Name | None = None
    sku: Id | None = None
    replaced_by: Id | None = None
    experiment: _Name | None = None
    shopper: Pseudonym | None = None
    index_version: _Name | None = None
    adapter_digest: _Name | None = None

    @model_validator(mode="after")
    def _names_its_pieces(self) -> Self:
        if self.type == "swap" and (self.sku is None or self.replaced_by is None):
            raise ValueError("sku, replaced_by: a swap names both")
        if self.type != "swap" and self.replaced_by is not None:
            raise ValueError("replaced_by: only a swap has one")
        if self.sku is not None and self.slot is None:
            raise ValueError("sku: no piece of items")
        return self

    @property
    def slot(self) -> Slot | None:
        """Where the piece in question belongs. The items of a swap may be those before it or those after."""
        return next((item.slot for item in self.items if item.sku in (self.sku, self.replaced_by)), None)

    @property
    def group(self) -> str:
        """One shopper's events belong together; where no shopper is known, those of one outfit do."""
        return group_of(self.shopper) if self.shopper else f"outfit/{self.outfit_id}"

    @property
    def context(self) -> Context:
        return Context(vibe=self.vibe, department=self.department, season=self.season)
